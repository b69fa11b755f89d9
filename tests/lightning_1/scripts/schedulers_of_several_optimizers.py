"""Schedulers of several optimizers: of steps and epochs, with a frequency, a metric and a hook that moves them."""

import pytorch_lightning as pl
import torch
from torch.optim import lr_scheduler
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.layers = torch.nn.ModuleList([torch.nn.Linear(4, 1) for _ in range(3)])

    def training_step(self, batch, batch_idx, optimizer_idx):
        loss = self.layers[optimizer_idx](batch[0]).pow(2).mean()
        self.log(f"loss_{optimizer_idx}", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        self.log("val_loss", self.layers[0](batch[0]).mean())

    def lr_scheduler_step(self, scheduler, optimizer_idx, metric):
        if metric is None:
            scheduler.step()
        else:
            scheduler.step(metric)

    def configure_optimizers(self):
        opts = [torch.optim.SGD(layer.parameters(), lr=0.1 * (n + 1)) for n, layer in enumerate(self.layers)]
        return opts, [
            {"scheduler": lr_scheduler.ExponentialLR(opts[1], 0.9), "interval": "step", "frequency": 2, "name": "one"},
            lr_scheduler.StepLR(opts[0], step_size=1),
            {
                "scheduler": lr_scheduler.ReduceLROnPlateau(opts[2], patience=0, mode="max"),
                "monitor": "val_loss",
                "reduce_on_plateau": True,
                "opt_idx": 2,
            },
            {"scheduler": lr_scheduler.LambdaLR(opts[1], lambda epoch: 0.5**epoch), "interval": "epoch"},
        ]


torch.manual_seed(1)
data = TensorDataset(torch.randn(12, 4))
model = Model()
trainer = pl.Trainer(
    max_epochs=3,
    enable_progress_bar=False,
    enable_model_summary=False,
    log_every_n_steps=1,
)
trainer.fit(model, DataLoader(data, batch_size=4), DataLoader(data, batch_size=4))
answer = [
    [one.param_groups[0]["lr"] for one in trainer.optimizers],
    [config.opt_idx for config in trainer.lr_scheduler_configs],
    len(model.lr_schedulers()),
]
