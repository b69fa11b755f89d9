"""Callbacks: infrastructure that listens to a run without being part of it."""

from groundwire.callbacks.base import CallbackMethodNotImplementedError, StopTrainingError, TrainerCallback
from groundwire.callbacks.devices import MoveModulesToDeviceCallback
from groundwire.callbacks.handler import CallbackHandler
from groundwire.callbacks.nan import TerminateOnNaNCallback
from groundwire.callbacks.printing import LogMetricsCallback, PrintMetricsCallback, PrintProgressCallback
from groundwire.callbacks.progress import ProgressBarCallback

DEFAULT_CALLBACKS: tuple[type[TrainerCallback], ...] = (
    MoveModulesToDeviceCallback,
    TerminateOnNaNCallback,
    PrintProgressCallback,
    ProgressBarCallback,
    LogMetricsCallback,
)


def get_default_callbacks(progress_bar: bool = True) -> tuple[type[TrainerCallback], ...]:
    """The callbacks that a Trainer uses when it is given none.

    Args:
        progress_bar: False leaves the progress bar out.
    """
    return tuple(kind for kind in DEFAULT_CALLBACKS if progress_bar or kind is not ProgressBarCallback)


__all__ = [
    "DEFAULT_CALLBACKS",
    "CallbackHandler",
    "CallbackMethodNotImplementedError",
    "LogMetricsCallback",
    "MoveModulesToDeviceCallback",
    "PrintMetricsCallback",
    "PrintProgressCallback",
    "ProgressBarCallback",
    "StopTrainingError",
    "TerminateOnNaNCallback",
    "TrainerCallback",
    "get_default_callbacks",
]
