"""The tuner of a Trainer leaves the learning rate alone, unless it is told otherwise."""

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
    max_epochs=5, logger=False, enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False
)
finder = trainer.tuner.lr_find(model, DataLoader(data, batch_size=2), num_training=20, early_stop_threshold=None)
answer = [model.lr, finder.results, finder.suggestion(skip_begin=2, skip_end=2)]
trainer.tuner.lr_find(model, DataLoader(data, batch_size=2), num_training=20, update_attr=True)
answer.append(model.lr)
trainer.fit(model, DataLoader(data, batch_size=2))
