"""Callbacks are the program's own, standard ones, or such that only watch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from groundwire_lightning import Callback, LightningModule, Trainer
from groundwire_lightning.callbacks import EarlyStopping, ModelCheckpoint, StochasticWeightAveraging
from groundwire_lightning.loggers import CSVLogger
from groundwire_lightning.map import LIGHTNING
from groundwire_tools.eject.facts import NotPlainError
from groundwire_tools.eject.looking.taking_part import brought, is_users, listeners_of


class Mine(Callback):
    def on_fit_end(self, trainer: Any, pl_module: Any) -> None:
        """Something."""

    def state_dict(self) -> dict[str, Any]:
        return {}


def taking_part(*callbacks: Any, **arguments: Any) -> Any:
    quiet = {"enable_progress_bar": False, "enable_model_summary": False, "accelerator": "cpu", "max_epochs": 1}
    trainer = Trainer(callbacks=list(callbacks), **{**quiet, **arguments})
    trainer._made_at = 3
    return listeners_of(trainer, "p.py:1")


def test_a_checkpoint_is_told_last_and_found_where_it_stands(tmp_path: Path) -> None:
    listeners, order, left_out = taking_part(
        ModelCheckpoint(tmp_path), Mine(), EarlyStopping("x"), logger=CSVLogger(tmp_path)
    )
    assert [one.name for one in listeners] == ["ModelCheckpoint", "Mine", "EarlyStopping"]
    assert order == (1, 2, 0)
    assert [sorted(one.hooks) for one in listeners[:2]] == [["on_train_epoch_end"], ["on_fit_end", "state_dict"]]
    assert left_out == ("Mine.state_dict", "CSVLogger")


def test_two_of_a_kind_have_two_names() -> None:
    listeners, _, left_out = taking_part(EarlyStopping("x"), EarlyStopping("y"), logger=False)
    assert [one.variable for one in listeners] == ["early_stopping0", "early_stopping1"]
    assert left_out == ("the default checkpoint",)


def test_a_callback_that_changes_the_run_is_refused() -> None:
    with pytest.raises(NotPlainError, match=r"StochasticWeightAveraging has no plain counterpart \(p\.py:1\)"):
        taking_part(StochasticWeightAveraging(0.1), logger=False)


def test_hooks_are_those_that_an_object_brings_itself() -> None:
    class Module(LightningModule):
        def training_step(self, batch: Any) -> None:
            """Nothing."""

    assert brought(LIGHTNING, "LightningModule", Module()) == {"training_step"}
    assert is_users(Module)
    assert not is_users(LightningModule)
