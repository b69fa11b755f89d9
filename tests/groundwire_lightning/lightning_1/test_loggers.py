"""Loggers of Lightning 1."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

import groundwire_lightning as pl
from groundwire_lightning.core.boring_classes import BoringModel
from groundwire_lightning.loggers import LightningLoggerBase, LoggerCollection, TestTubeLogger


class Listing(LightningLoggerBase):
    """A logger as it was written for Lightning 1."""

    def __init__(self, name: str = "listing") -> None:
        super().__init__()
        self.lines: list[Any] = []
        self._name = name

    @property
    def name(self) -> str:
        return self._name

    @property
    def version(self) -> int:
        return 3

    @property
    def save_dir(self) -> str:
        return "somewhere"

    @property
    def experiment(self) -> list[Any]:
        return self.lines

    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        self.lines.append((step, *metrics))

    def log_hyperparams(self, params: Any, *args: Any, **kwargs: Any) -> None:
        self.lines.append(("hparams", *params))

    def finalize(self, status: str) -> None:
        self.lines.append(status)
        super().finalize(status)


class Lit(BoringModel):
    def training_step(self, batch: Any, batch_idx: int) -> Any:
        self.log("value", 1.0)
        return super().training_step(batch, batch_idx)


def fit(logger: Any, folder: Path) -> Any:
    trainer = pl.Trainer(
        max_steps=2, log_every_n_steps=1, logger=logger, default_root_dir=folder, enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False, limit_val_batches=0, accelerator="cpu",
    )  # fmt: skip
    trainer.fit(Lit())
    return trainer


def test_a_logger_of_lightning_1_is_written_to(tmp_path: Path) -> None:
    logger = Listing()
    fit(logger, tmp_path)
    assert [line for line in logger.lines if "value" in line] == [(0, "value", "epoch"), (1, "value", "epoch")]
    assert logger.lines[-1] == "success"
    logger.agg_and_log_metrics({"more": 1.0}, step=5)
    assert logger.lines[-1] == (5, "more")
    logger.close()
    logger.update_agg_funcs()


def test_several_are_told_as_one(tmp_path: Path) -> None:
    both = [Listing("one"), Listing("two")]
    together = LoggerCollection(both)
    fit(together, tmp_path)
    assert both[0].lines == both[1].lines != []
    assert (together.name, together.version, together.save_dir) == ("one_two", "3", "somewhere")
    assert together[1] is both[1]
    assert together.experiment == [both[0].lines, both[1].lines]


def test_what_is_not_called_or_gathered_is_told() -> None:
    with pytest.warns(UserWarning, match="agg_and_log_metrics is not called"):
        type("Mine", (Listing,), {"agg_and_log_metrics": lambda self, metrics, step: None})
    with pytest.warns(UserWarning, match="not gathered"):
        type("Mine", (Listing,), {"__init__": LightningLoggerBase.__init__})(agg_key_funcs={"loss": max})


def test_the_logger_of_test_tube_writes_event_files(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="event files of TensorBoardLogger alone"):
        logger = TestTubeLogger(save_dir=str(tmp_path), name="run", version=2)
    fit(logger, tmp_path)
    assert [*tmp_path.glob("run/version_2/events.out.tfevents.*")]
    logger.experiment.add_scalar("own", torch.tensor(1.0), 1)
    with pytest.raises(ValueError, match="create_git_tag"):
        TestTubeLogger(str(tmp_path), create_git_tag=True)
