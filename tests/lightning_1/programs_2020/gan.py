"""A GAN in the manner of 2020: two optimizers that the trainer steps, and results in dictionaries."""

from argparse import ArgumentParser, Namespace
from collections import OrderedDict

import pytorch_lightning as pl
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset


class Generator(nn.Module):
    def __init__(self, latent_dim):
        super().__init__()
        self.model = nn.Sequential(nn.Linear(latent_dim, 8), nn.BatchNorm1d(8), nn.LeakyReLU(0.2), nn.Linear(8, 6))

    def forward(self, z):
        return torch.tanh(self.model(z))


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = nn.Sequential(nn.Linear(6, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1), nn.Sigmoid())

    def forward(self, x):
        return self.model(x)


class GAN(pl.LightningModule):
    def __init__(self, hparams: Namespace) -> None:
        super().__init__()
        self.hparams = hparams
        self.generator = Generator(hparams.latent_dim)
        self.discriminator = Discriminator()
        self.generated_imgs = None
        self.last_losses = None

    def forward(self, z):
        return self.generator(z)

    def adversarial_loss(self, y_hat, y):
        return F.binary_cross_entropy(y_hat, y)

    def training_step(self, batch, batch_idx, optimizer_idx):
        (imgs,) = batch
        z = torch.randn(imgs.shape[0], self.hparams.latent_dim).type_as(imgs)
        if optimizer_idx == 0:
            self.generated_imgs = self(z)
            valid = torch.ones(imgs.size(0), 1).type_as(imgs)
            g_loss = self.adversarial_loss(self.discriminator(self.generated_imgs), valid)
            tqdm_dict = {"g_loss": g_loss}
            return OrderedDict({"loss": g_loss, "progress_bar": tqdm_dict, "log": tqdm_dict})
        if optimizer_idx == 1:
            valid = torch.ones(imgs.size(0), 1).type_as(imgs)
            fake = torch.zeros(imgs.size(0), 1).type_as(imgs)
            real_loss = self.adversarial_loss(self.discriminator(imgs), valid)
            fake_loss = self.adversarial_loss(self.discriminator(self(z).detach()), fake)
            d_loss = (real_loss + fake_loss) / 2
            tqdm_dict = {"d_loss": d_loss}
            return OrderedDict({"loss": d_loss, "progress_bar": tqdm_dict, "log": tqdm_dict})

    def training_epoch_end(self, outputs):
        self.last_losses = [[x["loss"].item() for x in of_an_optimizer] for of_an_optimizer in outputs]
        return {"log": {"epoch_g_loss": torch.tensor(self.last_losses[0]).mean()}}

    def optimizer_step(
        self, epoch, batch_idx, optimizer, optimizer_idx, optimizer_closure, on_tpu=False,
        using_native_amp=False, using_lbfgs=False,
    ):  # fmt: skip
        if optimizer_idx == 0:
            optimizer.step(closure=optimizer_closure)
        if optimizer_idx == 1 and batch_idx % 2 == 0:
            optimizer.step(closure=optimizer_closure)

    def configure_optimizers(self):
        lr, b1, b2 = self.hparams.lr, self.hparams.b1, self.hparams.b2
        opt_g = torch.optim.Adam(self.generator.parameters(), lr=lr, betas=(b1, b2))
        opt_d = torch.optim.Adam(self.discriminator.parameters(), lr=lr, betas=(b1, b2))
        return [opt_g, opt_d], [torch.optim.lr_scheduler.StepLR(opt_d, 1, 0.9)]

    def train_dataloader(self):
        torch.manual_seed(2)
        return DataLoader(TensorDataset(torch.rand(30, 6)), batch_size=self.hparams.batch_size, shuffle=True)

    def get_progress_bar_dict(self):
        items = super().get_progress_bar_dict()
        items.pop("v_num", None)
        return items

    def on_epoch_end(self):
        z = torch.zeros(2, self.hparams.latent_dim)
        self.logger.experiment.add_image("generated", self(z).abs().view(1, 4, 3), self.current_epoch)


def main(args: Namespace):
    pl.seed_everything(7)
    model = GAN(args)
    trainer = pl.Trainer(
        gpus=args.gpus, max_epochs=3, progress_bar_refresh_rate=0, weights_summary=None, log_every_n_steps=2
    )
    trainer.fit(model)
    return trainer, model


if __name__ == "__main__":
    parser = ArgumentParser()
    parser.add_argument("--gpus", type=int, default=None, help="number of GPUs")
    parser.add_argument("--batch_size", type=int, default=6)
    parser.add_argument("--lr", type=float, default=0.02)
    parser.add_argument("--b1", type=float, default=0.5)
    parser.add_argument("--b2", type=float, default=0.999)
    parser.add_argument("--latent_dim", type=int, default=3)
    trainer, model = main(parser.parse_args())
