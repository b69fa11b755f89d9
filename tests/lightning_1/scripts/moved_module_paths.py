"""Names from the paths that Lightning 1.9 had them at."""

import pytorch_lightning as pl
import torch
from pytorch_lightning.loggers.logger import rank_zero_experiment
from pytorch_lightning.profiler import SimpleProfiler
from pytorch_lightning.trainer.supporters import CombinedLoader
from pytorch_lightning.utilities.cloud_io import load
from pytorch_lightning.utilities.distributed import gather_all_tensors
from pytorch_lightning.utilities.seed import seed_everything
from pytorch_lightning.utilities.types import EPOCH_OUTPUT, STEP_OUTPUT
from torch.utils.data import DataLoader


class Lit(pl.LightningModule):
    def __init__(self, rate=0.1):
        super().__init__()
        self.save_hyperparameters()
        self.layer = torch.nn.Linear(4, 1)

    def forward(self, x):
        return self.layer(x)

    def training_step(self, batch, batch_idx):
        loss = self(batch).square().mean()
        self.log("loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        self.log("val_loss", self(batch).square().mean())

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=self.hparams.rate)


class Mine(Lit):
    def on_train_start(self):
        seed_everything(3)


torch.manual_seed(1)
data = DataLoader(torch.randn(12, 4), batch_size=4, generator=torch.Generator())
model = Mine()
trainer = pl.Trainer(
    max_epochs=2, callbacks=[], log_every_n_steps=1, enable_progress_bar=False, enable_model_summary=False
)
trainer.fit(model, data, data)
again = Mine()
seed_everything(4)
answer = [torch.rand(2), callable(gather_all_tensors), callable(rank_zero_experiment), EPOCH_OUTPUT is not None]
trainer.save_checkpoint("mine.ckpt")
answer += [sorted(load("mine.ckpt")["state_dict"]), isinstance(SimpleProfiler(), object), STEP_OUTPUT is not None]
answer += [type(CombinedLoader({"a": data})).__name__]
