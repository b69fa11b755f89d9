"""Two optimizers of which now one, now the other, now neither has a loss."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.first = torch.nn.Linear(4, 2)
        self.second = torch.nn.Linear(2, 1)

    def training_step(self, batch, batch_idx, optimizer_idx):
        if batch_idx == 3 or batch_idx % 3 == optimizer_idx:
            return None
        loss = self.second(self.first(batch[0])).pow(2).mean()
        self.log("loss", loss, on_step=True, on_epoch=True)
        return {"loss": loss, "which": optimizer_idx}

    def on_before_zero_grad(self, optimizer):
        pass

    def on_after_backward(self):
        pass

    def on_before_optimizer_step(self, optimizer, optimizer_idx):
        pass

    def on_train_batch_end(self, outputs, batch, batch_idx):
        pass

    def configure_optimizers(self):
        return torch.optim.Adam(self.first.parameters(), 0.1), torch.optim.SGD(self.second.parameters(), 0.1, 0.9)


torch.manual_seed(1)
model = Model()
trainer = pl.Trainer(max_epochs=2, enable_progress_bar=False, enable_model_summary=False, log_every_n_steps=1)
trainer.fit(model, DataLoader(TensorDataset(torch.randn(10, 4)), batch_size=2))
answer = trainer.global_step
