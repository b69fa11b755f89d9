"""Callbacks: what listens to a run, and those that every Trainer has by default."""

from groundwire.callbacks.base import CallbackMethodNotImplementedError, StopTrainingError, TrainerCallback
from groundwire.callbacks.devices import MoveModulesToDeviceCallback
from groundwire.callbacks.handler import CallbackHandler
from groundwire.callbacks.nan import TerminateOnNaNCallback
from groundwire.callbacks.printing import LogMetricsCallback, PrintMetricsCallback, PrintProgressCallback
from groundwire.callbacks.progress import ProgressBarCallback

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

DEFAULT_CALLBACKS: tuple[type[TrainerCallback], ...] = (
    MoveModulesToDeviceCallback,
    TerminateOnNaNCallback,
    PrintProgressCallback,
    ProgressBarCallback,
    LogMetricsCallback,
)
"""What a Trainer is given where ``callbacks=`` is left out."""


def get_default_callbacks(progress_bar: bool = True) -> tuple[type[TrainerCallback], ...]:
    """The default callbacks, to add some of your own to.

    Args:
        progress_bar: False leaves the progress bar out.
    """
    return tuple(one for one in DEFAULT_CALLBACKS if progress_bar or one is not ProgressBarCallback)
