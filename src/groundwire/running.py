"""A Protocol: the names of the Trainer that those below it read, so that none of them has to import it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Protocol

import torch
from accelerate import Accelerator

from groundwire.data.order import DataOrder
from groundwire.request import EvaluateRequest, TrainRequest
from groundwire.run_config import TrainerRunConfig
from groundwire.run_state import RunState
from groundwire.tables.plan import Plan
from groundwire.tracking import LossTracker, RunHistory

__all__ = ["Running"]


class Callbacks(Protocol):
    """Callbacks in their order."""

    def __iter__(self) -> Iterator[Any]: ...


class Running(Protocol):
    """A Trainer, as the loop and what saves and loads see it; ``groundwire.Trainer`` says what each name is."""

    model: Any
    optimizer: Any
    scheduler: Any
    run_history: RunHistory
    plan: Plan
    at: RunState
    run_config: TrainerRunConfig
    _request: TrainRequest | EvaluateRequest | None
    _train_dataloader: Any
    _eval_dataloader: Any
    _data_order: DataOrder
    _resumed: dict[str, Any] | None
    _predictions: list[Any] | None
    _loss_tracker: LossTracker
    _accelerator: Accelerator

    @property
    def callback_handler(self) -> Callbacks: ...  # noqa: D102  # said of the class

    @property
    def device(self) -> torch.device: ...  # noqa: D102

    @property
    def _is_running(self) -> bool: ...

    def get_model(self, keep_torch_compile: bool = True) -> Any: ...  # noqa: D102

    def print(self, *args: Any, **kwargs: Any) -> None: ...  # noqa: D102

    def _in_order(self, train_dl: Iterable[Any]) -> Iterable[Any]: ...

    def _on_device(self, batches: Iterable[Any]) -> Iterable[Any]: ...

    def _take_up_run(self) -> None: ...  # said of the class

    def _state_within_epoch(self) -> dict[str, Any]: ...

    def _take_up_within_epoch(self, state: dict[str, Any]) -> None: ...

    def _update_loss_tracker(self, batch_loss: Any, batch_size: int) -> None: ...

    def _add_epoch_loss_to_run_history(self, metric_name: str) -> None: ...
