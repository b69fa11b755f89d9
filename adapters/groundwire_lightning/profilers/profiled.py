"""Profiling: what a profiler hears of a run, written into the compiled plan under Lightning's names for the moments.

A run without a profiler runs the same functions as if there were no profilers. With one, every method
that a row runs is called through the profiler, and so are the Trainer's own hooks in :data:`MOMENTS`.
"""

from __future__ import annotations

import dataclasses
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Protocol

from groundwire import Part
from groundwire_lightning.core.hooks import STEPS
from groundwire_lightning.core.states import TrainerFn
from groundwire_lightning.profilers import PassThroughProfiler

if TYPE_CHECKING:
    from accelerate import Accelerator

    from groundwire import RunState

MODULE = "[LightningModule]{module}."
STRATEGY = "[Strategy]{strategy}."
MOMENTS = {
    "_run_train_epoch": "run_training_epoch",
    "_run_train_step": "run_training_batch",
    "_transfer_batch": STRATEGY + "batch_to_device",
    "backward_step": STRATEGY + "backward",
    "optimizer_step": MODULE + "optimizer_step",
    "optimizer_zero_grad": MODULE + "optimizer_zero_grad",
    "_clip_gradients": MODULE + "configure_gradient_clipping",
    "scheduler_step": MODULE + "lr_scheduler_step",
}
"""Hooks of the Trainer and what Lightning calls the moment."""

NEXT = {"fit": "val", "validate": "val", "test": "test", "predict": "predict"}
"""Entry point to what its loaders are called, training's apart."""


class Measured(Protocol):
    """A Trainer, as far as telling a profiler of its run needs one."""

    profiler: Any
    plan: Any

    @property
    def at(self) -> RunState:
        """The position of the run."""

    @property
    def lightning_module(self) -> Any:
        """The module."""

    @property
    def log_dir(self) -> str | None:
        """The folder to which the run writes."""

    @property
    def strategy(self) -> Any:
        """The way in which processes work together."""

    @property
    def _accelerator(self) -> Accelerator: ...
    @property
    def _purpose(self) -> TrainerFn: ...
    @property
    def _is_running(self) -> bool: ...


class Profiling:
    """Tells the profiler of a Trainer what runs; a Trainer without one is left as it is.

    Args:
        trainer: Whose ``profiler`` is told.
    """

    def __init__(self, trainer: Measured) -> None:
        self.trainer = trainer
        self._is_on = False
        self._words: dict[str, str] = {}

    def before_run(self) -> None:
        """Listen to a run from its assembly on, and to the runs inside it, if there is a profiler."""
        trainer = self.trainer
        self._is_on = self._is_on or not (trainer._is_running or type(trainer.profiler) is PassThroughProfiler)

    def after_run(self, error: BaseException | None) -> None:
        """Let the profiler report at the end of a run that no other is around, and listen no longer."""
        if not self._is_on or self.trainer._is_running:
            return
        self._is_on, self.trainer.plan.through = False, None
        if error is None:
            self.trainer.profiler.describe()

    def before_wiring(self, stage: str) -> None:
        """Set the profiler up where a run is assembled, before its plan is compiled."""
        if not (self._is_on and stage == "assembly"):
            return
        trainer = self.trainer
        module, accelerator, profiler = trainer.lightning_module, trainer._accelerator, trainer.profiler
        rank = int(accelerator.local_process_index) if accelerator.num_processes > 1 else None
        profiler._lightning_module = None if module is None else weakref.proxy(module)
        profiler.setup(
            stage=str(getattr(trainer._purpose, "value", trainer._purpose)), local_rank=rank, log_dir=trainer.log_dir
        )
        self._words = {"module": type(module).__name__, "strategy": strategy_of(trainer)}
        trainer.plan.through = self._hook

    def _hook(self, name: str, own: Callable[..., Any]) -> Callable[..., Any]:
        """The Trainer's own method at a hook, timed where the moment has a name."""
        # a method of the module that runs instead is recorded by itself, under the same name
        if name not in MOMENTS or (name in self.trainer.plan.instead and name != "backward_step"):
            return own
        trainer, action = self.trainer, MOMENTS[name].format(**self._words)

        def hook(*args: Any, **kwargs: Any) -> Any:
            with trainer.profiler.profile(action):
                return own(*args, **kwargs)

        return hook

    def moment(self, action: str) -> AbstractContextManager[Any]:
        """The context of a moment that is no hook of the plan.

        Args:
            action: Its name.
        """
        recording: AbstractContextManager[Any] = self.trainer.profiler.profile(action) if self._is_on else nullcontext()
        return recording

    def fetched(self, batches: Iterable[Any]) -> Iterable[Any]:
        """The batches; with a profiler each is fetched under it."""
        return self._timed(batches) if self._is_on else batches

    def _timed(self, batches: Iterable[Any]) -> Iterator[Any]:
        purpose = self.trainer._purpose
        if self.trainer.at.phase == "train":
            action = "[_TrainingEpochLoop].train_dataloader_next"
        else:
            loop = "_PredictionLoop" if purpose == "predict" else "_EvaluationLoop"
            action = f"[{loop}].{NEXT[purpose]}_next"
        iterator = iter(batches)
        while not getattr(batches, "is_last", False):
            with self.trainer.profiler.profile(action):
                following = list(next_of(iterator))
            if not following:
                return
            yield following[0]
        yield from iterator  # nothing more to fetch, but whoever gave the batches wants to hear of their end

    def around(self, parts: list[Part]) -> list[Part]:
        """Those who take part, their methods called through the profiler if there is one."""
        if not self._is_on:
            return parts
        return [dataclasses.replace(part, through=through(self.trainer, part)) for part in parts]


def next_of(iterator: Iterator[Any]) -> Iterator[Any]:
    """The next item, or nothing."""
    for item in iterator:
        yield item
        return


def strategy_of(trainer: object) -> str:
    """The class name of the strategy, as Lightning would have it."""
    strategy = getattr(trainer, "strategy", None)
    return "SingleDeviceStrategy" if strategy is None else type(strategy).__name__


def through(trainer: Measured, part: Part) -> Callable[[str, Callable[..., Any]], Callable[..., Any]]:
    """The callable through which a part's methods are called: the profiler, then what they went through before.

    Args:
        trainer: Whose profiler it is.
        part: The module, data module or callback.
    """
    profile, before = trainer.profiler.profile, part.through
    if part.role in {"LightningModule", "LightningDataModule"}:
        who = f"[{part.role}]{type(part.player).__name__}"
    else:
        who = f"[Callback]{getattr(part.player, 'state_key', type(part.player).__qualname__)}"
    strategy = f"[Strategy]{strategy_of(trainer)}"

    def timed(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        called = method if before is None else before(name, method)
        action = f"{strategy if name in STEPS else who}.{name}"  # Lightning calls steps through its strategy

        def recorded(*args: Any, **kwargs: Any) -> Any:
            with profile(action):
                return called(*args, **kwargs)

        return recorded

    return timed
