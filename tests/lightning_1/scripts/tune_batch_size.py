"""A batch size that is found before training."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.batch_size = 2
        self.layer = torch.nn.Linear(4, 1)

    # what the trials call is a matter of the release, so it goes by names that are not written down
    training_step = lambda self, batch, batch_idx: self.layer(batch[0]).pow(2).mean()  # noqa: E731
    train_dataloader = lambda self: DataLoader(data, batch_size=self.batch_size)  # noqa: E731

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


torch.manual_seed(1)
data = TensorDataset(torch.randn(12, 4))
model = Model()
trainer = pl.Trainer(
    max_epochs=1,
    auto_scale_batch_size="binsearch",
    logger=False,
    enable_checkpointing=False,
    enable_progress_bar=False,
    enable_model_summary=False,
)
answer = [trainer.tune(model, scale_batch_size_kwargs={"max_trials": 4, "steps_per_trial": 2}), model.batch_size]
model.batch_size = 2
trainer.tuner.scale_batch_size(model, mode="power", max_trials=2)
answer.append(model.batch_size)
torch.manual_seed(2)  # the trials draw from the generator
trainer.fit(model)
