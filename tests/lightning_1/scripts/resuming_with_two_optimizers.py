"""A run with two optimizers and schedulers that is taken up from a file of its end, and of an epoch."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.first = torch.nn.Linear(4, 4)
        self.second = torch.nn.Linear(4, 1)

    def training_step(self, batch, batch_idx, optimizer_idx):
        loss = self.second(self.first(batch[0])).pow(2).mean()
        self.log("loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        self.log("val_loss", self.second(self.first(batch[0])).mean())

    def configure_optimizers(self):
        first = torch.optim.Adam(self.first.parameters(), lr=0.05)
        second = torch.optim.SGD(self.second.parameters(), lr=0.1, momentum=0.9)
        return [
            {"optimizer": first, "lr_scheduler": torch.optim.lr_scheduler.ExponentialLR(first, 0.5)},
            {
                "optimizer": second,
                "lr_scheduler": {"scheduler": torch.optim.lr_scheduler.StepLR(second, 3), "interval": "step"},
            },
        ]


def fit(epochs, ckpt_path=None):
    torch.manual_seed(1)
    model = Model()
    trainer = pl.Trainer(
        max_epochs=epochs,
        enable_progress_bar=False,
        enable_model_summary=False,
        logger=False,
        callbacks=[
            pl.callbacks.ModelCheckpoint(dirpath="kept", filename=f"{epochs}-{{epoch}}-{{step}}", save_top_k=-1)
        ],
    )
    trainer.fit(model, DataLoader(data, batch_size=3), DataLoader(data, batch_size=6), ckpt_path=ckpt_path)
    return model, trainer


torch.manual_seed(2)
data = TensorDataset(torch.randn(12, 4))
model, trainer = fit(2)
answer = [model.state_dict(), trainer.global_step]
trainer.save_checkpoint("end.ckpt")
model, trainer = fit(3, "end.ckpt")
answer += [model.state_dict(), trainer.global_step, [one.param_groups[0]["lr"] for one in trainer.optimizers]]
model, trainer = fit(4, "kept/3-epoch=2-step=24.ckpt")
