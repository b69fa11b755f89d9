"""Where Lightning has the base class of callbacks."""

from groundwire_lightning.callback import Callback

__all__ = ["Callback"]
