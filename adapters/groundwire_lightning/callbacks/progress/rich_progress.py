"""The progress bar of rich, which is imported when such a bar is made."""

from __future__ import annotations

import importlib.util
import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from groundwire_lightning.callbacks.progress.progress_bar import ProgressBar
from groundwire_lightning.errors import ArgumentError
from groundwire_lightning.lightning_1.older_arguments import dropped, takes_older
from groundwire_lightning.utilities.checked import checked, flag, mapping, optional, unless_empty, whole
from groundwire_lightning.utilities.console import load_rich

if TYPE_CHECKING:
    from groundwire_lightning.core.running import Running

PURPLE = "#6206E0"
LEAST_PAUSE = 0.1
"""Seconds between two drawings; more drawings would take the time of training."""
RICH_PARTS = frozenset(
    {
        "BatchesProcessedColumn",
        "CustomBarColumn",
        "CustomProgress",
        "CustomTimeColumn",
        "MetricsTextColumn",
        "ProcessingSpeedColumn",
    }
)


def __getattr__(name: str) -> Any:
    """Import the columns when they are first asked for, since they need rich."""
    if name not in RICH_PARTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    load_rich()
    from groundwire_lightning.callbacks.progress import rich_parts

    return getattr(rich_parts, name)


def has_rich() -> bool:
    """True where rich is installed."""
    return importlib.util.find_spec("rich") is not None


@dataclass
class RichProgressBarTheme:
    """Looks of the parts of the bar; styles are rich's.

    Attributes:
        description: Style of the name of the bar.
        progress_bar: Style of the bar.
        progress_bar_finished: Style of the bar when it is done.
        progress_bar_pulse: Style of the bar of data without a length.
        batch_progress: Style of the number of batches.
        time: Style of the time that passed and is left.
        processing_speed: Style of the batches a second.
        metrics: Style of the logged values.
        metrics_text_delimiter: Text between two values.
        metrics_format: Format of a number.
    """

    description: Any = ""
    progress_bar: Any = PURPLE
    progress_bar_finished: Any = PURPLE
    progress_bar_pulse: Any = PURPLE
    batch_progress: Any = ""
    time: Any = "dim"
    processing_speed: Any = "dim underline"
    metrics: Any = "italic"
    metrics_text_delimiter: str = " "
    metrics_format: str = ".3f"


def _theme(name: str, value: Any) -> Any:
    if not hasattr(value, "metrics"):
        raise ArgumentError(f"{name}: a RichProgressBarTheme is due, got {value!r}")
    return value


class RichProgressBar(ProgressBar):
    """A bar for the sanity check, training, validation, test and prediction, drawn by rich.

    It is drawn, and what was logged is read, at most ten times a second, and for the last batch.

    Args:
        refresh_rate: Drawings a second, ten at most; 0 draws nothing.
        leave: Leave the bar of every epoch on the screen.
        theme: Looks of the bar.
        console_kwargs: Arguments of the console that rich writes to.

    Raises:
        ModuleNotFoundError: rich is not installed.
    """

    @takes_older(refresh_rate_per_second=dropped("nothing; a screen is drawn anew ten times a second"))
    @checked(refresh_rate=whole(), leave=flag, theme=optional(_theme), console_kwargs=unless_empty(mapping))
    def __init__(
        self,
        refresh_rate: int = 100,
        leave: bool = False,
        theme: RichProgressBarTheme | None = None,
        console_kwargs: dict[str, Any] | None = None,
    ) -> None:
        if not has_rich():
            raise ModuleNotFoundError(
                "RichProgressBar draws with rich, which is not installed: pip install rich, or use TQDMProgressBar"
            )
        super().__init__()
        self._refresh_rate = refresh_rate
        self._leave = leave
        self._console: Any = None
        self._console_kwargs = console_kwargs or {}
        self._enabled = True
        self.progress: Any = None
        self._reset_progress_bar_ids()
        self._metric_component: Any = None
        self._progress_stopped = False
        self._due_at = 0.0
        self.theme = RichProgressBarTheme() if theme is None else theme

    def __getstate__(self) -> dict[str, Any]:
        """Leave the screen out, which holds a lock and a file and cannot be copied."""
        return {**vars(self), "progress": None, "_console": None, "_metric_component": None}

    @property
    def refresh_rate(self) -> float:
        """Drawings a second."""
        return self._refresh_rate

    @property
    def is_enabled(self) -> bool:
        """True where bars are drawn."""
        return self._enabled and self.refresh_rate > 0

    @property
    def is_disabled(self) -> bool:
        """True where none is drawn."""
        return not self.is_enabled

    @property
    def train_progress_bar(self) -> Any:
        """The task of training."""
        return self._task(self.train_progress_bar_id)

    @property
    def val_sanity_check_bar(self) -> Any:
        """The task of the sanity check."""
        return self._task(self.val_sanity_progress_bar_id)

    @property
    def val_progress_bar(self) -> Any:
        """The task of the validation."""
        return self._task(self.val_progress_bar_id)

    @property
    def test_progress_bar(self) -> Any:
        """The task of the test."""
        return self._task(self.test_progress_bar_id)

    def _task(self, number: Any) -> Any:
        assert self.progress is not None
        return next(task for task in self.progress.tasks if task.id == number)

    def disable(self) -> None:
        """Draw nothing from now on."""
        self._enabled = False

    def enable(self) -> None:
        """Draw again."""
        self._enabled = True

    # the screen

    def configure_columns(self, trainer: Running) -> list[Any]:
        """The columns left of what was logged; override it to have others."""
        from rich.progress import BarColumn, TextColumn

        from groundwire_lightning.callbacks.progress import rich_parts

        return [
            TextColumn("[progress.description]{task.description}"),
            BarColumn(
                complete_style=self.theme.progress_bar,
                finished_style=self.theme.progress_bar_finished,
                pulse_style=self.theme.progress_bar_pulse,
            ),
            rich_parts.BatchesProcessedColumn(style=self.theme.batch_progress),
            rich_parts.CustomTimeColumn(style=self.theme.time),
            rich_parts.ProcessingSpeedColumn(style=self.theme.processing_speed),
        ]

    def _init_progress(self, trainer: Running) -> None:
        if self.is_disabled or not (self.progress is None or self._progress_stopped):
            return
        load_rich()
        from rich import get_console, reconfigure

        from groundwire_lightning.callbacks.progress import rich_parts

        self._reset_progress_bar_ids()
        reconfigure(**self._console_kwargs)
        self._console = get_console()
        theme = self.theme
        self._metric_component = rich_parts.MetricsTextColumn(
            trainer, theme.metrics, theme.metrics_text_delimiter, theme.metrics_format
        )
        columns = (*self.configure_columns(trainer), self._metric_component)
        self.progress = rich_parts.CustomProgress(*columns, auto_refresh=False, console=self._console)
        self.progress.start()
        self._progress_stopped = False

    def _stop_progress(self) -> None:
        if self.progress is not None and not self._progress_stopped:
            self.progress.stop()
            self._progress_stopped = True

    def _reset_progress_bar_ids(self) -> None:
        self.train_progress_bar_id: Any = None
        self.val_sanity_progress_bar_id: Any = None
        self.val_progress_bar_id: Any = None
        self.test_progress_bar_id: Any = None
        self.predict_progress_bar_id: Any = None

    def refresh(self, hard: bool = False) -> None:
        """Draw if it is time to; ``hard`` draws at once."""
        if self.progress is not None and (hard or self._is_time()):
            self.progress.refresh()

    def _is_time(self) -> bool:
        now = time.monotonic()
        if now < self._due_at:
            return False
        self._due_at = now + max(1 / self.refresh_rate, LEAST_PAUSE) if self.is_enabled else math.inf
        return True

    def _add_task(self, total_batches: float, description: str, visible: bool = True) -> Any:
        if self.theme.description:
            description = f"[{self.theme.description}]{description}"
        return self.progress.add_task(description, total=_known(total_batches), visible=visible)

    def _hide(self, number: Any) -> None:
        if self.progress is not None and number is not None:
            self.progress.update(number, visible=False)

    def _update(self, number: Any, current: int, visible: bool = True, hard: bool = False) -> None:
        if self.progress is None or number is None or self.is_disabled:
            return
        # the last batch is always shown, the others when it is time to draw
        is_last = current == self._task(number).total
        if hard or is_last or self._is_time():
            self.progress.update(number, completed=current, visible=visible)
            self.progress.refresh()

    # the texts and values that are shown

    def get_metrics(self, trainer: Running, pl_module: Any) -> dict[str, Any]:
        """Collect the values of every bar, with numbers in place of tensors, so that rich reads no device."""
        metrics = super().get_metrics(trainer, pl_module)
        return {name: value.item() if isinstance(value, torch.Tensor) else value for name, value in metrics.items()}

    def _update_metrics(self, trainer: Running, pl_module: Any) -> None:
        if self.is_enabled and self._metric_component is not None:
            self._metric_component.update(self.get_metrics(trainer, pl_module))

    def _get_train_description(self, current_epoch: int) -> str:
        most = self.trainer.max_epochs
        description = f"Epoch {current_epoch}" + ("" if most in (None, -1) else f"/{most - 1}")
        return description.ljust(len(self.validation_description))  # of one width, or the bars would not stand in line

    # the moments of a run

    def on_sanity_check_start(self, trainer: Running, pl_module: Any) -> None:
        """Open the screen."""
        self._init_progress(trainer)

    def on_sanity_check_end(self, trainer: Running, pl_module: Any) -> None:
        """Take its bar away."""
        self._hide(self.val_sanity_progress_bar_id)
        self.refresh()

    def on_train_start(self, trainer: Running, pl_module: Any) -> None:
        """Open the screen."""
        self._init_progress(trainer)

    def on_validation_start(self, trainer: Running, pl_module: Any) -> None:
        """Open the screen."""
        self._init_progress(trainer)

    def on_test_start(self, trainer: Running, pl_module: Any) -> None:
        """Open the screen."""
        self._init_progress(trainer)

    def on_predict_start(self, trainer: Running, pl_module: Any) -> None:
        """Open the screen."""
        self._init_progress(trainer)

    def on_train_epoch_start(self, trainer: Running, pl_module: Any) -> None:
        """Begin the bar of training anew."""
        if self.is_disabled:
            return
        if self.train_progress_bar_id is not None and self._leave:
            self._stop_progress()
            self._init_progress(trainer)
        if self.progress is None:
            return
        total, description = self.total_train_batches, self._get_train_description(trainer.current_epoch)
        if self.train_progress_bar_id is None:
            self.train_progress_bar_id = self._add_task(total, description)
        else:
            number = self.train_progress_bar_id
            self.progress.reset(number, total=_known(total), description=description, visible=True)
        self.refresh()

    def on_train_batch_end(self, trainer: Running, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Count a batch, and show what was logged where the bar is drawn."""
        if self.is_disabled or self.progress is None:
            return
        if self.train_progress_bar_id is None:  # resumed within an epoch
            description = self._get_train_description(trainer.current_epoch)
            self.train_progress_bar_id = self._add_task(self.total_train_batches, description)
        if self._is_time() or batch_idx + 1 == self.train_progress_bar.total:
            self._update_metrics(trainer, pl_module)
            self._update(self.train_progress_bar_id, batch_idx + 1, hard=True)

    def on_train_epoch_end(self, trainer: Running, pl_module: Any) -> None:
        """Show what was logged over the epoch."""
        self._update_metrics(trainer, pl_module)
        self.refresh(hard=True)

    def on_validation_batch_start(
        self, trainer: Running, pl_module: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """A bar for each loader, which is seen once a batch is done."""
        if self.is_disabled or not self.has_dataloader_changed(dataloader_idx):
            return
        total = self.total_val_batches_current_dataloader
        if trainer.sanity_checking:
            self._hide(self.val_sanity_progress_bar_id)
            self.val_sanity_progress_bar_id = self._add_task(total, self.sanity_check_description, visible=False)
        else:
            self._hide(self.val_progress_bar_id)
            self.val_progress_bar_id = self._add_task(total, self.validation_description, visible=False)
        self.refresh()

    def on_validation_batch_end(
        self, trainer: Running, pl_module: Any, outputs: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """Count a batch."""
        number = self.val_sanity_progress_bar_id if trainer.sanity_checking else self.val_progress_bar_id
        self._update(number, batch_idx + 1)

    def on_validation_epoch_end(self, trainer: Running, pl_module: Any) -> None:
        """Take the bar away, within ``fit``."""
        if self.is_enabled and trainer.state.fn == "fit":
            self._hide(self.val_progress_bar_id)
            self.refresh()

    def on_validation_end(self, trainer: Running, pl_module: Any) -> None:
        """Show what was logged beside the bar of training."""
        if trainer.state.fn == "fit":
            self._update_metrics(trainer, pl_module)
        self.reset_dataloader_idx_tracker()

    def on_test_batch_start(
        self, trainer: Running, pl_module: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """A bar for each loader."""
        if self.is_disabled or not self.has_dataloader_changed(dataloader_idx):
            return
        self._hide(self.test_progress_bar_id)
        self.test_progress_bar_id = self._add_task(self.total_test_batches_current_dataloader, self.test_description)
        self.refresh()

    def on_test_batch_end(
        self, trainer: Running, pl_module: Any, outputs: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """Count a batch."""
        self._update(self.test_progress_bar_id, batch_idx + 1)

    def on_test_end(self, trainer: Running, pl_module: Any) -> None:
        """Forget the loader in use."""
        self.reset_dataloader_idx_tracker()

    def on_predict_batch_start(
        self, trainer: Running, pl_module: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """A bar for each loader."""
        if self.is_disabled or not self.has_dataloader_changed(dataloader_idx):
            return
        self._hide(self.predict_progress_bar_id)
        total = self.total_predict_batches_current_dataloader
        self.predict_progress_bar_id = self._add_task(total, self.predict_description)
        self.refresh()

    def on_predict_batch_end(
        self, trainer: Running, pl_module: Any, outputs: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """Count a batch."""
        self._update(self.predict_progress_bar_id, batch_idx + 1)

    def on_predict_end(self, trainer: Running, pl_module: Any) -> None:
        """Forget the loader in use."""
        self.reset_dataloader_idx_tracker()

    def teardown(self, trainer: Running, pl_module: Any, stage: str) -> None:
        """Close the screen."""
        self._stop_progress()

    def on_exception(self, trainer: Running, pl_module: Any, exception: BaseException) -> None:
        """Close the screen."""
        self._stop_progress()


def _known(total: float) -> float | None:
    """A total as rich takes it: None where it is infinite."""
    return total if math.isfinite(total) else None
