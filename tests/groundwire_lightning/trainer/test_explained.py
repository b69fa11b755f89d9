"""What ``explain`` says of a call, and that it leaves the Trainer as it is."""

import copy
import pickle
from dataclasses import fields

import pytest
from tests.groundwire_lightning.small import Lit, lit, loader, quiet

import groundwire_lightning as L

ENTRIES = ("fit", "validate", "test", "predict")


def validates(self, batch, batch_idx):
    self.log("val_loss", 1.0)


def state_of(trainer):
    """All that is set on a Trainer, and on its run."""
    run = {field.name: getattr(trainer._run, field.name) for field in fields(trainer._run)}
    return {name: value for name, value in vars(trainer).items() if name != "_run"}, run, trainer._run


class Watched(L.Trainer):
    """Notes what is set, and on which object: a copy has the same notes."""

    def __setattr__(self, name, value):
        vars(self).setdefault("notes", []).append((id(self), name))
        super().__setattr__(name, value)

    def set_on_it(self):
        return [name for owner, name in self.notes if owner == id(self)]


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("form", ["text", "json"])
def test_explaining_changes_nothing(entry, form):
    trainer, data = quiet(Watched), L.LightningDataModule()
    trainer.fit(Lit(), loader())
    before, names = state_of(trainer), trainer.set_on_it()
    told = trainer.explain(form, model=lit(validation_step=validates), datamodule=data, entry=entry)
    assert told
    assert state_of(trainer) == before
    assert trainer.set_on_it() == names


def test_explaining_within_a_run_changes_nothing_and_tells_of_that_run():
    told = []

    def on_train_start(self):
        before = state_of(self.trainer)
        told.append(self.trainer.explain("json", entry="test"))
        assert state_of(self.trainer) == before

    trainer = quiet()
    trainer.fit(lit(on_train_start=on_train_start), loader())
    attached = {line["name"]: [one["method"] for one in line["attached"]] for line in told[0]["hooks"]}
    assert attached["on_training_run_start"] == ["on_train_start"]


def test_what_is_asked_about_is_explained():
    module = lit(validation_step=validates)
    hooks = {line["name"]: line["attached"] for line in quiet().explain("json", module, entry="validate")["hooks"]}
    assert [line["method"] for line in hooks["calculate_eval_batch_loss"]] == ["validation_step"]
    assert "optimizer_step" not in hooks


@pytest.mark.parametrize("arguments", [{"entry": "tune"}, {"format": "yaml"}, {"format": "yaml", "entry": "test"}])
def test_what_cannot_be_explained_is_refused(arguments):
    with pytest.raises(ValueError, match="is due"):
        quiet().explain(model=Lit(), **arguments)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda trainer: pickle.loads(pickle.dumps(trainer))])
def test_a_copy_of_a_trainer_has_parts_of_its_own(copied):
    trainer = quiet()
    trainer.ckpt_path = "one"
    twin = copied(trainer)
    twin.ckpt_path = "other"
    parts = twin._restoring, twin._loading, twin._profiling
    assert all(part.trainer is twin for part in parts)
    assert (trainer.ckpt_path, twin.ckpt_path) == ("one", "other")


def test_names_that_a_part_works_out_are_read_and_not_set():
    trainer = quiet()
    trainer.fit(Lit(), loader())
    assert trainer.num_training_batches == 3
    assert "once the loader was asked for" in (L.Trainer.num_training_batches.__doc__ or "")
    with pytest.raises(AttributeError):
        trainer.num_training_batches = 1
