"""A constructor that takes what Lightning 1 took: by position too, and from the environment."""

import lightning.pytorch
import pytest
from tests.groundwire_lightning.small import Lit, loader, quiet

import groundwire_lightning as L
from groundwire_lightning.trainer.lightning_1 import taking


@pytest.mark.parametrize(("name", "near"), [("max_epoch", "max_epochs"), ("acelerator", "accelerator"), ("zzz", None)])
def test_an_unknown_argument_says_which_may_be_meant(name, near):
    with pytest.raises(TypeError, match=rf"Trainer: there is no argument '{name}'\.") as raised:
        L.Trainer(**{name: 1})
    assert ("Did you mean" in str(raised.value)) is (near is not None)
    assert near is None or f"{near!r}" in str(raised.value)


def test_the_first_arguments_may_stand_without_their_names():
    trainer = L.Trainer(False, False, [L.Callback()], "there", 0.5, accelerator="cpu")
    assert (trainer.loggers, trainer.checkpoint_callback, trainer.gradient_clip_val) == ([], None, 0.5)
    assert trainer.default_root_dir.endswith("there")


def test_no_more_may_stand_without_their_names():
    with pytest.raises(TypeError, match="arguments are named; 'norm' stands alone"):
        L.Trainer(False, False, None, None, 0.5, "norm")
    with pytest.raises(TypeError, match="'logger' is given twice, by position and by name"):
        L.Trainer(False, logger=True)


def test_an_argument_of_lightning_1_warns_once_at_the_line_of_the_program():
    with pytest.warns(UserWarning, match="of Lightning 1; today") as warned:
        quiet(max_nb_epochs=1, max_epochs=None)
    (told,) = [one for one in warned if "Lightning 1" in str(one.message)]
    assert str(told.message) == "Trainer(max_nb_epochs=1) is of Lightning 1; today: max_epochs=1"
    assert told.filename.endswith("small.py")


def test_a_trainer_with_todays_arguments_keeps_and_tells_nothing(recwarn):
    trainer = quiet()
    assert trainer._kept == L.Trainer(accelerator="cpu", logger=False)._kept
    assert trainer._kept.lines == ()
    assert not [one for one in recwarn if "Lightning 1" in str(one.message)]


def test_what_a_call_leaves_out_is_taken_from_the_environment(monkeypatch):
    monkeypatch.setenv("PL_TRAINER_MAX_STEPS", "7")
    monkeypatch.setenv("PL_TRAINER_DEFAULT_ROOT_DIR", "somewhere")
    monkeypatch.setenv("PL_TRAINER_LIMIT_VAL_BATCHES", "0.5")
    ours = quiet(limit_val_batches=1.0)
    theirs = quiet(lightning.pytorch.Trainer, limit_val_batches=1.0)
    for name in ("max_steps", "default_root_dir", "limit_val_batches"):
        assert getattr(ours, name) == getattr(theirs, name)
    assert ours.max_steps == 7


def test_an_argument_of_lightning_1_is_taken_from_the_environment_too(monkeypatch):
    monkeypatch.setenv("PL_TRAINER_RELOAD_DATALOADERS_EVERY_EPOCH", "True")
    monkeypatch.setenv("PL_TRAINER_GPUS", "0")
    assert L.Trainer(logger=False).reload_dataloaders_every_n_epochs == 1
    assert taking.arguments_of_environment(["gpus"]) == {"gpus": 0}


def test_a_subclass_may_pass_on_what_lightning_1_took():
    class Mine(L.Trainer):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)

    assert not taking.takes_old(Mine)
    assert taking.takes_old(L.Trainer)
    assert taking.takes_old(type("Other", (L.Trainer,), {}))
    assert Mine(False, reload_dataloaders_every_epoch=True, accelerator="cpu").reload_dataloaders_every_n_epochs == 1


def test_an_error_inside_a_property_is_not_hidden():
    class Mine(L.Trainer):
        @property
        def rate(self):
            return self.model.rate

    with pytest.raises(AttributeError, match="'NoneType' object has no attribute 'rate'"):
        _ = quiet(Mine).rate


def taking_more(module, outputs, batch, batch_idx, index, more):
    raise AssertionError("never called")


def test_what_is_refused_is_caught_as_what_lightning_raises():
    with pytest.raises(TypeError):
        quiet().fit(type("Lit", (Lit,), {"on_train_batch_end": taking_more})(), loader())
