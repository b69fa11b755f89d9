"""Pieces of a sequence, each used by two optimizers in turn, accumulated over batches."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    truncated_bptt_steps = 3

    def __init__(self):
        super().__init__()
        self.rnn = torch.nn.GRU(2, 3, batch_first=True)
        self.head = torch.nn.Linear(3, 2)

    def training_step(self, batch, batch_idx, optimizer_idx, hiddens):
        out, hiddens = self.rnn(batch[0], None if hiddens is None else hiddens["state"])
        loss = (self.head(out) - batch[0]).pow(2).mean()
        self.log(f"loss_{optimizer_idx}", loss, on_step=True, on_epoch=True)
        return {"loss": loss, "hiddens": {"state": hiddens}, "which": optimizer_idx}

    def on_train_batch_end(self, outputs, batch, batch_idx):
        pass

    def configure_optimizers(self):
        return [torch.optim.SGD(self.rnn.parameters(), lr=0.1), torch.optim.Adam(self.head.parameters(), lr=0.01)]


torch.manual_seed(1)
model = Model()
trainer = pl.Trainer(
    max_epochs=2,
    accumulate_grad_batches=2,
    enable_progress_bar=False,
    enable_model_summary=False,
    log_every_n_steps=1,
)
trainer.fit(model, DataLoader(TensorDataset(torch.randn(6, 7, 2)), batch_size=2))
answer = trainer.global_step
