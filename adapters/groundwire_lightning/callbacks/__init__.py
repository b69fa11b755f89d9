"""Lightning's callbacks, each in a file of its own; what is heavy is imported where it is used."""

from groundwire_lightning.callback import Callback

__all__ = ["Callback"]
