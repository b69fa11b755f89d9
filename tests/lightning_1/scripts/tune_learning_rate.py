"""A learning rate that is found before training."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.lr = 0.1
        self.layer = torch.nn.Linear(4, 1)

    def training_step(self, batch, batch_idx):
        loss = self.layer(batch[0]).pow(2).mean()
        self.log("loss", loss)
        return loss

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=self.lr)


torch.manual_seed(1)
data = TensorDataset(torch.randn(12, 4))
model = Model()
trainer = pl.Trainer(
    max_epochs=6,
    auto_lr_find=True,
    logger=False,
    enable_checkpointing=False,
    enable_progress_bar=False,
    enable_model_summary=False,
)
result = trainer.tune(model, DataLoader(data, batch_size=2), lr_find_kwargs={"num_training": 30, "max_lr": 0.5})
finder = result["lr_find"]
answer = [list(result), finder.results, finder.suggestion(), finder.suggestion(skip_begin=3), model.lr, torch.rand(1)]
trainer.fit(model, DataLoader(data, batch_size=2, shuffle=True))
