"""What an epoch and a batch come to with three optimizers, of which one now and then has no loss."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.layers = torch.nn.ModuleList([torch.nn.Linear(4, 1) for _ in range(3)])

    def training_step(self, batch, batch_idx, optimizer_idx):
        if optimizer_idx == 1 and batch_idx > 1:
            return None
        return {"x": self.layers[optimizer_idx](batch[0]), "which": optimizer_idx, "batch": batch_idx, "loss": None}

    def training_step_end(self, outputs):
        if outputs is not None:
            outputs["loss"] = outputs.pop("x").pow(2).mean()
        return outputs

    def on_train_batch_end(self, outputs, batch, batch_idx):
        pass

    def training_epoch_end(self, outputs):
        self.log("mean", torch.stack([each["loss"] for of_batch in outputs for each in of_batch]).mean())

    def configure_optimizers(self):
        return [torch.optim.SGD(layer.parameters(), lr=0.1) for layer in self.layers]


torch.manual_seed(1)
model = Model()
trainer = pl.Trainer(max_epochs=2, enable_progress_bar=False, enable_model_summary=False, log_every_n_steps=1)
trainer.fit(model, DataLoader(TensorDataset(torch.randn(8, 4)), batch_size=2))
