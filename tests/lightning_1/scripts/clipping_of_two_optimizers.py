"""Gradients clipped for one optimizer by the trainer's limit, for the other by the module's."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.first = torch.nn.Linear(4, 2)
        self.second = torch.nn.Linear(2, 1)

    def training_step(self, batch, batch_idx, optimizer_idx):
        return self.second(self.first(batch[0])).pow(2).mean() * 10

    def on_before_optimizer_step(self, optimizer, optimizer_idx):
        self.log(f"norm_{optimizer_idx}", norm(optimizer))

    def configure_gradient_clipping(self, optimizer, optimizer_idx, gradient_clip_val, gradient_clip_algorithm):
        if optimizer_idx == 1:
            self.clip_gradients(
                optimizer, gradient_clip_val=gradient_clip_val, gradient_clip_algorithm=gradient_clip_algorithm
            )
        else:
            torch.nn.utils.clip_grad_value_(self.first.parameters(), gradient_clip_val / 10)
        self.log(f"clipped_{optimizer_idx}", norm(optimizer))

    def configure_optimizers(self):
        return torch.optim.SGD(self.first.parameters(), 0.1), torch.optim.SGD(self.second.parameters(), 0.1)


def norm(optimizer):
    gradients = [parameter.grad for group in optimizer.param_groups for parameter in group["params"]]
    return torch.stack([gradient.norm() for gradient in gradients]).norm()


torch.manual_seed(1)
model = Model()
trainer = pl.Trainer(
    max_epochs=2,
    gradient_clip_val=0.5,
    gradient_clip_algorithm="norm",
    enable_progress_bar=False,
    enable_model_summary=False,
    log_every_n_steps=1,
)
trainer.fit(model, DataLoader(TensorDataset(torch.randn(8, 4)), batch_size=2))
