"""The Lightning-shaped Trainer, under the path at which Lightning has it."""

from groundwire_lightning.trainer.trainer import Trainer
from groundwire_lightning.utilities.seed import seed_everything

__all__ = ["Trainer", "seed_everything"]
