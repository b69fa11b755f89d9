"""A manual-optimisation GAN: two optimizers, toggled, each with a scheduler that the module moves on."""

import hashlib

import lightning as L
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class GAN(L.LightningModule):
    def __init__(self, width=8, *, lr=0.01):
        super().__init__()
        self.save_hyperparameters()
        self.automatic_optimization = False
        self.generator = nn.Sequential(nn.Linear(4, width), nn.ReLU(), nn.Linear(width, 2))
        self.critic = nn.Sequential(nn.Linear(2, width), nn.ReLU(), nn.Dropout(0.2), nn.Linear(width, 1))

    def training_step(self, batch, batch_idx):
        (real,) = batch
        for_generator, for_critic = self.optimizers()
        noise = torch.randn(len(real), 4, device=self.device)

        self.toggle_optimizer(for_generator)
        loss = -self.critic(self.generator(noise)).mean()
        self.log("g_loss", loss, prog_bar=True)
        self.manual_backward(loss)
        self.clip_gradients(for_generator, gradient_clip_val=0.5, gradient_clip_algorithm="norm")
        for_generator.step()
        for_generator.zero_grad()
        self.untoggle_optimizer(for_generator)

        self.toggle_optimizer(for_critic)
        loss = self.critic(self.generator(noise).detach()).mean() - self.critic(real).mean()
        self.log("d_loss", loss, prog_bar=True)
        self.manual_backward(loss)
        for_critic.step()
        for_critic.zero_grad()
        self.untoggle_optimizer(for_critic)

        if (batch_idx + 1) % 2 == 0:
            for scheduler in self.lr_schedulers():
                scheduler.step()

    def on_train_epoch_end(self):
        self.print(
            f"epoch {self.current_epoch}, step {self.global_step}, g {self.trainer.callback_metrics['g_loss']:.6f}"
        )

    def configure_optimizers(self):
        optimizers = [
            torch.optim.Adam(part.parameters(), lr=self.hparams.lr, betas=(0.5, 0.999))
            for part in (self.generator, self.critic)
        ]
        return optimizers, [torch.optim.lr_scheduler.StepLR(one, 3, gamma=0.5) for one in optimizers]


L.seed_everything(3, workers=True)
gan = GAN(lr=0.02)
loader = DataLoader(TensorDataset(torch.randn(50, 2)), batch_size=8, shuffle=True)
trainer = L.Trainer(
    max_epochs=3,
    accelerator="cpu",
    devices=1,
    logger=False,
    enable_checkpointing=False,
    enable_progress_bar=False,
    enable_model_summary=False,
)
trainer.fit(gan, loader)
print("weights", hashlib.sha256(b"".join(one.detach().numpy().tobytes() for one in gan.parameters())).hexdigest())
