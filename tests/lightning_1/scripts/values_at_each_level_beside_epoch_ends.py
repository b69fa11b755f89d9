"""What steps, their ends and epoch ends log keeps its level, step and reduction."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(4, 1)

    def training_step(self, batch, batch_idx):
        loss = self.layer(batch[0]).pow(2).mean()
        self.log("loss", loss, on_epoch=True)
        return {"loss": loss, "last": batch[0][-1]}

    def training_step_end(self, step_output):
        self.log("end_of_step", step_output["last"].sum(), on_step=True, on_epoch=True, reduce_fx="max")
        return step_output

    def training_epoch_end(self, outputs):
        self.log("whole", torch.stack([output["last"] for output in outputs]).mean())

    def validation_step(self, batch, batch_idx, dataloader_idx):
        self.log("val", batch[0].mean())
        return batch[0].sum()

    def validation_step_end(self, output):
        self.log("val_end", output, on_step=True, on_epoch=True)
        return output * 2

    def validation_epoch_end(self, outputs):
        for index, of_loader in enumerate(outputs):
            self.log(f"val_epoch_{index}", torch.stack(of_loader).sum())

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


data = TensorDataset(torch.arange(40.0).reshape(10, 4) / 40)
model = Model()
trainer = pl.Trainer(
    max_epochs=2,
    enable_progress_bar=False,
    enable_model_summary=False,
    log_every_n_steps=1,
    accumulate_grad_batches=2,
    gradient_clip_val=0.1,
)
trainer.fit(model, DataLoader(data, batch_size=3), [DataLoader(data, batch_size=4), DataLoader(data, batch_size=6)])
