"""A callback that writes learning rates, momenta and weight decays through the loggers of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import torch

from groundwire.errors import rank_zero_warn
from groundwire_lightning.core.callback import Callback
from groundwire_lightning.errors import MisconfigurationException
from groundwire_lightning.utilities.checked import checked, flag, one_of, optional

if TYPE_CHECKING:
    from groundwire_lightning.core.running import Running


@dataclass(frozen=True, slots=True)
class NamedGroups:
    """An optimizer, a name for each of its parameter groups, and the interval of its scheduler, if it has one."""

    optimizer: Any
    names: list[str]
    interval: str | None = None


class LearningRateMonitor(Callback):
    """Writes the learning rate of every parameter group through the loggers of the trainer.

    A rate is named after its scheduler (``"name"`` in its dictionary) or its optimizer:
    ``lr-Adam``, ``lr-Adam-1`` for a second one, ``lr-Adam/pg1`` for a group, or ``lr-Adam/head``
    where the group has a name.

    Args:
        logging_interval: ``"step"``, ``"epoch"``, or None for the interval of each scheduler.
        log_momentum: Write momenta (``betas[0]`` where there are betas) too.
        log_weight_decay: Write weight decays too.

    Attributes:
        lrs: Name to the rates that were written.
        last_momentum_values: ``"<name>-momentum"`` to the momentum written last.
        last_weight_decay_values: ``"<name>-weight_decay"`` to the weight decay written last.

    Raises:
        MisconfigurationException: The interval is none of these.
    """

    @checked(logging_interval=optional(one_of("step", "epoch")), log_momentum=flag, log_weight_decay=flag)
    def __init__(
        self,
        logging_interval: Literal["step", "epoch"] | None = None,
        log_momentum: bool = False,
        log_weight_decay: bool = False,
    ) -> None:
        self.logging_interval = logging_interval
        self.log_momentum = log_momentum
        self.log_weight_decay = log_weight_decay
        self.lrs: dict[str, list[float]] = {}
        self.last_momentum_values: dict[str, float | None] = {}
        self.last_weight_decay_values: dict[str, float | None] = {}

    def on_train_start(self, trainer: Running, pl_module: Any) -> None:
        """Name the parameter groups of all optimizers.

        Raises:
            MisconfigurationException: There is no logger to write through, or two groups share a name.
        """
        if not trainer.loggers:
            raise MisconfigurationException(
                "LearningRateMonitor writes through a logger, and this Trainer has none: leave out logger=False, or "
                "the callback"
            )
        if self.log_momentum:
            _warn_of_no_momentum(trainer)
        names = [name for named in _named_optimizers(trainer) for name in named.names]
        self.lrs = {name: [] for name in names}
        self.last_momentum_values = {f"{name}-momentum": None for name in names}
        self.last_weight_decay_values = {f"{name}-weight_decay": None for name in names}

    def on_train_batch_start(self, trainer: Running, pl_module: Any, batch: Any, batch_idx: int) -> None:
        """Write what goes by steps, where loggers are due."""
        if self.logging_interval != "epoch" and _loggers_are_due(trainer):
            self._write(trainer, "step")

    def on_train_epoch_start(self, trainer: Running, pl_module: Any) -> None:
        """Write what goes by epochs."""
        if self.logging_interval != "step":
            self._write(trainer, "epoch")

    def _write(self, trainer: Running, interval: str) -> None:
        wanted = {interval, None} if self.logging_interval is None else {"step", "epoch", None}
        optimizers = list(_named_optimizers(trainer))
        self._make_room([named.names for named in optimizers])
        due = [named for named in optimizers if named.interval in wanted]
        values = {name: value for named in due for name, value in self._values(named).items()}
        device = trainer.strategy.root_device
        trainer.callback_metrics.update({name: torch.tensor(value, device=device) for name, value in values.items()})
        for logger in trainer.loggers if values else ():
            trainer.to_loggers.write_of_callback(logger, values)

    def _values(self, named: NamedGroups) -> dict[str, Any]:
        values: dict[str, Any] = {}
        uses_betas = "betas" in named.optimizer.defaults
        for group, name in zip(named.optimizer.param_groups, named.names, strict=False):
            values[name] = group["lr"]
            self.lrs[name].append(group["lr"])
            if self.log_momentum:
                momentum = group["betas"][0] if uses_betas else group.get("momentum", 0)
                values[f"{name}-momentum"] = self.last_momentum_values[f"{name}-momentum"] = momentum
            if self.log_weight_decay:
                decay = group["weight_decay"]
                values[f"{name}-weight_decay"] = self.last_weight_decay_values[f"{name}-weight_decay"] = decay
        return values

    def _make_room(self, names: list[list[str]]) -> None:
        """Add a list for each new name; where an optimizer got a second group, the first goes on as ``/pg1``."""
        for name in (name for group_names in names for name in group_names):
            alone = name.replace("/pg1", "")
            if alone != name and alone in self.lrs:
                self.lrs[name] = self.lrs.pop(alone)
            self.lrs.setdefault(name, [])


def _loggers_are_due(trainer: Running) -> bool:
    every = trainer.log_every_n_steps
    if not every:
        return False
    return bool((trainer.fit_loop.epoch_loop._batches_that_stepped + 1) % every == 0 or trainer.should_stop)


def _named_optimizers(trainer: Running) -> Iterator[NamedGroups]:
    """Every optimizer once for each of its schedulers, then those that have none."""
    classes: Counter[type] = Counter()
    scheduled = []
    for config in trainer.lr_scheduler_configs:
        scheduled.append(optimizer := config.scheduler.optimizer)
        yield NamedGroups(optimizer, _group_names(optimizer, config.name, classes), config.interval)
    for optimizer in [getattr(wrapped, "optimizer", wrapped) for wrapped in trainer.optimizers]:
        if not any(optimizer is seen for seen in scheduled):
            scheduled.append(optimizer)
            yield NamedGroups(optimizer, _group_names(optimizer, None, classes))


def _group_names(optimizer: Any, scheduler_name: str | None, classes: Counter[type]) -> list[str]:
    """A name for each parameter group.

    Args:
        optimizer: The optimizer of the groups.
        scheduler_name: The ``"name"`` of its scheduler; without one the class of the optimizer names it.
        classes: How many optimizers of each class were named before; counted up. It tells them apart.
    """
    groups, cls = optimizer.param_groups, type(optimizer)
    if scheduler_name is None:
        classes[cls] += 1
    name = f"lr-{cls.__name__}" if scheduler_name is None else scheduler_name
    suffixes = [group.get("name", f"pg{number}") for number, group in enumerate(groups, 1)]
    if repeated := {group for group in suffixes if suffixes.count(group) > 1}:
        raise MisconfigurationException(
            f"{name}: several parameter groups are called {sorted(repeated)}; a rate needs a name of its own, so give "
            "each group of an optimizer another one"
        )
    if classes[cls] > 1:
        name += f"-{classes[cls] - 1}"
    if len(groups) > 1:
        return [f"{name}/{group}" for group in suffixes]
    return [f"{name}/{groups[0]['name']}" if groups and groups[0].get("name") else name]


def _warn_of_no_momentum(trainer: Running) -> None:
    optimizers = [config.scheduler.optimizer for config in trainer.lr_scheduler_configs] or trainer.optimizers
    lacking = [any(key not in optimizer.defaults for optimizer in optimizers) for key in ("momentum", "betas")]
    if all(lacking):
        rank_zero_warn(
            "LearningRateMonitor(log_momentum=True): some optimizers have no momentum; 0 is written for them",
            category=RuntimeWarning,
        )
