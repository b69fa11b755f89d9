"""Steered: a Trainer as its loops see it, which set where the run is and take what only they need."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Literal, Protocol

from groundwire_lightning.core.running import Bounds, Running

if TYPE_CHECKING:
    from torch import Tensor

    from groundwire import Part
    from groundwire_lightning.data.dataloader_iter import Reader
    from groundwire_lightning.data.feed import Feed
    from groundwire_lightning.logged.store import Logged
    from groundwire_lightning.logged.to_loggers import ToLoggers
    from groundwire_lightning.loops.phases import Phase
    from groundwire_lightning.loops.preemption import Preemption
    from groundwire_lightning.loops.progress import Progress, Restart
    from groundwire_lightning.loops.run import LightningRun
    from groundwire_lightning.strategies.precision import Precision


class Paced(Bounds, Protocol):
    """A Trainer as the rules see it that say whether a run validates or ends here."""

    should_stop: bool
    progress: Progress
    reader: Reader | None
    limit_train_batches: int | float
    limit_val_batches: int | float
    val_check_batch: float | None
    _last_val_time: float
    told_to_go_on: bool

    @property
    def current_epoch(self) -> int: ...
    @property
    def global_step(self) -> int: ...
    @property
    def num_training_batches(self) -> float: ...
    @property
    def enable_validation(self) -> bool: ...


class Stepped(Protocol):
    """A Trainer as a step sees it in which a module makes its updates itself, in any order of hooks."""

    plan: Any

    @property
    def lightning_optimizers(self) -> list[Any]: ...
    @property
    def lightning_optimizer(self) -> Any: ...
    def _update_begins(self) -> None: ...
    def _update_ends(self) -> None: ...
    def _update_loss_tracker(self, batch_loss: Any, batch_size: int) -> None: ...


class Used(Protocol):
    """A Trainer as the questions see it how often a batch is used, in any order of hooks."""

    optimizer_frequencies: list[int]

    @property
    def _run(self) -> LightningRun: ...
    @property
    def lightning_module(self) -> Any: ...
    @property
    def optimizers(self) -> list[Any]: ...
    @property
    def is_automatic(self) -> bool: ...


class Steered(Paced, Stepped, Running, Protocol):
    """A Trainer in the hands of its loops."""

    # where it is

    sanity_checking: bool
    _has_validated: bool
    restart: Restart | None
    _running: str

    @property
    def _run(self) -> LightningRun: ...
    @property
    def _phase(self) -> Phase: ...
    def _laid_over(self, **fields: Any) -> AbstractContextManager[Any]: ...
    def _heard_by(self, callbacks: Iterable[Any]) -> AbstractContextManager[None]: ...
    def _logging_to(self, loggers: list[Any]) -> AbstractContextManager[None]: ...
    def notice_replaced(self) -> None:
        """Wire anew where a method was replaced."""

    # what it works with

    logged: Logged
    to_loggers: ToLoggers
    precision_plugin: Precision
    run_history: Any
    optimizer: Any
    scheduler: Any
    monitored: Any
    numerics: Literal["parity", "exact"]

    @property
    def callbacks(self) -> list[Any]: ...
    @callbacks.setter
    def callbacks(self, callbacks: Iterable[Any]) -> None: ...
    @property
    def loggers(self) -> list[Any]: ...
    @loggers.setter
    def loggers(self, loggers: list[Any] | None) -> None: ...

    _preemption: Preemption

    # its data

    _train_dataloader: Any
    _eval_dataloader: Any
    _feed: Feed | None
    _loader_states: list[Any]
    _readers: frozenset[str]
    eval_reader: Reader | None

    @property
    def train_dataloader(self) -> Any: ...
    @property
    def _tells_loader(self) -> bool: ...
    def load_training_data(self) -> None:
        """Ask for the training loader, unless that was done."""

    def load_evaluation_data(self) -> None:
        """Ask for the loaders of an evaluation, unless that was done."""

    def training_feed(self) -> Feed:
        """The batches of an epoch."""

    def evaluation_feed(self) -> Feed | None:
        """The batches of an evaluation."""

    def _on_device(self, batches: Iterable[Any]) -> Iterable[Any]: ...

    # its updates

    def tell_of_no_loss(self) -> None:
        """Say, once, that a step returned no loss."""

    way: Literal["straight", "nested", "by hand"]
    skips_backward: bool
    told_of_nesting: bool
    told_of_short_window: bool
    told_of_no_batch: bool
    _told_foreign: set[str]
    _modes: Mapping[str, bool]
    _handles: Any
    optimizer_frequencies: list[int]

    @property
    def is_automatic(self) -> bool: ...
    @property
    def step_outputs(self) -> Any: ...
    def choose_way(self) -> None:
        """Decide how updates are made."""

    def _with_closure(self, closure: Callable[[], Any]) -> AbstractContextManager[None]: ...
    def _parts(self) -> list[Part]: ...

    # its moments

    def restore_module(self) -> None:
        """Give module, data module and callbacks what a checkpoint holds of them."""

    def restore_training(self) -> None:
        """Give loops, optimizers and schedulers what it holds of them."""

    def describe_run(self) -> None:
        """Write the run configuration."""

    def record(self, values: dict[str, Tensor]) -> None:
        """Keep values of an epoch in the history."""

    def _forget_logged(self) -> None: ...
    def _add_epoch_loss_to_run_history(self, metric_name: str) -> None: ...
    @property
    def _loss_tracker(self) -> Any: ...
