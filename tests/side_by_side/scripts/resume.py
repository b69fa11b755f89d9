"""A run that is taken up again from its last checkpoint, by a new trainer, with state of its own in the file."""

import lightning.pytorch as pl
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Counter(pl.Callback):
    def __init__(self):
        self.batches = 0

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        self.batches += 1

    def state_dict(self):
        return {"batches": self.batches}

    def load_state_dict(self, state_dict):
        self.batches = state_dict["batches"]


class Model(pl.LightningModule):
    def __init__(self, width: int = 6):
        super().__init__()
        self.save_hyperparameters()
        self.net = nn.Sequential(nn.Linear(3, width), nn.Dropout(0.2), nn.Linear(width, 1))
        self.seen = 0

    def training_step(self, batch, batch_idx):
        self.seen += len(batch[0])
        loss = nn.functional.mse_loss(self.net(batch[0]), batch[1])
        self.log("loss", loss, on_epoch=True)
        return loss

    def configure_optimizers(self):
        optimizer = torch.optim.Adam(self.parameters(), lr=0.01)
        return [optimizer], [
            {"scheduler": torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=40), "interval": "step"}
        ]

    def on_save_checkpoint(self, checkpoint):
        checkpoint["seen"] = self.seen

    def on_load_checkpoint(self, checkpoint):
        self.seen = checkpoint["seen"]


def run(epochs, ckpt_path=None):
    pl.seed_everything(11)
    x = torch.randn(40, 3)
    model, counter = Model(), Counter()
    saver = ModelCheckpoint(dirpath="checkpoints", save_last=True, save_top_k=-1, every_n_epochs=1)
    trainer = pl.Trainer(
        max_epochs=epochs, accelerator="cpu", callbacks=[saver, counter], logger=False, enable_progress_bar=False
    )
    trainer.fit(
        model, DataLoader(TensorDataset(x, x.sum(1, keepdim=True)), batch_size=8, shuffle=True), ckpt_path=ckpt_path
    )
    return {
        "weights": model.state_dict(),
        "seen": [model.seen, counter.batches, trainer.global_step, trainer.current_epoch],
        "rate": trainer.optimizers[0].param_groups[0]["lr"],
        "last": saver.last_model_path,
    }


first = run(2)
state = torch.load(first["last"], weights_only=False)
answer = {
    "first": first,
    "second": run(4, first["last"]),
    "keys": sorted(key for key in state if not key.startswith("groundwire")),
    "names": list(state["state_dict"]),
    "counted": [state["epoch"], state["global_step"], state["seen"], dict(state["hyper_parameters"])],
    "weights": Model.load_from_checkpoint("checkpoints/epoch=0-step=5.ckpt").state_dict(),
}
