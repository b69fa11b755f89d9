"""Trial runs that find a learning rate or a batch size before training."""

from groundwire_lightning.tuner.tuning import Tuner

__all__ = ["Tuner"]
