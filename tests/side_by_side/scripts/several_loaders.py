"""Several loaders: training on two at once, validation on two in turn, names with the index of the loader."""

import lightning.pytorch as pl
import torch
from lightning.pytorch.loggers import CSVLogger
from lightning.pytorch.utilities import CombinedLoader
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = nn.Linear(4, 2)
        self.seen = []

    def training_step(self, batch, batch_idx):
        self.seen.append({name: None if part is None else len(part[0]) for name, part in batch.items()})
        losses = [nn.functional.cross_entropy(self.net(x), y) for x, y in batch.values()]
        loss = torch.stack(losses).sum()
        self.log("loss", loss, batch_size=4)
        return loss

    def validation_step(self, batch, batch_idx, dataloader_idx=0):
        x, y = batch
        self.log("val_loss", nn.functional.cross_entropy(self.net(x), y))
        self.log(f"only/{dataloader_idx}", float(batch_idx), add_dataloader_idx=False)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=0.05)


def loader(samples, batch_size, seed):
    x = torch.randn(samples, 4, generator=torch.Generator().manual_seed(seed))
    return DataLoader(TensorDataset(x, (x[:, 0] > 0).long()), batch_size=batch_size)


pl.seed_everything(6)
model = Model()
trainer = pl.Trainer(
    max_epochs=2, accelerator="cpu", logger=CSVLogger("."), log_every_n_steps=2, enable_progress_bar=False
)
train = CombinedLoader({"labelled": loader(12, 4, 0), "unlabelled": loader(30, 6, 1)}, mode="max_size_cycle")
trainer.fit(model, train, [loader(8, 4, 2), loader(6, 3, 3)])
answer = {
    "seen": model.seen,
    "validate": trainer.validate(model, [loader(8, 4, 2), loader(6, 3, 3)], verbose=False),
    "batches": [trainer.num_training_batches, trainer.num_val_batches],
}
