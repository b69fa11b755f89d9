"""A limit of steps, of which each of two optimizers makes one a batch, with validations in between."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.first = torch.nn.Linear(4, 2)
        self.second = torch.nn.Linear(2, 1)

    def training_step(self, batch, batch_idx, optimizer_idx):
        loss = self.second(self.first(batch[0])).pow(2).mean()
        self.log(f"loss_{optimizer_idx}", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        self.log("val_loss", self.second(self.first(batch[0])).mean())

    def on_train_epoch_end(self):
        pass

    def configure_optimizers(self):
        return torch.optim.Adam(self.first.parameters(), 0.1), torch.optim.SGD(self.second.parameters(), 0.1)


torch.manual_seed(1)
data = TensorDataset(torch.randn(10, 4))
model = Model()
trainer = pl.Trainer(
    max_steps=13,
    val_check_interval=2,
    enable_progress_bar=False,
    enable_model_summary=False,
    log_every_n_steps=3,
    callbacks=[pl.callbacks.ModelCheckpoint(save_top_k=-1, monitor="val_loss")],
)
trainer.fit(model, DataLoader(data, batch_size=2), DataLoader(data, batch_size=5))
