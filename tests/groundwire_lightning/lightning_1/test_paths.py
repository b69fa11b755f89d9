"""Import paths and names that only Lightning 1 had: each public one has a home, or is refused with what to use."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
import torch

import groundwire_lightning as pl
from groundwire_lightning import NotSupportedYetError, paths

LINES = Path(__file__).with_name("public_names.txt").read_text("utf-8").splitlines()
NAMES = {line.partition(":")[0]: line.partition(":")[2].split() for line in LINES if not line.startswith("#")}
"""Module of 1.0.8, 1.2.10, 1.5.10, 1.7.7 and 1.9.5 to the classes and functions that it defined."""


@pytest.mark.parametrize("path", NAMES)
def test_a_module_of_lightning_1_is_there_or_says_what_to_use(path: str) -> None:
    try:
        importlib.import_module(f"groundwire_lightning{path}")
    except ModuleNotFoundError as error:
        assert "Instead: " in str(error)  # noqa: PT017  # either is right


PLACES = [(path, name) for path, names in NAMES.items() for name in names]


def lacking() -> list[str]:
    """The names that are neither there nor refused in words."""
    lost = []
    for path, name in PLACES:
        spelled = f"lightning.pytorch{path}"
        if paths.gap_of(f"{spelled}.{name}") is None:
            module = importlib.import_module(f"groundwire_lightning{path}")
            lost += [] if hasattr(module, name) else [f"{path}: {name}"]
    return lost


def test_every_public_class_and_function_of_lightning_1_is_there_or_refused() -> None:
    assert lacking() == []


@pytest.mark.parametrize(
    ("path", "now"),
    {
        "pytorch_lightning.core.lightning": "lightning.pytorch.core.module",
        "pytorch_lightning.core.lightning.LightningModule": "lightning.pytorch.core.module.LightningModule",
        "pytorch_lightning.callbacks.ProgressBarBase": "lightning.pytorch.callbacks.ProgressBar",
        "pytorch_lightning.plugins.training_type.ddp.DDPPlugin": "lightning.pytorch.strategies.DDPStrategy",
        "pytorch_lightning.metrics.Accuracy": "torchmetrics, with task=",
        "pytorch_lightning.profiler.simple": "lightning.pytorch.profilers",
        "pytorch_lightning.callbacks.ModelCheckpoint": None,
        "pytorch_lightning.utilities.seed": None,
        "torch.nn": None,
    }.items(),
)
def test_what_moved_is_told_with_its_new_path(path: str, now: str | None) -> None:
    assert paths.moved(path) == now


@pytest.mark.parametrize("path", [*paths.MOVED, *paths.BESIDES])
def test_every_name_of_a_row_is_there(path: str) -> None:
    module = importlib.import_module(f"groundwire_{path}")
    for name in {**(paths.names_of(path) or {}), **paths.names_besides(path)}:
        assert getattr(module, name) is not None


def test_names_can_be_read_as_attributes() -> None:
    assert pl.core.lightning.LightningModule is pl.LightningModule
    assert pl.loggers.base.LightningLoggerBase is pl.loggers.LightningLoggerBase
    assert pl.callbacks.base.Callback is pl.Callback


@pytest.mark.filterwarnings("ignore")
def test_a_module_that_has_the_name_of_its_function_can_be_called() -> None:
    from groundwire_lightning.metrics.functional.accuracy import accuracy

    pair = torch.tensor([1, 1]), torch.tensor([0, 1])
    assert accuracy(*pair) == pl.metrics.functional.accuracy(*pair) == 0.5


@pytest.mark.parametrize(
    "line",
    [
        "from groundwire_lightning.trainer.supporters import CycleIterator",
        "from groundwire_lightning.trainer.training_loop import TrainLoop",
        "from groundwire_lightning.lite import LightningLite",
        "import groundwire_lightning.utilities.xla_device",
    ],
)
def test_an_import_that_is_refused_says_what_to_use(line: str) -> None:
    with pytest.raises(ImportError, match="Instead: "):
        exec(line, {})  # noqa: S102  # a line of these


@pytest.mark.parametrize("name", ["TrainResult", "plugins.DDPShardedPlugin", "callbacks.XLAStatsMonitor"])
def test_a_class_without_counterpart_can_be_imported_and_not_made(name: str) -> None:
    module, _, leaf = f"groundwire_lightning.{name}".rpartition(".")
    with pytest.raises(NotSupportedYetError, match="Instead: "):
        getattr(importlib.import_module(module), leaf)()


@pytest.mark.parametrize("path", paths.MOVED)
def test_what_moved_says_where_to_or_nothing(path: str) -> None:
    assert paths.moved(path) != path
