"""A module that logs the norms itself, after a hook of its own changed the gradients."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.norms = []
        self.layer = torch.nn.Linear(4, 1)

    def training_step(self, batch, batch_idx):
        loss = self.layer(batch[0]).pow(2).mean()
        self.log("loss", loss)
        return loss

    def on_before_optimizer_step(self, optimizer, optimizer_idx=0):
        self.layer.bias.grad.mul_(3)

    def log_grad_norm(self, grad_norm_dict):
        self.norms.append(dict(grad_norm_dict))
        self.log("norm", grad_norm_dict["grad_inf_norm_total"], prog_bar=True)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


torch.manual_seed(1)
data = TensorDataset(torch.randn(12, 4))
model = Model()
trainer = pl.Trainer(
    max_epochs=1,
    track_grad_norm="inf",
    accumulate_grad_batches=2,
    logger=False,
    enable_checkpointing=False,
    enable_progress_bar=False,
    enable_model_summary=False,
)
trainer.fit(model, DataLoader(data, batch_size=2))
answer = model.norms
