"""An epoch end that takes `*args` or `**kwargs`, or is set on the object, is given the outputs."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(4, 1)

    def training_step(self, batch, batch_idx):
        return self.layer(batch[0]).pow(2).mean()

    def training_epoch_end(self, *args, **kwargs):
        pass

    def validation_step(self, *args, **kwargs):
        return args[1]

    def test_step(self, batch, batch_idx):
        return batch_idx

    def test_epoch_end(self, outs, *rest):
        pass

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


def of_the_object(outputs):
    told.append(outputs)


told = []
data = TensorDataset(torch.arange(40.0).reshape(10, 4) / 40)
model = Model()
model.validation_epoch_end = of_the_object
trainer = pl.Trainer(
    max_epochs=1,
    enable_progress_bar=False,
    enable_model_summary=False,
    enable_checkpointing=False,
    logger=False,
)
trainer.fit(model, DataLoader(data, batch_size=4), DataLoader(data, batch_size=4))
trainer.test(model, DataLoader(data, batch_size=4), verbose=False)
answer = told
