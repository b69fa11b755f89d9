"""Tiny runs in which every row can be seen: who ran what, in which order, with which values.

Each Trainer below writes down every hook as it begins and ends, and each event as it comes.
"""

import contextlib
import inspect
import operator
from dataclasses import dataclass, field
from typing import Any

import pytest
import torch
from torch.nn.functional import mse_loss
from torch.utils.data import DataLoader, TensorDataset

import groundwire_lightning as L
from groundwire import HOOKS, StopTrainingError, Trainer, TrainerCallback

METHODS = [name for name, hook in HOOKS.items() if not hook.is_event]
EVENTS = [name for name, hook in HOOKS.items() if hook.is_event]


@dataclass
class Moment:
    """An entry of the trace: a hook that begins or ends, an event, or the method of a row."""

    kind: str
    name: str
    given: dict[str, Any] = field(default_factory=dict)
    made: Any = None


class Trace(list[Moment]):
    """What happened, in order, and the Trainer it happened to."""

    trainer: Any = None


def follower(name):
    """An override of a hook that writes down where it begins and ends, and is otherwise not there."""

    def hook(self, *args, **kwargs):
        given = dict(zip(HOOKS[name].gives, (*args, *kwargs.values()), strict=False))
        TRACE.append(Moment("begins", name, given))
        made = getattr(super(Followed, self), name)(*args, **kwargs)
        TRACE.append(Moment("ends", name, given, made))
        return made

    return hook


TRACE = Trace()  # of the run under way; emptied by `traced`


class Followed(Trainer):
    """A user's Trainer that overrides every hook there is."""

    def __init__(self, *args, **kwargs):
        TRACE.trainer = self
        super().__init__(*args, **kwargs)


for _name in METHODS:
    setattr(Followed, _name, follower(_name))


class FollowedAdapter(Followed, L.LightningAdapter):
    pass


class FollowedLightning(Followed, L.Trainer):
    pass


class Herald(TrainerCallback):
    """Writes down every event; stands first among the callbacks."""


def _announce(name):
    def event(self, trainer, **given):
        TRACE.append(Moment("event", name, given))

    return event


for _name in EVENTS:
    setattr(Herald, _name, _announce(_name))


class Ends(TrainerCallback):
    """Lets a run end early."""

    def __init__(self, error):
        self.error = error

    def on_train_step_end(self, trainer, **given):
        raise self.error


class Saves(TrainerCallback):
    """Saves and loads in the middle of a run."""

    def __init__(self, path):
        self.path = path

    def on_train_epoch_end(self, trainer, **given):
        trainer.save_checkpoint(save_path=self.path)
        trainer.load_checkpoint(self.path)


# what a recorded method does, where doing nothing would end the run or draw a warning


def _optimizers(module):
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1)
    return [optimizer], [{"scheduler": torch.optim.lr_scheduler.StepLR(optimizer, 1), "interval": "step"}]


def _step(module, batch, *_):
    return mse_loss(module.net(batch[0]), batch[1])


def data():
    return TensorDataset(torch.arange(6.0).reshape(6, 1) / 6, torch.ones(6, 1))


def loader(*_):
    return DataLoader(data(), batch_size=3)


ACTS = {
    "configure_optimizers": _optimizers,
    "configure_callbacks": lambda module: [],
    "training_step": _step,
    "validation_step": _step,
    "test_step": _step,
    "predict_step": _step,
    **{f"{name}_dataloader": loader for name in ("train", "val", "test", "predict")},
    "on_validation_model_train": lambda module: module.train(),
    "on_before_batch_transfer": lambda module, batch, index: batch,
    "transfer_batch_to_device": lambda module, batch, device, index: batch,
    "on_after_batch_transfer": lambda module, batch, index: batch,
    "backward": lambda module, loss: loss.backward(),
    "optimizer_step": lambda module, epoch, step, optimizer, closure: optimizer.step(closure=closure),
}


def recorded(line, names=None):
    """The method of a row as a player writes it: it notes what it is given, and what that should be.

    Args:
        line: The row.
        names: How many positional arguments it takes; all by default.
    """

    def method(self, *args, **kwargs):
        leaves = {name.rpartition(".")[2]: name for name in line.named}
        given = {**dict(zip(line.args, args, strict=False)), **{leaves[leaf]: value for leaf, value in kwargs.items()}}
        due = {name: due_now(name) for name in given if name.partition(".")[0] not in line.moment.names_at("after")}
        moment = Moment("row", line.source, {"given": given, "due": due})
        TRACE.append(moment)  # before hooks that run inside the method
        moment.made = ACTS.get(line.method, lambda *_: None)(self, *args)
        return moment.made

    kinds, which = inspect.Parameter, "at.loader" in line.maybe
    taken = [f"taken_{number}" for number in range(len(line.args) if names is None else names)]
    method.__signature__ = inspect.Signature(
        [kinds(name, kinds.POSITIONAL_OR_KEYWORD) for name in ("self", *taken[: len(line.args) - which])]
        + [kinds(name, kinds.POSITIONAL_OR_KEYWORD, default=0) for name in taken[len(line.args) - which :]]
        + [kinds(name.rpartition(".")[2], kinds.KEYWORD_ONLY) for name in line.named]
    )
    return method


def due_now(name):
    """What a name that the run knows means at this moment."""
    trainer = TRACE.trainer
    root, _, path = name.partition(".")
    value = {"trainer": trainer, "module": getattr(trainer, "lightning_module", None)}.get(root)
    if root == "stage":
        value = trainer.state.fn
    elif value is None:
        value = getattr(trainer, root)
    return operator.attrgetter(path)(value) if path else value


def module_with(**methods):
    """A Lightning module that can be trained, with ``methods`` besides."""
    usual = ("configure_optimizers", "training_step", "validation_step", "test_step", "predict_step")
    return _filled("Lit", L.LightningModule, usual, methods)


def datamodule_with(**methods):
    return _filled("Data", L.LightningDataModule, [name for name in ACTS if name.endswith("_dataloader")], methods)


def _filled(name, base, usual, methods):
    made = type(name, (base,), {**{method: ACTS[method] for method in usual}, **methods})()
    if isinstance(made, torch.nn.Module):
        made.net = torch.nn.Linear(1, 1)
        made.forward = made.net.forward
    return made


def traced():
    """An empty trace."""
    TRACE.clear()
    TRACE.trainer = None
    return TRACE


RUN_OF = {"_run_evaluation": "evaluate", "_run_prediction": "predict", "on_exception": "fail"}
RUN_OF |= {"on_stop_training_error": "stop", "_save_state": "save", "_load_state": "save"}


def run_for(hook):
    """The kind of run in which a hook comes."""
    if "evaluation_run" in hook:
        return "evaluate"
    return "predict" if "prediction" in hook else RUN_OF.get(hook, "train")


def run_of(line):
    """The kind of run in which a row of Lightning's table has its place."""
    phases = {"test", "predict"} & set(line.method.split("_"))
    return phases.pop() if phases else run_for(line.hook)


def extra_callbacks(run, folder):
    """What brings a run to the hooks that only come on demand."""
    ends = {"fail": RuntimeError("broken"), "stop": StopTrainingError("enough")}
    return [Ends(ends[run])] if run in ends else [Saves(folder / "state.pt")] if run == "save" else []


def ending(run):
    """What a run ends with, where it is meant to fail."""
    return pytest.raises(RuntimeError, match="broken") if run == "fail" else contextlib.nullcontext()


def run_native(run, callbacks, folder):
    """A run of the native Trainer."""
    model = torch.nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    trainer = Followed(model, mse_loss, optimizer, callbacks=[Herald(), *callbacks, *extra_callbacks(run, folder)])
    if run in ("evaluate", "predict"):
        getattr(trainer, run)(data(), per_device_batch_size=3)
    else:
        with ending(run):
            trainer.train(data(), 2, eval_dataset=data(), per_device_batch_size=3)
    return trainer


def run_adapter(run, module, callbacks, folder, datamodule=None, ask_module=False):
    """A run of a Lightning module in native order."""
    trainer = FollowedAdapter(module, callbacks=[Herald(), *callbacks, *extra_callbacks(run, folder)])
    trainer.datamodule = datamodule
    if run in ("evaluate", "predict"):
        getattr(trainer, run)(None if ask_module or datamodule else loader())
    else:
        given = {} if ask_module or datamodule else {"eval_dataset": loader()}
        train = loader() if not (ask_module or datamodule) else None
        with ending(run):
            trainer.train(train, 2, **given, gradient_clip_norm=0.5)
    return trainer


def run_lightning(run, module, callbacks, folder, datamodule=None, ask_module=False):
    """A run of a Lightning module in Lightning's order."""
    listed = [Herald(), *callbacks, *extra_callbacks(run, folder)]
    trainer = FollowedLightning(
        max_epochs=2,
        callbacks=listed,
        enable_progress_bar=False,
        enable_checkpointing=False,
        gradient_clip_val=0.5,
        accelerator="cpu",
        log_every_n_steps=1,
    )
    given = None if ask_module or datamodule else loader()
    if run in ("evaluate", "test"):
        entry = trainer.test if run == "test" else trainer.validate
        entry(module, given, datamodule=datamodule, verbose=False)
    elif run == "predict":
        trainer.predict(module, given, datamodule=datamodule)
    else:
        with ending(run):
            trainer.fit(module, given, given, datamodule=datamodule)
    return trainer
