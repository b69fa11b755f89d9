"""The base class of progress bars: the number of batches, and the values that are shown beside them."""

from __future__ import annotations

import importlib
import re
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Any

from groundwire.errors import rank_zero_warn
from groundwire.tables.plan import overridden
from groundwire_lightning.core.callback import Callback
from groundwire_lightning.core.module import LightningModule
from groundwire_lightning.loggers.version_shown import version_shown

if TYPE_CHECKING:
    from groundwire_lightning.core.running import Running


_TQDM = "groundwire_lightning.callbacks.progress.tqdm_progress"


def _of_tqdm() -> type:
    """The bar of tqdm, which stems from the base class."""
    bar: type = importlib.import_module(_TQDM).TQDMProgressBar
    return bar


def _asks_for_tqdm(entry: tuple[str, Any]) -> bool:
    """True for a method of Lightning 1 that makes a bar out of the one that its base class makes."""
    name, method = entry
    names = getattr(getattr(method, "__code__", None), "co_names", ())
    return re.fullmatch("init_[a-z]+_tqdm", name) is not None and name in names


class ProgressBar(Callback):
    """Counts the batches of a run; a subclass draws them, and writes :meth:`enable` and :meth:`disable`.

    Lightning 1 had its bar of tqdm under this name: an object of the class itself, and a class of one's own that asks
    it for its bars, are of that one.
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """An object of the class; of the bar of tqdm where it is this one."""
        return super().__new__(_of_tqdm() if cls is ProgressBar else cls)

    __new__.__signature__ = Signature([Parameter("cls", Parameter.POSITIONAL_ONLY)])  # type: ignore[attr-defined]  # of today

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if ProgressBar in cls.__bases__ and cls.__module__ != _TQDM and any(map(_asks_for_tqdm, vars(cls).items())):
            cls.__bases__ = tuple(_of_tqdm() if base is ProgressBar else base for base in cls.__bases__)

    def __init__(self) -> None:
        self._trainer: Any = None
        self._current_eval_dataloader_idx: int | None = None

    @property
    def trainer(self) -> Any:
        """The trainer whose progress is shown.

        Raises:
            TypeError: There is none yet.
        """
        if self._trainer is None:
            raise TypeError(f"{type(self).__name__} has no trainer yet; an entry point gives it one, before any batch")
        return self._trainer

    # the names of bars

    @property
    def sanity_check_description(self) -> str:
        """The name of the short validation before the first batch."""
        return "Sanity Checking"

    @property
    def train_description(self) -> str:
        """The name of training, before its first epoch."""
        return "Training"

    @property
    def validation_description(self) -> str:
        """The name of a validation."""
        return "Validation"

    @property
    def test_description(self) -> str:
        """The name of a test."""
        return "Testing"

    @property
    def predict_description(self) -> str:
        """The name of a prediction."""
        return "Predicting"

    # numbers of batches; infinite where the data does not say

    @property
    def total_train_batches(self) -> int | float:
        """Training batches of the epoch, or what ``max_steps`` leaves of them where epochs are not limited."""
        trainer = self.trainer
        batches: int | float = trainer.num_training_batches
        if trainer.max_epochs == -1 and trainer.max_steps is not None and trainer.max_steps > 0:
            left: int = trainer.max_steps - trainer.global_step
            return min(batches, left)
        return batches

    @property
    def total_val_batches_current_dataloader(self) -> int | float:
        """Validation batches of the loader in use."""
        trainer = self.trainer
        return self._of_loader(trainer.num_sanity_val_batches if trainer.sanity_checking else trainer.num_val_batches)

    @property
    def total_test_batches_current_dataloader(self) -> int | float:
        """Test batches of the loader in use."""
        return self._of_loader(self.trainer.num_test_batches)

    @property
    def total_predict_batches_current_dataloader(self) -> int | float:
        """Batches to predict of the loader in use."""
        return self._of_loader(self.trainer.num_predict_batches)

    @property
    def total_val_batches(self) -> int | float:
        """Validation batches of all loaders; 0 in an epoch without validation."""
        if not self.trainer.fit_loop.epoch_loop._should_check_val_epoch():
            return 0
        batches: Any = self.trainer.num_val_batches
        total: int | float = sum(batches) if isinstance(batches, list) else batches
        return total

    def _of_loader(self, batches: Any) -> int | float:
        if not isinstance(batches, list):
            return batches  # type: ignore[no-any-return]  # a number then
        assert self._current_eval_dataloader_idx is not None  # recorded by has_dataloader_changed
        return batches[self._current_eval_dataloader_idx]  # type: ignore[no-any-return]

    def has_dataloader_changed(self, dataloader_idx: int) -> bool:
        """Record the loader in use; True if it is another one than at the last call."""
        previous, self._current_eval_dataloader_idx = self._current_eval_dataloader_idx, dataloader_idx
        return previous != dataloader_idx

    def reset_dataloader_idx_tracker(self) -> None:
        """Forget the loader in use."""
        self._current_eval_dataloader_idx = None

    # the methods that a subclass writes or extends

    def disable(self) -> None:
        """Draw nothing from now on."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it is switched off: write disable()")

    def enable(self) -> None:
        """Draw again."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it is switched on: write enable()")

    def print(self, *args: Any, **kwargs: Any) -> None:
        """Print; a subclass prints so that no bar is torn."""
        print(*args, **kwargs)

    def setup(self, trainer: Running, pl_module: Any, stage: str) -> None:
        """Take the trainer; only the first process draws."""
        self._trainer = trainer
        if not trainer.is_global_zero:
            self.disable()

    def get_metrics(self, trainer: Running, pl_module: Any) -> dict[str, Any]:
        """Collect the values that stand beside the bar; override it to show more or less.

        Args:
            trainer: The trainer.
            pl_module: The module.

        Returns:
            The version of the experiment (``v_num``) and the values logged with ``prog_bar=True``, by name.
        """
        # a module of Lightning 1 may say itself what is shown beside what it logs
        of_module = overridden(pl_module, "get_progress_bar_dict", (LightningModule,))
        standard = pl_module.get_progress_bar_dict() if of_module else get_standard_metrics(trainer)
        logged = trainer.progress_bar_metrics
        if names := sorted(standard.keys() & logged.keys()):
            rank_zero_warn(
                f"self.log({names[0]!r}, ..., prog_bar=True) hides what the progress bar shows as {', '.join(names)}; "
                "log it under another name, or override get_metrics() of the bar"
            )
        return {**standard, **logged}


class ProgressBarBase(ProgressBar):
    """The base class under its name in Lightning 1, with the number of each batch."""

    @property
    def train_batch_idx(self) -> int:
        """Training batches of the epoch that are done."""
        return self._done(self.trainer.fit_loop.epoch_loop.batch_progress)

    @property
    def val_batch_idx(self) -> int:
        """Validation batches that are done."""
        return self._done(self.trainer.fit_loop.epoch_loop.val_loop.batch_progress)

    @property
    def test_batch_idx(self) -> int:
        """Test batches that are done."""
        return self._done(self.trainer.test_loop.batch_progress)

    @property
    def predict_batch_idx(self) -> int:
        """Batches whose predictions are done."""
        return self._done(self.trainer.predict_loop.batch_progress)

    @staticmethod
    def _done(progress: Any) -> int:
        done: int = progress.current.processed
        return done

    @property
    def total_batches_current_epoch(self) -> int | float:
        """Batches of the epoch, those of its validation too."""
        return self.total_train_batches + self.total_val_batches


def get_standard_metrics(trainer: Running) -> dict[str, int | str]:
    """Collect the values that every bar shows: ``v_num``, the version that the loggers write to, if they have one.

    Args:
        trainer: The trainer.
    """
    return version_shown(trainer.loggers)
