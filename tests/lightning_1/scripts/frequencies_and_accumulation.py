"""Three optimizers that share batches in rows of different lengths, with gradients accumulated over two batches."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.layers = torch.nn.ModuleList([torch.nn.Linear(3, 1) for _ in range(3)])

    def training_step(self, batch, batch_idx, optimizer_idx):
        loss = sum(layer(batch[0]).pow(2).mean() for layer in self.layers)
        self.log("loss", loss)
        return loss

    def on_before_zero_grad(self, optimizer):
        pass

    def on_before_optimizer_step(self, optimizer, optimizer_idx):
        pass

    def on_train_batch_end(self, outputs, batch, batch_idx):
        pass

    def configure_optimizers(self):
        optimizers = [torch.optim.SGD(layer.parameters(), lr=0.05, momentum=0.9) for layer in self.layers]
        scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizers[2], patience=0, threshold=10.0)
        return [
            {"optimizer": optimizers[0], "frequency": 1},
            {"optimizer": optimizers[1], "frequency": 2},
            {
                "optimizer": optimizers[2],
                "frequency": 2,
                "lr_scheduler": {"scheduler": scheduler, "monitor": "loss", "interval": "step"},
            },
        ]


torch.manual_seed(1)
model = Model()
trainer = pl.Trainer(
    max_epochs=2, accumulate_grad_batches=2, enable_progress_bar=False, enable_model_summary=False, log_every_n_steps=1
)
trainer.fit(model, DataLoader(TensorDataset(torch.randn(14, 3)), batch_size=2))
answer = [trainer.optimizer_frequencies, *(one.param_groups[0]["lr"] for one in trainer.optimizers)]
