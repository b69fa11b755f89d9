"""Spellings: every name that is here has one, and arguments have one where it says exactly the same."""

from __future__ import annotations

import ast
import importlib

import pytest
from tests.groundwire_tools.fix.programs import names

from groundwire_lightning import paths
from groundwire_tools.check import known
from groundwire_tools.fix.spelling import arguments, attribute, callee, in_ours, is_path, is_theirs, longest

HERE = sorted(path for path, row in paths.TABLE.items() if not isinstance(row, paths.Gap))


@pytest.mark.parametrize("path", HERE)
def test_every_path_that_is_here_can_be_imported_under_its_spelling(path: str) -> None:
    ours = in_ours(path, names())
    assert ours is not None
    importlib.import_module(ours)


@pytest.mark.parametrize("path", HERE)
def test_every_name_that_is_here_is_the_same_under_its_spelling(path: str) -> None:
    module = importlib.import_module(paths.OURS + path.removeprefix("lightning"))
    for name in known.names_in(path):
        ours = in_ours(f"{path}.{name}", names())
        assert ours is not None, name
        above, _, last = ours.rpartition(".")
        there = getattr(importlib.import_module(above), last)
        assert there is getattr(module, name) or there == getattr(module, name)


@pytest.mark.parametrize(
    ("path", "ours"),
    [
        ("lightning", "groundwire_lightning"),
        ("pytorch_lightning", "groundwire_lightning"),
        ("lightning.pytorch.callbacks", "groundwire_lightning.callbacks"),
        ("pytorch_lightning.callbacks.EarlyStopping", "groundwire_lightning.callbacks.EarlyStopping"),
        ("lightning.Fabric", "groundwire_lightning.Fabric"),
        ("lightning_fabric.utilities.seed", "groundwire_lightning.fabric.utilities.seed"),
        ("pytorch_lightning.core.lightning.LightningModule", "groundwire_lightning.core.module.LightningModule"),
        ("pytorch_lightning.loggers.LightningLoggerBase", "groundwire_lightning.loggers.LightningLoggerBase"),
        ("pytorch_lightning.loggers.base.LightningLoggerBase", "groundwire_lightning.loggers.base.LightningLoggerBase"),
        ("pytorch_lightning.profiler.simple.SimpleProfiler", "groundwire_lightning.profiler.simple.SimpleProfiler"),
        ("pytorch_lightning.callbacks.GPUStatsMonitor", "groundwire_lightning.callbacks.GPUStatsMonitor"),
        ("pytorch_lightning.metrics.Metric", "groundwire_lightning.metrics.Metric"),
        (
            "pytorch_lightning.utilities.distributed.rank_zero_only",
            "groundwire_lightning.utilities.rank_zero.rank_zero_only",
        ),
        ("pytorch_lightning.lite", None),
        ("pytorch_lightning.utilities.auto_restart.FastForwardSampler", None),
        ("pytorch_lightning.nowhere", None),
        ("pytorch_accelerated.callbacks.ModelEmaCallback", "groundwire.callbacks.ModelEmaCallback"),
        ("pytorch_accelerated.nowhere", None),
    ],
)
def test_a_name_in_ours(path: str, ours: str | None) -> None:
    assert in_ours(path, names()) == ours


def test_a_package_of_the_project_is_not_lightnings() -> None:
    assert is_theirs(("lightning", "Trainer"), names())
    assert not is_theirs(("lightning", "Trainer"), names("lightning"))
    assert not is_theirs(("groundwire_lightning", "Trainer"), names())


def test_a_chain_is_here_as_far_as_it_names_something() -> None:
    chain = ("lightning", "pytorch", "Trainer", "()", "fit")
    assert longest(chain, names()) == (3, "groundwire_lightning.Trainer")
    assert longest(("lightning", "pytorch", "lite"), names()) == (2, "groundwire_lightning")


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("lightning.pytorch", True),
        ("pytorch_lightning", True),
        ("lightning", False),
        ("a lightning.b", False),
        ("os.path", False),
    ],
)
def test_a_path_in_a_string(text: str, is_one: bool) -> None:
    assert is_path(text, names()) is is_one


# arguments


@pytest.mark.parametrize(
    ("called", "argument", "today"),
    [
        ("Trainer", "gpus=2", [("accelerator", "'gpu'"), ("devices", "{}")]),
        ("Trainer", "gpus=[0, 1]", [("accelerator", "'gpu'"), ("devices", "{}")]),
        ("Trainer", "gpus=-1", [("accelerator", "'gpu'"), ("devices", "-1")]),
        ("Trainer", "gpus=0", [("accelerator", "'cpu'")]),
        ("Trainer", "distributed_backend='ddp'", [("strategy", "'ddp'"), ("accelerator", "'cpu'")]),
        ("Trainer", "accelerator='dp'", None),
        ("Trainer", "strategy='dp'", None),
        ("Trainer", "gpus='0,1'", None),
        ("Trainer", "gpus=args.gpus", None),
        ("Trainer", "max_nb_epochs=n + 1", [("max_epochs", "{}")]),
        ("Trainer", "progress_bar_refresh_rate=0", [("enable_progress_bar", "False")]),
        ("Trainer", "progress_bar_refresh_rate=20", None),
        ("Trainer", "checkpoint_callback=False", [("enable_checkpointing", "False")]),
        ("Trainer", "checkpoint_callback=callback", None),
        ("Trainer", "weights_summary=None", [("enable_model_summary", "False")]),
        ("Trainer", "resume_from_checkpoint=path", None),
        ("Trainer", "resume_from_checkpoint=None", []),
        ("Trainer", "amp_backend='native'", []),
        ("Trainer", "max_epochs=3", None),
        ("Trainer.test", "test_dataloaders=x", [("dataloaders", "{}")]),
        ("Tuner", "gpus=2", None),
    ],
)
def test_an_argument_today(called: str, argument: str, today: list[tuple[str, str]] | None) -> None:
    name, _, value = argument.partition("=")
    spelling = arguments(called, name, ast.parse(value, mode="eval").body)
    assert spelling == today if today is None or spelling is None else [*spelling.words, *spelling.otherwise] == today


@pytest.mark.parametrize(
    ("chain", "called"),
    [
        (("lightning", "Trainer"), "Trainer"),
        (("lightning", "Trainer", "()", "fit"), "Trainer.fit"),
        (("lightning", "Trainer", "__init__"), "Trainer"),
        (("lightning", "seed_everything"), ""),
        (("os", "path"), ""),
    ],
)
def test_what_a_call_calls(chain: tuple[str, ...], called: str) -> None:
    assert callee(chain, names()) == called


def test_an_attribute_of_a_trainer_alone_has_another_name() -> None:
    assert attribute(("lightning", "Trainer", "()", "logdir"), names()) == "log_dir"
    assert attribute(("lightning", "Trainer", "()", "log_dir"), names()) is None
    assert attribute(("lightning", "Callback", "()", "logdir"), names()) is None
