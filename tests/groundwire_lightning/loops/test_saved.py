"""What a .ckpt file holds, and who is asked for it."""

import argparse
import pathlib

import pytest
import torch
from tests.groundwire_lightning.small import Lit, lit, loader, quiet

import groundwire_lightning as L
from groundwire import TrainerCallback
from groundwire_lightning.callbacks import EarlyStopping, ModelCheckpoint


class Keeps(L.Callback):
    """A callback with a state."""

    def __init__(self, number=0):
        self.number = number
        self.loaded = None

    @property
    def state_key(self):
        return f"Keeps {self.number}"

    def state_dict(self):
        return {"number": self.number}

    def load_state_dict(self, state_dict):
        self.loaded = state_dict


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        self.loaded = None

    def train_dataloader(self):
        return loader()

    def state_dict(self):
        return {"read": 2}

    def load_state_dict(self, state_dict):
        self.loaded = state_dict


def test_each_is_given_its_own_state_back(tmp_path):
    first = quiet(callbacks=[Keeps(1), Keeps(2)])
    first.fit(lit(), datamodule=Data())
    first.save_checkpoint(tmp_path / "a.ckpt")
    callbacks, data = [Keeps(2), Keeps(1), Keeps(3)], Data()
    quiet(callbacks=callbacks, max_epochs=2).fit(lit(), datamodule=data, ckpt_path=tmp_path / "a.ckpt")
    assert [callback.loaded for callback in callbacks] == [{"number": 2}, {"number": 1}, None]
    assert data.loaded == {"read": 2}


def test_states_are_kept_by_a_native_checkpoint_too(tmp_path):
    class Saves(TrainerCallback):
        def on_train_epoch_end(self, trainer, **kwargs):
            trainer.save_checkpoint(tmp_path / "native.pt")
            trainer.load_checkpoint(tmp_path / "native.pt")

    keeps = Keeps(4)
    L.adapt(lit(), callbacks=[keeps, Saves()]).train(loader(), 1)
    assert keeps.loaded == {"number": 4}


class Heavy(Lit):
    """A module with an argument that only code of the file can make, and some that need none."""

    def __init__(self, net, folder=None, conf=None, loss=None):
        super().__init__()
        self.save_hyperparameters()


HEAVY = {"folder": pathlib.Path("/data"), "conf": argparse.Namespace(rates=[0.1, pathlib.Path("x")])}


@pytest.fixture
def heavy(tmp_path):
    """A file of such a module."""
    trainer = quiet()
    trainer.fit(Heavy(torch.nn.Linear(1, 1), **HEAVY), loader())
    with pytest.warns(UserWarning, match=r"holds hyper_parameters\.net \(torch\.nn\.modules\.linear\.Linear\), which"):
        trainer.save_checkpoint(tmp_path / "heavy.ckpt")
    trainer.save_checkpoint(tmp_path / "again.ckpt")  # told once
    return tmp_path / "heavy.ckpt"


def test_a_file_holds_hyperparameters_as_they_are(heavy):
    held = torch.load(heavy, weights_only=False)["hyper_parameters"]
    assert {name: held[name] for name in HEAVY} == HEAVY
    assert isinstance(held["net"], torch.nn.Linear)


def test_what_needs_code_of_the_file_is_asked_for_by_name(heavy):
    with pytest.raises(
        TypeError, match=r"net \(torch\.nn\.modules\.linear\.Linear\).*load_from_checkpoint\(path, net="
    ):
        Heavy.load_from_checkpoint(heavy)
    made = Heavy.load_from_checkpoint(heavy, net=torch.nn.Linear(1, 1))
    assert {name: made.hparams[name] for name in HEAVY} == HEAVY
    assert isinstance(Heavy.load_from_checkpoint(heavy, weights_only=False).hparams.net, torch.nn.Linear)


def test_native_keywords_write_the_native_format(tmp_path):
    trainer = quiet()
    trainer.fit(lit(), loader())
    trainer.save_checkpoint(tmp_path / "a.pt", save_optimizer=False)
    assert next(iter(torch.load(tmp_path / "a.pt", weights_only=True))) == "model_state_dict"


def test_nothing_is_saved_before_there_is_a_module(tmp_path):
    with pytest.raises(AttributeError, match="knows no module yet"):
        quiet().save_checkpoint(tmp_path / "a.ckpt")
    with pytest.raises(TypeError, match="storage_options"):
        quiet().save_checkpoint(tmp_path / "a.ckpt", storage_options={"a": 1})


@pytest.mark.parametrize("weights_only", [False, True])
def test_a_model_checkpoint_writes_the_native_format_in_native_order(weights_only, tmp_path):
    kept = ModelCheckpoint(tmp_path, filename="{epoch}", save_weights_only=weights_only)
    L.adapt(lit(), callbacks=[kept]).train(loader(), 3)
    assert [path.name for path in tmp_path.iterdir()] == ["epoch=2.ckpt"]
    assert ("optimizer_state_dict" in torch.load(kept.best_model_path, weights_only=True)) is not weights_only


@pytest.mark.parametrize("callback", [ModelCheckpoint(monitor="value"), EarlyStopping("value")])
def test_what_monitors_a_value_is_refused_in_native_order(callback):
    with pytest.raises(L.NotSupportedYetError, match=r"\(monitor='value'\) reads its value.*use fit\(\) of"):
        L.adapt(lit(), callbacks=[callback]).train(loader(), 3)


def test_load_from_checkpoint_is_a_method_of_the_class(heavy):
    with pytest.raises(TypeError, match="makes a new object"):
        lit().load_from_checkpoint(heavy)
