"""Several loaders as one, under the path at which Lightning has them."""

from groundwire_lightning.combined import CombinedLoader

__all__ = ["CombinedLoader"]
