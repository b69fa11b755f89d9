"""Write a checkpoint at the end of each epoch, every so many steps or minutes, and keep the best ones."""

from __future__ import annotations

import logging
import time
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from weakref import proxy

import torch
from torch import Tensor

from groundwire.errors import rank_zero_warn
from groundwire_lightning.callbacks.checkpoint_names import CheckpointNames, StrPath
from groundwire_lightning.checkpoints import files, io
from groundwire_lightning.core.callback import is_lightnings, refuse_native_order
from groundwire_lightning.errors import MisconfigurationException
from groundwire_lightning.loops.phases import of_each_loader
from groundwire_lightning.strategies.processes import processes_agree, value_of_first_process, wait_for_processes
from groundwire_lightning.utilities import checked

if TYPE_CHECKING:
    from groundwire_lightning.core.running import Running

log = logging.getLogger(__name__)


class ModelCheckpoint(CheckpointNames):
    """Writes checkpoints and deletes those that are no longer among the best.

    Args:
        dirpath: The folder; by default ``checkpoints`` in that of the first logger, or in the
            trainer's ``default_root_dir``.
        filename: A template such as ``"{epoch:02d}-{val_loss:.2f}"``; by default ``"{epoch}-{step}"``.
        monitor: Name of the logged value that says which checkpoint is best; None keeps the last one.
        verbose: Print what is written.
        save_last: Also keep ``last.ckpt``: a copy of the last checkpoint, or with ``"link"`` a link to it.
        save_top_k: How many are kept; -1 keeps all, 0 writes none.
        save_on_exception: Write one when an error ends the run.
        save_weights_only: Leave optimizers, schedulers and callbacks out.
        mode: ``"min"`` where lower is better, or ``"max"``.
        auto_insert_metric_name: Write ``epoch=02`` for ``{epoch:02d}``.
        every_n_train_steps: Optimizer steps between two checkpoints.
        train_time_interval: Time between two checkpoints.
        every_n_epochs: Epochs between two checkpoints.
        save_on_train_epoch_end: Write at the end of the training epoch (True) or of the validation.
        enable_version_counter: Where the file exists, append ``-v1`` and so on; False overwrites it.

    Attributes:
        best_model_path: The best checkpoint.
        best_model_score: Its monitored value.
        best_k_models: Path to value of those that are kept.
        kth_best_model_path: The worst of them.
        kth_value: Its value.
        last_model_path: What ``save_last`` wrote.
        current_score: The value of the checkpoint that was written last.

    Raises:
        MisconfigurationException: Arguments that are out of range or exclude each other.
    """

    @checked.checked(
        dirpath=checked.unless_empty(checked.path),
        filename=checked.unless_empty(checked.text),
        monitor=checked.optional(checked.text),
        verbose=checked.flag,
        save_last=checked.flag_or("link"),
        save_top_k=checked.whole(-1),
        save_on_exception=checked.flag,
        save_weights_only=checked.flag,
        mode=checked.one_of("min", "max"),
        auto_insert_metric_name=checked.flag,
        every_n_train_steps=checked.optional(checked.whole(0)),
        train_time_interval=checked.optional(checked.duration),
        every_n_epochs=checked.optional(checked.whole(0)),
        save_on_train_epoch_end=checked.flag,
        enable_version_counter=checked.flag,
    )
    def __init__(
        self,
        dirpath: StrPath | None = None,
        filename: str | None = None,
        monitor: str | None = None,
        verbose: bool = False,
        save_last: bool | Literal["link"] | None = None,
        save_top_k: int = 1,
        save_on_exception: bool = False,
        save_weights_only: bool = False,
        mode: str = "min",
        auto_insert_metric_name: bool = True,
        every_n_train_steps: int | None = None,
        train_time_interval: timedelta | None = None,
        every_n_epochs: int | None = None,
        save_on_train_epoch_end: bool | None = None,
        enable_version_counter: bool = True,
    ) -> None:
        super().__init__()
        self.monitor = monitor
        self.verbose = verbose
        self.save_last = save_last
        self.save_top_k = save_top_k
        self.save_on_exception = save_on_exception
        self.save_weights_only = save_weights_only
        self.mode = mode
        self.auto_insert_metric_name = auto_insert_metric_name
        self.filename = filename
        self.dirpath: str | None = files.real_folder(dirpath) if dirpath else None
        nothing_said = every_n_train_steps is None and every_n_epochs is None and train_time_interval is None
        self._every_n_epochs = 1 if nothing_said else every_n_epochs or 0
        self._every_n_train_steps = every_n_train_steps or 0
        self._train_time_interval = train_time_interval
        self._save_on_train_epoch_end = save_on_train_epoch_end
        self._enable_version_counter = enable_version_counter
        self._last_global_step_saved = 0  # nothing has changed before the first step
        self._last_time_checked: float | None = None
        self._last_checkpoint_saved = ""
        self._defer_save_until_validation = False
        self._check_arguments()
        self.current_score: Tensor | None = None
        self.best_k_models: dict[str, Tensor] = {}
        self.kth_best_model_path = ""
        self.kth_value = torch.tensor(torch.inf if mode == "min" else -torch.inf)
        self.best_model_score: Tensor | None = None
        self.best_model_path = ""
        self.last_model_path = ""

    def _check_arguments(self) -> None:
        triggers = {
            "every_n_train_steps": self._every_n_train_steps >= 1,
            "every_n_epochs": self._every_n_epochs >= 1,
            "train_time_interval": self._train_time_interval is not None,
        }
        if sum(triggers.values()) > 1:
            both = " and ".join(name for name, is_set in triggers.items() if is_set)
            raise MisconfigurationException(f"ModelCheckpoint: {both} exclude each other; use a callback for each")
        if self.monitor is None and self.save_top_k not in (-1, 0, 1):
            raise MisconfigurationException(
                f"ModelCheckpoint(save_top_k={self.save_top_k}): which are the best {self.save_top_k}? Name a logged "
                "value with monitor=, or pass 1 (the last), -1 (all) or 0 (none)"
            )

    @property
    def every_n_epochs(self) -> int | None:
        """Epochs between two checkpoints."""
        return self._every_n_epochs

    @property
    def idle_hooks(self) -> frozenset[str]:
        """Without steps or a clock to go by it has no part in a batch."""
        watches = self._every_n_train_steps >= 1 or self._train_time_interval is not None
        own = type(self).on_train_batch_end is ModelCheckpoint.on_train_batch_end
        return frozenset() if watches or not own else frozenset({"on_train_batch_end"})

    # state

    @property
    def state_key(self) -> str:
        """Two with another value to monitor, or other times, have states of their own."""
        return self._generate_state_key(
            monitor=self.monitor,
            mode=self.mode,
            every_n_train_steps=self._every_n_train_steps,
            every_n_epochs=self._every_n_epochs,
            train_time_interval=self._train_time_interval,
        )

    def state_dict(self) -> dict[str, Any]:
        """Which files are the best ones."""
        return {
            "monitor": self.monitor,
            "best_model_score": self.best_model_score,
            "best_model_path": self.best_model_path,
            "current_score": self.current_score,
            "dirpath": self.dirpath,
            "best_k_models": self.best_k_models,
            "kth_best_model_path": self.kth_best_model_path,
            "kth_value": self.kth_value,
            "last_model_path": self.last_model_path,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take back what :meth:`state_dict` gave; of another folder only the path of the best file."""
        folder = state_dict.get("dirpath", self.dirpath)
        if folder == self.dirpath:
            self.best_model_score = state_dict["best_model_score"]
            for name in ("kth_best_model_path", "kth_value", "best_k_models", "last_model_path"):
                setattr(self, name, state_dict.get(name, getattr(self, name)))
        else:
            rank_zero_warn(
                f"the checkpoint was written by a ModelCheckpoint with dirpath={folder!r}, and this one has "
                f"{self.dirpath!r}: of its state only best_model_path is taken over"
            )
        self.best_model_path = state_dict["best_model_path"]

    # moments

    def setup(self, trainer: Running, pl_module: Any, stage: str) -> None:
        """Find out where files go."""
        if self.monitor is not None:
            refuse_native_order(self, trainer, "groundwire.callbacks.SaveBestModelCallback")
        self.dirpath = value_of_first_process(trainer, self._folder(trainer))
        if trainer.is_global_zero and stage == "fit" and self.save_top_k != 0 and files.holds_any(self.dirpath):
            rank_zero_warn(f"the folder of checkpoints {self.dirpath} is not empty")

    def on_train_start(self, trainer: Running, pl_module: Any) -> None:
        """Start the clock."""
        self._last_time_checked = time.monotonic()

    def on_train_batch_end(self, trainer: Running, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Save, where it is time by steps or by the clock."""
        automatic = getattr(pl_module, "automatic_optimization", True)
        due = self._every_n_train_steps >= 1 and trainer.global_step % self._every_n_train_steps == 0
        if self._train_time_interval is not None and automatic and self._interval_is_over(trainer):
            due = True
        if not due or (not automatic and self._should_skip_saving_checkpoint(trainer)):
            return
        candidates = self._monitor_candidates(trainer)
        if self.monitor is not None and (
            self.monitor not in candidates or (automatic and self._validation_follows(trainer))
        ):
            # the value is missing, or that of an earlier validation: the next one saves
            self._defer_save_until_validation = True
        elif not self._should_skip_saving_checkpoint(trainer):
            self._save_topk_checkpoint(trainer, candidates)
            self._save_last_checkpoint(trainer, candidates)

    def _interval_is_over(self, trainer: Running) -> bool:
        assert self._train_time_interval is not None
        now, before = time.monotonic(), self._last_time_checked
        is_over = before is not None and now - before >= self._train_time_interval.total_seconds()
        is_over = bool(value_of_first_process(trainer, is_over))
        if is_over:
            self._last_time_checked = now
        return is_over

    def _validation_follows(self, trainer: Running) -> bool:
        """True if the epoch ends with this batch and a validation runs before it does."""
        by_epochs = self._should_save_on_train_epoch_end(trainer)
        if by_epochs or not is_lightnings(trainer) or not trainer.is_last_batch:
            return False
        every = trainer.check_val_every_n_epoch
        return bool(trainer.enable_validation and sum(trainer.num_val_batches)) and (
            every is None or (trainer.current_epoch + 1) % every == 0
        )

    def on_train_epoch_end(self, trainer: Running, pl_module: Any) -> None:
        """Save, where epochs are the measure."""
        if not self._should_skip_saving_checkpoint(trainer) and self._should_save_on_train_epoch_end(trainer):
            self._save_by_epochs(trainer, self._monitor_candidates(trainer))

    def on_validation_end(self, trainer: Running, pl_module: Any) -> None:
        """Likewise, and what waited for the monitored value."""
        if self._should_skip_saving_checkpoint(trainer) or self._should_save_on_train_epoch_end(trainer):
            return
        candidates = self._monitor_candidates(trainer)
        if self._defer_save_until_validation:
            self._save_topk_checkpoint(trainer, candidates)
            self._save_last_checkpoint(trainer, candidates)
            self._defer_save_until_validation = False
        else:
            self._save_by_epochs(trainer, candidates)

    def _save_by_epochs(self, trainer: Running, candidates: dict[str, Tensor]) -> None:
        if self._every_n_epochs >= 1 and (trainer.current_epoch + 1) % self._every_n_epochs == 0:
            self._save_topk_checkpoint(trainer, candidates)
        just_saved = self._last_global_step_saved == trainer.global_step
        if just_saved or (self.save_last == "link" and self._last_checkpoint_saved):
            self._save_last_checkpoint(trainer, candidates)

    def on_exception(self, trainer: Running, pl_module: Any, exception: BaseException) -> None:
        """Save what there is, where that was asked for."""
        wanted = self.save_on_exception and not getattr(trainer, "fast_dev_run", False) and not trainer.sanity_checking
        if wanted and self._last_global_step_saved != trainer.global_step:
            candidates = self._monitor_candidates(trainer)
            filepath = self.format_checkpoint_name(metrics=candidates)
            self._save_checkpoint(trainer, filepath)
            self._save_last_checkpoint(trainer, candidates)
            _log_message(trainer, f"{type(exception).__name__}: {exception}. The run was saved to {filepath}")

    def on_train_end(self, trainer: Running, pl_module: Any) -> None:
        """See to it that there is a last checkpoint."""
        if self.save_last and not self._last_checkpoint_saved:
            self._save_last_checkpoint(trainer, self._monitor_candidates(trainer))

    # what is saved

    def _should_skip_saving_checkpoint(self, trainer: Running) -> bool:
        return (
            bool(getattr(trainer, "fast_dev_run", False))
            or trainer._purpose != "fit"
            or trainer.sanity_checking
            or self._last_global_step_saved == trainer.global_step
        )

    def _should_save_on_train_epoch_end(self, trainer: Running) -> bool:
        if self._save_on_train_epoch_end is not None:
            return self._save_on_train_epoch_end
        if not is_lightnings(trainer):
            return True
        if trainer._val_check_time_interval is not None or trainer.check_val_every_n_epoch != 1:
            return False
        return bool(sum(trainer.num_val_batches) == 0 or trainer.val_check_interval == 1.0)

    def _monitor_candidates(self, trainer: Running) -> dict[str, Tensor]:
        candidates: dict[str, Tensor] = deepcopy(dict(trainer.callback_metrics))
        for name, count in (("epoch", trainer.current_epoch), ("step", trainer.global_step)):
            logged = candidates.get(name)
            candidates[name] = logged.int() if isinstance(logged, Tensor) else torch.tensor(count)
        return candidates

    def _save_topk_checkpoint(self, trainer: Running, monitor_candidates: dict[str, Tensor]) -> None:
        if self.save_top_k == 0:
            return
        if self.monitor is None:
            self._save_none_monitor_checkpoint(trainer, monitor_candidates)
            return
        if self.monitor not in monitor_candidates:
            self._miss(trainer, monitor_candidates)
        self._save_monitor_checkpoint(trainer, monitor_candidates)

    def _miss(self, trainer: Running, candidates: dict[str, Tensor]) -> None:
        assert self.monitor is not None
        said = (
            f"ModelCheckpoint(monitor={self.monitor!r}): nothing of this name was logged."
            f"{of_each_loader(self.monitor, candidates)} There are {sorted(candidates)}"
        )
        if trainer._has_validated:
            raise MisconfigurationException(f"{said}. Log it, or monitor one of these")
        rank_zero_warn(f"{said}; no checkpoint is written")

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
            _log_message(
                trainer, f"{_when(monitor_candidates)}: {self.monitor} is not among the best {self.save_top_k}"
            )

    def check_monitor_top_k(self, trainer: Running, current: Tensor | None = None) -> bool:
        """True if a value is among the best.

        Args:
            trainer: The trainer.
            current: The value.
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
        if len(self.best_k_models) == most and most > 0:
            outdone = self.kth_best_model_path
            self.best_k_models.pop(outdone)
        if torch.isnan(current):
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
            _log_message(
                trainer,
                f"{_when(monitor_candidates)}: {self.monitor} is {current:0.5f} (best {self.best_model_score:0.5f}), "
                f"written to {filepath}",
            )
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
            trainer.to_loggers.checkpoint_is_written(proxy(self))

    @staticmethod
    def _link_checkpoint(trainer: Running, filepath: str, linkpath: str) -> None:
        if trainer.is_global_zero:
            files.link(filepath, linkpath)
        wait_for_processes(trainer)

    def _should_remove_checkpoint(self, trainer: Running, previous: str, current: str) -> bool:
        """False for a file that was overwritten, stands in another folder, or that the run was resumed from."""
        if previous == current:
            return False
        old = Path(previous).absolute()
        resumed = getattr(trainer, "ckpt_path", None)
        if resumed is not None and old == Path(resumed).absolute():
            return False
        assert self.dirpath is not None
        return Path(self.dirpath).absolute() in old.parents

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
    return f"epoch {candidates['epoch']:d}, step {candidates['step']:d}"


def _log_message(trainer: Running, message: str) -> None:
    if trainer.is_global_zero:
        log.info(message)
