"""Callbacks: infrastructure that listens to a run without being part of it."""

from groundwire.callbacks.base import CallbackMethodNotImplementedError, StopTrainingError, TrainerCallback
from groundwire.callbacks.handler import CallbackHandler

DEFAULT_CALLBACKS: tuple[type, ...] = ()


def get_default_callbacks(progress_bar: bool = True):
    return DEFAULT_CALLBACKS


__all__ = ["DEFAULT_CALLBACKS", "CallbackHandler", "CallbackMethodNotImplementedError", "StopTrainingError", "TrainerCallback", "get_default_callbacks"]
