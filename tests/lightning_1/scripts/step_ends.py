"""What an end of a step returns takes the place of what its step returned; None leaves it."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(4, 1)

    def training_step(self, batch, batch_idx):
        return {"out": self.layer(batch[0])}

    def training_step_end(self, step_output):
        loss = step_output["out"].pow(2).mean()
        self.log("train_loss", loss)
        return {"loss": loss, "seen": 1}

    def training_epoch_end(self, outputs):
        self.log("seen", float(sum(output["seen"] for output in outputs)))

    def validation_step(self, batch, batch_idx):
        return self.layer(batch[0])

    def validation_step_end(self, batch_parts):
        self.log("val_loss", batch_parts.mean())
        return None if self.current_epoch else batch_parts.mean()

    def on_validation_batch_end(self, outputs, batch, batch_idx, dataloader_idx):
        pass

    def validation_epoch_end(self, outputs):
        pass

    def test_step(self, batch, batch_idx):
        return batch_idx, self.layer(batch[0])

    def test_step_end(self, *args, **kwargs):
        return {"parts": args}

    def test_epoch_end(self, outputs):
        pass

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


data = TensorDataset(torch.arange(40.0).reshape(10, 4) / 40)
model = Model()
trainer = pl.Trainer(
    max_epochs=2,
    enable_progress_bar=False,
    enable_model_summary=False,
    enable_checkpointing=False,
    logger=False,
)
trainer.fit(model, DataLoader(data, batch_size=4), DataLoader(data, batch_size=4))
answer = trainer.test(model, DataLoader(data, batch_size=4), verbose=False)
