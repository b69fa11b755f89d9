"""With several loaders the end of an evaluation is given a list for each, also for one without batches."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(4, 1)

    def training_step(self, batch, batch_idx):
        return self.layer(batch[0]).pow(2).mean()

    def validation_step(self, batch, batch_idx, dataloader_idx):
        self.log("step", float(batch_idx))
        return self.layer(batch[0]).mean() if batch_idx != 1 else None

    def validation_epoch_end(self, outputs):
        for index, of_loader in enumerate(outputs):
            self.log(f"mean_{index}", sum(of_loader, torch.zeros(())))

    def test_step(self, batch, batch_idx, dataloader_idx=0):
        return {"index": dataloader_idx, "batch": batch_idx}

    def test_epoch_end(self, outputs):
        self.log("loaders", float(len(outputs)))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


data = TensorDataset(torch.arange(48.0).reshape(12, 4) / 48)
loaders = [DataLoader(data, batch_size=4), DataLoader(data, batch_size=6), DataLoader(TensorDataset(torch.zeros(3, 4)))]
model = Model()
trainer = pl.Trainer(
    max_epochs=1,
    enable_progress_bar=False,
    enable_model_summary=False,
    enable_checkpointing=False,
    logger=False,
)
trainer.fit(model, DataLoader(data, batch_size=4), loaders)
answer = [trainer.validate(model, loaders, verbose=False), trainer.test(model, loaders[:2], verbose=False)]
