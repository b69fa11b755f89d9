"""How the texts of a command line are read."""

import os
from argparse import ArgumentParser, Namespace

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

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


torch.manual_seed(1)
data = TensorDataset(torch.randn(12, 4))
parser = pl.Trainer.add_argparse_args(ArgumentParser(add_help=False), use_argument_group=False)
lines = [
    "",
    "--gpus 0 --devices 2 --fast_dev_run --logger false --precision bf16",
    "--gpus 0,1 --fast_dev_run 3 --limit_val_batches 0.5 --limit_train_batches 3 --precision 16 --benchmark",
    "--track_grad_norm 2 --auto_lr_find my_rate --auto_scale_batch_size power --val_check_interval 0.25",
    "--auto_lr_find --enable_checkpointing 0 --overfit_batches 1 --max_time 00:00:01:00",
    "--accumulate_grad_batches 3 --strategy ddp --accelerator cpu --default_root_dir here --profiler simple",
]
answer = [vars(parser.parse_args(line.split())) for line in lines]
answer.append(vars(pl.Trainer.parse_argparser(Namespace(logger=None, deterministic=None, sync_batchnorm=None, own=3))))
answer.append(pl.Trainer.default_attributes())
os.environ["PL_TRAINER_MAX_STEPS"] = "3"
os.environ["PL_TRAINER_GRADIENT_CLIP_ALGORITHM"] = "value"
answer.append(vars(pl.Trainer.match_env_arguments()))
trainer = pl.Trainer(logger=False, enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False)
model = Model()
trainer.fit(model, DataLoader(data, batch_size=4))
