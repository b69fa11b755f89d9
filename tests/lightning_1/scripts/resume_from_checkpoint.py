"""A Trainer that goes on from a checkpoint it was given when it was made."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(4, 1)

    def training_step(self, batch, batch_idx):
        loss = self.layer(batch[0]).pow(2).mean()
        self.log("loss", loss)
        return loss

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


torch.manual_seed(1)
data = TensorDataset(torch.randn(12, 4))
options = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False, "enable_model_summary": False}
first = pl.Trainer(max_epochs=1, default_root_dir="first", **options)
first.fit(Model(), DataLoader(data, batch_size=4))
path = "start.ckpt"
first.save_checkpoint(path)
model = Model()
trainer = pl.Trainer(max_epochs=3, resume_from_checkpoint=path, default_root_dir="second", **options)
answer = [trainer.resume_from_checkpoint]
trainer.fit(model, DataLoader(data, batch_size=4))
answer.append(trainer.ckpt_path)
