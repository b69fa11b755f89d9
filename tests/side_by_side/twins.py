"""Runs one scenario under Lightning and under groundwire, and holds what happens against each other.

A scenario is a function of a Stage, which stands for one of the two frameworks. Modules, loaders,
callbacks and trainers that are made on a stage write down each call of a hook and what can be read there.
"""

from __future__ import annotations

import ctypes
import importlib
import inspect
import logging
import os
import random
import warnings
from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import lightning
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, IterableDataset, get_worker_info

import groundwire_lightning

PHASES = ("train", "validation", "test", "predict")
COMMON = (
    *("setup", "teardown"),
    *(f"on_{phase}_{moment}" for phase in ("fit", *PHASES) for moment in ("start", "end")),
    *(f"on_{phase}_epoch_{moment}" for phase in PHASES for moment in ("start", "end")),
    *(f"on_{phase}_batch_{moment}" for phase in PHASES for moment in ("start", "end")),
    *("on_before_zero_grad", "on_before_backward", "on_after_backward", "on_before_optimizer_step"),
)
CALLBACK_HOOKS = (*COMMON, "on_sanity_check_start", "on_sanity_check_end", "on_exception")
TRANSFER = ("on_before_batch_transfer", "transfer_batch_to_device", "on_after_batch_transfer")
MODULE_HOOKS = (
    *COMMON,
    *TRANSFER,
    *("prepare_data", "configure_model", "configure_optimizers", "training_step", "validation_step", "backward"),
    *("optimizer_zero_grad", "configure_gradient_clipping", "lr_scheduler_step"),
    *("on_validation_model_eval", "on_test_model_eval", "on_predict_model_eval", "on_validation_model_zero_grad"),
)
LOADERS = ("train_dataloader", "val_dataloader", "test_dataloader", "predict_dataloader")
DATA_HOOKS = ("prepare_data", "setup", "teardown", *LOADERS, "on_exception")
ONLY_OURS = frozenset({*LOADERS, "configure_callbacks", "validation_step", "test_step", "predict_step"})
"""Methods that are not there for Lightning unless somebody writes them."""
QUIET = {
    **dict.fromkeys(("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary"), False),
    "accelerator": "cpu",
    "max_epochs": 2,
}


class Stage:
    """One of the two frameworks, and what happens on it.

    Attributes:
        L: ``lightning`` or ``groundwire_lightning``.
        hears: Every hook is overridden, to write it down; otherwise only what the scenario overrides is.
        calls: What was written down, in order.
        trainer: The Trainer made last.
        module: The module made last.
    """

    def __init__(self, framework: Any, hears: bool) -> None:
        self.L = framework
        self.hears = hears
        self.calls: list[dict[str, Any]] = []
        self.trainer: Any = None
        self.module: Any = None

    def __deepcopy__(self, memo: Any) -> Stage:
        """Itself: copies of a module play on the same stage."""
        return self

    @property
    def is_lightning(self) -> bool:
        return self.L is lightning

    @property
    def callbacks(self) -> Any:
        """The module of its callbacks."""
        return importlib.import_module(
            "lightning.pytorch.callbacks" if self.is_lightning else "groundwire_lightning.callbacks"
        )

    @property
    def monitor(self) -> Any:
        """The base of callbacks that come behind the module at the end of a training epoch."""
        real = self.L.Callback is lightning.Callback
        return Patient if real else groundwire_lightning.core.callback.Monitor

    # who takes part

    def make_module(self, *args: Any, methods: Mapping[str, Any] | None = None) -> Any:
        """A small classifier; ``methods`` replace or join its own."""
        base = self.L.LightningModule

        def init(module: Any) -> None:
            base.__init__(module)
            module.layers = layers()

        own = {"__init__": init, "configure_optimizers": sgd, "training_step": training_step, **(methods or {})}
        cls = type("Net", (base,), own)
        theirs = lightning.LightningModule  # ours has the hooks of Lightning 1 too
        overridden = [
            name for name, value in own.items() if hasattr(theirs, name) and name[0] != "_" and callable(value)
        ]
        hooks = dict.fromkeys([*MODULE_HOOKS, *overridden])
        self.module = self._listening(cls, "module", hooks, set(own))(*args)
        self.module.__dict__["stage"] = self
        return self.module

    def make_callback(self, who: str = "callback", base: Any = None, methods: Mapping[str, Any] | None = None) -> Any:
        """A callback; ``methods`` replace its own."""
        own = dict(methods or {})
        return self._listening(type("Listener", (base or self.L.Callback,), own), who, CALLBACK_HOOKS, set(own))()

    def make_data(self, methods: Mapping[str, Any] | None = None, **kwargs: Any) -> Any:
        """A data module with both loaders, which take ``kwargs``."""
        own = {f"{name}_dataloader": lambda data, name=name: self.loader(name, **kwargs) for name in ("train", "val")}
        own |= methods or {}
        return self._listening(type("Data", (self.L.LightningDataModule,), own), "data module", DATA_HOOKS, set(own))()

    def loader(self, name: str = "train", samples: int = 26, batch_size: int = 4, sized: bool = True, **kw: Any) -> Any:
        """A loader that tells when it is iterated over and what is read from its data."""
        return Loader(self, name, (Samples if sized else Stream)(self, name, samples), batch_size=batch_size, **kw)

    def make_trainer(self, **arguments: Any) -> Any:
        """A Trainer that writes nothing."""
        self.trainer = self.L.Trainer(**{**QUIET, **arguments})
        return self.trainer

    def allow_epochs(self, number: int) -> None:
        """Let the next ``fit`` go on to that many epochs."""
        place = self.trainer.fit_loop if self.is_lightning else self.trainer
        place.max_epochs = number

    def _listening(self, cls: type, who: str, hooks: Any, own: set[str]) -> type:
        heard = [name for name in hooks if hasattr(cls, name) and (name in own or name not in ONLY_OURS)]
        noting = {name: self._noting(cls, who, name) for name in heard if self.hears or name in own}
        return type(cls.__name__, (cls,), noting)

    def _noting(self, cls: type, who: str, name: str) -> Any:
        method = getattr(cls, name)
        first = 0 if who in ("module", "data module") else 2

        def hook(player: Any, *args: Any, **kwargs: Any) -> Any:
            self.note(who, name, *args[first:], **kwargs)
            returned = method(player, *args, **kwargs)
            if name in ("training_step", "validation_step", "test_step", "predict_step"):
                self.note(who, f"{name} returns", returned)
            return returned

        # no __wrapped__: Lightning looks through it, and would find a hook that nobody overrides
        hook.__name__, hook.__signature__ = name, inspect.signature(method)  # type: ignore[attr-defined]
        return hook

    # what is written down

    def note(self, who: str, what: str, *args: Any, **kwargs: Any) -> None:
        """Write down a call, and what can be read at this moment."""
        call = {"call": f"{who}: {what}", "args": plain(args), "kwargs": plain(kwargs), "random": random_state()}
        self.calls.append(call | (self.seen() if self.hears and self.trainer is not None else {}))

    def seen(self) -> dict[str, Any]:
        """What a hook can read at this moment."""
        trainer, parts = self.trainer, [*parts_of(self.module)]
        return {
            **{name: getattr(trainer, name) for name in ("current_epoch", "global_step", "should_stop")},
            **{f"{name}_metrics": plain(getattr(trainer, f"{name}_metrics")) for name in SHOWN},
            **{name: getattr(trainer, name) for name in DOING},
            "state": [plain(getattr(trainer.state, name)) for name in ("fn", "stage", "status")],
            "is_last_batch": trainer.is_last_batch,
            "rates": plain([group["lr"] for optimizer in trainer.optimizers for group in optimizer.param_groups]),
            "modes": [part.training for part in parts],
            "gradients": [p.grad is not None for part in parts for p in part._parameters.values() if p is not None],
            "under": (torch.is_grad_enabled(), torch.is_inference_mode_enabled()),
        }

    def end(self, answer: Any) -> dict[str, Any]:
        """What is left when a scenario is over."""
        trainer, seen = self.trainer, self.seen()
        if isinstance(answer, tuple) and answer[0] == "raised":
            # of the batch in which a run broke off, groundwire shows what was logged and Lightning does not
            seen |= dict.fromkeys([f"{name}_metrics" for name in SHOWN])
        return {
            **seen,
            "calls": self.calls,
            "answer": plain(answer),
            "random": random_state(),
            "weights": plain(self.module.state_dict()),
            "optimizers": plain([optimizer.state_dict() for optimizer in trainer.optimizers]),
            "schedulers": plain([config.scheduler.state_dict() for config in trainer.lr_scheduler_configs]),
        }


class Patient(lightning.pytorch.callbacks.EarlyStopping):
    """Lightning knows its monitors by their classes; this one never acts."""

    def __init__(self) -> None:
        super().__init__("val_loss", patience=1000)


SHOWN = ("callback", "logged", "progress_bar")
DOING = ("training", "validating", "testing", "predicting", "evaluating", "sanity_checking", "interrupted")


PLAIN = {float, str, int, bool, type(None)}


def parts_of(module: nn.Module) -> Iterator[nn.Module]:
    """A module and those within it, as ``modules()`` without the names that it makes on the way."""
    yield module
    for part in module._modules.values():
        if part is not None:
            yield from parts_of(part)


def plain(value: Any) -> Any:
    """A value as data that is equal only where every bit is."""
    kind = type(value)
    if kind in PLAIN:  # these first: a hook is told thousands of them
        return value.hex() if kind is float else value
    if kind is list or kind is tuple:
        return [plain(entry) for entry in value]
    if isinstance(value, torch.Tensor):
        return str(value.dtype), tuple(value.shape), plain(value.tolist())
    if isinstance(value, float):
        return value.hex()
    if isinstance(value, Mapping):
        return {str(name): plain(entry) for name, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    if isinstance(value, Exception):
        return raised(value)
    if isinstance(value, str):
        return str.__str__(getattr(value, "value", value))
    if value is None or isinstance(value, int):
        return value
    return type(value).__name__.removeprefix("Lightning").replace("_DataFetcherWrapper", "Reader")


MERSENNE = 4 * (624 + 1)
"""Bytes of numpy's generator: its numbers, and the place among them."""


def random_state() -> int:
    """A digest of the generators that a run may draw from."""
    numpy = ctypes.string_at(np.random.get_bit_generator().ctypes.state_address, MERSENNE)  # get_state takes 0.2 ms
    return hash((torch.get_rng_state().numpy().tobytes(), random.getstate(), numpy))


# what scenarios are made of


def layers() -> nn.Sequential:
    """Layers with weights, with buffers and with something random."""
    return nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(0.2), nn.Tanh(), nn.Linear(8, 2))


def loss_of(module: Any, batch: Any) -> torch.Tensor:
    points, labels = batch
    return nn.functional.cross_entropy(module.layers(points), labels)


def training_step(self: Any, batch: Any, batch_idx: int) -> Any:
    return loss_of(self, batch)


def validation_step(self: Any, batch: Any, batch_idx: int) -> Any:
    loss = loss_of(self, batch)
    self.log("val_loss", loss, prog_bar=True)
    return loss


def sgd(self: Any) -> Any:
    return Optimizer(self.stage, self.parameters())


BOTH = {"validation_step": validation_step}


def fit(
    stage: Stage,
    *,
    methods: Mapping[str, Any] | None = None,
    callbacks: tuple[Mapping[str, Any], ...] = ({},),
    train: Mapping[str, Any] | None = None,
    val: Mapping[str, Any] | None = None,
    **arguments: Any,
) -> None:
    """The usual scenario: one fit with passed loaders, with validation where ``methods`` has its step.

    Args:
        stage: Where it plays.
        methods: Of the module.
        callbacks: Methods of each callback.
        train: Arguments of the loader.
        val: Arguments of the loader.
        **arguments: Of the Trainer.
    """
    methods = BOTH if methods is None else methods
    module = stage.make_module(methods=methods)
    listeners = [stage.make_callback(f"callback {number}", methods=own) for number, own in enumerate(callbacks)]
    trainer = stage.make_trainer(callbacks=listeners, **arguments)
    val_loader = stage.loader("val", **{"samples": 10, **(val or {})}) if "validation_step" in methods else None
    trainer.fit(module, stage.loader("train", **(train or {})), val_loader)


class Optimizer(torch.optim.SGD):
    """SGD that tells what is done with it."""

    def __init__(self, stage: Stage, parameters: Any, **kwargs: Any) -> None:
        super().__init__(parameters, **{"lr": 0.1, "momentum": 0.9, **kwargs})
        self.note: Callable[..., None] = stage.note

    def step(self, closure: Any = None) -> Any:
        loss = super().step(closure)
        self.note("optimizer", "stepped")
        return loss

    def zero_grad(self, set_to_none: bool = True) -> None:
        super().zero_grad(set_to_none)
        self.note("optimizer", "cleared")


class BoomError(Exception):
    """Raised by hooks."""


class Samples(Dataset[Any]):
    """Points of two classes, the same for one name wherever the generators are."""

    def __init__(self, stage: Stage, name: str, samples: int) -> None:
        self.stage, self.name = stage, name
        self.points = torch.randn(samples, 4, generator=torch.Generator().manual_seed(len(name)))
        self.labels = (self.points.sum(1) > 0).long()

    def __len__(self) -> int:
        return len(self.points)

    def __getitem__(self, index: int) -> Any:
        if get_worker_info() is None:
            self.stage.calls.append({"call": f"{self.name} data: {index} is read", "random": random_state()})
        return self.points[index], self.labels[index]


class Stream(IterableDataset[Any]):
    """The same points, one after the other, without a length."""

    def __init__(self, *args: Any) -> None:
        self.samples = Samples(*args)

    def __iter__(self) -> Iterator[Any]:
        return (self.samples[index] for index in range(len(self.samples)))


class Loader(DataLoader[Any]):
    """A loader that tells when it is iterated over."""

    def __init__(self, stage: Stage, name: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stage, self.name = stage, name  # for Lightning, which makes the loaders of a prediction anew
        self.tell = lambda: stage.note(f"{name} loader", "iterated over")

    def __iter__(self) -> Any:
        self.tell()
        return super().__iter__()


# the comparison

Scenario = Callable[[Stage], Any]


def record(framework: Any, scenario: Scenario, hears: bool) -> dict[str, Any]:
    """What happens when a scenario runs under a framework; an error that leaves it is its answer."""
    stage = Stage(framework, hears)
    keep = {name: value for name, value in os.environ.items() if not name.startswith("PL_")}
    os.environ.clear()
    os.environ.update(keep)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        stage.L.seed_everything(7, verbose=False)
        try:
            answer = scenario(stage)
        except Exception as error:  # which one it is is compared
            if stage.trainer is None:
                raise
            answer = "raised", *raised(error)
    return stage.end(answer)


def raised(error: Exception) -> list[str]:
    """The classes by whose name an error can be caught, the ones that both frameworks know of."""
    known = {"MisconfigurationException", "ValueError", "TypeError", "RuntimeError", "BoomError", "KeyError"}
    named = [cls.__name__ for cls in type(error).__mro__ if cls.__name__ in known]
    return named[:1] or [f"{type(error).__name__}: {error}"]


def difference(theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> str:
    """Where two records differ first, or nothing."""
    for number, (one, other) in enumerate(zip(theirs["calls"], ours["calls"], strict=False)):
        if one != other:
            before = [call["call"] for call in ours["calls"][max(0, number - 6) : number]]
            return f"call {number}, after {before}:\n{apart(one, other)}"
    if len(theirs["calls"]) != len(ours["calls"]):
        least = min(len(theirs["calls"]), len(ours["calls"]))
        more = [[call["call"] for call in record["calls"][least : least + 8]] for record in (theirs, ours)]
        last = theirs["calls"][least - 1]["call"] if least else "nothing"
        return f"after {least} calls {last}\nLightning: {more[0]}\ngroundwire: {more[1]}"
    return apart({**theirs, "calls": 0}, {**ours, "calls": 0})


def apart(one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    keys = [key for key in {**one, **other} if one.get(key) != other.get(key)]
    keys += [key for key in one if isinstance(one[key], dict) and list(one[key]) != list(other[key])]
    told = [f"{key}\n  Lightning:  {one.get(key)}\n  groundwire: {other.get(key)}" for key in keys]
    return "\n".join([f"in {one.get('call', 'the end')}", *told]) if told else ""


GUESTS = SimpleNamespace(
    **{name: getattr(groundwire_lightning, name) for name in ("Trainer", "seed_everything")},
    **{name: getattr(lightning, name) for name in ("LightningModule", "LightningDataModule", "Callback")},
)
"""A stage on which groundwire's Trainer runs classes of the real Lightning."""


def twins(scenario: Scenario, *, hears: bool = True, ours: Any = groundwire_lightning) -> dict[str, Any]:
    """Run a scenario under both frameworks; fails where they differ.

    Args:
        scenario: What is played.
        hears: Every hook is written down, also those that the scenario does not override.
        ours: The second stage; :data:`GUESTS` is another.

    Returns:
        The record of groundwire's run.
    """
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    theirs, ours = (record(framework, scenario, hears) for framework in (lightning, ours))
    told = difference(theirs, ours)
    assert not told, told
    return ours
