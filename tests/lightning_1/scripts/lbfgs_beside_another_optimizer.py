"""LBFGS, which evaluates its step more than once, beside an optimizer that does not."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.first = torch.nn.Linear(4, 2)
        self.second = torch.nn.Linear(2, 1)

    def training_step(self, batch, batch_idx, optimizer_idx):
        loss = (self.second(self.first(batch[0])) - batch[0].sum(1, keepdim=True)).pow(2).mean()
        self.log(f"loss_{optimizer_idx}", loss, on_step=True, on_epoch=True)
        return loss

    def optimizer_step(
        self,
        epoch,
        batch_idx,
        optimizer,
        optimizer_idx,
        optimizer_closure,
        on_tpu=False,
        using_native_amp=False,
        using_lbfgs=False,
    ):
        optimizer.step(closure=optimizer_closure)

    def on_train_batch_end(self, outputs, batch, batch_idx):
        pass

    def configure_optimizers(self):
        first = torch.optim.LBFGS(self.first.parameters(), lr=0.3, max_iter=4, history_size=3)
        return [first, torch.optim.Adam(self.second.parameters(), lr=0.05)]


torch.manual_seed(1)
model = Model()
trainer = pl.Trainer(max_epochs=2, enable_progress_bar=False, enable_model_summary=False, log_every_n_steps=1)
trainer.fit(model, DataLoader(TensorDataset(torch.randn(12, 4)), batch_size=4))
