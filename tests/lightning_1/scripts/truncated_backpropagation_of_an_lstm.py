"""An LSTM trained on pieces of its sequences, the hidden state being handed from one to the next."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.truncated_bptt_steps = 2
        self.lstm = torch.nn.LSTM(3, 4, batch_first=True)
        self.head = torch.nn.Linear(4, 1)

    def training_step(self, batch, batch_idx, hiddens):
        x, y = batch
        out, hiddens = self.lstm(x, hiddens)
        loss = (self.head(out) - y).pow(2).mean()
        self.log("loss", loss, on_step=True, on_epoch=True)
        return {"loss": loss, "hiddens": hiddens, "length": x.shape[1]}

    def on_after_backward(self):
        pass

    def on_train_batch_end(self, outputs, batch, batch_idx):
        pass

    def validation_step(self, batch, batch_idx):
        self.log("val_loss", (self.head(self.lstm(batch[0])[0]) - batch[1]).pow(2).mean())

    def configure_optimizers(self):
        optimizer = torch.optim.Adam(self.parameters(), lr=0.05)
        return [optimizer], [{"scheduler": torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9), "interval": "step"}]


torch.manual_seed(1)
data = TensorDataset(torch.randn(8, 5, 3), torch.randn(8, 5, 1))
model = Model()
trainer = pl.Trainer(
    max_epochs=2,
    enable_progress_bar=False,
    enable_model_summary=False,
    log_every_n_steps=1,
)
trainer.fit(model, DataLoader(data, batch_size=4), DataLoader(data, batch_size=4))
answer = trainer.global_step
