"""``load_from_checkpoint`` of both frameworks, of files of both."""

import argparse
import dataclasses
import enum
import functools

import lightning
import lightning.fabric
import lightning.pytorch
import numpy as np
import pytest
import torch
from tests.side_by_side.twins import QUIET
from torch.utils.data import DataLoader

import groundwire_lightning

FRAMEWORKS = {"lightning": lightning, "groundwire": groundwire_lightning}


def plain_module(framework):
    class Plain(framework.LightningModule):
        def __init__(self, width=3, rate=0.1):
            super().__init__()
            self.save_hyperparameters()
            self.layer = torch.nn.Linear(width, 2)

        def training_step(self, batch, batch_idx):
            return self.layer(batch).pow(2).mean()

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=0.1)

    return Plain


def anything(framework):
    class Anything(plain_module(framework)):
        def __init__(self, **kwargs):
            super().__init__(width=kwargs["width"])
            self.save_hyperparameters()

    return Anything


def whole(framework):
    class Whole(plain_module(framework)):
        def __init__(self, conf, more=1):
            super().__init__(width=conf["width"])
            self.hparams.clear()
            self.save_hyperparameters(conf)

    return Whole


def late(framework):
    class Late(plain_module(framework)):
        def __init__(self, width=3):
            super().__init__(width)
            self.save_hyperparameters()
            self.more = None

        def configure_model(self):
            if self.more is None:
                self.more = torch.nn.Linear(1, 1)

        def on_save_checkpoint(self, checkpoint):
            checkpoint["seen"] = 7

        def on_load_checkpoint(self, checkpoint):
            self.seen = checkpoint["seen"]

    return Late


def forgetful(framework):
    class Forgetful(plain_module(framework)):
        def __init__(self, width, rate=0.5):
            super().__init__(width, rate)
            self.hparams.clear()

    return Forgetful


WRITTEN = {
    "plain": (plain_module, {"width": 5, "rate": 0.3}),
    "anything": (anything, {"width": 5, "other": [1, 2]}),
    "one object": (whole, {"conf": {"width": 5, "deep": {"a": 1}}}),
    "late layers": (late, {"width": 4}),
    "nothing kept": (forgetful, {"width": 5}),
}
ASKED = {
    "as it is": {},
    "another rate": {"rate": 0.9},
    "another width": {"width": 6},
    "the width": {"width": 5},
    "not strict": {"strict": False},
    "to the CPU": {"map_location": "cpu"},
    "more than is taken": {"unknown": 3},
}


def write(framework, form, folder):
    maker, arguments = WRITTEN[form]
    framework.seed_everything(5, verbose=False)
    module = maker(framework)(**arguments)
    width = module.layer.in_features
    trainer = framework.Trainer(**{**QUIET, "max_epochs": 1})
    trainer.fit(module, DataLoader(torch.ones(4, width), batch_size=2))
    trainer.save_checkpoint(folder / "a.ckpt")
    return folder / "a.ckpt"


def read(framework, form, path, asked):
    """What comes of loading: the hyper-parameters and the weights, or the error."""
    try:
        made = WRITTEN[form][0](framework).load_from_checkpoint(path, **asked)
    except Exception as error:  # noqa: BLE001  # which one it is is compared
        known = {"TypeError", "RuntimeError", "KeyError", "ValueError"}
        return next(cls.__name__ for cls in type(error).__mro__ if cls.__name__ in known)
    weights = {name: tensor.tolist() for name, tensor in made.state_dict().items()}
    return dict(made.hparams), weights, getattr(made, "seen", None)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("writer", FRAMEWORKS)
@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("form", WRITTEN)
def test_a_module_is_loaded_as_lightning_loads_it(form, asked, writer, tmp_path):
    path = write(FRAMEWORKS[writer], form, tmp_path)
    assert read(groundwire_lightning, form, path, ASKED[asked]) == read(lightning, form, path, ASKED[asked])


@pytest.mark.parametrize("file", ["hparams.yaml", "hparams.csv", "hparams.json"])
def test_hyperparameters_come_from_a_file(file, tmp_path):
    path = write(groundwire_lightning, "plain", tmp_path)
    (tmp_path / "hparams.yaml").write_text("width: 5\nrate: 0.7\n")
    (tmp_path / "hparams.csv").write_text("key,value\nwidth,5\nrate,0.7\n")
    asked = {"hparams_file": str(tmp_path / file)}
    ours = read(groundwire_lightning, "plain", path, asked)
    assert ours == read(lightning, "plain", path, asked)
    if file in ("hparams.yaml", "hparams.csv"):
        assert ours[0] == {"width": 5, "rate": 0.7}


def data_module(framework):
    class Data(framework.LightningDataModule):
        def __init__(self, size=2):
            super().__init__()
            self.save_hyperparameters()
            self.kept = None

        def train_dataloader(self):
            return DataLoader(torch.ones(4, 3), batch_size=self.hparams.size)

        def state_dict(self):
            return {"size": self.hparams.size}

        def load_state_dict(self, state_dict):
            self.kept = state_dict

    return Data


@pytest.mark.parametrize("writer", FRAMEWORKS)
@pytest.mark.parametrize("asked", [{}, {"size": 3}])
def test_a_data_module_is_loaded_as_lightning_loads_it(asked, writer, tmp_path):
    framework = FRAMEWORKS[writer]
    trainer = framework.Trainer(**{**QUIET, "max_epochs": 1})
    trainer.fit(plain_module(framework)(), datamodule=data_module(framework)(4))
    trainer.save_checkpoint(tmp_path / "a.ckpt")
    made = [
        data_module(framework).load_from_checkpoint(tmp_path / "a.ckpt", **asked) for framework in FRAMEWORKS.values()
    ]
    assert dict(made[0].hparams) == dict(made[1].hparams)
    assert made[0].kept == made[1].kept == {"size": 4}


class Act(enum.Enum):
    """What a hyper-parameter may be, and a file cannot hold without naming it."""

    RELU = "relu"
    TANH = "tanh"


@dataclasses.dataclass
class Conf:
    rate: float = 0.1


OBJECTS = {
    "an enumeration": Act.TANH,
    "a dataclass": Conf(0.5),
    "a function": torch.tanh,
    "a class": torch.nn.Tanh,
    "a partial": functools.partial(max, 1),
    "an array": np.array([0.25, 0.5]),
    "a namespace": argparse.Namespace(rate=0.5),
    "a module": torch.nn.Tanh(),
}


def with_object(framework):
    class WithObject(plain_module(framework)):
        def __init__(self, value=None):
            super().__init__()
            self.save_hyperparameters()
            self.value = value

    return WithObject


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("writer", FRAMEWORKS)
@pytest.mark.parametrize("what", OBJECTS)
def test_an_object_is_written_and_read_as_in_lightning(what, writer, tmp_path):
    trainer = FRAMEWORKS[writer].Trainer(**{**QUIET, "max_epochs": 1})
    trainer.fit(with_object(FRAMEWORKS[writer])(OBJECTS[what]), DataLoader(torch.ones(4, 3), batch_size=2))
    trainer.save_checkpoint(tmp_path / "a.ckpt")
    theirs, ours = (
        with_object(framework).load_from_checkpoint(tmp_path / "a.ckpt", weights_only=False)
        for framework in FRAMEWORKS.values()
    )
    assert type(ours.value) is type(theirs.value) is type(OBJECTS[what])
    assert str(ours.value) == str(theirs.value) == str(OBJECTS[what])
    held = torch.load(tmp_path / "a.ckpt", weights_only=False)["hyper_parameters"]
    assert {name: type(value) for name, value in held.items()} == {
        **{name: type(value) for name, value in ours.hparams.items()},
        "value": type(OBJECTS[what]),
    }


def test_a_class_that_overrides_load_from_checkpoint_can_still_load(tmp_path):
    from tests.groundwire_lightning.small import Lit, equal, loader, quiet

    from groundwire_lightning.core.saving import _load_from_checkpoint

    class Loads(Lit):
        @classmethod
        def load_from_checkpoint(cls, path, **kwargs):
            return _load_from_checkpoint(cls, path, **kwargs)

    module, trainer = Loads(), quiet()
    trainer.fit(module, loader())
    trainer.save_checkpoint(tmp_path / "a.ckpt")
    assert equal(Loads.load_from_checkpoint(tmp_path / "a.ckpt"), module)
