"""A learning rate that the hyper-parameters of a module have, under a name of its own."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self, rate):
        super().__init__()
        self.save_hyperparameters()
        self.layer = torch.nn.Linear(4, 1)

    def training_step(self, batch, batch_idx):
        loss = self.layer(batch[0]).pow(2).mean()
        self.log("loss", loss)
        return loss

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=self.hparams.rate)


torch.manual_seed(1)
data = TensorDataset(torch.randn(12, 4))
model = Model(rate=0.1)
trainer = pl.Trainer(
    max_epochs=5,
    auto_lr_find="rate",
    logger=False,
    enable_checkpointing=False,
    enable_progress_bar=False,
    enable_model_summary=False,
)
trainer.tune(model, DataLoader(data, batch_size=2), lr_find_kwargs={"num_training": 25, "mode": "linear"})
answer = [dict(model.hparams), trainer.tune(model, DataLoader(data, batch_size=2))]
trainer.fit(model, DataLoader(data, batch_size=2))
