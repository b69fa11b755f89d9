"""The store of ``self.log``: values kept on the device, reduced over the epoch, read when somebody asks.

Training and evaluation have a collection each, with one entry a hook, name and loader. The three
dictionaries that callbacks read are brought up to date when they are read and when an epoch ends.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from operator import attrgetter
from typing import Any, Protocol

import torch
from torch import Tensor

from groundwire.errors import rank_zero_warn
from groundwire.measured.ledger import Ledger
from groundwire_lightning.errors import MisconfigurationException
from groundwire_lightning.logged.entry import Asked, Entry, as_scalar, is_metric, place_of_metric, resolved
from groundwire_lightning.logged.levels import LogError
from groundwire_lightning.utilities.apply_func import CPU
from groundwire_lightning.utilities.data import checked_size_of

_LOGGER, _ADD_LOADER, _METRIC = 1, 5, 10
"""The places of these arguments in :data:`~groundwire_lightning.logged.entry.Asked`."""
_FULL_PRECISION = frozenset({torch.float32, torch.float64})
PASS_PHASES = ("train", "eval")
READ = ("callback", "logger", "bar")
Collection = dict[tuple[str | None, str, Any], Entry]


class Sink(Protocol):
    """Takes values to loggers."""

    def batch_ends(self, logged: Logged) -> None:
        """Write what a batch logged, where that is due."""

    def evaluated(self, values: Mapping[str, Tensor]) -> None:
        """Write what an evaluation comes to."""

    def epoch_ends(self, values: Mapping[str, Tensor]) -> None:
        """Write what a training epoch comes to."""


@dataclass(slots=True)
class Pass:
    """A pass over batches, to which what is logged belongs; a validation within an epoch is another one.

    Attributes:
        phase: ``"train"`` or ``"eval"``.
        entries: The collection that is written and read.
        batch: The batch in use, whose size weighs a mean.
        size: That size, once it was asked for.
        loader: Index of the loader it comes from, where there are several.
        outputs: What each loader of an evaluation came to; None in training and in the sanity check.
        has_ended: The batches of an evaluation are done.
        together: What an evaluation came to, as the loggers are told.
    """

    phase: str
    entries: Collection
    batch: Any = None
    size: int | None = None
    loader: int | None = None
    outputs: list[dict[str, Tensor]] | None = None
    has_ended: bool = False
    together: dict[str, Tensor] = field(default_factory=dict)


class Logged:
    """The values of a run, and where in it they were logged.

    Attributes:
        hook: The module's or callback's method that is running.
        callback: Values that callbacks may monitor.
        logger: Values for loggers.
        bar: Values that a progress bar shows.
        results: Of the last evaluation, the values of each loader by the name that a logger uses.
        returned: What the hook at the end of an evaluation returned, for these results alone.
        ledger: Where values are added up.
        sink: Who takes values to the loggers, where there are any.
        takes_numbers: Scalars on a CPU are kept as Python numbers: cheaper than cloning a tensor.
        needs_size: ``training_step`` reads its batches itself, so that ``self.log`` requires ``batch_size=``.
        share: Reduces entries over processes, where there are several: those at a step, or over the epoch.
    """

    takes_numbers = True

    def __init__(self) -> None:
        self.hook: str | None = None
        self.results: list[dict[str, Tensor]] = []
        self.returned: dict[str, Any] = {}
        self.ledger = Ledger()
        self.sink: Sink | None = None
        self.needs_size = False
        self.share: Callable[[list[Entry], bool], None] | None = None
        self._collections: dict[str, Collection] = {"train": {}, "eval": {}}
        self._now = Pass("train", self._collections["train"])
        self._in_batch: dict[str, str] = {"train": "", "eval": ""}
        self._last_hook: str | None = None
        self.is_behind = False  # True once a batch has begun since the last validation
        self._to_share: list[Entry] = []
        self.forget()

    # writing

    def log(self, module: Any, name: str, value: Any, batch_size: int | None, asked: Asked) -> None:
        """Record a value under the hook that is running.

        Args:
            module: Whose ``self.log`` it is.
            name: Its name.
            value: A number, a tensor or a torchmetrics object.
            batch_size: Its weight in a mean; None for the size of the batch.
            asked: The other arguments.

        Raises:
            LogError: The hook, the level or the reduction does not allow it, or the same name was
                logged in the same hook with other arguments.
            ValueError: It is nothing that can be logged.
        """
        hook, now = self.hook, self._now
        entry = now.entries.get((hook, name, now.loader if asked[_ADD_LOADER] else None))
        if entry is None or entry.asked != asked:  # the checks run once a name, not once a step
            self._check_size(name, batch_size)
            entry = self._entry(module, name, value, asked)
        if hook != self._last_hook:  # before anything is put into the entry, which this may clear
            self._enter(hook)
        entry.seen, entry.reduced = True, None
        kind, dtype = type(value), None
        if kind is Tensor and not value.ndim and value.dtype in _FULL_PRECISION:
            if value.is_cpu and self.takes_numbers and not isinstance(batch_size, Tensor):
                scalar, dtype = value.tolist(), value.dtype  # its type rounds the sum as tensors would
            else:  # a copy, since the step may change the tensor in place; on a card nobody waits for it
                scalar = value.detach().clone() if value.requires_grad else value.clone()
        elif kind is float or kind is int:
            scalar = value
        elif value is entry.metric or is_metric(value):  # a metric adds up by itself
            entry.take_metric(module, value)
            return
        else:
            scalar = as_scalar(value, name, entry.device)
        if entry.on_step:
            entry.latest, entry.kind = scalar, dtype
        if entry.on_epoch:
            weight: Any = 1
            if entry.weighed:
                weight = batch_size if batch_size is not None else now.size or self._measure()
            if dtype is None:
                self.ledger.add(entry, scalar, weight, entry.device)
            else:
                self.ledger.add_number(entry, scalar, weight, dtype, CPU)
        if entry.shared:
            self._to_share.append(entry)

    def forget_last(self, hook: str, names: set[str]) -> None:
        """Leave values of the last batch that a hook logged out of those of a step, until they are logged again."""
        for entry in self._now.entries.values():
            if entry.kept.hook == hook and entry.kept.name in names:
                entry.latest = None

    def _entry(self, module: Any, name: str, value: Any, asked: Asked) -> Entry:
        """The entry of a name that is new here, or whose arguments are spelled otherwise than before."""
        metric = asked[_METRIC]
        if is_metric(value):
            metric = place_of_metric(module, name, value, metric)
        terms = resolved(self.hook, name, self._now.loader, metric, asked)
        if metric is None:
            as_scalar(value, name, torch.device("cpu"))  # refused before anything is kept of it
        if asked[_LOGGER] and self.sink is None:
            lacking = f"self.log({name!r}, logger=True): the trainer has no logger; Trainer(logger=True) gives it one"
            rank_zero_warn(lacking)
        entry = self._now.entries.get(terms.key)
        if entry is None:
            entry = self._now.entries[terms.key] = Entry(terms, asked, module.device)
            entry.shared = terms.sync and not terms.only_first and self.share is not None
        elif entry.kept != terms:
            raise LogError(
                f"self.log({name!r}, ...) was called twice in {terms.hook} with different arguments: "
                f"{entry.kept.apart(terms)}"
            )
        entry.asked = asked  # spelled otherwise, and meaning the same
        return entry

    def _enter(self, hook: str | None) -> None:
        """At the first value of a hook in an epoch, forget those of the epoch before, which could be read until now."""
        self._last_hook = hook
        if self._in_batch[self._now.phase] != "later":
            self.ledger.flush()  # what waits belongs to the entries as they are
            for entry in self._now.entries.values():
                # a metric is reset by itself; behind a suffix another loader of this pass may still add up
                if entry.kept.hook == hook and entry.metric is None and not entry.kept.suffix:
                    entry.clear()

    def _check_size(self, name: str, batch_size: int | None) -> None:
        if self.needs_size and self._now.phase == "train" and batch_size is None:
            raise MisconfigurationException(
                f"self.log({name!r}, ...): training_step reads its batches from dataloader_iter, so their size is not "
                "known; pass batch_size="
            )

    def _measure(self) -> int:
        self._check_size("...", None)
        if self._now.batch is None:  # outside of batches each value weighs as much as the next
            return 1
        if self._now.size is None:
            self._now.size = checked_size_of(self._now.batch)
        return self._now.size

    # where the run is

    phase = property(attrgetter("_now.phase"), doc='``"train"`` or ``"eval"``: which collection is written and read.')

    def through(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        """``method``, with its name known to :meth:`log` while it runs; what it logged is added up after it."""

        @wraps(method)
        def run(*args: Any, **kwargs: Any) -> Any:
            outer, self.hook = self.hook, name  # a hook may call another one: manual_backward in training_step
            try:
                return method(*args, **kwargs)
            finally:
                self.hook = outer
                # added up hook by hook, so that entries which are logged together stay one vector
                if self.ledger.waiting:
                    self.ledger.flush()
                if self._to_share:
                    self._share_now()

        run.__self__ = getattr(method, "__self__", None)  # type: ignore[attr-defined]  # the player, for reports
        return run

    def _share_now(self) -> None:
        """Reduce over processes what a hook logged: all processes are in it."""
        # each once, in the order of logging: processes have to take part in the same order
        due, self._to_share = list(dict.fromkeys(self._to_share)), []
        on_step = bool(self._in_batch[self._now.phase])
        due = [entry for entry in due if (entry.on_step if on_step else entry.on_epoch)]
        if self.share is not None and due:
            self.share(due, on_step)

    def over(self, batches: Iterable[Any]) -> Iterator[Any]:
        """The batches, each announced before it is used and let go of afterwards."""
        for batch in batches:
            self.batch_starts(batch)
            yield batch
            self.batch_ends()

    def batch_starts(self, batch: Any, loader: int | None = None) -> None:
        """A batch is about to be used.

        Args:
            batch: The batch.
            loader: Index of the loader it comes from, where there are several.
        """
        now = self._now
        now.batch, now.size, now.loader = batch, None, loader  # its size is asked for only if a mean needs it
        self._in_batch[now.phase] = "later" if self._in_batch[now.phase] else "first"
        self.is_behind = True

    def batch_ends(self) -> None:
        """A batch was used; loggers take what is due."""
        if self.sink is not None:
            self.sink.batch_ends(self)
        self._now.batch = self._now.size = None

    def loader_ends(self) -> None:
        """The batches of a loader are done, and there may be more of another one."""
        if self._in_batch[self._now.phase] and self.is_behind:
            self.refresh()  # while still in a batch: the values of the last step, before those of the epoch
        self._in_batch[self._now.phase] = ""
        if self.share is not None:  # all processes are here, also those that logged nothing
            self.share(self._unshared(), False)
        if self._now.outputs is not None:
            self._now.outputs.append(self.refresh().for_loggers(on_step=False))
        if self._now.loader is not None:
            for entry in self._now.entries.values():  # a name of another loader is looked at anew
                entry.asked = entry.asked if entry.kept.add_loader else ()

    def epoch_ends(self) -> None:
        """The batches of an epoch are done; what is read from now on is reduced over it."""
        if not self._now.has_ended:
            self.loader_ends()
            self._now.has_ended = self._now.phase == "eval"
        self._now.loader = self._now.batch = self._now.size = None

    def evaluated(self) -> None:
        """The hooks at the end of an evaluation have run: what it comes to is known, and told to the loggers."""
        self.refresh()
        outputs, self._now.outputs = self._now.outputs, None
        if outputs is None:
            return
        at_end = self.for_loggers(on_step=False)  # logged behind all loaders, it counts among the values of each
        self._now.together = dict(ChainMap(*outputs)) | at_end
        self.results = [values | at_end | self.returned for values in outputs]
        self.returned = {}
        if self.sink is not None:
            self.sink.evaluated(self._now.together)

    def take(self) -> dict[str, Tensor]:
        """End an epoch: its reduced values by the name that a logger would use; then begin anew."""
        self.epoch_ends()
        if self._now.phase == "eval":
            self.evaluated()
            values, self._now.together = self._now.together, {}
        else:
            values = self.refresh().for_loggers(on_step=False)
            if self.sink is not None:
                self.sink.epoch_ends(values)
        self._clear()
        return values

    @contextmanager
    def validation(self, is_check: bool = False) -> Iterator[None]:
        """Write and read the collection of evaluation; what is under way is kept for afterwards.

        Args:
            is_check: It is the check before training, of which nothing comes but what can be read meanwhile.
        """
        if self._in_batch["train"]:
            self.refresh()  # callbacks of the validation may read what the batch before it logged
        outer = self._now
        within = self._collections["eval"]
        if outer.phase == "eval":  # a validation inside a validation, of an average for instance
            self._collections["eval"] = {}
        self._now = Pass("eval", self._collections["eval"], outputs=None if is_check else [])
        self._in_batch["eval"] = self._in_batch[outer.phase]  # until its first batch, where Lightning is too
        try:
            yield
        finally:
            self._clear()  # before the outer pass is back: these are the entries of this one
            self._collections["eval"] = within
            self.is_behind = False  # a name that both log keeps the value of the validation
            self._now = outer

    def _clear(self, with_metrics: bool = True) -> None:
        self.ledger.flush()
        for entry in self._now.entries.values():
            if entry.metric is not None and entry.seen and with_metrics:
                entry.metric.reset()
            entry.clear()
        self._in_batch[self._now.phase] = ""
        self._last_hook = None

    def run_ends(self) -> None:
        """A run is over: what it logged can be read on, and what was under way is let go of."""
        self.refresh()
        for phase in ("eval", "train"):  # training last, which stays the collection that is written
            self._now = Pass(phase, self._collections[phase])
            self._clear(with_metrics=False)  # a user may read a metric's state after the run

    def forget(self) -> None:
        """Forget everything that was recorded."""
        self.callback: dict[str, Tensor] = {}
        self.logger: dict[str, Tensor] = {}
        self.bar: dict[str, Tensor] = {}
        if any(self._collections.values()):  # a ledger is written through entries alone
            self.ledger = Ledger()
        for entries in self._collections.values():
            for entry in entries.values():
                if entry.metric is not None and entry.seen:  # a run broke off
                    entry.metric.reset()
            entries.clear()
        self._in_batch = {"train": "", "eval": ""}
        self._last_hook = None

    # a training state

    def state_dict(self) -> dict[str, Any]:
        """Values that are not yet reduced to that of an epoch, and those that callbacks can read."""
        self.ledger.flush()
        return {
            "entries": {
                phase: [one.state_dict() for one in self._collections[phase].values()] for phase in PASS_PHASES
            },
            "read": {name: dict(getattr(self, name)) for name in READ},
            "in_batch": dict(self._in_batch),
        }

    def load_state_dict(self, state: dict[str, Any], module: Any) -> None:
        """Go on from what :meth:`state_dict` gave.

        Args:
            state: What it gave.
            module: Whose metrics were logged.
        """
        for phase, entries in state["entries"].items():
            again = [Entry.again(one, module, ()) for one in entries]
            self._collections[phase].clear()
            self._collections[phase].update((one.kept.key, one) for one in again)
        for name, values in state["read"].items():
            setattr(self, name, {key: value.to(module.device) for key, value in values.items()})
        self._in_batch = dict(state["in_batch"])

    # reading

    def refresh(self, so_far: bool = False) -> Logged:
        """Bring the three dictionaries up to date, ``so_far`` to the epoch until now; others keep their values."""
        on_step = bool(self._in_batch[self._now.phase]) and not so_far
        for entry, value in self._at(on_step):
            forked, plain = entry.kept.forked(on_step), entry.kept.plain()
            if entry.kept.logger:
                self.logger[forked] = value
            if self._now.phase == "train" or not on_step:  # a step of a validation is for loggers and bars alone
                self.callback[plain] = value
                self.callback[forked] = value
            if entry.kept.prog_bar:
                self.bar[forked] = value
        return self

    def for_loggers(self, on_step: bool) -> dict[str, Tensor]:
        """The values at a level, by the name that a logger uses."""
        return {entry.kept.forked(on_step): value for entry, value in self._at(on_step) if entry.kept.logger}

    def _at(self, on_step: bool) -> list[tuple[Entry, Tensor]]:
        self.ledger.flush()
        here = [
            entry
            for entry in self._now.entries.values()
            if entry.seen and (entry.on_step if on_step else entry.on_epoch) and entry.kept.loader == self._now.loader
        ]
        if not on_step and self.share is not None and (due := self._unshared()):
            self.share(due, False)
        values = ((entry, entry.value(on_step)) for entry in here)
        return [(entry, value) for entry, value in values if value is not None]

    def _unshared(self) -> list[Entry]:
        """Entries that are to be reduced over processes and were not, since they were logged last."""
        self.ledger.flush()
        return [
            entry
            for entry in self._now.entries.values()
            if entry.shared and entry.on_epoch and entry.seen and entry.reduced is None and entry.metric is None
        ]


class Silent(Logged):
    """A store that keeps nothing, for ``barebones=True``."""

    def log(self, *args: Any, **kwargs: Any) -> None:
        """Drop a value, and say so once."""
        if not self._has_warned:
            rank_zero_warn("self.log: Trainer(barebones=True) keeps nothing that is logged")
        self._has_warned = True

    _has_warned = False
