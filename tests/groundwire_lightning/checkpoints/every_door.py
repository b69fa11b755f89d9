"""A program that reads hostile files through every door, under a hook that hears of imports and calls.

It prints the doors that let something through, one a line. Run in a folder of its own.
"""

import sys
import types
import warnings
from pathlib import Path

import torch
from torch.utils.data import DataLoader

import groundwire
import groundwire_lightning as L
from groundwire import CheckpointError
from groundwire_lightning.cli.lightning_cli import LightningCLI

warnings.simplefilter("ignore")
QUIET = dict.fromkeys(("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary"), False)
HEARD = []


def hear(event, arguments):
    if event in ("os.system", "subprocess.Popen", "os.posix_spawn", "os.exec", "os.mkdir"):
        HEARD.append(event)
    elif event == "import" and str(arguments[0]).partition(".")[0] == "trap":
        HEARD.append(f"import {arguments[0]}")


class Net(L.LightningModule):
    def __init__(self, width=1, act=None, kind: type | None = None, **more):
        super().__init__()
        self.save_hyperparameters()
        self.layer = torch.nn.Linear(1, width)

    def training_step(self, batch, batch_idx):
        return self.layer(batch).sum()

    def validation_step(self, batch, batch_idx):
        self.layer(batch)

    test_step = validation_step

    def predict_step(self, batch, batch_idx):
        return self.layer(batch)

    def train_dataloader(self):
        return DataLoader(torch.ones(2, 1))

    val_dataloader = test_dataloader = predict_dataloader = train_dataloader

    def configure_optimizers(self):
        optimizer = torch.optim.SGD(self.parameters(), 0.1, 0.9)
        return [optimizer], [torch.optim.lr_scheduler.StepLR(optimizer, 1)]


class Data(L.LightningDataModule):
    def __init__(self, size=1, act=None, **more):
        super().__init__()
        self.save_hyperparameters()

    def train_dataloader(self):
        return DataLoader(torch.ones(2, 1))

    def state_dict(self):
        return {"seen": 1}


class Keeps(L.Callback):
    def state_dict(self):
        return {"kept": 1}


def trainer():
    return L.Trainer(**QUIET, accelerator="cpu", max_epochs=1, callbacks=[Keeps()])


def native():
    model = torch.nn.Linear(1, 1)
    return groundwire.Trainer(model, torch.nn.MSELoss(), torch.optim.SGD(model.parameters(), 0.1), callbacks=[])


def command_line(path):
    LightningCLI(Net, save_config_callback=None, trainer_defaults={**QUIET, "accelerator": "cpu", "max_epochs": 1},
                 args=["fit", f"--ckpt_path={path}"])  # fmt: skip


POINTS = [(torch.ones(1), torch.ones(1))] * 2
DOORS = {
    "module": Net.load_from_checkpoint,
    "module, weights only": lambda path: Net.load_from_checkpoint(path, weights_only=True),
    "data module": Data.load_from_checkpoint,
    "fit": lambda path: trainer().fit(Net(), datamodule=Data(), ckpt_path=path),
    "validate": lambda path: trainer().validate(Net(), ckpt_path=path, verbose=False),
    "test": lambda path: trainer().test(Net(), ckpt_path=path, verbose=False),
    "predict": lambda path: trainer().predict(Net(), ckpt_path=path),
    "load_checkpoint": lambda path: native().load_checkpoint(path),
    "load_training_state": lambda path: native().load_training_state(path.parent),
    "resume_from": lambda path: native().train(POINTS, num_epochs=1, resume_from=path.parent),
    "command line": command_line,
}


class Mkdir:
    """What makes a folder as it is unpickled."""

    def __reduce__(self):
        return __import__("os").mkdir, ("RAN",)


def trapped():
    """An object, its class and a function of a module that is on the path and that nobody has imported."""
    module = sys.modules["trap"] = types.ModuleType("trap")
    exec("class Trap: pass\ndef run(*a, **k): pass\nclass Dict(dict): pass", vars(module))  # noqa: S102
    return module


def values(trap):
    spec = {"class_path": "trap.run", "init_args": {"x": 1}}
    return {
        "an object": trap.Trap(),
        "a class": trap.Trap,
        "a function": trap.run,
        "a dictionary": trap.Dict(a=1),
        "a call of the system": Mkdir(),
        "a class path": spec,
        "a class path in a list": [{"deep": spec}],
        "a class path in a text": '{"class_path": "trap.run"}',
        "a dotted text": "trap.run",
        "a target": {"_target_": "trap.run"},
    }


PLACES = {
    "hyper-parameter": ("hyper_parameters", "act"),
    "hyper-parameter of a class": ("hyper_parameters", "kind"),
    "another hyper-parameter": ("hyper_parameters", "more"),
    "class path of the hyper-parameters": ("hyper_parameters", "class_path"),
    "who makes it": ("hyper_parameters", "_instantiator"),
    "its class": ("hyper_parameters", "_class_path"),
    "hyper-parameters": ("hyper_parameters",),
    "their name": ("hparams_name",),
    "their type": ("hparams_type",),
    "hyper-parameters of data": ("datamodule_hyper_parameters", "act"),
    "class of data": ("datamodule_hyper_parameters", "_class_path"),
    "data": ("Data", "seen"),
    "callback": ("callbacks", "Keeps", "kept"),
    "weights": ("state_dict", "layer.weight"),
    "native weights": ("model_state_dict", "weight"),
    "optimizer": ("optimizer_states", 0, "state", 0, "momentum_buffer"),
    "scheduler": ("lr_schedulers", 0, "gamma"),
    "loops": ("loops", "fit_loop", "epoch_progress"),
    "position": ("position", "epoch"),
    "random": ("random", "torch"),
    "version": ("pytorch-lightning_version",),
    "elsewhere": ("elsewhere",),
}


def usual(folder):
    """The entries of a file of each kind, all in one."""
    first = trainer()
    first.fit(Net(), datamodule=Data())
    first.save_checkpoint(folder / "a.ckpt")
    other = native()
    other.train(POINTS, num_epochs=1)
    other.save_training_state(folder / "state")
    state = torch.load(folder / "state" / "training_state.pt") | torch.load(folder / "a.ckpt")
    by_the_command_line = {"_instantiator": "lightning.pytorch.cli.instantiate_module"}
    state["hyper_parameters"] |= by_the_command_line
    state["datamodule_hyper_parameters"] |= by_the_command_line
    return state | {"callbacks": {"Keeps": {"kept": 1}}, "hparams_name": "kwargs"}


def placed(state, place, value):
    key, *below = place
    if not below:
        return {**state, key: value} if isinstance(state, dict) else value
    if isinstance(state, list):
        return [placed(state[0], below, value)]
    return {**state, key: placed(state.get(key) or {}, below, value)}


OF_HYPER_PARAMETERS = [where for where, (key, *_) in PLACES.items() if "hyper_parameters" in key]
OF_CLASSES = ("module", "data module", "command line")


def cases(trap):
    """What stands where, and the doors that it is read through: every place and every door for what is an object."""
    made = values(trap)
    for where in PLACES:
        doors = [name for name in DOORS if name != "command line" or where in OF_HYPER_PARAMETERS]
        yield "an object", where, doors
    for name in DOORS:
        yield "a call of the system", "elsewhere", [name]
    for what in made:
        texts = what in list(made)[5:]
        for where in OF_HYPER_PARAMETERS if texts else ("hyper-parameter", "callback"):
            slow = what in ("a class path", "a dotted text") and where != "hyper-parameters of data"
            yield what, where, OF_CLASSES if slow else OF_CLASSES[:2]


def findings(state, folder, trap):
    """Doors that let something through, or end otherwise than they should."""
    files = []
    for number, (what, where, doors) in enumerate(cases(trap)):
        path = folder / str(number) / "training_state.pt"
        path.parent.mkdir()
        torch.save(placed(state, PLACES[where], values(trap)[what]), path)
        files.append((f"{what} as {where}", path, doors))
    del sys.modules["trap"]
    modules = set(sys.modules)
    sys.addaudithook(hear)
    for case, path, doors in files:
        for name in doors:
            try:
                DOORS[name](path)
            except (CheckpointError, SystemExit):
                pass
            except Exception as error:  # noqa: BLE001  # every other is a finding
                yield f"{name}: {case}: {type(error).__name__}: {error}"
            if HEARD or Path("RAN").exists() or "trap" in sys.modules:
                yield f"{name}: {case}: {HEARD} ran"
                return
    if more := set(sys.modules) - modules:
        yield f"imported: {sorted(more)}"


def main():
    folder = Path("files")
    folder.mkdir()
    path = folder / "training_state.pt"
    state = usual(folder)
    torch.save(state, path)
    for door in DOORS.values():
        door(path)  # whatever is imported late is imported now
    print("\n".join(findings(state, folder, trapped())))


if __name__ == "__main__":
    main()
