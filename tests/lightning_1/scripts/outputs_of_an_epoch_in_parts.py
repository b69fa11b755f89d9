"""What an epoch and a batch come to where each batch is used in parts, the last of them by itself."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.truncated_bptt_steps = 2
        self.lstm = torch.nn.RNN(2, 2, batch_first=True)

    def training_step(self, batch, batch_idx, hiddens):
        out, hiddens = self.lstm(batch[0], hiddens)
        return {"loss": out.pow(2).mean(), "hiddens": hiddens, "targets": batch[1]}

    def on_train_batch_end(self, outputs, batch, batch_idx):
        pass

    def training_epoch_end(self, outputs):
        pass

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


torch.manual_seed(1)
batches = [(torch.randn(2, length, 2), [[*range(length)]] * 2) for length in (4, 2, 5)]
model = Model()
trainer = pl.Trainer(max_epochs=1, enable_progress_bar=False, enable_model_summary=False, logger=False)
trainer.fit(model, DataLoader(batches, batch_size=None))
