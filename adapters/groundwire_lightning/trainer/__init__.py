"""The Lightning-shaped Trainer, under the path at which Lightning has it."""

from groundwire_lightning.seed import seed_everything
from groundwire_lightning.trainer.trainer import Trainer

__all__ = ["Trainer", "seed_everything"]
