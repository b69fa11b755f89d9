"""Answering: a Trainer as the parts that stand in for those of Lightning see it, and what these are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from groundwire_lightning.loops.steered import Steered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from groundwire_lightning.loops.predictions import Predicted
    from groundwire_lightning.trainer.restoring import Restoring


class Answering(Steered, Protocol):
    """A Trainer as these parts see it."""

    skips_backward: bool

    @property
    def _restoring(self) -> Restoring: ...
    def _wire_idle(self) -> None: ...

    @property
    def val_dataloaders(self) -> Any:
        """The loaders of validation batches."""

    @property
    def predicted(self) -> Predicted:
        """The predictions of the last run."""

    @property
    def distributed_sampler_kwargs(self) -> dict[str, int] | None:
        """Arguments for a ``DistributedSampler``."""

    @property
    def predict_loop(self) -> Any:
        """The loop of ``predict``."""

    @property
    def received_sigterm(self) -> bool:
        """True once a SIGTERM came."""

    @property
    def _asks_data(self) -> bool: ...
    @property
    def _asked(self) -> Mapping[str, Any]: ...
    @property
    def _active_loop(self) -> Any: ...
    @property
    def _evaluation_loop(self) -> Any: ...
