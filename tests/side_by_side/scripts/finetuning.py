"""Transfer learning: a frozen backbone that thaws, with discriminative learning rates."""

import lightning.pytorch as pl
import torch
from lightning.pytorch.callbacks import BackboneFinetuning, BaseFinetuning
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class TransferModel(pl.LightningModule):
    def __init__(self, lr: float = 1e-2):
        super().__init__()
        self.save_hyperparameters()
        self.backbone = nn.Sequential(nn.Linear(10, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 8), nn.ReLU())
        self.head = nn.Linear(8, 3)
        self.trainable = []

    def forward(self, x):
        return self.head(self.backbone(x))

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = nn.functional.cross_entropy(self(x), y)
        self.log("loss", loss)
        return loss

    def on_train_epoch_start(self):
        self.trainable.append(sum(p.numel() for p in self.parameters() if p.requires_grad))

    def configure_optimizers(self):
        parameters = filter(lambda p: p.requires_grad, self.parameters())
        optimizer = torch.optim.SGD(parameters, lr=self.hparams.lr, momentum=0.9)
        return [optimizer], [torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones=[2], gamma=0.5)]


class Milestones(BaseFinetuning):
    def freeze_before_training(self, pl_module):
        self.freeze(modules=pl_module.backbone, train_bn=False)

    def finetune_function(self, pl_module, epoch, optimizer):
        if epoch == 1:
            self.unfreeze_and_add_param_group(modules=pl_module.backbone[3], optimizer=optimizer, train_bn=False)


def run(callback):
    pl.seed_everything(7)
    x = torch.randn(48, 10)
    model = TransferModel()
    loader = DataLoader(TensorDataset(x, (x.sum(1) > 0).long() + (x[:, 0] > 1).long()), batch_size=12, shuffle=True)
    trainer = pl.Trainer(accelerator="cpu", max_epochs=4, callbacks=[callback], logger=False, enable_progress_bar=False)
    trainer.fit(model, loader)
    groups = [[g["lr"], len(g["params"])] for g in trainer.optimizers[0].param_groups]
    return {"weights": model.state_dict(), "trainable": model.trainable, "groups": groups}


answer = {
    "backbone": run(
        BackboneFinetuning(unfreeze_backbone_at_epoch=2, lambda_func=lambda epoch: 1.5, backbone_initial_lr=1e-3)
    ),
    "milestones": run(Milestones()),
}
