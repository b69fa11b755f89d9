"""A learning rate that warms up by steps, with accumulation, clipping, frequencies and the rate on the x-axis."""

import math

import lightning as L
import torch
from lightning.pytorch.callbacks import LearningRateMonitor
from lightning.pytorch.loggers import CSVLogger
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Regressor(L.LightningModule):
    def __init__(self, warmup_steps: int = 5):
        super().__init__()
        self.save_hyperparameters()
        self.net = nn.Sequential(nn.Linear(6, 12), nn.GELU(), nn.LayerNorm(12), nn.Linear(12, 1))

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = nn.functional.smooth_l1_loss(self.net(x).squeeze(-1), y)
        self.log("loss", loss, on_step=True, on_epoch=True)
        self.log("lr", self.lr_schedulers().get_last_lr()[0], prog_bar=True)
        return loss

    def on_before_optimizer_step(self, optimizer):
        norms = [p.grad.norm() for p in self.parameters() if p.grad is not None]
        self.log("grad_norm", torch.stack(norms).norm())

    def configure_optimizers(self):
        decay = [p for p in self.parameters() if p.ndim > 1]
        rest = [p for p in self.parameters() if p.ndim <= 1]
        groups = [
            {"params": decay, "weight_decay": 0.1, "name": "decay"},
            {"params": rest, "weight_decay": 0.0, "name": "rest"},
        ]
        optimizer = torch.optim.AdamW(groups, lr=3e-3)
        total, warmup = self.trainer.estimated_stepping_batches, self.hparams.warmup_steps

        def rate(step):
            if step < warmup:
                return (step + 1) / warmup
            return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, total - warmup)))

        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)
        return [optimizer], [{"scheduler": scheduler, "interval": "step", "frequency": 1, "name": "warmup_cosine"}]


L.seed_everything(0)
x = torch.randn(90, 6)
loader = DataLoader(TensorDataset(x, x[:, 0] * 2 - x[:, 1]), batch_size=8, shuffle=True, num_workers=0)
model = Regressor()
trainer = L.Trainer(
    max_epochs=3,
    accelerator="cpu",
    accumulate_grad_batches=2,
    gradient_clip_val=0.5,
    log_every_n_steps=1,
    logger=CSVLogger("."),
    callbacks=[LearningRateMonitor(logging_interval="step", log_momentum=True)],
    enable_checkpointing=False,
    enable_progress_bar=False,
    enable_model_summary=False,
)
trainer.fit(model, loader)
answer = {
    "steps": trainer.global_step,
    "total": trainer.estimated_stepping_batches,
    "rate": trainer.optimizers[0].param_groups[0]["lr"],
}
