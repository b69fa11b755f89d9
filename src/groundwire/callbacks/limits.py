"""Limits to the data that is read: the first batches of each loader, or of each evaluation.

A limit stands between the loader and the loop, which reads no batch beyond it; the loop asks for
the batches of an evaluation after its callbacks were told that it starts.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from groundwire.callbacks.base import TrainerCallback
from groundwire.callbacks.watching import processes_of
from groundwire.checks import flag, whole
from groundwire.data.loaders import LIMIT_BATCHES_ENV_VAR, DataLoaderSlice
from groundwire.errors import GroundwireError

if TYPE_CHECKING:
    from groundwire.trainer import Trainer

__all__ = ["LimitBatchesCallback", "LimitEvalStepsCallback"]

NO_LIMIT = sys.maxsize


class _Gate(DataLoaderSlice):
    """A loader of which one callback says how much is read; ``slice_size`` may change between passes."""

    def __init__(self, dl: Any, slice_size: int, keeper: TrainerCallback) -> None:
        super().__init__(dl, slice_size)
        self.keeper = keeper


class _Limit(TrainerCallback):
    """Gives the loaders back when a run is over, however it ended."""

    def on_training_run_end(self, trainer: Trainer, **kwargs: Any) -> None:
        """Give the loaders back."""
        self._give_back(trainer)

    def on_evaluation_run_end(self, trainer: Trainer, **kwargs: Any) -> None:
        """Give the loader back."""
        self._give_back(trainer)

    def on_prediction_run_end(self, trainer: Trainer, **kwargs: Any) -> None:
        """Give the loader back."""
        self._give_back(trainer)

    def on_exception(self, trainer: Trainer, **kwargs: Any) -> None:
        """Give the loaders back."""
        self._give_back(trainer)

    def _own_gates(self, loader: Any) -> Iterator[_Gate]:
        while isinstance(loader, _Gate):
            if loader.keeper is self:
                yield loader
            loader = loader.dl

    def _gated(self, loader: Any, size: int) -> Any:
        is_gated = next(self._own_gates(loader), None) is not None
        return loader if loader is None or is_gated else _Gate(loader, size, self)

    def _replace_loaders(self, trainer: Trainer, change: Callable[[Any], Any], evaluation_alone: bool = False) -> None:
        """Put a gate around the loaders of a run, or take it off: set here, for a Trainer or what plays one by hand."""
        if not evaluation_alone:
            trainer._train_dataloader = change(trainer._train_dataloader)
        trainer._eval_dataloader = change(trainer._eval_dataloader)

    def _give_back(self, trainer: Trainer) -> None:
        self._replace_loaders(trainer, self._without)

    def _without(self, loader: Any) -> Any:
        if not isinstance(loader, _Gate):
            return loader
        within = self._without(loader.dl)
        return within if loader.keeper is self else _Gate(within, loader.slice_size, loader.keeper)


class LimitBatchesCallback(_Limit):
    """Uses only the first batches of each loader, to try a program out.

    Schedules and ``trainer.run_config`` keep the length of the whole data. A Trainer made while the
    environment variable ``PT_ACC_LIMIT_BATCHES`` is set, or within
    :class:`~groundwire.utils.LimitBatches`, has one of these.

    Args:
        num_batches: How many batches of each pass, at least 1; each of several processes reads as many.

    Raises:
        TypeError: ``num_batches`` is not a whole number.
        ValueError: ``num_batches`` is below 1.
    """

    def __init__(self, num_batches: int) -> None:
        self.num_batches = whole("num_batches", num_batches)

    @classmethod
    def from_environment(cls) -> LimitBatchesCallback | None:
        """The callback that ``PT_ACC_LIMIT_BATCHES`` asks for; ``None`` where it is unset, empty or ``none``.

        Raises:
            ValueError: The variable is not a whole number of at least 1.
        """
        asked = os.environ.get(LIMIT_BATCHES_ENV_VAR, "").strip()
        if asked.lower() in ("", "none"):
            return None
        if not asked.isdecimal() or int(asked) < 1:
            raise ValueError(f"{LIMIT_BATCHES_ENV_VAR}: a whole number of at least 1 or 'none' is due, got {asked!r}")
        return cls(int(asked))

    def _limited(self, loader: Any) -> Any:
        return self._gated(loader, self.num_batches)

    def on_training_run_start(self, trainer: Trainer, **kwargs: Any) -> None:
        """Limit both loaders."""
        self._replace_loaders(trainer, self._limited)

    def on_evaluation_run_start(self, trainer: Trainer, **kwargs: Any) -> None:
        """Limit the loader."""
        self._replace_loaders(trainer, self._limited, evaluation_alone=True)

    def on_prediction_run_start(self, trainer: Trainer, **kwargs: Any) -> None:
        """Limit the loader."""
        self._replace_loaders(trainer, self._limited, evaluation_alone=True)


class LimitEvalStepsCallback(_Limit):
    """Reads only the first batches in an evaluation, by default only in those within a training epoch.

    Placed before :class:`~groundwire.callbacks.ProgressBarCallback`, the bar shows the limit.

    Args:
        num_eval_steps: How many batches over all processes; each reads its whole share of them.
        limit_intermediate_only: False limits the evaluations after an epoch and of ``evaluate()`` too.

    Raises:
        TypeError: An argument of the wrong kind.
        ValueError: ``num_eval_steps`` is below 1.
    """

    def __init__(self, num_eval_steps: int, limit_intermediate_only: bool = True) -> None:
        self.num_eval_steps = whole("num_eval_steps", num_eval_steps)
        self.limit_intermediate_only = flag("limit_intermediate_only", limit_intermediate_only)

    def on_training_run_start(self, trainer: Trainer, **kwargs: Any) -> None:
        """Make ready to limit.

        Raises:
            ValueError: There are fewer steps than processes.
        """
        self._make_ready(trainer)

    def on_train_epoch_start(self, trainer: Trainer, **kwargs: Any) -> None:
        """Make ready to limit, if the loader was replaced or the callback has joined since."""
        self._make_ready(trainer)

    def on_evaluation_run_start(self, trainer: Trainer, **kwargs: Any) -> None:
        """Make ready to limit; raises as in training."""
        self._make_ready(trainer)

    def on_eval_epoch_start(self, trainer: Trainer, is_intermediate: bool = False, **kwargs: Any) -> None:
        """Limit the evaluation that begins, if it is of the kind to limit.

        Raises:
            GroundwireError: The evaluation reads a loader that came too late to be limited.
        """
        limited = is_intermediate or not self.limit_intermediate_only
        gate = next(self._own_gates(trainer._eval_dataloader), None)
        if gate is not None:
            gate.slice_size = self._share(trainer) if limited else NO_LIMIT
        elif limited and trainer._eval_dataloader is not None and trainer.at.epoch:
            raise GroundwireError(
                f"{type(self).__name__} cannot limit this evaluation: the callback or the loader came after the start "
                "of the training epoch. Put the callback in callbacks= of the Trainer, and replace a loader before "
                "on_train_epoch_start"
            )

    def on_eval_epoch_end(self, trainer: Trainer, is_intermediate: bool = False, **kwargs: Any) -> None:
        """Lift the limit."""
        for gate in self._own_gates(trainer._eval_dataloader):
            gate.slice_size = NO_LIMIT

    def _make_ready(self, trainer: Trainer) -> None:
        self._share(trainer)
        self._replace_loaders(trainer, lambda loader: self._gated(loader, NO_LIMIT), evaluation_alone=True)

    def _share(self, trainer: Trainer) -> int:
        processes = processes_of(trainer)
        if self.num_eval_steps < processes:
            raise ValueError(
                f"num_eval_steps: at least one step for each of {processes} processes is due, got {self.num_eval_steps}"
            )
        return self.num_eval_steps // processes
