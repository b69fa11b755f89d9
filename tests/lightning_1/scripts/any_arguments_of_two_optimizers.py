"""Steps and hooks that take any arguments, with two optimizers, beside a callback that changes the accumulation."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.first = torch.nn.Linear(3, 2)
        self.second = torch.nn.Linear(2, 1)

    def training_step(self, *args):
        batch, _, optimizer_idx = args
        loss = self.second(self.first(batch[0])).pow(2).mean() + optimizer_idx
        self.log("loss", loss)
        return loss

    def on_train_batch_end(self, outputs, *args):
        pass

    def configure_optimizers(self):
        return [torch.optim.SGD(self.first.parameters(), lr=0.05), torch.optim.Adam(self.second.parameters(), lr=0.05)]


torch.manual_seed(1)
model = Model()
trainer = pl.Trainer(
    max_epochs=3,
    enable_progress_bar=False,
    enable_model_summary=False,
    log_every_n_steps=1,
    callbacks=[pl.callbacks.GradientAccumulationScheduler({0: 1, 1: 3})],
)
trainer.fit(model, DataLoader(TensorDataset(torch.randn(14, 3)), batch_size=2))
answer = trainer.global_step
