"""A VAE: several losses logged at once under a prefix for each phase, sampling in the step."""

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import ModelCheckpoint
from pytorch_lightning.loggers import TensorBoardLogger
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Subset, TensorDataset


class VAE(pl.LightningModule):
    def __init__(self, hidden: int = 32, latent_dim: int = 4, kl_coeff: float = 0.1, lr: float = 1e-3):
        super().__init__()
        self.save_hyperparameters()
        self.encoder = nn.Sequential(nn.Linear(64, hidden), nn.ReLU())
        self.fc_mu = nn.Linear(hidden, latent_dim)
        self.fc_var = nn.Linear(hidden, latent_dim)
        self.decoder = nn.Sequential(nn.Linear(latent_dim, hidden), nn.ReLU(), nn.Linear(hidden, 64))
        self.example_input_array = torch.zeros(2, 64)

    def forward(self, x):
        return self.decoder(self.fc_mu(self.encoder(x)))

    def step(self, batch, batch_idx):
        x, _ = batch
        h = self.encoder(x)
        mu, log_var = self.fc_mu(h), self.fc_var(h)
        q = torch.distributions.Normal(mu, torch.exp(log_var / 2))
        p = torch.distributions.Normal(torch.zeros_like(mu), torch.ones_like(mu))
        recon_loss = F.mse_loss(self.decoder(q.rsample()), x)
        kl = torch.distributions.kl_divergence(q, p).mean() * self.hparams.kl_coeff
        loss = kl + recon_loss
        return loss, {"recon_loss": recon_loss, "kl": kl, "loss": loss}

    def training_step(self, batch, batch_idx):
        loss, logs = self.step(batch, batch_idx)
        self.log_dict({f"train/{k}": v for k, v in logs.items()}, on_step=True, on_epoch=False)
        return loss

    def validation_step(self, batch, batch_idx):
        loss, logs = self.step(batch, batch_idx)
        self.log_dict({f"val/{k}": v for k, v in logs.items()})
        return loss

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=self.hparams.lr)


pl.seed_everything(1234)
digits = load_digits()
data = TensorDataset(torch.tensor(digits.data, dtype=torch.float32) / 16, torch.tensor(digits.target))
train, val = Subset(data, range(160)), Subset(data, range(160, 224))
model = VAE()
best = ModelCheckpoint(
    monitor="val/loss", filename="vae-{step}-{val/loss:.3f}", auto_insert_metric_name=False, every_n_epochs=1
)
trainer = pl.Trainer(
    accelerator="cpu",
    max_epochs=2,
    val_check_interval=0.5,
    log_every_n_steps=2,
    gradient_clip_val=1.0,
    callbacks=[best],
    logger=TensorBoardLogger(save_dir="logs", name="vae", version="first", log_graph=False, default_hp_metric=False),
)
trainer.fit(model, DataLoader(train, batch_size=20, shuffle=True), DataLoader(val, batch_size=20))
answer = {
    "validate": trainer.validate(model, DataLoader(val, batch_size=20), verbose=False),
    "best": best.best_model_path,
}
