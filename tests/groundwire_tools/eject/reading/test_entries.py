"""The calls that start a run keep what a plain loop takes."""

from __future__ import annotations

import pytest
from tests.groundwire_tools.eject.made import listener, plain
from tests.groundwire_tools.eject.variants import EVALUATES, program

from groundwire_tools.eject.facts import NotPlainError

KEEPS = "keeps = L.pytorch.callbacks.ModelCheckpoint()\n"
CHECKPOINT = listener(
    "ModelCheckpoint", "on_train_epoch_end", variable="kept", _every_n_epochs=1, save_last=None, save_weights_only=False
)
SAVING = {"listeners": (CHECKPOINT,), "order": (0,)}


@pytest.mark.parametrize(
    ("fit", "written"),
    [
        ("model, train, val, ckpt_path=None", "trainer.fit(model, train, val)"),
        ("model=model, train_dataloaders=train, val_dataloaders=val", "train_dataloaders=train, val_dataloaders=val)"),
        ("model, train, None", "trainer.fit(model, train)"),
    ],
)
def test_fit_is_called_with_its_data(fit: str, written: str) -> None:
    assert written in plain(program(fit=fit))


def test_a_data_module_may_stand_where_loaders_do() -> None:
    source = program(fit="model, train_dataloaders=train")
    text = plain(source, data=frozenset({"train_dataloader", "val_dataloader"}), given=frozenset())
    assert "trainer.fit(model, datamodule=train)" in text
    assert "def fit(self, model: LightningModule, datamodule: Any) -> None:" in text


@pytest.mark.parametrize(
    ("call", "written"),
    [
        ("trainer.test(model, val, verbose=False)", "trainer.test(model, val)"),
        ('trainer.test(dataloaders=val, ckpt_path="best")', "ckpt_path=trainer.kept.best_model_path)"),
        ("trainer.test(dataloaders=val, ckpt_path=keeps.best_model_path)", "ckpt_path=keeps.best_model_path)"),
    ],
)
def test_the_best_checkpoint_is_named_by_its_path(call: str, written: str) -> None:
    source = program(members=EVALUATES, data=KEEPS, trainer="callbacks=[keeps]", end=f"{call}\n")
    assert written in plain(source, **SAVING)


@pytest.mark.parametrize(
    ("end", "why"),
    [
        ('trainer.test(model, val, ckpt_path="last")\n', '"best" alone'),
        ("trainer.test(*[model, val])\n", "behind a star"),
        ("trainer.fit(model, train)\n", "fit is called twice"),
    ],
)
def test_a_call_that_cannot_be_written_is_refused(end: str, why: str) -> None:
    with pytest.raises(NotPlainError, match=why):
        plain(program(members=EVALUATES, end=end))


def test_other_objects_fit_as_they_like() -> None:
    assert "other.fit(1, verbose=2)" in plain(program(data="other = []\n", end="other.fit(1, verbose=2)\n"))
