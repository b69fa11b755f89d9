"""One logged name: how it is kept, and what it is at a step and over an epoch."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from numbers import Number
from typing import Any

import torch
from torch import Tensor

from groundwire.measured.ledger import Slot
from groundwire_lightning.errors import MisconfigurationException
from groundwire_lightning.logged.levels import LogError, levels
from groundwire_lightning.utilities.apply_func import CPU


def as_scalar(value: Any, name: str, device: torch.device) -> Tensor:
    """A logged value as a tensor without dimensions, in 32 bits or more.

    Raises:
        ValueError: It is neither a number nor a tensor, or a tensor that has not one element.
    """
    least = torch.float64 if torch.get_default_dtype() is torch.float64 else torch.float32
    if isinstance(value, Number):
        return torch.tensor(value, device=device, dtype=least)
    if not isinstance(value, Tensor):
        raise ValueError(
            f"self.log({name!r}, ...): a number, a tensor or a torchmetrics object is due, got "
            f"{type(value).__name__}; of a collection log its scalars one by one"
        )
    if value.numel() != 1:
        raise ValueError(
            f"self.log({name!r}, ...): one element is due, got shape {tuple(value.shape)}; log value.mean() or the like"
        )
    scalar: Tensor = value.detach().clone().squeeze()
    return scalar if scalar.dtype in (torch.float32, torch.float64) else scalar.to(least)


Asked = tuple[Any, ...]
"""The arguments of ``self.log`` after name and value, in the order of :func:`resolved`."""

_REDUCTIONS: dict[Any, str] = {
    "avg": "mean",
    **{name: name for name in ("mean", "sum", "min", "max")},
    **{getattr(torch, name): name for name in ("mean", "sum", "min", "max")},
    **{function: function.__name__ for function in (sum, min, max)},
}


@dataclass(frozen=True, slots=True)
class Kept:
    """Terms on which a value is kept: the arguments of its first ``self.log``, which the later ones have to repeat."""

    hook: str
    name: str
    loader: int | None
    prog_bar: bool
    logger: bool
    on_step: bool
    on_epoch: bool
    reduce: str
    add_loader: bool
    sync: bool
    group: Any
    only_first: bool
    graph: bool
    metric: str | None

    @property
    def key(self) -> tuple[str, str, int | None]:
        """The place in a collection."""
        return self.hook, self.name, self.loader if self.add_loader else None

    def apart(self, later: Kept) -> str:
        """The arguments that differ in a later call, as a message tells of them."""
        names = [name for name in self.__slots__ if getattr(self, name) != getattr(later, name)]
        return ", ".join(f"{name} was {getattr(self, name)!r} and is {getattr(later, name)!r}" for name in names)

    @property
    def suffix(self) -> str:
        """The end of a name where there are several loaders."""
        return "" if self.loader is None or not self.add_loader else f"/dataloader_idx_{self.loader}"

    def plain(self) -> str:
        """The name under which a callback may ask for it."""
        return self.name + self.suffix

    def forked(self, on_step: bool) -> str:
        """The name under which it appears: with a level where both are kept."""
        level = ("_step" if on_step else "_epoch") if self.on_step and self.on_epoch else ""
        return f"{self.name}{level}{self.suffix}"


def resolved(hook: str | None, name: str, loader: int | None, metric: str | None, asked: Asked) -> Kept:
    """Resolve the arguments of ``self.log`` by what they mean in a hook.

    Args:
        hook: The method that is running.
        name: What is logged.
        loader: Index of the loader in use, where there are several.
        metric: Where in the module the torchmetrics object is, if the value is one.
        asked: The arguments.

    Raises:
        LogError: The hook, the level, the name or the reduction does not allow it.
    """
    bar, logger, on_step, on_epoch, reduce, add_loader, sync, group, only_first, graph, _ = asked
    on_step, on_epoch = levels(hook, name, on_step, on_epoch)
    if add_loader and "/dataloader_idx_" in name:
        raise LogError(
            f"self.log({name!r}, ...): the index of the loader is added to the name by itself; leave it out, or pass "
            "add_dataloader_idx=False"
        )
    return Kept(
        str(hook),
        name,
        loader,
        bool(bar),
        logger is None or bool(logger),
        bool(on_step),
        bool(on_epoch),
        _reduction(name, reduce),
        bool(add_loader),
        bool(sync),
        group,
        bool(only_first),
        bool(graph),
        metric,
    )


def _reduction(name: str, reduce: Any) -> str:
    key = reduce.lower() if isinstance(reduce, str) else reduce
    try:
        return _REDUCTIONS[key]
    except (KeyError, TypeError):
        raise LogError(
            f"self.log({name!r}, reduce_fx={reduce!r}): 'mean', 'sum', 'min' or 'max' is due; reduce anything else "
            "with a torchmetrics object and log that, or yourself in on_train_epoch_end or on_validation_epoch_end"
        ) from None


class Entry(Slot):
    """A named value of one hook, over the batches of an epoch.

    Attributes:
        asked: The arguments of the last ``self.log``, to see at a glance that the next one repeats them.
        kept: What they mean.
        seen: It was logged since it was cleared.
        latest: The value of the last batch.
        kind: Its type, where it is kept as the number of a tensor on a CPU.
        metric: The torchmetrics object, where that is what was logged.
        reduced: The reduction over the epoch, once somebody asked for it.
        shared: It is reduced over all processes.
    """

    __slots__ = (
        "asked",
        "device",
        "kept",
        "kind",
        "latest",
        "metric",
        "on_epoch",
        "on_step",
        "reduced",
        "seen",
        "shared",
        "weighed",
    )

    def __init__(self, terms: Kept, asked: Asked, device: torch.device) -> None:
        super().__init__(terms.reduce, terms.hook)
        self.kept, self.asked, self.device = terms, asked, device
        self.on_step, self.on_epoch = terms.on_step, terms.on_epoch  # read at each step
        self.weighed = terms.on_epoch and terms.reduce == "mean"
        self.metric: Any = None
        self.shared = False
        self.clear()

    def clear(self) -> None:
        """Forget the epoch."""
        super().clear()
        self.seen = False
        self.latest: Any = None
        self.kind: torch.dtype | None = None
        self.reduced: Tensor | None = None

    def state_dict(self) -> dict[str, Any]:
        """Plain values and tensors that go on adding up to the very same numbers."""
        running = self.running()
        return {
            "kept": {name: getattr(self.kept, name) for name in self.kept.__slots__ if name != "group"},
            "running": None if running is None else running.clone(),
            "weight": self.weight,
            "seen": self.seen,
            "latest": self.latest if self.metric is None else None,
            "kind": self.kind,
        }

    @classmethod
    def again(cls, state: dict[str, Any], module: Any, asked: Asked) -> Entry:
        """The entry that told :meth:`state_dict`, in a module with the same metrics."""
        entry = cls(Kept(**state["kept"], group=None), asked, module.device)
        running = state["running"]
        entry.go_on(None if running is None else running.to(entry.device), state["weight"])
        entry.seen, entry.latest, entry.kind = state["seen"], state["latest"], state["kind"]
        if entry.kept.metric is not None:
            entry.metric = module.get_submodule(entry.kept.metric)
        return entry

    def take_metric(self, module: Any, metric: Any) -> None:
        """Keep a torchmetrics object that was updated in this batch.

        Raises:
            LogError: Another one was logged under this name.
        """
        if self.metric is not None and self.metric is not metric:
            place = place_of_metric(module, self.kept.name, metric, None)
            raise LogError(
                f"self.log({self.kept.name!r}, ...) was called twice in {self.kept.hook} with different metrics: "
                f"{self.kept.metric} and {place}; give them different names"
            )
        self.metric, self.latest = metric, metric._forward_cache

    def value(self, on_step: bool) -> Tensor | None:
        """The value at a level, or None where there is none."""
        value = self._at_step() if on_step else self._over_epoch()
        if value is None or isinstance(value, Tensor):
            return value if value is None or self.kept.graph else value.detach()
        raise ValueError(
            f"self.log({self.kept.name!r}, ...): what the metric computes has to be a tensor, it is "
            f"{type(value).__name__}; compute it yourself and log its scalars one by one"
        )

    def _at_step(self) -> Any:
        if isinstance(self.latest, (int, float)):
            device = self.device if self.kind is None else None
            self.latest = torch.tensor(self.latest, dtype=self.kind or self.least, device=device or CPU)
        return self.latest

    def _over_epoch(self) -> Any:
        if self.reduced is None:
            if self.metric is not None:
                self.reduced = self.metric.compute()
            elif (running := self.running()) is not None:
                # divided by a tensor, for CUDA multiplies by the inverse of a plain number
                mean = self.reduce == "mean"
                self.reduced = running / torch.tensor(self.weight, device=running.device) if mean else running
        return self.reduced


def is_metric(value: Any) -> bool:
    """True for a torchmetrics object; the package is looked for, not imported."""
    torchmetrics = sys.modules.get("torchmetrics")
    return torchmetrics is not None and isinstance(value, torchmetrics.Metric)


def place_of_metric(module: Any, name: str, metric: Any, attribute: str | None) -> str:
    """The place of a torchmetrics object in a module, as ``get_submodule`` takes it.

    Raises:
        MisconfigurationException: It has none, and ``metric_attribute=`` named none.
    """
    if attribute is not None:
        return attribute
    known: dict[int, str] = {id(part): place for place, part in module.named_modules() if is_metric(part)}
    if id(metric) not in known:
        there = f"one of {sorted(known.values())}" if known else "its name"
        raise MisconfigurationException(
            f"self.log({name!r}, ...): this {type(metric).__name__} is no attribute of {type(module).__qualname__}, "
            f"so nobody moves it to the device; make it one, or pass metric_attribute= ({there})"
        )
    return known[id(metric)]
