"""The recorder of a run: it writes down what the run does, by patches that are the same whatever runs it.

Of torch it hears each backward pass and each step of an optimizer, of a Trainer its calls, of the user's own classes
each public method, of loggers what is logged. It needs torch alone, for the interpreter that it runs in may have
packages of its own, and it writes a line at a time, so that a run that dies leaves what it did until then.
"""

from __future__ import annotations

import functools
import inspect
import json
import os
import sys
import threading
import weakref
from types import FunctionType, ModuleType
from typing import Any, Callable, TextIO  # noqa: UP035  # subscripted when this runs, under Python 3.8 too

import torch

from groundwire.testing.patches import Patches, WhenImported
from groundwire.testing.summaries import (
    bits_and_norms,
    digest,
    is_of_a_framework,
    number_of,
    plain_value,
    random_digests,
    signature_of,
    summary_of,
)

__all__ = ["Recorder", "hear_steps"]

TRAINERS = ("lightning.pytorch", "pytorch_lightning", "groundwire_lightning")
ENTRIES = ("fit", "validate", "test", "predict")
EPOCH_ENDS = {f"on_{phase}_epoch_end": phase for phase in ("train", "validation", "test", "predict")}
DETAILED_STEPS = 1000
"""So many steps are told tensor by tensor; later ones by one digest."""


class Recorder:
    """Writes down what happens between ``start`` and ``stop``.

    Args:
        out: Gets a line of JSON for each event.
        weights: The file that gets the weights when a call of a Trainer is over.
        steps: End the process after so many steps of optimizers.
    """

    def __init__(self, out: TextIO, weights: str | None = None, steps: int | None = None) -> None:
        self.patches = Patches()
        self._out, self._weights, self._limit = out, weights, steps
        self._process, self._thread = os.getpid(), threading.get_ident()
        self._steps = self._losses = 0
        self._within: set[str] = set()
        self._trainers: list[Any] = []
        self._classes: set[type] = set()
        self._optimizers: list[weakref.ref[Any]] = []
        self._names: dict[int, str] = {}
        self._marks: set[tuple[type, str]] = set()
        self._model: Callable[[], Any] = lambda: None

    def start(self) -> None:
        """Begin to hear."""
        self.write("start", python=".".join(map(str, sys.version_info[:3])), torch=torch.__version__,
                   threads=torch.get_num_threads())  # fmt: skip
        self.patches.replace(torch.autograd, "backward", self._hearing_losses(torch.autograd.backward))
        self.patches.when_undone(hear_steps(self.add_step))
        finder = WhenImported([f"{root}.trainer.trainer" for root in TRAINERS], self._hear_trainer)
        sys.meta_path.insert(0, finder)
        self.patches.when_undone(lambda: sys.meta_path.remove(finder))

    def stop(self, code: int = 0, error: BaseException | None = None) -> None:
        """Put everything back and tell how it ended."""
        self.patches.undo()
        if self.is_heard():
            self.write("end", code=code, error=None if error is None else f"{type(error).__name__}: {error}")

    def is_heard(self) -> bool:
        """True in the process and the thread that began it: those beside it run when they please."""
        return os.getpid() == self._process and threading.get_ident() == self._thread

    def write(self, kind: str, **entries: Any) -> None:
        """Write one event."""
        self._out.write(json.dumps({"k": kind, **entries}, default=signature_of) + "\n")
        self._out.flush()

    # torch

    def _hearing_losses(self, backward: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(backward)
        def heard(tensors: Any, *args: Any, **kwargs: Any) -> Any:
            if "backward" in self._within or not self.is_heard():  # a checkpointed part runs one of its own
                return backward(tensors, *args, **kwargs)
            self._losses += 1
            parts = [tensors] if isinstance(tensors, torch.Tensor) else list(tensors)
            self.write("loss", values=[number_of(part) for part in parts])
            with _Within(self._within, "backward"):
                return backward(tensors, *args, **kwargs)

        return heard

    def add_step(self, optimizer: Any, *_: Any) -> None:
        """Write down a step that an optimizer has made."""
        if not self.is_heard():
            return
        self._steps += 1
        tensors = [each for group in optimizer.param_groups for each in group["params"]]
        rows = dict(zip(self._names_of(tensors), bits_and_norms(tensors)))  # noqa: B905  # of Python 3.8 too
        if self._steps > DETAILED_STEPS:
            every = json.dumps([row[0] for row in rows.values()]).encode()
            rows = {"all together": [digest(every), sum(row[1] ** 2 for row in rows.values()) ** 0.5]}
        rates = [number_of(group.get("lr")) for group in optimizer.param_groups]
        name = f"{type(optimizer).__name__} {self._number_of(optimizer)}"
        self.write("step", optimizer=name, rates=rates, tensors=rows)
        if self._steps == self._limit:
            self._end_here()

    def _end_here(self) -> None:
        self._add_state("after the last step", is_last=True)
        self.write("limit", steps=self._limit)
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(0)  # what a program does on the way out of an error would be told of no other run

    def _number_of(self, optimizer: Any) -> int:
        known = [each() for each in self._optimizers]
        for number, each in enumerate(known):
            if each is optimizer:
                return number
        self._optimizers.append(weakref.ref(optimizer))
        return len(known)

    def _names_of(self, tensors: list[torch.Tensor]) -> list[str]:
        model = self._model()
        if model is not None and any(id(tensor) not in self._names for tensor in tensors):
            self._names.update({id(each): name for name, each in model.named_parameters()})
        return [self._names.get(id(tensor)) or f"parameter {at}" for at, tensor in enumerate(tensors)]

    # a Trainer and its calls

    def _hear_trainer(self, module: ModuleType) -> None:
        cls = module.Trainer
        for name in ENTRIES:
            self.patches.replace(cls, name, self._hearing_entry(getattr(cls, name), name))

    def _hearing_entry(self, entry: Callable[..., Any], name: str) -> Callable[..., Any]:
        @functools.wraps(entry)
        def heard(trainer: Any, *args: Any, **kwargs: Any) -> Any:
            if "entry" in self._within or not self.is_heard():
                return entry(trainer, *args, **kwargs)
            self._begin(trainer, name, [*args, *kwargs.values()])
            try:
                with _Within(self._within, "entry"):
                    result = entry(trainer, *args, **kwargs)
            except BaseException as error:
                self.write("call", name=f"Trainer.{name} raised {type(error).__name__}", args=[])
                raise
            self._finish(trainer, name, result)
            return result

        return heard

    def _begin(self, trainer: Any, name: str, parts: list[Any]) -> None:
        root = next(cls for cls in type(trainer).__mro__ if is_of_a_framework(cls)).__module__.partition(".")[0]
        version = getattr(sys.modules.get(root), "__version__", "")
        self.write("call", name=f"Trainer.{name}", args=[], framework=root, version=version)
        self._trainers.append(weakref.ref(trainer))
        own = getattr(trainer, "lightning_module", None)
        parts = [getattr(part, "_orig_mod", part) for part in [*parts, own]]  # that is in a compiled one
        for part in [*parts, *trainer.callbacks]:
            self._hear(part)
        modules = [part for part in parts if isinstance(part, torch.nn.Module)]
        if modules:
            self._hear_model(modules[0])
        for logger in trainer.loggers:
            self._hear_logger(type(logger))

    def _finish(self, trainer: Any, name: str, result: Any) -> None:
        self.write("call", name=f"Trainer.{name} ended", args=[trainer.global_step, trainer.current_epoch])
        if result is not None:
            self.write("result", of=name, value=plain_value(result))
        self._add_state(f"at the end of {name}", is_last=True)

    def _hear_model(self, model: Any) -> None:
        self._model = weakref.ref(model)
        self._names.clear()
        cls = type(model)
        for name, phase in EPOCH_ENDS.items():
            method = getattr(cls, name, None)
            if method is not None and (cls, name) not in self._marks:
                self._marks.add((cls, name))
                self.patches.replace(cls, name, self._marking(method, phase))

    def _marking(self, method: Callable[..., Any], phase: str) -> Callable[..., Any]:
        def marked(module: Any, *args: Any, **kwargs: Any) -> Any:
            result = method(module, *args, **kwargs)
            if self.is_heard() and module is self._model():
                self._add_epoch(self._trainers[-1](), phase)
            return result

        # not `functools.wraps`: through `__wrapped__` it would be seen as a method that nobody has overridden
        marked.__name__, marked.__doc__ = method.__name__, method.__doc__
        marked.__signature__ = inspect.signature(method)  # type: ignore[attr-defined]
        return marked

    def _add_epoch(self, trainer: Any, phase: str) -> None:
        where = f"at the end of {phase} epoch {trainer.current_epoch}"
        if trainer.sanity_checking:
            where = "at the end of the sanity check"
        for name in ("callback_metrics", "logged_metrics"):
            metrics = {key: number_of(value) for key, value in getattr(trainer, name).items()}
            self.write("metrics", of=name, where=where, values=metrics)
        self._add_state(where)

    def _add_state(self, where: str, is_last: bool = False) -> None:
        self.write("random", where=where, states=random_digests())
        weights = self._named()
        if weights:
            self.write("weights", where=where, tensors={name: summary_of(each) for name, each in weights.items()})
            if self._weights is not None and is_last:
                torch.save({name: each.detach().cpu().clone() for name, each in weights.items()}, self._weights)

    def _named(self) -> dict[str, torch.Tensor]:
        """The weights of the module; where there is none, what the optimizers have."""
        model = self._model()
        if model is not None:
            return dict([*model.named_parameters(), *model.named_buffers()])
        optimizers = [each() for each in self._optimizers]
        return {
            f"optimizer {number} parameter {at}": each
            for number, optimizer in enumerate(optimizers)
            if optimizer is not None
            for at, each in enumerate(each for group in optimizer.param_groups for each in group["params"])
        }

    # the user's own classes

    def _hear(self, part: Any) -> None:
        classes = type(part).__mro__
        if any(map(is_of_a_framework, classes)):
            for cls in classes:
                if cls not in self._classes and not _is_of_a_library(cls):
                    self._classes.add(cls)
                    self._hear_class(cls)

    def _hear_class(self, cls: type) -> None:
        for name, method in list(vars(cls).items()):
            if isinstance(method, FunctionType) and name[0] != "_" and not hasattr(torch.nn.Module, name):
                self.patches.replace(cls, name, self._hearing_method(method, f"{cls.__qualname__}.{name}"))

    def _hearing_method(self, method: Callable[..., Any], name: str) -> Callable[..., Any]:
        values_of = _values_of(method)
        gives_callbacks = name.endswith(".configure_callbacks")

        @functools.wraps(method)
        def heard(*args: Any, **kwargs: Any) -> Any:
            if _is_compiling() or not self.is_heard() or "entry" not in self._within:
                return method(*args, **kwargs)
            signature = [signature_of(value) for value in values_of(args, kwargs)]
            self.write("call", name=name, args=signature, at=[self._losses, self._steps])
            result = method(*args, **kwargs)
            if gives_callbacks:
                for part in result if isinstance(result, (list, tuple)) else [result]:
                    self._hear(part)
            return result

        return heard

    def _hear_logger(self, cls: type) -> None:
        method = getattr(cls, "log_metrics", None)
        if method is None or (cls, "log_metrics") in self._marks:
            return
        self._marks.add((cls, "log_metrics"))

        @functools.wraps(method)
        def heard(logger: Any, metrics: Any, step: Any = None, *args: Any, **kwargs: Any) -> Any:
            if self.is_heard() and "logger" not in self._within:
                values = {str(key): number_of(value) for key, value in metrics.items()}
                self.write("logged", who=cls.__qualname__, step=number_of(step), values=values)
            with _Within(self._within, "logger"):
                return method(logger, metrics, step, *args, **kwargs)

        self.patches.replace(cls, "log_metrics", heard)


class _Within:
    """What is under way; a call of the same kind within it is a part of it."""

    def __init__(self, under_way: set[str], name: str) -> None:
        self._under_way, self._name, self._first = under_way, name, name not in under_way

    def __enter__(self) -> None:
        self._under_way.add(self._name)

    def __exit__(self, *_: object) -> None:
        if self._first:
            self._under_way.discard(self._name)


def hear_steps(tell: Callable[..., None]) -> Callable[[], None]:
    """Call ``tell`` with each optimizer that has made a step; what is returned ends it."""
    from torch.optim.optimizer import register_optimizer_step_post_hook

    end: Callable[[], None] = register_optimizer_step_post_hook(tell).remove
    return end


def _is_of_a_library(cls: type) -> bool:
    return is_of_a_framework(cls) or cls.__module__.partition(".")[0] in (
        "torch",
        "torchmetrics",
        "builtins",
        "abc",
        "typing",
    )


def _values_of(method: Callable[..., Any]) -> Callable[[Any, Any], list[Any]]:
    """A function that gives the arguments of a call, but ``self``, in the order of the definition."""
    signature = inspect.signature(method)

    def values(args: Any, kwargs: Any) -> list[Any]:
        try:
            bound = signature.bind(*args, **kwargs).arguments
        except TypeError:  # the call is about to say so
            return []
        return list(bound.values())[1:]

    return values


def _is_compiling() -> bool:
    return bool(torch.compiler.is_compiling()) if hasattr(torch, "compiler") else False
