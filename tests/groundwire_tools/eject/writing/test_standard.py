"""Standard callbacks are plain classes that decide as Lightning's do."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from tests.groundwire_tools.eject.made import listener, writing
from tests.groundwire_tools.eject.variants import program

from groundwire_tools.eject.facts import Listener, NotPlainError
from groundwire_tools.eject.writing.lines import lines_of_block
from groundwire_tools.eject.writing.standard import early_stopping, model_checkpoint, standard_classes

STOPPING = {"strict": True, "check_finite": True, "stopping_threshold": None, "divergence_threshold": None}
SAVING = {"_every_n_epochs": 1, "save_last": None, "save_weights_only": True}


def stopping(hook: str = "on_train_epoch_end", **settings: Any) -> Listener:
    return listener("EarlyStopping", hook, **(STOPPING | settings))


def defined(lines: list[Any], name: str) -> Any:
    from pathlib import Path

    space: dict[str, Any] = {"torch": torch, "Any": Any, "Path": Path, "Trainer": Any, "LightningModule": Any}
    exec(lines_of_block(lines), space)  # noqa: S102  # the class that was written
    return space[name]


@pytest.mark.parametrize(
    ("values", "arguments", "stops_after"),
    [
        ([3.0, 2.0, 2.0, 2.0, 1.0], {"patience": 2}, 4),
        ([3.0, 2.0, 1.0], {"patience": 1}, None),
        ([1.0, 2.0, 2.0], {"patience": 1, "mode": "max"}, 3),
        ([3.0, 2.9, 2.8], {"patience": 1, "min_delta": 0.5}, 2),
        ([3.0, float("nan")], {"patience": 5}, 2),
        ([3.0, 0.05], {"stopping_threshold": 0.1, "divergence_threshold": 9.0}, 2),
        ([3.0, 10.0], {"stopping_threshold": 0.1, "divergence_threshold": 9.0}, 2),
    ],
)
def test_a_run_is_stopped_as_by_the_adapters_callback(
    values: list[float], arguments: dict[str, Any], stops_after: int | None
) -> None:
    from groundwire_lightning.callbacks.early_stopping import EarlyStopping

    limits = {name: value for name, value in arguments.items() if name.endswith("threshold")}
    plain = defined(early_stopping([stopping(**limits)], False), "EarlyStopping")("x", **arguments)
    ours = EarlyStopping("x", **arguments)
    trainer = SimpleNamespace(should_stop=False, callback_metrics={})
    stopped = []
    for number, value in enumerate(values, 1):
        trainer.callback_metrics["x"] = torch.tensor(value)
        plain.on_train_epoch_end(trainer, None)
        stopped.append((trainer.should_stop, ours._evaluate_stopping_criteria(torch.tensor(value))[0]))
        if trainer.should_stop:
            assert number == stops_after
            break
    assert all(one == other for one, other in stopped)
    assert trainer.should_stop == (stops_after is not None)


@pytest.mark.parametrize(
    ("scores", "arguments", "kept"),
    [
        ([3.0, 1.0, 2.0], {"monitor": "x"}, {"1"}),
        ([3.0, 1.0, 2.0], {"monitor": "x", "save_top_k": 2}, {"1", "2"}),
        ([3.0, 1.0, 2.0], {"monitor": "x", "mode": "max"}, {"0"}),
        ([3.0, 1.0, 2.0], {}, {"2"}),
        ([3.0, 1.0, 2.0], {"save_top_k": -1}, {"0", "1", "2"}),
    ],
)
def test_the_best_checkpoints_are_kept(
    scores: list[float], arguments: dict[str, Any], kept: set[str], tmp_path: Any
) -> None:
    cls = defined(
        model_checkpoint([listener("ModelCheckpoint", "on_train_epoch_end", **SAVING)], False), "ModelCheckpoint"
    )
    callback = cls(str(tmp_path / "deep"), "{epoch}", **arguments)
    model = torch.nn.Linear(1, 1)
    for epoch, score in enumerate(scores):
        metrics = {"x": torch.tensor(score)}
        callback.on_train_epoch_end(
            SimpleNamespace(current_epoch=epoch, global_step=epoch + 1, callback_metrics=metrics), model
        )
    assert {path.stem for path in (tmp_path / "deep").iterdir()} == kept
    content = torch.load(callback.best_model_path)
    assert torch.equal(content["state_dict"]["weight"], model.weight)


def test_the_sanity_check_neither_stops_nor_saves() -> None:
    for write, one in (
        (early_stopping, stopping("on_validation_end")),
        (model_checkpoint, listener("ModelCheckpoint", "on_validation_end", **SAVING)),
    ):
        assert "if trainer.sanity_checking:" in lines_of_block(write([one], True))
        assert "sanity_checking" not in lines_of_block(write([one], False))


def test_two_that_act_apart_are_refused() -> None:
    listeners = (stopping(), stopping("on_validation_end"))
    with pytest.raises(NotPlainError, match="at different moments"):
        standard_classes(writing(program(trainer="callbacks=[]"), listeners=listeners, order=(0, 1)))
    with pytest.raises(NotPlainError, match="differ in strict"):
        early_stopping([stopping(), stopping(strict=False)], False)
