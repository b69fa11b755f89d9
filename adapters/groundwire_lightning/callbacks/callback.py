"""Where Lightning has the base class of callbacks."""

from groundwire_lightning.core.callback import Callback

__all__ = ["Callback"]
