"""Columns of the progress bar of rich; the only module that imports rich when it is imported."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from rich.progress import BarColumn, Progress, ProgressColumn, Task
from rich.text import Text

if TYPE_CHECKING:
    from groundwire_lightning.core.running import Running

CustomProgress = Progress
CustomBarColumn = BarColumn


class _Styled(ProgressColumn):
    def __init__(self, style: Any) -> None:
        self.style = style
        super().__init__()


class CustomTimeColumn(_Styled):
    """The time that passed, and the time that is left."""

    max_refresh = 0.5  # more often it flickers

    def render(self, task: Task) -> Text:
        """Both times as hours, minutes and seconds; dashes where one is unknown."""
        passed = task.finished_time if task.finished else task.elapsed
        times = [
            "-:--:--" if seconds is None else str(timedelta(seconds=int(seconds)))
            for seconds in (passed, task.time_remaining)
        ]
        return Text(" • ".join(times), style=self.style)


class BatchesProcessedColumn(_Styled):
    """Batches done of batches there are."""

    def render(self, task: Task) -> Text:
        """Both numbers; dashes where the data has no length."""
        return Text(f"{int(task.completed)}/{'--' if task.total is None else int(task.total)}", style=self.style)


class ProcessingSpeedColumn(_Styled):
    """Batches a second."""

    def render(self, task: Task) -> Text:
        """The speed with two decimals; where the bar was drawn too seldom to tell, that since it began."""
        speed = task.finished_speed or task.speed or (task.completed / task.elapsed if task.elapsed else 0.0)
        return Text(f"{speed:.2f}it/s", style=self.style)


class MetricsTextColumn(ProgressColumn):
    """The logged values, beside the bar of training.

    It shows the values of the last :meth:`update` and reads no tensor, so that drawing never waits for the device.

    Args:
        trainer: The trainer.
        style: Style of the text.
        text_delimiter: Text between two values.
        metrics_format: Format of a number, such as ``".3f"``.
    """

    def __init__(self, trainer: Running, style: Any, text_delimiter: str, metrics_format: str) -> None:
        self._trainer = trainer
        self._style = style
        self._text_delimiter = text_delimiter
        self._metrics_format = metrics_format
        self._metrics: dict[str, Any] = {}
        super().__init__()

    def update(self, metrics: dict[str, Any]) -> None:
        """Show these values, by name, from now on."""
        self._metrics = metrics

    def render(self, task: Task) -> Text:
        """The values in one line; an empty text beside other bars."""
        bar = self._trainer.progress_bar_callback
        fits = self._trainer.state.fn == "fit" and not self._trainer.sanity_checking
        if not fits or getattr(bar, "train_progress_bar_id", None) != task.id:
            return Text()
        return Text(
            self._text_delimiter.join(map(self._as_text, self._metrics.items())), justify="left", style=self._style
        )

    def _as_text(self, item: tuple[str, Any]) -> str:
        name, value = item
        if not isinstance(value, str):
            try:
                value = format(value, self._metrics_format)
            except (TypeError, ValueError):
                value = str(value)
        return f"{name}: {value}"
