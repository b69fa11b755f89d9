"""The common base of strategies with several processes, for ``isinstance``."""

from groundwire_lightning.strategies.strategy import Strategy

__all__ = ["ParallelStrategy"]


class ParallelStrategy(Strategy):
    """A strategy with several processes."""
