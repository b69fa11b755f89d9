"""A VAE-GAN: three optimizers, of which two share the decoder, with values of each on steps and epochs."""

import pytorch_lightning as pl
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset


class VAEGAN(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Linear(6, 4)
        self.decoder = nn.Sequential(nn.Linear(2, 6), nn.BatchNorm1d(6))
        self.discriminator = nn.Sequential(nn.Linear(6, 5), nn.Dropout(0.2), nn.ReLU(), nn.Linear(5, 1))

    def forward(self, x):
        mu, log_var = self.encoder(x).chunk(2, dim=1)
        z = mu + torch.randn_like(mu) * (0.5 * log_var).exp()
        return self.decoder(z), mu, log_var

    def training_step(self, batch, batch_idx, optimizer_idx):
        x = batch[0]
        reconstructed, mu, log_var = self(x)
        needing = [name for name, parameter in self.named_parameters() if parameter.requires_grad]
        if optimizer_idx == 0:
            kl = -0.5 * (1 + log_var - mu.pow(2) - log_var.exp()).sum(1).mean()
            loss = F.mse_loss(reconstructed, x) + 0.1 * kl
            self.log_dict({"kl": kl.detach(), "vae_loss": loss.detach()}, on_step=True, on_epoch=True)
        elif optimizer_idx == 1:
            fooled = self.discriminator(self.decoder(torch.randn_like(mu)))
            loss = F.binary_cross_entropy_with_logits(fooled, torch.ones_like(fooled))
            self.log("decoder_loss", loss, on_step=False, on_epoch=True)
        else:
            real, fake = self.discriminator(x), self.discriminator(reconstructed.detach())
            loss = F.softplus(-real).mean() + F.softplus(fake).mean()
            self.log("critic_loss", loss, prog_bar=True, logger=False)
        return {"loss": loss, "which": optimizer_idx, "needing": needing}

    def on_train_batch_end(self, outputs, batch, batch_idx):
        pass

    def validation_step(self, batch, batch_idx):
        reconstructed, _, _ = self(batch[0])
        self.log("val_loss", F.mse_loss(reconstructed, batch[0]))

    def configure_optimizers(self):
        of_vae = torch.optim.Adam([*self.encoder.parameters(), *self.decoder.parameters()], lr=0.02)
        of_decoder = torch.optim.SGD(self.decoder.parameters(), lr=0.01, momentum=0.9)
        of_critic = torch.optim.RMSprop(self.discriminator.parameters(), lr=0.005)
        return of_vae, of_decoder, of_critic


torch.manual_seed(1)
data = TensorDataset(torch.randn(18, 6))
model = VAEGAN()
trainer = pl.Trainer(max_epochs=2, enable_progress_bar=False, enable_model_summary=False, log_every_n_steps=2)
trainer.fit(model, DataLoader(data, batch_size=6, shuffle=True), DataLoader(data, batch_size=6))
answer = [all(parameter.requires_grad for parameter in model.parameters())]
