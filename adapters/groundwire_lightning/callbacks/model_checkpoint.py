"""A callback that writes checkpoints by epochs, steps or minutes, and keeps the best ones."""

from __future__ import annotations

import time
from copy import deepcopy
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import Tensor

from groundwire.errors import rank_zero_warn
from groundwire_lightning.callbacks.checkpoint_names import StrPath
from groundwire_lightning.callbacks.kept_checkpoints import KeptCheckpoints, log_message
from groundwire_lightning.checkpoints import files
from groundwire_lightning.core.callback import is_lightnings, refuse_native_order
from groundwire_lightning.errors import MisconfigurationException
from groundwire_lightning.lightning_1.checkpoint_arguments import OF_CHECKPOINTS, with_real_paths
from groundwire_lightning.lightning_1.older_arguments import takes_older
from groundwire_lightning.strategies.processes import value_of_first_process
from groundwire_lightning.utilities import checked

if TYPE_CHECKING:
    from groundwire_lightning.core.running import Running


class ModelCheckpoint(KeptCheckpoints):
    """Writes checkpoints and deletes those that are no longer among the best.

    Args:
        dirpath: The folder; by default ``checkpoints`` in that of the first logger, or in the
            trainer's ``default_root_dir``.
        filename: A template such as ``"{epoch:02d}-{val_loss:.2f}"``; by default ``"{epoch}-{step}"``.
        monitor: Name of the logged value that says which checkpoint is best; None keeps the last one.
        verbose: Log what is written.
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
        last_model_path: The file that ``save_last`` asked for.
        current_score: The value of the checkpoint that was written last.

    Raises:
        MisconfigurationException: Arguments that are out of range or exclude each other.
    """

    @takes_older(**OF_CHECKPOINTS)
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
        no_trigger = every_n_train_steps is None and every_n_epochs is None and train_time_interval is None
        self._every_n_epochs = 1 if no_trigger else every_n_epochs or 0
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
        """The hooks that need not be called: without steps or a clock to go by, that after each batch."""
        watches = self._every_n_train_steps >= 1 or self._train_time_interval is not None
        own = type(self).on_train_batch_end is ModelCheckpoint.on_train_batch_end
        return frozenset() if watches or not own else frozenset({"on_train_batch_end"})

    # state

    @property
    def state_key(self) -> str:
        """A key of monitored value and times, so that callbacks that differ in them have states of their own."""
        return self._generate_state_key(
            monitor=self.monitor,
            mode=self.mode,
            every_n_train_steps=self._every_n_train_steps,
            every_n_epochs=self._every_n_epochs,
            train_time_interval=self._train_time_interval,
        )

    def state_dict(self) -> dict[str, Any]:
        """The paths and scores of the files that are kept."""
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
        """Restore a state of :meth:`state_dict`; of one with another folder only the path of the best file."""
        state_dict = with_real_paths(state_dict)
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

    # the moments of a run

    def setup(self, trainer: Running, pl_module: Any, stage: str) -> None:
        """Settle the folder of the files, in all processes the first one's."""
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
        """Save, where validations are the measure, or where a save has waited for the monitored value."""
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
        """Save the run as it is, where ``save_on_exception`` asks for it."""
        wanted = self.save_on_exception and not getattr(trainer, "fast_dev_run", False) and not trainer.sanity_checking
        if wanted and self._last_global_step_saved != trainer.global_step:
            candidates = self._monitor_candidates(trainer)
            filepath = self.format_checkpoint_name(metrics=candidates)
            self._save_checkpoint(trainer, filepath)
            self._save_last_checkpoint(trainer, candidates)
            log_message(trainer, f"{type(exception).__name__}: {exception}. The run was saved to {filepath}")

    def on_train_end(self, trainer: Running, pl_module: Any) -> None:
        """Write a last checkpoint, where the run has written none."""
        if self.save_last and not self._last_checkpoint_saved:
            self._save_last_checkpoint(trainer, self._monitor_candidates(trainer))

    # whether a moment is one to save at

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
        """Every logged value by name, with ``epoch`` and ``step``, which names of files are made of."""
        # A copy, for scores are compared at later moments, and a logged tensor may be written to in place.
        candidates: dict[str, Tensor] = deepcopy(dict(trainer.callback_metrics))
        for name, count in (("epoch", trainer.current_epoch), ("step", trainer.global_step)):
            logged = candidates.get(name)
            candidates[name] = logged.int() if isinstance(logged, Tensor) else torch.tensor(count)
        return candidates
