"""A module with loaders of its own, in half precision, that asks its trainer what it can know."""

import pytorch_lightning as pl
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self, hparams):
        super().__init__()
        self.save_hyperparameters(hparams)
        self.conv = nn.Conv1d(1, 4, 3, padding=1)
        self.head = nn.Linear(4 * 8, 2)
        self.dtypes = []
        self.facts = []

    def forward(self, x):
        return self.head(torch.relu(self.conv(x.unsqueeze(1))).flatten(1))

    def setup(self, stage):
        x = torch.randn(36, 8, generator=torch.Generator().manual_seed(0))
        self.data = TensorDataset(x, (x.mean(1) > 0).long())

    def train_dataloader(self):
        return DataLoader(self.data, batch_size=self.hparams.batch_size, shuffle=True, drop_last=True)

    def val_dataloader(self):
        return DataLoader(self.data, batch_size=self.hparams.batch_size)

    def on_fit_start(self):
        t = self.trainer
        self.facts += [
            t.num_training_batches,
            t.num_val_batches,
            t.world_size,
            t.max_epochs,
            str(t.precision),
            str(self.device),
        ]

    def training_step(self, batch, batch_idx):
        logits = self(batch[0])
        self.dtypes.append(str(logits.dtype))
        loss = nn.functional.cross_entropy(logits, batch[1])
        self.log("loss", loss)
        return {"loss": loss, "logits": logits.detach()}

    def on_train_batch_end(self, outputs, batch, batch_idx):
        self.facts.append(sorted(outputs))

    def validation_step(self, batch, batch_idx):
        self.log("val_loss", nn.functional.cross_entropy(self(batch[0]), batch[1]), sync_dist=True)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1, nesterov=True, momentum=0.9)


pl.seed_everything(21)
model = Model({"batch_size": 8, "name": "half"})
trainer = pl.Trainer(
    precision="bf16-mixed",
    max_epochs=2,
    accelerator="cpu",
    devices=1,
    gradient_clip_val=0.1,
    gradient_clip_algorithm="value",
    logger=False,
    enable_checkpointing=False,
    enable_progress_bar=False,
    num_sanity_val_steps=1,
)
trainer.fit(model)
answer = {
    "dtypes": model.dtypes,
    "facts": model.facts,
    "hparams": dict(model.hparams),
    "stage": str(trainer.state.status),
}
