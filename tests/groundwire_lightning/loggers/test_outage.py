"""A run whose logging directory is full or gone for a while goes on, with the rows of an undisturbed one."""

import csv
import resource
import shutil
import warnings

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch.utils.data import DataLoader

import groundwire_lightning as L
from groundwire_lightning.core.boring_classes import BoringModel
from groundwire_lightning.loggers import CSVLogger, TensorBoardLogger
from groundwire_tensorboard import events

BATCHES = 20


class Logs(BoringModel):
    def training_step(self, batch, batch_idx):
        loss = super().training_step(batch, batch_idx)["loss"]
        self.log("loss", loss, on_step=True, on_epoch=True)
        return loss

    def train_dataloader(self):
        return DataLoader(torch.ones(BATCHES, 32))


class At(L.Callback):
    """Calls functions after batches."""

    def __init__(self, calls):
        self.calls = calls

    def on_train_batch_end(self, trainer, module, outputs, batch, batch_idx):
        self.calls.get(batch_idx, lambda: None)()


def fit(logger, **calls):
    torch.manual_seed(0)
    off = dict.fromkeys(("enable_progress_bar", "enable_model_summary", "enable_checkpointing"), False)
    callback = At({int(name[1:]): call for name, call in calls.items()})
    arguments = {"accelerator": "cpu", "max_epochs": 2, "limit_val_batches": 0, "log_every_n_steps": 1}
    trainer = L.Trainer(logger=logger, callbacks=[callback], **arguments, **off)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        trainer.fit(Logs())
    assert trainer.global_step == 2 * BATCHES
    return [str(warning.message) for warning in seen]


def rows_of(folder):
    """What a logger wrote: the rows of a CSV file, or the scalars of event files."""
    if (folder / "metrics.csv").exists():
        with (folder / "metrics.csv").open(newline="") as file:
            return list(csv.DictReader(file))
    scalars = EventAccumulator(str(folder), size_guidance={"scalars": 0}).Reload()
    return {tag: [(event.step, event.value) for event in scalars.Scalars(tag)] for tag in scalars.Tags()["scalars"]}


@pytest.mark.parametrize("kind", [CSVLogger, TensorBoardLogger])
def test_a_disk_that_is_full_for_a_while_loses_no_row(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(events, "LONGEST_PAUSE", 0.0)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    place = tmp_path / "disturbed"

    def fill():
        largest = max(path.stat().st_size for path in place.rglob("*") if path.is_file())
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest + 7, limits[1]))

    def clear():
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    try:
        told = fit(kind(place, name="", version="v"), b3=fill, b12=clear)
    finally:
        clear()
    fit(kind(tmp_path / "whole", name="", version="v"))
    assert rows_of(place / "v") == rows_of(tmp_path / "whole/v")
    assert any("The run goes on" in text for text in told)
    assert not any("could not be written" in text for text in told)


@pytest.mark.parametrize("kind", [CSVLogger, TensorBoardLogger])
def test_a_folder_that_goes_in_mid_run_is_made_again(tmp_path, kind):
    fit(kind(tmp_path, name="", version="v"), b10=lambda: shutil.rmtree(tmp_path / "v", ignore_errors=True))
    rows = rows_of(tmp_path / "v")
    steps = [int(row["step"]) for row in rows] if isinstance(rows, list) else [step for step, _ in rows["loss_epoch"]]
    assert steps[-1] == 2 * BATCHES - 1
