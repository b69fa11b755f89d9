"""Where the arguments of a metric are found: in the batch, in what the model made of it, or by a function."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

Source = str | int | Callable[[Any, Any], Any]
"""A path such as ``"batch.1"`` or ``"model_outputs.logits"``, a position in the batch, or a function."""


@dataclass(frozen=True, slots=True)
class Input:
    """Where an argument of ``update`` is found."""

    argument: str
    source: Source
    path: tuple[str, ...] = ()

    @classmethod
    def of(cls, argument: str, source: Any) -> Input:
        """What ``argument=source`` means.

        Raises:
            TypeError: It means nothing.
        """
        if isinstance(source, int) and not isinstance(source, bool):
            return cls(argument, source, ("batch", str(source)))
        if isinstance(source, str) and all(source.split(".")):
            return cls(argument, source, tuple(source.split(".")))
        if callable(source):
            return cls(argument, source)
        raise TypeError(
            f"{argument}={source!r}: a path such as 'batch.1' or 'model_outputs.logits', a position in the batch, or "
            "a function of (batch, batch_output) is due"
        )

    def __call__(self, batch: Any, batch_output: Any) -> Any:
        """The argument for a batch.

        Raises:
            LookupError: It is not there; says what is.
        """
        if not self.path:
            return self.source(batch, batch_output)  # type: ignore[operator]  # what has no path is a function
        roots = {"batch_output": batch_output, "batch": batch}
        first, *rest = self.path
        if first in roots:
            return self._walk(roots[first], first, rest)
        name = next((name for name, root in roots.items() if _has(root, first)), None)
        if name is None:
            places = " and ".join(f"{name} is {_described(root)}" for name, root in roots.items())
            raise LookupError(self._missing(first, places))
        return self._walk(roots[name], name, self.path)

    def _walk(self, value: Any, place: str, keys: Iterable[str]) -> Any:
        for key in keys:
            if not _has(value, key):
                raise LookupError(self._missing(key, f"{place} is {_described(value)}"))
            value, place = _part(value, key), f"{place}.{key}"
        return value

    def _missing(self, key: str, places: str) -> str:
        return (
            f"MetricsCallback({self.argument}={self.source!r}): {key!r} is not there; {places}. Give {self.argument}= "
            "the path to it, such as 'batch.1' or 'batch_output.model_outputs', or a function of (batch, batch_output)"
        )


def _has(value: Any, key: str) -> bool:
    if isinstance(value, torch.Tensor):
        return False  # a row of a tensor is a sample and never what is meant
    if isinstance(value, Mapping):
        return key in value
    if _is_position(key):
        return isinstance(value, Sequence) and -len(value) <= int(key) < len(value)
    return hasattr(value, key)


def _part(value: Any, key: str) -> Any:
    if isinstance(value, Mapping):
        return value[key]
    return value[int(key)] if _is_position(key) else getattr(value, key)


class Finder:
    """Finds an argument for batch after batch; goes the way that it found for the first while batches are made alike.

    Args:
        wanted: The argument.
    """

    def __init__(self, wanted: Input) -> None:
        self._wanted = wanted
        self._names_batch = wanted.path[:1] == ("batch",)
        self._keys = wanted.path[1:] if wanted.path[:1] in (("batch",), ("batch_output",)) else wanted.path
        self._way: list[tuple[type, Callable[[Any], Any]]] | None = None

    def __call__(self, batch: Any, batch_output: Any) -> Any:
        """The argument for a batch.

        Raises:
            LookupError: It is not there; says what is.
        """
        if self._way is None:
            return self._looked_for(batch, batch_output)
        value = batch if self._names_batch else batch_output
        try:
            for kind, part in self._way:
                if type(value) is not kind:
                    return self._looked_for(batch, batch_output)
                value = part(value)
        except (LookupError, AttributeError):
            return self._looked_for(batch, batch_output)
        return value

    def _looked_for(self, batch: Any, batch_output: Any) -> Any:
        found = self._wanted(batch, batch_output)
        value = batch if self._names_batch else batch_output
        way: list[tuple[type, Callable[[Any], Any]]] = []
        for key in self._keys:
            if not _has(value, key) or hasattr(type(value), "__missing__"):
                return found  # by a function's answer, in the second place that was looked at, or made up by a mapping
            way.append((type(value), _getter(value, key)))
            value = _part(value, key)
        self._way = way if self._wanted.path else None
        return found


def _getter(value: Any, key: str) -> Callable[[Any], Any]:
    if isinstance(value, Mapping):
        return operator.itemgetter(key)
    return operator.itemgetter(int(key)) if _is_position(key) else operator.attrgetter(key)


def _is_position(key: str) -> bool:
    return key.removeprefix("-").isdecimal()


def _described(value: Any) -> str:
    kind = type(value).__name__
    if isinstance(value, torch.Tensor):
        return f"one {kind} of shape {tuple(value.shape)}"
    if isinstance(value, Mapping):
        return f"a {kind} with the keys {', '.join(map(repr, value)) or 'none'}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"a {kind} of {len(value)}"
    names = ", ".join(repr(name) for name in getattr(value, "__dict__", {}) if not name.startswith("_"))
    return f"a {kind} with the attributes {names}" if names else f"a {kind}"


def detached(value: Any) -> Any:
    """Without the graph, which a metric that keeps its input would keep alive."""
    if isinstance(value, torch.Tensor):
        return value.detach() if value.requires_grad else value
    if type(value) in (list, tuple):
        return type(value)(map(detached, value))
    if type(value) is dict:
        return {key: detached(item) for key, item in value.items()}
    return value
