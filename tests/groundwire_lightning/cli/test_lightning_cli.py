"""LightningCLI: one command line makes the same objects, configuration and run under both frameworks."""

import importlib
import re
import sys
import warnings
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch
import yaml
from tests.side_by_side.twins import plain

ROOTS = ("lightning.pytorch", "groundwire_lightning")
PROJECT = '''
from typing import Any, Optional

import torch

from ROOT import Callback, LightningDataModule, LightningModule, Trainer
from ROOT.cli import LightningCLI, LRSchedulerCallable, OptimizerCallable, SaveConfigCallback
from ROOT.demos.boring_classes import BoringDataModule, BoringModel


class Net(BoringModel):
    """A module with arguments."""

    def __init__(self, width: int = 3, name: str = "x", layer: Optional[torch.nn.Module] = None) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.width, self.name, self.inner = width, name, layer

    def validation_step(self, batch: Any, batch_idx: int) -> None:
        self.log("val_loss", self.step(batch))


class Wide(Net):
    """Another one, which is told its optimizer."""

    def __init__(self, optimizer: OptimizerCallable = torch.optim.Adam, depth: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.make, self.depth = optimizer, depth

    def configure_optimizers(self) -> Any:
        return self.make(self.parameters())


class Data(BoringDataModule):
    def __init__(self, batch_size: int = 2, path: str = "data") -> None:
        super().__init__()
        self.save_hyperparameters()
        self.batch_size, self.path = batch_size, path


class Told(Callback):
    def __init__(self, times: int = 1) -> None:
        self.times = times


class Linked(LightningCLI):
    def add_arguments_to_parser(self, parser: Any) -> None:
        parser.add_argument("--tag", type=str, default="none")
        parser.add_lightning_class_args(Told, "told")
        parser.set_defaults({"told.times": 4})
        parser.link_arguments("data.batch_size", "model.width")
        parser.add_optimizer_args(torch.optim.SGD)
        parser.add_lr_scheduler_args(torch.optim.lr_scheduler.ExponentialLR)

    def before_fit(self) -> None:
        self.said = ["before"]

    def after_fit(self) -> None:
        self.said.append("after")


class LinkedLate(LightningCLI):
    def add_arguments_to_parser(self, parser: Any) -> None:
        parser.link_arguments("data.batch_size", "model.width", apply_on="instantiate")


def make_net(width: int = 8) -> Net:
    return Net(width=width)


class Own(LightningCLI):
    @staticmethod
    def configure_optimizers(lightning_module: Any, optimizer: Any, lr_scheduler: Any = None) -> Any:
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": lr_scheduler, "interval": "step"}}
'''
QUIET = [
    *(f"--trainer.{name}=false" for name in ("logger", "enable_progress_bar", "enable_model_summary")),
    *("--trainer.enable_checkpointing=false", "--trainer.accelerator=cpu", "--trainer.max_epochs=1"),
    *("--trainer.limit_train_batches=3", "--trainer.limit_val_batches=2", "--trainer.default_root_dir=out"),
]
CONFIG = """
seed_everything: 11
model:
  width: 7
trainer:
  max_epochs: 1
  callbacks:
    - class_path: lightning.pytorch.callbacks.EarlyStopping
      init_args:
        monitor: val_loss
        patience: 2
    - class_path: lightning.pytorch.callbacks.GradientAccumulationScheduler
      init_args:
        scheduling:
          0: 2
"""
SGD = ["--optimizer=SGD", "--optimizer.lr=0.01"]
PLATEAU = ["--lr_scheduler=ReduceLROnPlateau", "--lr_scheduler.monitor=val_loss", "--lr_scheduler.patience=3"]
MADE: dict[str, Any] = {"run": False}
ANY = {"subclass_mode_model": True, "subclass_mode_data": True}
STEP = ["--lr_scheduler=StepLR", "--lr_scheduler.step_size=2"]
LAYER = ["--model.layer=torch.nn.Linear", "--model.layer.in_features=2", "--model.layer.out_features=3"]
LINKED = ["--data.batch_size=6", "--optimizer.lr=0.05", "--lr_scheduler.gamma=0.9", "--tag=a"]
STOPPING = ["--trainer.callbacks=EarlyStopping", "--trainer.callbacks.monitor=val_loss"]
TOLD = ["--trainer.callbacks+=project_ROOT.Told", "--trainer.callbacks.times=3"]
KEPT = ["--trainer.logger=lightning.pytorch.loggers.CSVLogger", "--trainer.logger.save_dir=out"]
DEFAULTS = {"accumulate_grad_batches": 2, "callbacks": "TOLD"}
BOTH = ["Net", "Data"]
SCENARIOS: dict[str, Any] = {
    # made
    "defaults": ("LightningCLI", BOTH, MADE, []),
    "arguments": ("LightningCLI", BOTH, MADE, ["--model.width=5", "--data.path=x", "--seed_everything=3", *LAYER]),
    "no seed": ("LightningCLI", BOTH, MADE | {"seed_everything_default": False}, []),
    "a default seed": ("LightningCLI", BOTH, MADE | {"seed_everything_default": 5}, []),
    "any module": (
        "LightningCLI",
        [],
        MADE,
        ["--model=project_ROOT.Wide", "--model.depth=2", "--data=project_ROOT.Data"],
    ),
    "any module of a kind": ("LightningCLI", BOTH, MADE | ANY, ["--model=Wide", "--model.depth=2", "--data=Data"]),
    "a function that makes it": ("LightningCLI", ["make_net", "Data"], MADE, ["--model.width=9"]),
    "a late link": ("LinkedLate", BOTH, MADE, ["--data.batch_size=6"]),
    "a scheduler": ("LightningCLI", BOTH, MADE, [*SGD, *STEP]),
    "callbacks by name": ("LightningCLI", BOTH, MADE, [*STOPPING, *TOLD]),
    "defaults of the trainer": ("LightningCLI", BOTH, MADE | {"trainer_defaults": DEFAULTS}, []),
    # run
    "a configuration": ("LightningCLI", BOTH, {}, ["fit", "--config=config.yaml", "--model.name=y"]),
    "a module without data": ("LightningCLI", ["Net"], {"save_config_callback": None}, ["fit"]),
    "a plateau": ("LightningCLI", BOTH, {}, ["fit", *SGD, "--optimizer.momentum=0.5", *PLATEAU]),
    "an optimizer for the module": (
        "LightningCLI",
        ["Wide", "Data"],
        {"auto_configure_optimizers": False},
        ["fit", "--model.optimizer=SGD", "--model.optimizer.lr=0.25", "--model.width=2"],
    ),
    "links, a callback and hooks": ("Linked", BOTH, {"save_config_kwargs": {"config_filename": "c"}}, ["fit", *LINKED]),
    "its own configure_optimizers": ("Own", BOTH, {}, ["fit", *SGD, *STEP]),
    "a logger": ("LightningCLI", BOTH, {}, ["fit", *KEPT, *STOPPING, "--trainer.callbacks+=LearningRateMonitor", *SGD]),
    "validation": ("LightningCLI", BOTH, {}, ["validate"]),
    "a prediction": ("LightningCLI", BOTH, {}, ["predict"]),
}


def project(root: str) -> ModuleType:
    """The project's module with the import root of one framework."""
    name = f"project_{root.partition('.')[0]}"
    made = sys.modules[name] = ModuleType(name)
    source = PROJECT.replace("ROOT", root)
    exec(compile(source, name, "exec", dont_inherit=True), vars(made))  # noqa: S102  # one text for both frameworks
    return made


def bare(text: Any) -> Any:
    """A text that names neither framework."""
    return re.sub(r"project_\w+|groundwire_lightning|lightning\.pytorch", "ROOT", str(text))


def as_data(config: Any) -> Any:
    """A configuration without frameworks; ours has one argument of the Trainer more."""
    told = yaml.safe_load(bare(config))
    for part in (told, *(entry for entry in told.values() if isinstance(entry, dict))):
        if isinstance(part.get("trainer"), dict):
            part["trainer"].pop("numerics", None)
    return told


def run(root: str, scenario: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    module = project(root)
    name, classes, arguments, argv = SCENARIOS[scenario]
    folder.mkdir()
    monkeypatch.chdir(folder)
    Path("config.yaml").write_text(CONFIG)
    words = [word.replace("ROOT", root.partition(".")[0]) for word in argv]
    quiet = [word for word in QUIET if scenario != "a logger" or not word.startswith("--trainer.logger")]
    monkeypatch.setattr(sys, "argv", ["train.py", *words, *quiet])
    monkeypatch.delenv("PL_GLOBAL_SEED", raising=False)
    if arguments.get("trainer_defaults"):
        arguments = arguments | {"trainer_defaults": arguments["trainer_defaults"] | {"callbacks": module.Told(7)}}
    cls = getattr(module, name, None) or importlib.import_module(f"{root}.cli").LightningCLI
    torch.manual_seed(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cli = cls(*(getattr(module, each) for each in classes), **arguments)
    fitted = cli.trainer if cli.subcommand == "fit" else SimpleNamespace(optimizers=[], lr_scheduler_configs=[])
    callbacks, configs = cli.trainer.callbacks, fitted.lr_scheduler_configs
    return {
        "config": as_data(cli.parser.dump(cli.config, skip_none=False)),
        "model": [type(cli.model).__name__, *(getattr(cli.model, k, None) for k in ("width", "name", "depth"))],
        "inner": repr(cli.model.inner),
        "hparams": bare({key: plain(value) for key, value in cli.model.hparams.items()}),
        "data": cli.datamodule and [cli.datamodule.batch_size, cli.datamodule.path, bare(dict(cli.datamodule.hparams))],
        "callbacks": [[type(c).__name__, getattr(c, "times", None), getattr(c, "patience", None)] for c in callbacks],
        "weights": plain(cli.model.state_dict()),
        "optimizers": [[type(each).__name__, each.param_groups[0]["lr"]] for each in fitted.optimizers],
        "schedulers": [[type(each.scheduler).__name__, each.interval, each.monitor] for each in configs],
        "said": getattr(cli, "said", None),
        "files": {str(path): as_data(path.read_text()) for path in sorted(Path("out").rglob("c*"))},
    }


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_one_command_line_does_the_same(scenario: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs, ours = (run(root, scenario, tmp_path / root, monkeypatch) for root in ROOTS)
    for key in theirs:
        assert ours[key] == theirs[key], key


@pytest.mark.parametrize("root", ROOTS)
def test_a_configuration_is_not_written_over(root: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cli = importlib.import_module(f"{root}.cli")
    (tmp_path / "config.yaml").write_text("earlier")
    trainer = SimpleNamespace(
        log_dir=str(tmp_path), is_global_zero=True, strategy=SimpleNamespace(broadcast=lambda value: value)
    )
    callback = cli.SaveConfigCallback(parser=None, config=None)
    with pytest.raises(RuntimeError, match="overwrite"):
        callback.setup(trainer, None, "fit")
    with pytest.raises(ValueError, match="save_config"):
        cli.SaveConfigCallback(None, None, save_to_log_dir=False)


def test_what_a_command_line_saved_is_loaded_with_the_objects_that_it_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for root in ROOTS:
        module = project(root)
        monkeypatch.chdir(tmp_path)
        quiet = [word for word in QUIET if not word.startswith("--trainer.enable_checkpointing")]
        argv = ["fit", *quiet, *LAYER, "--model.width=5", "--trainer.callbacks=ModelCheckpoint"]
        argv += [f"--trainer.callbacks.dirpath={root}", "--trainer.callbacks.filename=last"]
        monkeypatch.setattr(sys, "argv", ["train.py", *argv])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            cli = importlib.import_module(f"{root}.cli").LightningCLI(
                module.Net, module.Data, save_config_callback=None
            )
            again = module.Net.load_from_checkpoint(f"{root}/last.ckpt", weights_only=False)
        assert plain(again.state_dict()) == plain(cli.model.state_dict())
        found.append((repr(again.inner), again.width, bare({k: plain(v) for k, v in again.hparams.items()})))
    assert found[0] == found[1]
    assert found[1][0] == "Linear(in_features=2, out_features=3, bias=True)"
