"""Data without a length: steps instead of epochs, validation every so many batches, a language model."""

import lightning as L
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.loggers import TensorBoardLogger
from torch import nn
from torch.utils.data import DataLoader, IterableDataset

TEXT = "the quick brown fox jumps over the lazy dog " * 6
VOCABULARY = sorted(set(TEXT))


class Windows(IterableDataset):
    def __init__(self, size):
        self.size = size

    def __iter__(self):
        codes = torch.tensor([VOCABULARY.index(letter) for letter in TEXT])
        for start in range(0, len(codes) - self.size - 1, 3):
            yield codes[start : start + self.size], codes[start + 1 : start + self.size + 1]


class CharModel(L.LightningModule):
    def __init__(self, dim: int = 12):
        super().__init__()
        self.save_hyperparameters()
        self.embed = nn.Embedding(len(VOCABULARY), dim)
        self.rnn = nn.GRU(dim, dim, batch_first=True)
        self.head = nn.Linear(dim, len(VOCABULARY))

    def forward(self, codes):
        return self.head(self.rnn(self.embed(codes))[0])

    def training_step(self, batch, batch_idx):
        loss = nn.functional.cross_entropy(self(batch[0]).flatten(0, 1), batch[1].flatten())
        self.log_dict({"loss": loss, "ppl": loss.exp()}, prog_bar=True)
        return loss

    def validation_step(self, batch, batch_idx):
        loss = nn.functional.cross_entropy(self(batch[0]).flatten(0, 1), batch[1].flatten())
        self.log("val_loss", loss, on_epoch=True)

    def configure_optimizers(self):
        optimizer = torch.optim.Adam(self.parameters(), lr=1e-2)
        scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=10)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step", "frequency": 2}}


L.seed_everything(8)
model = CharModel()
saver = ModelCheckpoint(every_n_train_steps=5, save_top_k=-1, filename="{step}")
trainer = L.Trainer(
    max_steps=17,
    val_check_interval=4,
    limit_val_batches=2,
    log_every_n_steps=3,
    accelerator="cpu",
    callbacks=[saver],
    logger=TensorBoardLogger("runs", name="chars"),
    enable_progress_bar=False,
)
trainer.fit(model, DataLoader(Windows(8), batch_size=8), DataLoader(Windows(8), batch_size=8))
answer = {
    "step": trainer.global_step,
    "epoch": trainer.current_epoch,
    "rate": trainer.optimizers[0].param_groups[0]["lr"],
}
