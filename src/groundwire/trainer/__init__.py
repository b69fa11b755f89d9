"""The Trainer: what users construct, call and override."""

from groundwire.callbacks import DEFAULT_CALLBACKS
from groundwire.schedulers.placeholders import TrainerPlaceholderValues, replace_trainer_placeholder_values
from groundwire.trainer.timm import TrainerWithTimmScheduler
from groundwire.trainer.trainer import Trainer

__all__ = [
    "DEFAULT_CALLBACKS",
    "Trainer",
    "TrainerPlaceholderValues",
    "TrainerWithTimmScheduler",
    "replace_trainer_placeholder_values",
]
