"""Batches shared out between two optimizers by their frequencies, with a scheduler of each."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.critic = torch.nn.Linear(4, 1)
        self.generator = torch.nn.Linear(4, 4)

    def training_step(self, batch, batch_idx, optimizer_idx):
        fake = self.generator(batch[0])
        if optimizer_idx == 0:
            loss = self.critic(fake).mean() - self.critic(batch[0]).mean()
        else:
            loss = -self.critic(fake).mean()
        self.log(f"loss_{int(optimizer_idx)}", loss, on_step=True, on_epoch=True)
        return {"loss": loss, "idx": int(optimizer_idx)}

    def on_train_batch_end(self, outputs, batch, batch_idx):
        pass

    def configure_optimizers(self):
        of_critic = torch.optim.SGD(self.critic.parameters(), lr=0.1)
        of_generator = torch.optim.SGD(self.generator.parameters(), lr=0.2)
        return (
            {
                "optimizer": of_critic,
                "frequency": 3,
                "lr_scheduler": {
                    "scheduler": torch.optim.lr_scheduler.ExponentialLR(of_critic, 0.9),
                    "interval": "step",
                },
            },
            {
                "optimizer": of_generator,
                "frequency": 1,
                "lr_scheduler": torch.optim.lr_scheduler.StepLR(of_generator, 1),
            },
        )


class Rates(pl.Callback):
    def __init__(self):
        self.seen = []

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        self.seen.append([trainer.global_step, *(one.param_groups[0]["lr"] for one in trainer.optimizers)])


torch.manual_seed(1)
data = TensorDataset(torch.randn(21, 4))
model = Model()
rates = Rates()
trainer = pl.Trainer(
    max_epochs=3, enable_progress_bar=False, enable_model_summary=False, log_every_n_steps=1, callbacks=[rates]
)
trainer.fit(model, DataLoader(data, batch_size=3))
answer = rates.seen
