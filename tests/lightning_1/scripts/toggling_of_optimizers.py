"""The parameters that require gradients in the step of each optimizer, where two share some and one is frozen."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.shared = torch.nn.Linear(3, 3)
        self.first = torch.nn.Linear(3, 1)
        self.second = torch.nn.Linear(3, 1)
        self.apart = torch.nn.Linear(3, 1)
        self.first.bias.requires_grad_(False)

    def toggle_optimizer(self, optimizer, optimizer_idx):
        super().toggle_optimizer(optimizer, optimizer_idx)
        self.seen(optimizer_idx, "toggled")

    def untoggle_optimizer(self, optimizer_idx):
        super().untoggle_optimizer(optimizer_idx)
        self.seen(optimizer_idx, "untoggled")

    def seen(self, optimizer_idx, when):
        states.append([optimizer_idx, when, [parameter.requires_grad for parameter in self.parameters()]])

    def training_step(self, batch, batch_idx, optimizer_idx):
        self.seen(optimizer_idx, "step")
        head = self.first if optimizer_idx == 0 else self.second
        return head(self.shared(batch[0])).pow(2).mean() + self.apart(batch[0]).pow(2).mean()

    def on_after_backward(self):
        states.append([parameter.grad is not None for parameter in self.parameters()])

    def configure_optimizers(self):
        return [
            torch.optim.SGD([*self.shared.parameters(), *self.first.parameters()], lr=0.1),
            torch.optim.SGD([*self.shared.parameters(), *self.second.parameters()], lr=0.1, momentum=0.5),
        ]


states = []
torch.manual_seed(1)
model = Model()
trainer = pl.Trainer(max_epochs=1, enable_progress_bar=False, enable_model_summary=False, logger=False)
trainer.fit(model, DataLoader(TensorDataset(torch.randn(6, 3)), batch_size=2))
answer = states
