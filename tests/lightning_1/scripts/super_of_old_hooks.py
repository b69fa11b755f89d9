"""The hooks that only Lightning 1 had can be reached by `super()`."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(4, 1)

    def training_step(self, batch, batch_idx):
        return self.layer(batch[0]).pow(2).mean()

    def training_step_end(self, step_output):
        return super().training_step_end(step_output)

    def training_epoch_end(self, outputs):
        super().training_epoch_end(outputs)

    def validation_step(self, batch, batch_idx):
        return batch_idx

    def validation_epoch_end(self, outputs):
        super().validation_epoch_end(outputs)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


data = TensorDataset(torch.arange(40.0).reshape(10, 4) / 40)
model = Model()
trainer = pl.Trainer(
    max_epochs=1,
    enable_progress_bar=False,
    enable_model_summary=False,
    enable_checkpointing=False,
    logger=False,
)
trainer.fit(model, DataLoader(data, batch_size=4), DataLoader(data, batch_size=4))
