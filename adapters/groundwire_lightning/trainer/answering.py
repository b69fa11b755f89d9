"""Answering: a Trainer as the parts that stand in for those of Lightning see it, and what these are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from groundwire_lightning.loops.progress import Count
from groundwire_lightning.loops.steered import Steered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from groundwire_lightning.loops.predictions import Predicted


class Answering(Steered, Protocol):
    """A Trainer as these parts see it."""

    skips_backward: bool

    @property
    def val_dataloaders(self) -> Any:
        """The loaders of validation batches."""

    @property
    def predicted(self) -> Predicted:
        """The predictions of the last run."""

    @property
    def distributed_sampler_kwargs(self) -> dict[str, int] | None:
        """What a ``DistributedSampler`` is made with."""

    @property
    def predict_loop(self) -> Any:
        """What ``predict`` does."""

    @property
    def _asked(self) -> Mapping[str, Any]: ...
    @property
    def _active_loop(self) -> Any: ...
    @property
    def _evaluation_loop(self) -> Any: ...


class Look:
    """Answers for a part of Lightning's trainer; a name that it does not know is refused by name.

    Args:
        trainer: Whom it asks.
    """

    said = "this part"

    def __init__(self, trainer: Answering) -> None:
        self.trainer = trainer

    def __getattr__(self, name: str) -> NoReturn:
        known = sorted(key for key in dir(type(self)) if not key.startswith("__") and key != "said")
        raise AttributeError(
            f"{self.said}.{name}: {self.said} answers for a part of Lightning's trainer that does not exist here; it "
            f"knows {', '.join(known)}"
        )

    def __getstate__(self) -> dict[str, Any]:
        return {"trainer": self.trainer}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)


@dataclass(frozen=True, slots=True)
class Passes:
    """How often something was done, as Lightning's progress objects tell it.

    Attributes:
        current: In the epoch or run under way.
        total: Since the Trainer was made.
        is_last_batch: The batch in use is the last.
    """

    current: Count
    total: Count
    is_last_batch: bool = False
