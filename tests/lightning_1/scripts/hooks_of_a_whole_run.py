"""Every hook that 1.9 has, in a run with an epoch end of each kind: the order of 1.9."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


def telling(*names):
    def tell(name):
        def hook(self, *args, **kwargs):
            order.append([type(self).__name__, name, len(args), sorted(kwargs)])

        return hook

    return {name: tell(name) for name in names}


STARTS = ["fit_start", "train_start", "train_epoch_start", "validation_start", "validation_epoch_start"]
ENDS = ["fit_end", "train_end", "train_epoch_end", "validation_end", "validation_epoch_end"]
AROUND = [f"on_{name}" for name in [*STARTS, *ENDS, "train_batch_start", "train_batch_end"]]
MORE = ["on_before_backward", "on_after_backward", "on_before_zero_grad"]
EPOCH_ENDS = ["training_epoch_end", "validation_epoch_end"]


class Model(pl.LightningModule):
    locals().update(telling(*AROUND, *MORE, *EPOCH_ENDS, "setup", "teardown", "prepare_data"))

    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(4, 1)

    def training_step(self, batch, batch_idx):
        order.append("training_step")
        return self.layer(batch[0]).pow(2).mean()

    def validation_step(self, batch, batch_idx):
        order.append("validation_step")

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


class Beside(pl.Callback):
    locals().update(telling(*AROUND, *MORE, "setup", "teardown", "on_sanity_check_start", "on_sanity_check_end"))


order = []
data = TensorDataset(torch.arange(40.0).reshape(10, 4) / 40)
model = Model()
trainer = pl.Trainer(
    max_epochs=2,
    callbacks=[Beside()],
    val_check_interval=2,
    enable_progress_bar=False,
    enable_model_summary=False,
    enable_checkpointing=False,
    logger=False,
)
loaders = [DataLoader(data, batch_size=size, generator=torch.Generator()) for size in (3, 5)]
trainer.fit(model, *loaders)
answer = order
