"""Several loaders read as one: a batch of each at a time, or one loader after the other."""

from __future__ import annotations

import math
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

from torch.utils.data.dataloader import _MultiProcessingDataLoaderIter

Triple = tuple[Any, int, int]
Limits = Sequence[float] | None
Mode = Callable[[list[Any], Limits], Iterator[Triple]]


def is_combined(loader: object) -> bool:
    """True for a :class:`CombinedLoader`, ours or Lightning's."""
    return isinstance(loader, CombinedLoader) or type(loader).__name__ == "CombinedLoader"


def is_several(loader: object) -> bool:
    """True for a collection of loaders; False for a loader, and for a list of numbers, which is read like a loader."""
    parts = list(loader.values()) if isinstance(loader, dict) else loader
    return isinstance(parts, (list, tuple)) and not all(isinstance(part, (int, float, str)) for part in parts)


def as_combined_loader(loaders: Any, mode: str) -> Any:
    """A collection of loaders as a :class:`CombinedLoader`; anything else as it is."""
    return CombinedLoader(loaders, mode) if is_several(loaders) else loaders


def parts_of(loader: Any) -> list[Any]:
    """The loaders that a loader is made of: itself, or those that are combined."""
    return list(loader.flattened) if is_combined(loader) else [loader]


def with_changed_parts(loader: Any, change: Callable[[Any], Any]) -> Any:
    """A loader, or each of those that are combined, as ``change`` returns it; the same object where none changes."""
    parts = parts_of(loader)
    replacements = [change(part) for part in parts]
    if all(new is old for new, old in zip(replacements, parts, strict=True)):
        return loader
    if not is_combined(loader):
        return replacements[0]
    loader.flattened = replacements
    return loader


def loader_as_given(loader: Any) -> Any:
    """A loader as the user passed it: itself, or the collection that was combined."""
    return loader.iterables if is_combined(loader) else loader


class CombinedLoader:
    """Reads several loaders as one, with Lightning's interface.

    Iterated over it gives a batch, its index, and the index of the loader. In mode ``"sequential"`` a batch is one
    of a loader's; in the others it is a collection like that of the loaders, with a batch of each.

    Args:
        iterables: A loader, or lists, tuples and dictionaries of loaders, however nested.
        mode: ``"min_size"`` ends with the shortest, ``"max_size_cycle"`` with the longest, beginning the others
            anew, ``"max_size"`` with the longest, giving None for the others; ``"sequential"`` reads one by one.

    Raises:
        ValueError: There is no such mode.
    """

    def __init__(self, iterables: Any, mode: str = "min_size") -> None:
        if mode not in _MODES:
            raise ValueError(f"CombinedLoader(mode={mode!r}): one of {', '.join(map(repr, _MODES))} is due")
        self._iterables = iterables
        self._flattened = _leaves(iterables)
        self._mode = mode
        self._limits: list[float] | None = None
        self._iterator: Iterator[Triple] | None = None

    @property
    def iterables(self) -> Any:
        """The collection of loaders."""
        return self._iterables

    @property
    def sampler(self) -> Any:
        """The sampler of each loader, in a collection like that of the loaders."""
        return self._like([getattr(loader, "sampler", None) for loader in self.flattened])

    @property
    def batch_sampler(self) -> Any:
        """The batch sampler of each loader, in a collection like that of the loaders."""
        return self._like([getattr(loader, "batch_sampler", None) for loader in self.flattened])

    @property
    def flattened(self) -> list[Any]:
        """The loaders one after the other; may be set to as many others."""
        return self._flattened

    @flattened.setter
    def flattened(self, flattened: list[Any]) -> None:
        if len(flattened) != len(self._flattened):
            raise ValueError(f"flattened: {len(self._flattened)} loaders are due, got {len(flattened)}")
        self._iterables, self._flattened = self._like(flattened), flattened

    @property
    def limits(self) -> list[float] | None:
        """The most batches of each loader that are used; one number may be set for all."""
        return self._limits

    @limits.setter
    def limits(self, limits: float | list[float] | None) -> None:
        if isinstance(limits, (int, float)):
            limits = [limits] * len(self.flattened)
        elif isinstance(limits, list) and len(limits) != len(self.flattened):
            raise ValueError(f"limits: one for each of {len(self.flattened)} loaders is due, got {len(limits)}")
        self._limits = limits

    def __iter__(self) -> CombinedLoader:
        self._iterator = _MODES[self._mode](self.flattened, self._limits)
        return self

    def __next__(self) -> Triple:
        assert self._iterator is not None
        batch, number, loader = next(self._iterator)
        return (batch if self._mode == "sequential" else self._like(batch)), number, loader

    def __len__(self) -> int:
        """Batches of the pass under way.

        Raises:
            RuntimeError: No pass has begun; ``iter()`` begins one.
        """
        if self._iterator is None:
            raise RuntimeError("a CombinedLoader has a length once it is iterated over: call iter(loader) before")
        return length_under(self._mode, self.flattened, self._limits)  # type: ignore[return-value]  # len() refuses inf

    def reset(self) -> None:
        """End the pass under way, and the workers that read for it."""
        self._iterator = None
        for loader in self.flattened:
            if hasattr(loader, "_iterator"):
                if isinstance(loader._iterator, _MultiProcessingDataLoaderIter):
                    loader._iterator._shutdown_workers()
                loader._iterator = None

    def _dataset_length(self) -> int:
        """Samples of the datasets together, of those that have a length.

        Raises:
            NotImplementedError: None of them has one.
        """
        lengths = [length_of(getattr(loader, "dataset", None)) for loader in self.flattened]
        known = [int(length) for length in lengths if not math.isinf(length)]
        if not known:
            raise NotImplementedError("none of the datasets has a length")
        return min(known) if self._mode == "min_size" else sum(known) if self._mode == "sequential" else max(known)

    def _state_dicts(self) -> list[dict[str, Any]]:
        """The state of each loader that has one."""
        return [loader.state_dict() for loader in self.flattened if has_state(loader)]

    def _load_state_dicts(self, states: list[dict[str, Any]]) -> None:
        """Give the loaders that have a state what :meth:`_state_dicts` gave."""
        stateful = [loader for loader in self.flattened if has_state(loader)]
        if states and len(stateful) != len(states):
            raise RuntimeError(f"{len(states)} states of loaders were saved, and {len(stateful)} loaders have one")
        for loader, state in zip(stateful, states, strict=False):
            loader.load_state_dict(state)

    def _like(self, parts: Sequence[Any]) -> Any:
        return _rebuilt(self._iterables, iter(parts))

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_iterator": None}  # an iterator under way cannot be pickled


def length_of(loader: Any) -> float:
    """Batches of a pass over a loader; infinite where it has no length."""
    try:
        return len(loader)
    except (TypeError, NotImplementedError):
        return math.inf


def length_under(mode: str, loaders: Sequence[Any], limits: Limits) -> float:
    """Batches of a pass over combined loaders; infinite where they have no length.

    Args:
        mode: A mode of :class:`CombinedLoader`.
        loaders: The loaders.
        limits: The most batches of each that are used; None for no limit.
    """
    lengths = [length_of(loader) for loader in loaders]
    if mode == "min_size":
        return min([*lengths, *(limits or ())])
    used = lengths if limits is None else [min(*pair) for pair in zip(lengths, limits, strict=True)]
    return sum(used) if mode == "sequential" else max(used)


def has_state(loader: Any) -> bool:
    """True for a loader that saves its position, and can be put back there."""
    return all(callable(getattr(loader, method, None)) for method in ("state_dict", "load_state_dict"))


# collections


def _leaves(tree: Any) -> list[Any]:
    if not is_several(tree):
        return [tree]
    return [leaf for part in (tree.values() if isinstance(tree, dict) else tree) for leaf in _leaves(part)]


def _rebuilt(tree: Any, leaves: Iterator[Any]) -> Any:
    """A collection like ``tree`` with other leaves."""
    if not is_several(tree):
        return next(leaves)
    if isinstance(tree, dict):
        entries = {name: _rebuilt(part, leaves) for name, part in tree.items()}
        if isinstance(tree, defaultdict):
            return defaultdict(tree.default_factory, entries)
        return OrderedDict(entries) if isinstance(tree, OrderedDict) else entries
    parts = [_rebuilt(part, leaves) for part in tree]
    if isinstance(tree, tuple):
        return type(tree)(*parts) if hasattr(tree, "_fields") else tuple(parts)
    return parts


# Modes. Each makes its iterators at once, which draws random numbers where Lightning does; batches are read on demand.


def _next(iterator: Iterator[Any]) -> list[Any]:
    """The next item in a list, which is empty where there is none."""
    return list(islice(iterator, 1))


def _together(step: Callable[[list[Any], list[Iterator[Any]], list[bool]], list[Any] | None]) -> Mode:
    """A mode in which a batch holds one of each loader; ``step`` reads it, and returns None at the end."""

    def begin(loaders: list[Any], limits: Limits) -> Iterator[Triple]:
        iterators, used_up = [iter(loader) for loader in loaders], [False] * len(loaders)
        read = iter(lambda: step(loaders, iterators, used_up), None)
        return ((batch, number, 0) for number, batch in enumerate(read))

    return begin


def _shortest(loaders: list[Any], iterators: list[Iterator[Any]], used_up: list[bool]) -> list[Any] | None:
    batch: list[Any] = []
    for iterator in iterators:
        part = _next(iterator)
        if not part:  # those before it have read one batch too many, as in Lightning
            return None
        batch += part
    return batch


def _longest(loaders: list[Any], iterators: list[Iterator[Any]], used_up: list[bool]) -> list[Any] | None:
    parts = [_next(iterator) for iterator in iterators]
    return [part[0] if part else None for part in parts] if any(parts) else None


def _cycled(loaders: list[Any], iterators: list[Iterator[Any]], used_up: list[bool]) -> list[Any] | None:
    batch: list[Any] = []
    for place, loader in enumerate(loaders):
        part = _next(iterators[place])
        if not part:
            used_up[place] = True
            if all(used_up):
                return None
            iterators[place] = iter(loader)
            part = _next(iterators[place])
        if not part:  # an empty loader
            return None
        batch += part
    return batch


def _sequential(loaders: list[Any], limits: Limits) -> Iterator[Triple]:
    first = iter(loaders[0]) if loaders else iter(())

    def batches() -> Iterator[Triple]:
        for index, loader in enumerate(loaders):
            most = math.inf if limits is None else limits[index]
            iterator, number = first if index == 0 else iter(loader), 0
            while number < most and (batch := _next(iterator)):
                yield batch[0], number, index
                number += 1

    return batches()


_MODES: dict[str, Mode] = {
    "min_size": _together(_shortest),
    "max_size_cycle": _together(_cycled),
    "max_size": _together(_longest),
    "sequential": _sequential,
}
