"""A callback that unfreezes layers for one of two optimizers, which it tells apart by their index."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.backbone = torch.nn.Linear(4, 4)
        self.first = torch.nn.Linear(4, 1)
        self.second = torch.nn.Linear(4, 1)

    def training_step(self, batch, batch_idx, optimizer_idx):
        head = self.first if optimizer_idx == 0 else self.second
        return head(self.backbone(batch[0])).pow(2).mean()

    def configure_optimizers(self):
        return [torch.optim.SGD(self.first.parameters(), lr=0.1), torch.optim.SGD(self.second.parameters(), lr=0.1)]


class Unfreezes(pl.callbacks.BaseFinetuning):
    def freeze_before_training(self, pl_module):
        self.freeze(pl_module.backbone)

    def finetune_function(self, pl_module, current_epoch, optimizer, opt_idx):
        if current_epoch == 1 and opt_idx == 1:
            self.unfreeze_and_add_param_group(pl_module.backbone, optimizer, lr=0.01)


torch.manual_seed(1)
model = Model()
trainer = pl.Trainer(
    max_epochs=3, enable_progress_bar=False, enable_model_summary=False, logger=False, callbacks=[Unfreezes()]
)
own = torch.Generator()  # when a loader draws from that of all, releases do not agree
trainer.fit(model, DataLoader(TensorDataset(torch.randn(6, 4)), batch_size=3, generator=own))
answer = [[group["lr"] for group in one.param_groups] for one in trainer.optimizers]
