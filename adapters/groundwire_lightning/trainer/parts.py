"""Parts of the Trainer: small objects that each own one matter, with fields of their own."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from groundwire_lightning.loops.steered import Steered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from groundwire_lightning.trainer.lightning_1.kept import Kept

Whole = TypeVar("Whole")
"""The Trainer as a part knows it: a Protocol."""


class PartOf(Generic[Whole]):
    """One matter of a Trainer, in an object of its own.

    The Trainer builds its parts in its constructor and nowhere else, and its hooks call them; what they
    hold is set by themselves, or through a name of the Trainer that :func:`groundwire.run.run.of_part` makes.

    Args:
        trainer: The Trainer.
    """

    def __init__(self, trainer: Whole) -> None:
        self.trainer = trainer


def asked_of(part: str, question: Any) -> Any:
    """A name of the Trainer for what one of its parts works out: it is read, and not set.

    Args:
        part: The attribute of the Trainer that holds the part.
        question: The property of the part's class.
    """
    return property(operator.attrgetter(f"{part}.{question.fget.__name__}"), doc=question.__doc__)


class Parted(Steered, Protocol):
    """A Trainer as its parts see it."""

    overfit_batches: int | float
    reload_dataloaders_every_n_epochs: int
    _asks_data: bool
    _called: bool
    _kept: Kept

    @property
    def _asked(self) -> Mapping[str, Any]: ...
    @property
    def distributed_sampler_kwargs(self) -> dict[str, int] | None:
        """Arguments for a ``DistributedSampler``."""

    def _wire(self, stage: Any) -> None: ...
    @property
    def checkpoint_callbacks(self) -> list[Any]:
        """The callbacks that write checkpoints."""
