"""Every callback that the real Lightning brings, given to both Trainers: the same weights, values and files."""

import contextlib
import io
import tempfile
import warnings
from pathlib import Path

import lightning.pytorch
import pytest
import torch
from lightning.pytorch import callbacks
from lightning.pytorch.callbacks.spike import SpikeDetection
from torch.utils.data import DataLoader, TensorDataset

import groundwire_lightning


class Net(lightning.pytorch.LightningModule):
    def __init__(self):
        super().__init__()
        self.backbone = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.BatchNorm1d(4))
        self.head = torch.nn.Linear(4, 2)

    def forward(self, points):
        return self.head(self.backbone(points))

    def loss(self, batch):
        return torch.nn.functional.cross_entropy(self(batch[0]), batch[1])

    def training_step(self, batch, batch_idx):
        loss = self.loss(batch)
        self.log("loss", loss, on_step=True, on_epoch=True, prog_bar=True)
        return loss

    def validation_step(self, batch, batch_idx):
        self.log("val_loss", self.loss(batch), prog_bar=True)

    def configure_optimizers(self):
        optimizer = torch.optim.SGD(self.parameters(), 0.1)
        return [optimizer], [torch.optim.lr_scheduler.StepLR(optimizer, 1)]


class Unfreezes(callbacks.BaseFinetuning):
    def freeze_before_training(self, pl_module):
        self.freeze(pl_module.backbone)

    def finetune_function(self, pl_module, epoch, optimizer):
        if epoch == 1:
            self.unfreeze_and_add_param_group(pl_module.backbone, optimizer)


MADE = {
    "BackboneFinetuning": lambda folder: callbacks.BackboneFinetuning(unfreeze_backbone_at_epoch=1),
    "BaseFinetuning": lambda folder: Unfreezes(),
    "DeviceStatsMonitor": lambda folder: callbacks.DeviceStatsMonitor(cpu_stats=True),
    "EMAWeightAveraging": lambda folder: callbacks.EMAWeightAveraging(),
    "EarlyStopping": lambda folder: callbacks.EarlyStopping("val_loss", patience=1, min_delta=1.0),
    "GradientAccumulationScheduler": lambda folder: callbacks.GradientAccumulationScheduler({0: 1, 1: 2}),
    "LambdaCallback": lambda folder: callbacks.LambdaCallback(on_fit_start=lambda *args: None),
    "LearningRateMonitor": lambda folder: callbacks.LearningRateMonitor(),
    "ModelCheckpoint": lambda folder: callbacks.ModelCheckpoint(
        folder, monitor="val_loss", save_top_k=2, save_last=True
    ),
    "ModelPruning": lambda folder: callbacks.ModelPruning("l1_unstructured", amount=0.5),
    "ModelSummary": lambda folder: callbacks.ModelSummary(),
    "OnExceptionCheckpoint": callbacks.OnExceptionCheckpoint,
    "ProgressBar": lambda folder: callbacks.ProgressBar(),
    "RichModelSummary": lambda folder: callbacks.RichModelSummary(),
    "RichProgressBar": lambda folder: callbacks.RichProgressBar(),
    "SpikeDetection": lambda folder: SpikeDetection(),
    "StochasticWeightAveraging": lambda folder: callbacks.StochasticWeightAveraging(0.01, swa_epoch_start=1),
    "TQDMProgressBar": lambda folder: callbacks.TQDMProgressBar(),
    "ThroughputMonitor": lambda folder: callbacks.ThroughputMonitor(lambda batch: batch[0].size(0)),
    "Timer": lambda folder: callbacks.Timer(),
    "WeightAveraging": lambda folder: callbacks.WeightAveraging(),
}
ELSEWHERE = {
    *("Callback", "Checkpoint", "LightningEnum"),  # bases
    *("BasePredictionWriter", "LearningRateFinder", "BatchSizeFinder"),  # no callbacks of fit(), or stood in for
}


def test_every_callback_of_lightning_is_met_here():
    assert set(callbacks.__all__) - ELSEWHERE <= set(MADE)


def loader():
    points = torch.randn(20, 4, generator=torch.Generator().manual_seed(0))
    return DataLoader(TensorDataset(points, (points.sum(1) > 0).long()), batch_size=4)


def run(package, name):
    torch.manual_seed(0)
    module = Net()
    bars, saves = "ProgressBar" in name, "Checkpoint" in name
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        trainer = package.Trainer(
            accelerator="cpu",
            max_epochs=3,
            log_every_n_steps=1,
            enable_model_summary="Summary" in name,
            callbacks=MADE[name](folder),
            enable_progress_bar=bars,
            enable_checkpointing=saves,
            logger=package.loggers.CSVLogger(f"{folder}/logs"),
            default_root_dir=folder,
        )
        trainer.fit(module, loader(), loader())
        files = sorted(str(path.relative_to(folder)) for path in Path(folder).rglob("*") if path.is_file())
    names = set(trainer.callback_metrics)
    values = {key: trainer.callback_metrics[key] for key in ("loss", "loss_step", "loss_epoch", "val_loss")}
    return module.state_dict(), values, names, files, trainer.global_step, trainer.current_epoch


@pytest.mark.parametrize("name", MADE)
def test_a_callback_of_lightning_leaves_the_same_behind(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs, ours = run(lightning.pytorch, name), run(groundwire_lightning, name)
    assert list(theirs[0]) == list(ours[0])
    assert all(torch.equal(ours[0][key], value) for key, value in theirs[0].items())
    assert theirs[1:] == ours[1:]
