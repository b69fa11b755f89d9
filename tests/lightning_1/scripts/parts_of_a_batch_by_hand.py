"""A module that makes its updates itself, once for each part of a batch."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.automatic_optimization = False
        self.truncated_bptt_steps = 2
        self.rnn = torch.nn.RNN(2, 2, batch_first=True)

    def training_step(self, batch, batch_idx, hiddens):
        optimizer = self.optimizers()
        out, hiddens = self.rnn(batch[0], hiddens)
        loss = out.pow(2).mean()
        self.log("loss", loss, on_step=True, on_epoch=True)
        with optimizer.toggle_model():
            optimizer.zero_grad()
            self.manual_backward(loss)
            optimizer.step()
        return {"loss": loss, "hiddens": hiddens, "length": batch[0].shape[1]}

    def on_train_batch_end(self, outputs, batch, batch_idx):
        pass

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=0.1)


torch.manual_seed(1)
model = Model()
trainer = pl.Trainer(max_epochs=2, enable_progress_bar=False, enable_model_summary=False, log_every_n_steps=1)
trainer.fit(model, DataLoader(TensorDataset(torch.randn(5, 5, 2)), batch_size=2))
answer = trainer.global_step
