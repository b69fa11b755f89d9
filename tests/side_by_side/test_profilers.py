"""Profilers: the actions, files and reports of a run are Lightning's."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import lightning
import lightning.pytorch.demos.boring_classes as their_classes
import lightning.pytorch.profilers as their_profilers
import pytest
from tests.side_by_side.twins import QUIET

import groundwire_lightning
import groundwire_lightning.core.boring_classes as our_classes
import groundwire_lightning.profilers as our_profilers

BOTH = [
    (lightning, their_classes, their_profilers),
    (groundwire_lightning, our_classes, our_profilers),
]
LIMITS = {"limit_train_batches": 6, "limit_val_batches": 6, "max_epochs": 2}


def make_parts(framework: Any, classes: Any) -> tuple[Any, Any]:
    """A module and a callback that override a few hooks."""

    class Net(classes.BoringModel):
        def on_train_start(self) -> None: ...

        def on_train_batch_end(self, *args: Any) -> None: ...

        def on_validation_epoch_end(self) -> None: ...

    class Listener(framework.Callback):
        def setup(self, trainer: Any, pl_module: Any, stage: str) -> None: ...

        def on_train_batch_start(self, *args: Any) -> None: ...

        def on_before_optimizer_step(self, *args: Any) -> None: ...

        def teardown(self, trainer: Any, pl_module: Any, stage: str) -> None: ...

    return Net(), Listener()


def fit(framework: Any, classes: Any, profiler: Any, **arguments: Any) -> Any:
    framework.seed_everything(1, verbose=False)
    module, callback = make_parts(framework, classes)
    trainer = framework.Trainer(**{**QUIET, **LIMITS, "profiler": profiler, "callbacks": [callback], **arguments})
    trainer.fit(module)
    return trainer


def actions(framework: Any, classes: Any, profilers: Any) -> Counter[str]:
    told: Counter[str] = Counter()

    class Counting(profilers.Profiler):
        def start(self, action_name: str) -> None:
            told[action_name] += 1

        def stop(self, action_name: str) -> None: ...

    fit(framework, classes, Counting())
    return told


@pytest.fixture(scope="module")
def both_actions() -> list[Counter[str]]:
    return [actions(*each) for each in BOTH]


def test_every_action_is_one_of_lightnings_and_runs_as_often(both_actions: Any) -> None:
    theirs, ours = both_actions
    assert {name: number for name, number in ours.items() if theirs[name] != number} == {}


RECORDED = (
    *("run_training_epoch", "run_training_batch", "[_TrainingEpochLoop].train_dataloader_next"),
    *(f"[LightningModule]Net.{hook}" for hook in ("configure_optimizers", "train_dataloader", "val_dataloader")),
    *(f"[LightningModule]Net.{hook}" for hook in ("on_train_start", "on_train_batch_end", "on_validation_epoch_end")),
    *(f"[LightningModule]Net.{hook}" for hook in ("optimizer_step", "optimizer_zero_grad", "lr_scheduler_step")),
    *(
        f"[Callback]make_parts.<locals>.Listener.{hook}"
        for hook in ("setup", "on_train_batch_start", "on_before_optimizer_step")
    ),
    *(f"[Strategy]SingleDeviceStrategy.{step}" for step in ("training_step", "validation_step", "backward")),
    *(
        "[Callback]make_parts.<locals>.Listener.teardown",
        "[_EvaluationLoop].val_next",
        "[Strategy]SingleDeviceStrategy.batch_to_device",
    ),
)


@pytest.mark.parametrize("action", RECORDED)
def test_what_somebody_wrote_and_what_every_step_does_is_recorded(action: str, both_actions: Any) -> None:
    assert both_actions[1][action] == both_actions[0][action] > 0


def shape(report: str) -> list[str]:
    """A report without its numbers and without the widths that follow from names."""
    lines = [re.sub(r"-{20,}", "---", re.sub(r"\d+(\.\d+)?(e-\d+)?", "0", line)) for line in report.splitlines()]
    return [re.sub(r"[ \t]+", " ", line) for line in lines]


@pytest.mark.parametrize("name", ["simple", "advanced", "pytorch"])
def test_a_report_is_written_where_lightning_writes_it(tmp_path: Path, name: str) -> None:
    written = []
    for framework, classes, profilers in BOTH:
        made = {"simple": "SimpleProfiler", "advanced": "AdvancedProfiler", "pytorch": "PyTorchProfiler"}[name]
        folder = tmp_path / framework.__name__
        fit(framework, classes, getattr(profilers, made)(dirpath=folder, filename="report"))
        names = sorted(re.sub(r"\.\d+\.", ".#.", path.name) for path in folder.iterdir())
        first = (folder / "fit-report.txt").read_text().splitlines()[0]
        written.append((names, first))
    assert written[0] == written[1]
    assert "fit-report.txt" in written[1][0]


@pytest.mark.parametrize(("framework", "classes", "profilers"), BOTH)
def test_the_weights_are_the_same_with_a_profiler(framework: Any, classes: Any, profilers: Any) -> None:
    weights = [fit(framework, classes, name).lightning_module.layer.weight.tolist() for name in (None, "simple")]
    assert weights[0] == weights[1]
