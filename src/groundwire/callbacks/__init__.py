"""Callbacks: what listens to a run, and those that every Trainer has by default."""

from groundwire.callbacks.averaging import ModelEmaCallback
from groundwire.callbacks.base import CallbackMethodNotImplementedError, StopTrainingError, TrainerCallback
from groundwire.callbacks.batch_norm import ConvertSyncBatchNormCallback
from groundwire.callbacks.decay import WSDCheckpointCallback
from groundwire.callbacks.devices import MoveModulesToDeviceCallback
from groundwire.callbacks.evaluating import StepBasedEvaluationCallback
from groundwire.callbacks.handler import CallbackHandler
from groundwire.callbacks.limits import LimitBatchesCallback, LimitEvalStepsCallback
from groundwire.callbacks.nan import TerminateOnNaNCallback
from groundwire.callbacks.printing import LogMetricsCallback, PrintMetricsCallback, PrintProgressCallback
from groundwire.callbacks.progress import ProgressBarCallback
from groundwire.callbacks.saving import SaveBestModelCallback
from groundwire.callbacks.stopping import EarlyStoppingCallback
from groundwire.callbacks.training_state import SaveTrainingStateCallback

__all__ = [
    "DEFAULT_CALLBACKS",
    "CallbackHandler",
    "CallbackMethodNotImplementedError",
    "ConvertSyncBatchNormCallback",
    "EarlyStoppingCallback",
    "LimitBatchesCallback",
    "LimitEvalStepsCallback",
    "LogMetricsCallback",
    "ModelEmaCallback",
    "MoveModulesToDeviceCallback",
    "PrintMetricsCallback",
    "PrintProgressCallback",
    "ProgressBarCallback",
    "SaveBestModelCallback",
    "SaveTrainingStateCallback",
    "StepBasedEvaluationCallback",
    "StopTrainingError",
    "TerminateOnNaNCallback",
    "TrainerCallback",
    "WSDCheckpointCallback",
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
    return tuple(kind for kind in DEFAULT_CALLBACKS if progress_bar or kind is not ProgressBarCallback)
