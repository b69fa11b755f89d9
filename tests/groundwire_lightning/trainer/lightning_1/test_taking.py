"""Names of Lightning 1.x, arguments that do not exist, and arguments from the environment."""

import inspect

import lightning.pytorch
import pytest
from tests.groundwire_lightning.small import Lit, loader, quiet

import groundwire_lightning as L
from groundwire_lightning import NotSupportedYetError
from groundwire_lightning.trainer import retired


@pytest.mark.parametrize("name", retired.RETIRED_ARGUMENTS)
def test_an_argument_of_lightning_1_says_what_replaced_it(name):
    with pytest.raises(TypeError) as raised:
        L.Trainer(**{name: None})
    assert f"no argument {name!r}" in str(raised.value)
    assert retired.RETIRED_ARGUMENTS[name] in str(raised.value)
    assert name not in inspect.signature(lightning.pytorch.Trainer.__init__).parameters


@pytest.mark.parametrize(("name", "near"), [("max_epoch", "max_epochs"), ("acelerator", "accelerator"), ("zzz", None)])
def test_an_unknown_argument_says_which_may_be_meant(name, near):
    with pytest.raises(TypeError, match=rf"Trainer: there is no argument '{name}'\.") as raised:
        L.Trainer(**{name: 1})
    assert ("Did you mean" in str(raised.value)) is (near is not None)
    assert near is None or f"{near!r}" in str(raised.value)


def test_arguments_are_named():
    with pytest.raises(TypeError, match="arguments are named; 'cpu' stands alone"):
        L.Trainer("cpu")


@pytest.mark.parametrize("name", retired.RETIRED_NAMES)
def test_a_name_of_lightning_1_says_what_replaced_it(name):
    trainer = quiet()
    assert not hasattr(trainer, name)
    with pytest.raises(AttributeError) as raised:
        getattr(trainer, name)
    assert str(raised.value) == f"Trainer.{name}: Lightning 2 removed it. Instead: {retired.RETIRED_NAMES[name]}"
    assert not hasattr(lightning.pytorch.Trainer, name)


@pytest.mark.parametrize("method", ["from_argparse_args", "add_argparse_args"])
def test_arguments_from_a_parser_say_what_replaced_them(method):
    with pytest.raises(NotSupportedYetError, match=rf"Trainer\.{method}: Lightning 2 removed it"):
        getattr(L.Trainer, method)(None)


def test_an_unknown_name_is_unknown():
    with pytest.raises(AttributeError, match="'Trainer' object has no attribute 'nothing'"):
        _ = quiet().nothing


def test_an_error_inside_a_property_is_not_hidden():
    class Mine(L.Trainer):
        @property
        def rate(self):
            return self.model.rate

    with pytest.raises(AttributeError, match="'NoneType' object has no attribute 'rate'"):
        _ = quiet(Mine).rate


def test_what_a_call_leaves_out_is_taken_from_the_environment(monkeypatch):
    monkeypatch.setenv("PL_TRAINER_MAX_STEPS", "7")
    monkeypatch.setenv("PL_TRAINER_DEFAULT_ROOT_DIR", "somewhere")
    monkeypatch.setenv("PL_TRAINER_LIMIT_VAL_BATCHES", "0.5")
    ours = quiet(limit_val_batches=1.0)
    theirs = quiet(lightning.pytorch.Trainer, limit_val_batches=1.0)
    for name in ("max_steps", "default_root_dir", "limit_val_batches"):
        assert getattr(ours, name) == getattr(theirs, name)
    assert ours.max_steps == 7


def taking_an_index(module, outputs, batch, batch_idx, dataloader_idx):
    raise AssertionError("never called")


@pytest.mark.parametrize(
    ("own", "raised"),
    [
        ({"training_epoch_end": lambda module, outputs: None}, NotImplementedError),
        ({"on_train_batch_end": taking_an_index}, TypeError),
    ],
    ids=["retired", "an argument too many"],
)
def test_what_is_refused_is_caught_as_what_lightning_raises(own, raised):
    with pytest.raises(raised):
        quiet().fit(type("Lit", (Lit,), own)(), loader())
