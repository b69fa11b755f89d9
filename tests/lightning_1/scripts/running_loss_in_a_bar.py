import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset

shown = []


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(4, 1)

    def training_step(self, batch, batch_idx):
        return self.layer(batch[0]).pow(2).mean()

    def on_train_batch_end(self, outputs, batch, batch_idx):
        losses = self.trainer.fit_loop.running_loss
        shown.append([float(losses.mean()), float(losses.last())])

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.01)


class Watch(pl.Callback):
    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
        shown.append(trainer.fit_loop.running_loss.mean())


torch.manual_seed(3)
model = Model()
trainer = pl.Trainer(
    max_epochs=2,
    accumulate_grad_batches=3,
    callbacks=[Watch()],
    logger=False,
    enable_checkpointing=False,
    enable_progress_bar=False,
    enable_model_summary=False,
)
trainer.fit(model, DataLoader(TensorDataset(torch.randn(60, 4)), batch_size=5))
answer = shown
