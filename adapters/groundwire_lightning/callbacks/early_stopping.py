"""A callback that ends training when a monitored value no longer gets better."""

from __future__ import annotations

import logging
from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor

from groundwire.errors import rank_zero_warn
from groundwire_lightning.core.callback import Monitor, refuse_native_order
from groundwire_lightning.lightning_1.older_arguments import Older, left_out, takes_older
from groundwire_lightning.loops.phases import of_each_loader
from groundwire_lightning.strategies.processes import processes_agree
from groundwire_lightning.utilities.checked import checked, flag, number, one_of, optional, text, whole

if TYPE_CHECKING:
    from groundwire_lightning.core.running import Running

log = logging.getLogger(__name__)


class EarlyStoppingReason(Enum):
    """A reason for which a run is stopped."""

    NOT_STOPPED = 0
    STOPPING_THRESHOLD = 1
    DIVERGENCE_THRESHOLD = 2
    PATIENCE_EXHAUSTED = 3
    NON_FINITE_METRIC = 4


class EarlyStopping(Monitor):
    """Ends a run after ``patience`` checks without an improvement of ``monitor``.

    A check is made at the end of each training epoch, or after each validation where validations
    come at other times.

    Args:
        monitor: Name of a logged value.
        min_delta: The least change that counts as an improvement, in the units of the value.
        patience: Checks without improvement after which the run ends.
        verbose: Print improvements and the reason for a stop.
        mode: ``"min"`` where lower is better, or ``"max"``.
        strict: Raise where the value is missing.
        check_finite: Stop where the value is NaN or infinite.
        stopping_threshold: Stop once the value is better than this.
        divergence_threshold: Stop once it is worse than this.
        check_on_train_epoch_end: Check at the end of the training epoch, or (False) after the validation.
        log_rank_zero_only: Print in the first process only.

    Attributes:
        wait_count: Checks since the last improvement.
        stopped_epoch: The epoch in which the run was stopped; 0 if it was not.
        best_score: The best value so far.
        stopping_reason: The reason for which the run was stopped.
        stopping_reason_message: The reason in words; None if the run was not stopped.

    Raises:
        MisconfigurationException: ``mode`` is neither ``"min"`` nor ``"max"``.
    """

    mode_dict: ClassVar[dict[str, Callable[..., Any]]] = {"min": torch.lt, "max": torch.gt}
    order_dict: ClassVar[dict[str, str]] = {"min": "<", "max": ">"}

    @takes_older(
        monitor=left_out("monitor", "early_stop_on"),
        mode=Older(
            "mode='min' or 'max'",
            lambda others, mode: {"mode": "max" if others.get("monitor") == "acc" else "min"},
            lambda mode: mode == "auto",
        ),
    )
    @checked(
        monitor=text,
        min_delta=number(),
        patience=whole(),
        verbose=flag,
        mode=one_of("min", "max"),
        strict=flag,
        check_finite=flag,
        stopping_threshold=optional(number()),
        divergence_threshold=optional(number()),
        check_on_train_epoch_end=flag,
        log_rank_zero_only=flag,
    )
    def __init__(
        self,
        monitor: str,
        min_delta: float = 0.0,
        patience: int = 3,
        verbose: bool = False,
        mode: str = "min",
        strict: bool = True,
        check_finite: bool = True,
        stopping_threshold: float | None = None,
        divergence_threshold: float | None = None,
        check_on_train_epoch_end: bool | None = None,
        log_rank_zero_only: bool = False,
    ) -> None:
        super().__init__()
        self.monitor = monitor
        self.min_delta = min_delta if mode == "max" else -min_delta
        self.patience = patience
        self.verbose = verbose
        self.mode = mode
        self.strict = strict
        self.check_finite = check_finite
        self.stopping_threshold = stopping_threshold
        self.divergence_threshold = divergence_threshold
        self.log_rank_zero_only = log_rank_zero_only
        self.wait_count = 0
        self.stopped_epoch = 0
        self.stopping_reason = EarlyStoppingReason.NOT_STOPPED
        self.stopping_reason_message: str | None = None
        self.best_score = torch.tensor(torch.inf if mode == "min" else -torch.inf)
        self._check_on_train_epoch_end = check_on_train_epoch_end

    @property
    def state_key(self) -> str:
        """A key made of ``monitor`` and ``mode``, so that callbacks that differ in them have states of their own."""
        return self._generate_state_key(monitor=self.monitor, mode=self.mode)

    @property
    def monitor_op(self) -> Callable[..., Any]:
        """The comparison that is true of a better value: ``torch.lt`` or ``torch.gt``."""
        return self.mode_dict[self.mode]

    def state_dict(self) -> dict[str, Any]:
        """Counters, best value and reason."""
        return {
            "wait_count": self.wait_count,
            "stopped_epoch": self.stopped_epoch,
            "best_score": self.best_score,
            "patience": self.patience,
            "stopping_reason": self.stopping_reason.value,
            "stopping_reason_message": self.stopping_reason_message,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore a state of :meth:`state_dict`, also one of Lightning releases that kept no reasons."""
        for name in ("wait_count", "stopped_epoch", "best_score", "patience"):
            setattr(self, name, state_dict[name])
        self.stopping_reason = EarlyStoppingReason(state_dict.get("stopping_reason", 0))
        self.stopping_reason_message = state_dict.get("stopping_reason_message")

    def setup(self, trainer: Running, pl_module: Any, stage: str) -> None:
        """Decide when to check, where ``check_on_train_epoch_end`` was left out."""
        refuse_native_order(self, trainer, "groundwire.callbacks.EarlyStoppingCallback")
        if self._check_on_train_epoch_end is None:
            self._check_on_train_epoch_end = trainer.val_check_interval == 1.0 and trainer.check_val_every_n_epoch == 1

    def on_train_epoch_end(self, trainer: Running, pl_module: Any) -> None:
        """Check, where checks go by training epochs."""
        if self._check_on_train_epoch_end and not self._should_skip_check(trainer):
            self._run_early_stopping_check(trainer)

    def on_validation_end(self, trainer: Running, pl_module: Any) -> None:
        """Check, where checks go by validations."""
        if not self._check_on_train_epoch_end and not self._should_skip_check(trainer):
            self._run_early_stopping_check(trainer)

    def _should_skip_check(self, trainer: Running) -> bool:
        return bool(trainer._purpose != "fit" or trainer.sanity_checking)

    def _run_early_stopping_check(self, trainer: Running) -> None:
        logs = trainer.callback_metrics
        if getattr(trainer, "fast_dev_run", False) or not self._validate_condition_metric(logs):
            return
        should_stop, reason = self._evaluate_stopping_criteria(logs[self.monitor].squeeze())
        should_stop = processes_agree(
            trainer, should_stop, all=False
        )  # one process that went on alone would wait forever
        if should_stop:
            trainer._ask_to_stop()
            self.stopped_epoch = trainer.current_epoch
            self.stopping_reason_message = reason
        if reason and self.verbose:
            self._log_info(trainer, reason, self.log_rank_zero_only)

    def _validate_condition_metric(self, logs: dict[str, Tensor]) -> bool:
        if self.monitor in logs:
            return True
        problem = (
            f"EarlyStopping(monitor={self.monitor!r}): nothing of this name was logged when it was checked."
            f"{of_each_loader(self.monitor, logs)} There are {sorted(logs)}"
        )
        if self.strict:
            raise RuntimeError(f"{problem}. Log it, monitor one of these, or pass strict=False")
        if self.verbose:
            rank_zero_warn(problem, category=RuntimeWarning)
        return False

    def _evaluate_stopping_criteria(self, current: Tensor) -> tuple[bool, str | None]:
        """Compare a value of one element with thresholds and best value: True to stop, and a message or None."""
        sign, limit = self.order_dict[self.mode], None
        if self.check_finite and not torch.isfinite(current):
            self.stopping_reason = EarlyStoppingReason.NON_FINITE_METRIC
            return True, f"{self.monitor} is {current}; its best value was {self.best_score:.3f}. The run ends"
        if self.stopping_threshold is not None and self.monitor_op(current, self.stopping_threshold):
            self.stopping_reason, limit = EarlyStoppingReason.STOPPING_THRESHOLD, self.stopping_threshold
        elif self.divergence_threshold is not None and self.monitor_op(-current, -self.divergence_threshold):
            self.stopping_reason, limit = EarlyStoppingReason.DIVERGENCE_THRESHOLD, self.divergence_threshold
            sign = ">" if sign == "<" else "<"
        if limit is not None:
            return True, f"{self.monitor} = {current} {sign} {limit}, which is the threshold to stop at. The run ends"
        if self.monitor_op(current - self.min_delta, self.best_score.to(current.device)):
            improvement = self._improvement_message(current)
            self.best_score, self.wait_count = current, 0
            return False, improvement
        self.wait_count += 1
        if self.wait_count < self.patience:
            return False, None
        self.stopping_reason = EarlyStoppingReason.PATIENCE_EXHAUSTED
        checks = "check" if self.wait_count == 1 else f"{self.wait_count} checks"
        return True, f"{self.monitor} did not improve on {self.best_score:.3f} in the last {checks}. The run ends"

    def _improvement_message(self, current: Tensor) -> str:
        if not torch.isfinite(self.best_score):
            return f"{self.monitor} improved to {current:.3f}"
        better = abs(self.best_score.to(current.device) - current)
        return f"{self.monitor} improved by {better:.3f} to {current:.3f} (min_delta {abs(self.min_delta)})"

    @staticmethod
    def _log_info(trainer: Running, message: str, log_rank_zero_only: bool) -> None:
        if trainer.world_size > 1 and not log_rank_zero_only:
            log.info("[rank %d] %s", trainer.global_rank, message)
        elif trainer.is_global_zero:
            log.info(message)
