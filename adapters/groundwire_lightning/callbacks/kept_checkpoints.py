"""Checkpoints that stay: the best ones by a monitored value or the newest, and a last one beside them."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from weakref import proxy

import torch
from torch import Tensor

from groundwire.errors import rank_zero_warn
from groundwire_lightning.callbacks.checkpoint_names import CheckpointNames
from groundwire_lightning.checkpoints import files, io
from groundwire_lightning.core.callback import is_lightnings
from groundwire_lightning.errors import MisconfigurationException
from groundwire_lightning.loops.phases import of_each_loader
from groundwire_lightning.strategies.processes import processes_agree, wait_for_processes

if TYPE_CHECKING:
    from groundwire_lightning.core.running import Running

log = logging.getLogger(__name__)


class KeptCheckpoints(CheckpointNames):
    """Writes a checkpoint when a subclass asks for it, and deletes those that are no longer among the best.

    Attributes:
        monitor: Name of the logged value that ranks checkpoints; None keeps the newest.
        save_last: Keep a last one too, ``"link"`` as a link to the newest.
        save_top_k: How many are kept; -1 keeps all, 0 none.
        save_weights_only: Leave optimizers, schedulers and callbacks out.
        mode: ``"min"`` where a lower value is better, or ``"max"``.
        verbose: Log what is written.
        best_model_path: The best checkpoint.
        best_model_score: Its monitored value.
        kth_best_model_path: The worst of those that are kept, the next one to be deleted.
        kth_value: Its value.
        last_model_path: The file that ``save_last`` asks for.
        current_score: The value of the checkpoint that was written last.
    """

    monitor: str | None
    save_last: bool | Literal["link"] | None
    save_top_k: int
    save_weights_only: bool
    mode: str
    verbose: bool
    best_model_path: str
    best_model_score: Tensor | None
    kth_best_model_path: str
    kth_value: Tensor
    last_model_path: str
    current_score: Tensor | None
    _last_global_step_saved: int
    _last_checkpoint_saved: str

    def _save_topk_checkpoint(self, trainer: Running, monitor_candidates: dict[str, Tensor]) -> None:
        if self.save_top_k == 0:
            return
        if self.monitor is None:
            self._save_none_monitor_checkpoint(trainer, monitor_candidates)
            return
        if self.monitor not in monitor_candidates:
            self._report_missing_monitor(trainer, monitor_candidates)
        self._save_monitor_checkpoint(trainer, monitor_candidates)

    def _report_missing_monitor(self, trainer: Running, candidates: dict[str, Tensor]) -> None:
        assert self.monitor is not None
        problem = (
            f"ModelCheckpoint(monitor={self.monitor!r}): nothing of this name was logged."
            f"{of_each_loader(self.monitor, candidates)} There are {sorted(candidates)}"
        )
        if trainer._has_validated:
            raise MisconfigurationException(f"{problem}. Log it, or monitor one of these")
        rank_zero_warn(f"{problem}; no checkpoint is written")

    def _save_none_monitor_checkpoint(self, trainer: Running, monitor_candidates: dict[str, Tensor]) -> None:
        filepath = self._get_metric_interpolated_filepath_name(monitor_candidates, trainer, self.best_model_path)
        previous, self.best_model_path = self.best_model_path, filepath  # first, since it is part of the state
        self._save_checkpoint(trainer, filepath)
        if self.save_top_k == 1 and previous and self._should_remove_checkpoint(trainer, previous, filepath):
            self._remove_checkpoint(trainer, previous)

    def _save_monitor_checkpoint(self, trainer: Running, monitor_candidates: dict[str, Tensor]) -> None:
        assert self.monitor is not None
        current = monitor_candidates.get(self.monitor)
        if self.check_monitor_top_k(trainer, current):
            assert current is not None
            self._update_best_and_save(current, trainer, monitor_candidates)
        elif self.verbose:
            log_message(trainer, f"{_when(monitor_candidates)}: {self.monitor} is not among the best {self.save_top_k}")

    def check_monitor_top_k(self, trainer: Running, current: Tensor | None = None) -> bool:
        """True if a value is among the best, in all processes.

        Args:
            trainer: The trainer.
            current: The monitored value, of one element; None where it was not logged.
        """
        if current is None:
            return False
        if self.save_top_k == -1 or len(self.best_k_models) < self.save_top_k:
            return True
        is_better = torch.lt if self.mode == "min" else torch.gt
        return processes_agree(trainer, bool(is_better(current, self.best_k_models[self.kth_best_model_path])))

    def _update_best_and_save(self, current: Tensor, trainer: Running, monitor_candidates: dict[str, Tensor]) -> None:
        most = len(self.best_k_models) + 1 if self.save_top_k == -1 else self.save_top_k
        outdone = None
        # Taken out first, for the new file may get its path.
        if len(self.best_k_models) == most and most > 0:
            outdone = self.kth_best_model_path
            self.best_k_models.pop(outdone)
        if torch.isnan(current):  # compares with nothing; as the worst value it is the first to be deleted
            current = torch.tensor(float("inf" if self.mode == "min" else "-inf"), device=current.device)
        filepath = self._get_metric_interpolated_filepath_name(monitor_candidates, trainer, outdone)
        self.current_score = current
        self.best_k_models[filepath] = current
        best, worst = (min, max) if self.mode == "min" else (max, min)
        score_of = self.best_k_models.__getitem__
        if len(self.best_k_models) == most:
            self.kth_best_model_path = worst(self.best_k_models, key=score_of)
            self.kth_value = self.best_k_models[self.kth_best_model_path]
        self.best_model_path = best(self.best_k_models, key=score_of)
        self.best_model_score = self.best_k_models[self.best_model_path]
        if self.verbose:
            log_message(
                trainer,
                f"{_when(monitor_candidates)}: {self.monitor} is {current:0.5f} (best {self.best_model_score:0.5f}), "
                f"written to {filepath}",
            )
        # The new file is written before the old one goes: a crash in between leaves one too many, never none.
        self._save_checkpoint(trainer, filepath)
        if outdone and self._should_remove_checkpoint(trainer, outdone, filepath):
            self._remove_checkpoint(trainer, outdone)

    def _save_last_checkpoint(self, trainer: Running, monitor_candidates: dict[str, Tensor]) -> None:
        if not self.save_last:
            return
        filepath = self._free(monitor_candidates, trainer, self.last_model_path, self.CHECKPOINT_NAME_LAST)
        previous, self.last_model_path = self.last_model_path, filepath  # first, since it is part of the state
        if self.save_last == "link" and self._last_checkpoint_saved and self.save_top_k != 0:
            self._link_checkpoint(trainer, self._last_checkpoint_saved, filepath)
        else:
            self._save_checkpoint(trainer, filepath)
        if previous and self._should_remove_checkpoint(trainer, previous, filepath):
            self._remove_checkpoint(trainer, previous)

    def _save_checkpoint(self, trainer: Running, filepath: str) -> None:
        if is_lightnings(trainer):
            trainer.save_checkpoint(filepath, self.save_weights_only)
        else:
            whole = not self.save_weights_only
            trainer.save_checkpoint(filepath, save_optimizer=whole, save_scheduler=whole)
        self._last_global_step_saved = trainer.global_step
        self._last_checkpoint_saved = filepath
        if trainer.is_global_zero and trainer.loggers:
            # A weak reference: a logger may hold it until the end of the run, and must not keep us alive.
            trainer.to_loggers.checkpoint_is_written(proxy(self))

    @staticmethod
    def _link_checkpoint(trainer: Running, filepath: str, linkpath: str) -> None:
        if trainer.is_global_zero:
            files.link(filepath, linkpath)
        wait_for_processes(trainer)  # or another process would look for the link before it is there

    def _should_remove_checkpoint(self, trainer: Running, previous: str, current: str) -> bool:
        """False for a file that was overwritten, stands in another folder, or that the run was resumed from."""
        if previous == current:
            return False
        resumed = getattr(trainer, "ckpt_path", None)
        if resumed is not None and files.is_same(previous, resumed):
            return False
        assert self.dirpath is not None
        return files.is_below(previous, self.dirpath)

    def _remove_checkpoint(self, trainer: Running, filepath: str) -> None:
        last, newest = Path(self.last_model_path), self._last_checkpoint_saved
        if (
            self.save_last == "link"
            and last.is_symlink()
            and newest != filepath
            and last.resolve() == Path(filepath).resolve()
        ):
            self._link_checkpoint(trainer, newest, str(last))  # first, so that it leads somewhere at any moment
        if trainer.is_global_zero:
            io.remove_checkpoint(trainer.strategy._checkpoint_io, filepath)


def _when(candidates: dict[str, Tensor]) -> str:
    """The epoch and the step of a moment, in words."""
    return f"epoch {candidates['epoch']:d}, step {candidates['step']:d}"


def log_message(trainer: Running, message: str) -> None:
    """Log a message in the first process alone."""
    if trainer.is_global_zero:
        log.info(message)
