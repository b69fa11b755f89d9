"""Batches of a project: dictionaries, a collate function, transfer hooks, and a step that skips batches."""

import pytorch_lightning as pl
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Pairs(Dataset):
    def __len__(self):
        return 24

    def __getitem__(self, index):
        generator = torch.Generator().manual_seed(index)
        length = 2 + index % 4
        return {
            "left": torch.randn(length, 3, generator=generator),
            "right": torch.randn(3, generator=generator),
            "same": index % 2,
        }


def collate(items):
    lengths = torch.tensor([len(item["left"]) for item in items])
    left = nn.utils.rnn.pad_sequence([item["left"] for item in items], batch_first=True)
    right = torch.stack([item["right"] for item in items])
    return {"left": left, "lengths": lengths, "right": right, "same": torch.tensor([item["same"] for item in items])}


class Data(pl.LightningDataModule):
    def train_dataloader(self):
        return DataLoader(Pairs(), batch_size=4, collate_fn=collate, shuffle=True)

    def val_dataloader(self):
        return DataLoader(Pairs(), batch_size=6, collate_fn=collate)

    def on_after_batch_transfer(self, batch, dataloader_idx):
        batch["mask"] = torch.arange(batch["left"].size(1))[None] < batch["lengths"][:, None]
        return batch


class Siamese(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Linear(3, 5)
        self.skipped = []
        self.scores = []

    def forward(self, batch):
        left = (self.encoder(batch["left"]) * batch["mask"][..., None]).sum(1) / batch["lengths"][:, None]
        return nn.functional.cosine_similarity(left, self.encoder(batch["right"]))

    def training_step(self, batch, batch_idx):
        if batch["same"].sum() == 0:
            self.skipped.append((self.current_epoch, batch_idx))
            return None
        loss = nn.functional.binary_cross_entropy_with_logits(self(batch), batch["same"].float())
        self.log("train/loss", loss, batch_size=len(batch["same"]))
        return loss

    def validation_step(self, batch, batch_idx):
        self.scores.append(self(batch))

    def on_validation_epoch_end(self):
        scores = torch.cat(self.scores)
        self.scores.clear()
        self.log_dict({"val/mean": scores.mean(), "val/std": scores.std()}, prog_bar=True)

    def on_train_batch_start(self, batch, batch_idx):
        return -1 if self.current_epoch == 1 and batch_idx == 3 else None

    def configure_optimizers(self):
        optimizer = torch.optim.Adagrad(self.parameters(), lr=0.05)
        return [optimizer], [
            torch.optim.lr_scheduler.CyclicLR(optimizer, 0.01, 0.1, step_size_up=2, cycle_momentum=False)
        ]


pl.seed_everything(23, workers=True)
model = Siamese()
quiet = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False, "enable_model_summary": False}
trainer = pl.Trainer(max_epochs=3, accelerator="cpu", check_val_every_n_epoch=2, **quiet)
trainer.fit(model, datamodule=Data())
answer = {
    "skipped": model.skipped,
    "rate": trainer.optimizers[0].param_groups[0]["lr"],
    "said": trainer.validate(model, Data(), verbose=False),
}
