"""What a command line takes from files and configurations, and what it needs to be imported."""

import collections.abc
import sys
import warnings
from typing import Any

import pytest
import torch
from tests.groundwire_lightning.small import Lit, loader

from groundwire_lightning.cli.guard import is_imported
from groundwire_lightning.cli.lightning_cli import LightningCLI

QUIET = {
    **dict.fromkeys(("enable_checkpointing", "enable_progress_bar", "enable_model_summary"), False),
    "max_epochs": 1,
}


class Net(Lit):
    """A module with arguments that take anything, and some that do not."""

    def __init__(
        self,
        width: int = 1,
        act: Any = None,
        call: collections.abc.Callable | None = None,
        make: collections.abc.Callable[[int], torch.nn.Module] | None = None,
        layer: torch.nn.Module | None = None,
        untyped=None,
    ):
        super().__init__()
        self.save_hyperparameters()
        self.width, self.act, self.call, self.make, self.layer = width, act, call, make, layer

    def train_dataloader(self):
        return loader()


def cli(*words, run=False, **kwargs):
    kwargs = {"trainer_defaults": {**QUIET, "logger": False}, "save_config_callback": None, **kwargs}
    kwargs["seed_everything_default"] = 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the parser, about itself
        return LightningCLI(Net, args=list(words), run=run, **kwargs)


TEXT = "{class_path: trap.Trap}"
UNKNOWN = ["act", "untyped", "call"]


@pytest.mark.parametrize("name", UNKNOWN)
@pytest.mark.parametrize("how", ["text", "nested", "configuration"])
def test_an_argument_that_takes_anything_names_no_class_that_nobody_imported(name, how, tmp_path, monkeypatch, capsys):
    (tmp_path / "trap.py").write_text("raise SystemError('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "a.yaml").write_text(f"model:\n  {name}: {TEXT}\n")
    words = {"text": f"--model.{name}={TEXT}", "nested": f"--model.{name}.class_path=trap.Trap"}
    with pytest.raises(SystemExit):
        cli(words.get(how, f"--config={tmp_path / 'a.yaml'}"))
    assert how == "nested" or "trap.Trap is not imported" in capsys.readouterr().err
    assert "trap" not in sys.modules


def test_what_is_imported_may_be_named():
    made = cli(
        "--model.act={class_path: torch.nn.Tanh}",
        "--model.call=torch.nn.functional.relu",
        "--model.make=torch.nn.ReLU6",
    )
    assert isinstance(made.model.act, torch.nn.Tanh)
    assert made.model.call is torch.nn.functional.relu
    assert not is_imported("trap.Trap")
    assert not is_imported("torch.no_such_thing")


def test_a_class_of_a_type_may_be_imported_by_a_configuration(tmp_path, monkeypatch):
    (tmp_path / "own_layers.py").write_text("import torch\nclass Own(torch.nn.Identity): pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert type(cli("--model.layer=own_layers.Own").model.layer).__name__ == "Own"
