"""TensorBoard for any groundwire Trainer: add :class:`TensorBoardCallback` to ``callbacks=``."""

from groundwire_tensorboard.callback import TensorBoardCallback
from groundwire_tensorboard.map import TENSORBOARD
from groundwire_tensorboard.writer import EventWriter

__all__ = ["TENSORBOARD", "EventWriter", "TensorBoardCallback"]
