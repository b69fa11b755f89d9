"""What ``self.log`` recorded: kept on the device, reduced over the epoch, read when somebody asks.

Training and validation have a collection each, with one entry a hook and name. The three
dictionaries that callbacks read are brought up to date when they are read and when an epoch ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any

import torch
from torch import Tensor

from groundwire_lightning.log_rules import LogError, levels
from groundwire_lightning.outputs import as_scalar, checked_size_of

_REDUCTIONS: dict[Any, str] = {
    "avg": "mean",
    **{name: name for name in ("mean", "sum", "min", "max")},
    **{getattr(torch, name): name for name in ("mean", "sum", "min", "max")},
    **{function: function.__name__ for function in (sum, min, max)},
}
_EMPTY = {"mean": 0.0, "sum": 0.0, "min": float("inf"), "max": float("-inf")}


@dataclass(frozen=True, slots=True)
class Kept:
    """How a value is kept: the arguments of its first ``self.log``, which the later ones have to repeat."""

    hook: str
    name: str
    prog_bar: bool
    logger: bool
    on_step: bool
    on_epoch: bool
    reduce: str

    def forked(self, on_step: bool) -> str:
        """The name under which it appears: with a suffix where both levels are kept."""
        if self.on_step and self.on_epoch:
            return f"{self.name}_{'step' if on_step else 'epoch'}"
        return self.name


class Entry:
    """A named value of one hook, over the batches of an epoch."""

    __slots__ = ("_reduced", "kept", "latest", "running", "seen", "weight")

    def __init__(self, kept: Kept) -> None:
        self.kept = kept
        self.clear()

    def clear(self) -> None:
        """Forget the epoch."""
        self.seen = False
        self.latest: Tensor | None = None
        self.running: Tensor | None = None
        self.weight = 0
        self._reduced: Tensor | None = None

    def add(self, value: Tensor, weight: int) -> None:
        """Take the value of one more batch."""
        self.seen, self._reduced = True, None
        if self.kept.on_step:
            self.latest = value.clone()
        if not self.kept.on_epoch:
            return
        # added one after the other from zero: the rounding is then Lightning's
        before = torch.full((), _EMPTY[self.kept.reduce], dtype=_least(), device=value.device)
        before = before if self.running is None else self.running
        if self.kept.reduce == "mean":
            self.running = before + value * weight
            self.weight += weight
        elif self.kept.reduce == "sum":
            self.running = before + value
        else:
            self.running = (torch.minimum if self.kept.reduce == "min" else torch.maximum)(before, value)

    def value(self, on_step: bool) -> Tensor | None:
        """The value at a level, or None where it is not kept there."""
        if on_step:
            return self.latest
        if self._reduced is None and self.running is not None:
            mean = self.kept.reduce == "mean"
            # divided by a tensor, for CUDA multiplies by the inverse of a plain number
            self._reduced = (
                self.running / torch.tensor(self.weight, device=self.running.device) if mean else self.running
            )
        return self._reduced


class Logged:
    """The values of a run, and where in it they were logged.

    Attributes:
        hook: The module's or callback's method that is running.
        phase: ``"train"`` or ``"eval"``: which collection is written and read.
        batch: The batch in use, whose size weighs a mean.
        callback: Values that callbacks may monitor.
        logger: Values that a logger would write.
        bar: Values that a progress bar shows.
    """

    def __init__(self) -> None:
        self.hook: str | None = None
        self.phase = "train"
        self.batch: Any = None
        self.loader: int | None = None
        self._size: int | None = None
        self._collections: dict[str, dict[tuple[str, str], Entry]] = {"train": {}, "eval": {}}
        self._in_batch: dict[str, str] = {"train": "", "eval": ""}
        self._last_hook: str | None = None
        self._is_behind = False
        self.forget()

    # writing

    def log(
        self,
        name: str,
        value: Any,
        *,
        device: torch.device,
        prog_bar: bool,
        logger: bool,
        on_step: bool | None,
        on_epoch: bool | None,
        reduce: Any,
        batch_size: int | None,
    ) -> None:
        """Record a value under the hook that is running.

        Raises:
            LogError: The hook, the level or the reduction does not allow it, or the same name was
                logged in the same hook with other arguments.
        """
        on_step, on_epoch = levels(self.hook, name, on_step, on_epoch)
        kept = Kept(str(self.hook), name, prog_bar, logger, on_step, on_epoch, _reduction(name, reduce))
        scalar = as_scalar(value, name, device)
        self._begin(kept.hook)
        entries = self._collections[self.phase]
        entry = entries.setdefault((kept.hook, name), Entry(kept))
        if entry.kept != kept:
            raise LogError(f"self.log({name!r}, ...) was called twice in {kept.hook} with different arguments: {kept}")
        weighed = on_epoch and kept.reduce == "mean"
        entry.add(scalar, self._weight(batch_size) if weighed else 1)
        self._last_hook = kept.hook

    def _begin(self, hook: str) -> None:
        """At the first value of a hook in a new epoch, forget those of the epoch before."""
        if self._last_hook != hook and self._in_batch[self.phase] != "later":
            for entry in self._collections[self.phase].values():
                if entry.kept.hook == hook:
                    entry.clear()

    def _weight(self, batch_size: int | None) -> int:
        if batch_size is not None:
            return batch_size
        if self.batch is None:
            return 1
        if self._size is None:
            self._size = checked_size_of(self.batch)
        return self._size

    # where the run is

    def through(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        """``method``, with its name known to :meth:`log` while it runs."""

        @wraps(method)
        def run(*args: Any, **kwargs: Any) -> Any:
            outer, self.hook = self.hook, name
            try:
                return method(*args, **kwargs)
            finally:
                self.hook = outer

        run.__self__ = getattr(method, "__self__", None)  # type: ignore[attr-defined]  # whose method it is, for reports
        return run

    def over(self, batches: Iterable[Any]) -> Iterator[Any]:
        """The batches, each announced before it is used and let go of afterwards."""
        for batch in batches:
            self.batch_starts(batch)
            yield batch
            self.batch_ends()

    def batch_starts(self, batch: Any, loader: int | None = None) -> None:
        """A batch is about to be used; ``loader`` is the index of its loader where there are several."""
        self.loader = loader
        self._in_batch[self.phase] = "later" if self._in_batch[self.phase] else "first"
        self.batch, self._size, self._is_behind = batch, None, True

    def batch_ends(self) -> None:
        """A batch was used."""
        self.batch, self._size = None, None

    def epoch_ends(self) -> None:
        """The batches of an epoch are done; what is read from now on is reduced over it."""
        if self._in_batch[self.phase] and self._is_behind:
            self.refresh()
        self._in_batch[self.phase] = ""
        self.batch_ends()

    def take(self) -> dict[str, Tensor]:
        """End an epoch: its reduced values by the name that a logger would use; then begin anew."""
        self.epoch_ends()
        self.refresh()
        values = self._at(on_step=False)
        self._clear()
        return {entry.kept.forked(on_step=False): value for entry, value in values if entry.kept.logger}

    @contextmanager
    def validation(self) -> Iterator[None]:
        """Write and read the collection of validation; what is under way is kept for afterwards."""
        if self._in_batch["train"]:
            self.refresh()
        outer = self.phase, self.batch, self._size
        within = self._collections["eval"]
        if self.phase == "eval":  # a validation inside a validation, of an average for instance
            self._collections["eval"] = {}
        self.phase, self.batch, self._size = "eval", None, None
        self._in_batch["eval"] = self._in_batch[outer[0]]  # until its first batch, where Lightning is too
        try:
            yield
        finally:
            self._clear()
            self._collections["eval"] = within
            self._is_behind = False  # a name that both log keeps the value of the validation
            self.phase, self.batch, self._size = outer

    def _clear(self) -> None:
        for entry in self._collections[self.phase].values():
            entry.clear()
        self._in_batch[self.phase] = ""
        self._last_hook = None

    def run_ends(self) -> None:
        """A run is over: what it logged can be read on, and what was under way is let go of."""
        self.refresh()
        for self.phase in ("eval", "train"):
            self._clear()
        self.batch_ends()

    def forget(self) -> None:
        """Forget everything that was recorded."""
        self.callback: dict[str, Tensor] = {}
        self.logger: dict[str, Tensor] = {}
        self.bar: dict[str, Tensor] = {}
        for entries in self._collections.values():
            entries.clear()
        self._in_batch = {"train": "", "eval": ""}
        self._last_hook = None

    # reading

    def refresh(self) -> Logged:
        """Bring the three dictionaries up to date; names that were not logged since keep their values."""
        on_step = bool(self._in_batch[self.phase])
        for entry, value in self._at(on_step):
            forked = entry.kept.forked(on_step)
            if entry.kept.logger:
                self.logger[forked] = value
            if self.phase == "train" or not on_step:
                self.callback[entry.kept.name] = value
                self.callback[forked] = value
            if entry.kept.prog_bar:
                self.bar[forked] = value
        return self

    def _at(self, on_step: bool) -> list[tuple[Entry, Tensor]]:
        found = []
        for entry in self._collections[self.phase].values():
            kept_here = entry.kept.on_step if on_step else entry.kept.on_epoch
            value = entry.value(on_step) if entry.seen and kept_here else None
            if value is not None:
                found.append((entry, value))
        return found


def _reduction(name: str, reduce: Any) -> str:
    key = reduce.lower() if isinstance(reduce, str) else reduce
    try:
        return _REDUCTIONS[key]
    except (KeyError, TypeError):
        raise LogError(
            f"self.log({name!r}, reduce_fx={reduce!r}): 'mean', 'sum', 'min' or 'max' is due; reduce anything else "
            "yourself and log it in on_train_epoch_end or on_validation_epoch_end"
        ) from None


def _least() -> torch.dtype:
    default = torch.get_default_dtype()
    return default if default in (torch.float32, torch.float64) else torch.float32
