"""A module that makes its updates itself and toggles its optimizers in the words of 1.x."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.automatic_optimization = False
        self.first = torch.nn.Linear(4, 2)
        self.second = torch.nn.Linear(2, 1)

    def training_step(self, batch, batch_idx):
        for optimizer_idx, optimizer in enumerate(self.optimizers()):
            self.toggle_optimizer(optimizer, optimizer_idx)
            loss = self.second(self.first(batch[0])).pow(2).mean()
            optimizer.zero_grad()
            self.manual_backward(loss)
            optimizer.step()
            needing = [parameter.requires_grad for parameter in self.parameters()]
            self.untoggle_optimizer(optimizer_idx)
            states.append([needing, [parameter.requires_grad for parameter in self.parameters()]])
        return {"loss": loss, "more": 1}

    def backward(self, loss, optimizer, optimizer_idx, *args, **kwargs):
        loss.backward(*args, **kwargs)

    def on_before_optimizer_step(self, optimizer, optimizer_idx):
        pass

    def on_train_batch_end(self, outputs, batch, batch_idx):
        pass

    def configure_optimizers(self):
        return [torch.optim.Adam(self.first.parameters(), 0.1), torch.optim.SGD(self.second.parameters(), 0.1)]


states = []
torch.manual_seed(1)
model = Model()
trainer = pl.Trainer(max_epochs=2, enable_progress_bar=False, enable_model_summary=False, log_every_n_steps=1)
trainer.fit(model, DataLoader(TensorDataset(torch.randn(6, 4)), batch_size=2))
answer = [states, trainer.global_step]
