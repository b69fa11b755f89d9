"""What a command line takes from files and configurations, and what it needs to be imported."""

import collections.abc
import subprocess
import sys
import types
import warnings
from pathlib import Path
from typing import Any

import fsspec
import pytest
import torch
import yaml
from tests.groundwire_lightning.small import Lit, loader, quiet

import groundwire_lightning as L
from groundwire import CheckpointError
from groundwire_lightning.cli.config import without_own_defaults
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


@pytest.fixture
def written(tmp_path):
    """A checkpoint that a command line wrote, of a module with a width and a layer."""
    made = cli("--model.width=3", "--model.layer=torch.nn.Tanh")
    made.trainer.fit(made.model)
    made.trainer.save_checkpoint(tmp_path / "a.ckpt")
    return tmp_path / "a.ckpt"


def test_plain_values_of_a_checkpoint_are_taken_over(written, monkeypatch):
    seen = []
    monkeypatch.setattr(L.Trainer, "fit", lambda trainer, model, **asked: seen.append(model))
    cli("fit", f"--ckpt_path={written}", "--model.layer=torch.nn.Tanh", run=True)
    assert (seen[0].width, type(seen[0].layer)) == (3, torch.nn.Tanh)
    with pytest.raises(CheckpointError, match=r"says layer \(torch\.nn.*Tanh\).*--model\.layer=.*--weights_only=false"):
        cli("fit", f"--ckpt_path={written}", run=True)
    cli("fit", f"--ckpt_path={written}", "--weights_only=false", run=True)
    assert isinstance(seen[1].layer, torch.nn.Tanh)


def test_a_checkpoint_of_a_command_line_is_loaded_with_what_it_does_not_name(written):
    with pytest.raises(CheckpointError, match=r"needs layer \(torch\.nn.*Tanh\)"):
        Net.load_from_checkpoint(written)
    assert Net.load_from_checkpoint(written, layer=torch.nn.ReLU()).width == 3
    assert isinstance(Net.load_from_checkpoint(written, weights_only=False).layer, torch.nn.Tanh)


def test_an_unsafe_checkpoint_is_named_by_the_command_line_in_our_words(tmp_path):
    trainer = quiet()
    trainer.fit(module := Lit(), loader())
    module.hparams["act"] = torch.nn.Tanh()
    with pytest.warns(UserWarning, match="hyper_parameters.act"):
        trainer.save_checkpoint(tmp_path / "a.ckpt")
    with pytest.raises(CheckpointError, match=r"says act \(torch\.nn\.modules\.activation\.Tanh\)"):
        cli("fit", f"--ckpt_path={tmp_path / 'a.ckpt'}", run=True)


def test_a_configuration_comes_from_a_url():
    with fsspec.open("memory://own.yaml", "w") as file:
        file.write("model:\n  width: 7\n")
    assert cli("--config=memory://own.yaml").model.width == 7


def test_a_saved_configuration_leaves_out_what_lightning_does_not_know(tmp_path):
    config = types.SimpleNamespace(
        numerics="parity", loggers=[{"hp_metrics": [], "name": "a"}, {"hp_metrics": ["loss"]}]
    )
    assert vars(without_own_defaults(config)) == {"loggers": [{"name": "a"}, {"hp_metrics": ["loss"]}]}
    words = ["fit", "--trainer.logger=TensorBoardLogger", f"--trainer.logger.save_dir={tmp_path}"]
    kwargs = {"save_config_kwargs": {"overwrite": True}, "trainer_defaults": QUIET}
    made = cli(*words, run=True, **{"save_config_callback": L.cli.SaveConfigCallback, **kwargs})
    saved = yaml.safe_load(Path(made.trainer.log_dir, "config.yaml").read_text())
    assert "numerics" not in saved["trainer"]
    assert "hp_metrics" not in saved["trainer"]["logger"]["init_args"]
    assert "log_graph" in saved["trainer"]["logger"]["init_args"]


def test_the_command_line_is_imported_without_its_parser():
    code = (
        "import sys; sys.modules['jsonargparse'] = None\n"
        "from groundwire_lightning.cli.lightning_cli import LightningCLI, ReduceLROnPlateau\n"
        "try: LightningCLI(args=[])\n"
        "except ModuleNotFoundError as error: print(error.name)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.stdout == "jsonargparse\n", run.stderr
