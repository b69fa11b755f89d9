"""A module that cuts its batches into parts itself, up to a limit of steps that is met within a batch."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(2, 2)
        self.truncated_bptt_steps = 1

    def tbptt_split_batch(self, batch, split_size):
        return [batch[0][:, t : t + split_size] for t in range(batch[0].shape[1])]

    def training_step(self, batch, batch_idx, hiddens):
        carried = self.layer(batch[:, 0] if hiddens is None else hiddens[0] + batch[:, 0])
        loss = carried.pow(2).mean()
        self.log("loss", loss, on_epoch=True)
        return {"loss": loss, "hiddens": (carried, "a word"), "batch_size": batch.shape[0]}

    def on_train_batch_start(self, batch, batch_idx):
        pass

    def on_train_batch_end(self, outputs, batch, batch_idx):
        pass

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


torch.manual_seed(1)
model = Model()
trainer = pl.Trainer(
    max_epochs=1, max_steps=5, enable_progress_bar=False, enable_model_summary=False, log_every_n_steps=1
)
trainer.fit(model, DataLoader(TensorDataset(torch.randn(5, 3, 2)), batch_size=2))
answer = trainer.global_step
