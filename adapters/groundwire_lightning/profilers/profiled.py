"""How a profiler hears of a run: it is written into the compiled plan, under Lightning's names for the moments.

A run without a profiler runs the same functions as if there were no profilers. With one, every method
that a row runs is called through the profiler, and so are the Trainer's own hooks in :data:`MOMENTS`.
"""

from __future__ import annotations

import dataclasses
import inspect
import weakref
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from groundwire import Part, Trainer
from groundwire.run.run import Run
from groundwire_lightning.core.hooks import STEPS
from groundwire_lightning.core.states import TrainerFn
from groundwire_lightning.profilers import PassThroughProfiler

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
    "save_checkpoint": "save_checkpoint",
}
"""Methods of the Trainer and what Lightning calls the moment."""

NEXT = {"fit": "val", "validate": "val", "test": "test", "predict": "predict"}
"""Entry point to what its loaders are called, training's apart."""


class Profiled(Trainer):
    """A Trainer that tells its profiler what runs.

    Attributes:
        profiler: What ``profiler=`` asked for.
    """

    profiler: Any
    lightning_module: Any
    log_dir: str | None
    _purpose: TrainerFn
    _profiles: bool = False

    def _before_run(self, run: Run) -> None:
        self._profiles = self._profiles or not (self._is_running or type(self.profiler) is PassThroughProfiler)
        super()._before_run(run)

    def _after_run(self, run: Run, error: BaseException | None) -> None:
        try:
            super()._after_run(run, error)
        finally:
            is_over = self._profiles and not self._is_running
            if is_over:
                self._profiles = False
                for name in (*MOMENTS, "_on_device"):
                    vars(self).pop(name, None)
        if is_over and error is None:
            self.profiler.describe()

    def _wire(self, stage: Any) -> None:
        if self._profiles and stage == "assembly":
            self._begin_profile()
        super()._wire(stage)

    def _begin_profile(self) -> None:
        module, accelerator = self.lightning_module, self._accelerator
        rank = int(accelerator.local_process_index) if accelerator.num_processes > 1 else None
        self.profiler._lightning_module = None if module is None else weakref.proxy(module)
        self.profiler.setup(
            stage=str(getattr(self._purpose, "value", self._purpose)), local_rank=rank, log_dir=self.log_dir
        )
        words = {"module": type(module).__name__, "strategy": strategy_of(self)}
        for name, said in MOMENTS.items():
            vars(self)[name] = self._timed_hook(name, said.format(**words))
        vars(self)["_on_device"] = self._timed_batches

    def _timed_hook(self, name: str, action: str) -> Callable[..., Any]:
        found = inspect.getattr_static(type(self), name)

        def hook(*args: Any, **kwargs: Any) -> Any:
            own = found.__get__(self, type(self))
            if (
                name in self.plan.instead and name != "backward_step"
            ):  # the method that runs instead goes by the same name
                return own(*args, **kwargs)
            with self.profiler.profile(action):
                return own(*args, **kwargs)

        return hook

    def _timed_batches(self, batches: Iterable[Any]) -> Iterable[Any]:
        own = inspect.getattr_static(type(self), "_on_device").__get__(self, type(self))
        moved: Iterable[Any] = own(self._fetched(batches))
        return moved

    def _fetched(self, batches: Iterable[Any]) -> Iterator[Any]:
        """The batches, each fetched under the profiler."""
        if self.at.phase == "train":
            action = "[_TrainingEpochLoop].train_dataloader_next"
        else:
            loop = "_PredictionLoop" if self._purpose == "predict" else "_EvaluationLoop"
            action = f"[{loop}].{NEXT[self._purpose]}_next"
        iterator = iter(batches)
        while not getattr(batches, "is_last", False):
            with self.profiler.profile(action):
                found = list(next_of(iterator))
            if not found:
                return
            yield found[0]
        yield from iterator  # nothing is left, and whoever gives the batches is to know that it was asked

    def _parts(self) -> list[Part]:
        parts = super()._parts()
        if not self._profiles:
            return parts
        return [dataclasses.replace(part, through=through(self, part)) for part in parts]


def next_of(iterator: Iterator[Any]) -> Iterator[Any]:
    """The next item, or nothing."""
    for item in iterator:
        yield item
        return


def strategy_of(trainer: object) -> str:
    """The class name of the strategy, as Lightning would have it."""
    strategy = getattr(trainer, "strategy", None)
    return "SingleDeviceStrategy" if strategy is None else type(strategy).__name__


def through(trainer: Profiled, part: Part) -> Callable[[str, Callable[..., Any]], Callable[..., Any]]:
    """What a part's methods are called through: the profiler, then what they went through before.

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
