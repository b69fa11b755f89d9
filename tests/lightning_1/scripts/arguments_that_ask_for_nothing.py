"""The defaults of Lightning 1, written out."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(4, 1)

    def training_step(self, batch, batch_idx):
        loss = self.layer(batch[0]).pow(2).mean()
        self.log("loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        self.log("val_loss", self.layer(batch[0]).mean())

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


torch.manual_seed(1)
data = TensorDataset(torch.randn(12, 4))
model = Model()
trainer = pl.Trainer(
    True,
    accelerator=None,
    strategy=None,
    devices=None,
    gpus=None,
    tpu_cores=None,
    ipus=None,
    num_processes=1,
    auto_select_gpus=False,
    replace_sampler_ddp=True,
    amp_backend=None,
    amp_level=None,
    precision=32,
    move_metrics_to_cpu=True,
    track_grad_norm=-1,
    accumulate_grad_batches=None,
    resume_from_checkpoint=None,
    auto_lr_find=False,
    auto_scale_batch_size=False,
    max_epochs=2,
    log_every_n_steps=1,
    enable_progress_bar=False,
    enable_model_summary=False,
)
trainer.fit(model, DataLoader(data, batch_size=4), DataLoader(data, batch_size=4))
answer = [trainer.world_size, trainer.precision in (32, "32", "32-true"), trainer.data_parallel, trainer.tuning]
answer += [trainer.optimizer_frequencies, trainer.resume_from_checkpoint, trainer.auto_lr_find, trainer.amp_backend]
