"""The arguments of a metric: looked up in the batch or in the outputs of the model, or returned by a function."""

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
    """An argument of ``update`` and its source.

    Attributes:
        argument: The name of the argument.
        source: Its source, as it was passed.
        path: The keys of a source that is a path, from the outside in; empty for a function.
    """

    argument: str
    source: Source
    path: tuple[str, ...] = ()

    @classmethod
    def of(cls, argument: str, source: Any) -> Input:
        """Parse ``argument=source``.

        Raises:
            TypeError: ``source`` is neither a path, a position nor a function.
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
            LookupError: The argument is not there; the message names what is.
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
    """Looks up an argument in each batch, on the way that led to it in the first batch while types stay the same.

    Args:
        wanted: The argument that is looked up.
    """

    def __init__(self, wanted: Input) -> None:
        self._wanted = wanted
        self._names_batch = wanted.path[:1] == ("batch",)
        self._keys = wanted.path[1:] if wanted.path[:1] in (("batch",), ("batch_output",)) else wanted.path
        self._way: list[tuple[type, Callable[[Any], Any]]] | None = None

    def __call__(self, batch: Any, batch_output: Any) -> Any:
        """The argument for a batch.

        Raises:
            LookupError: The argument is not there; the message names what is.
        """
        if self._way is None:
            return self._look_up(batch, batch_output)
        value = batch if self._names_batch else batch_output
        try:
            for kind, part in self._way:
                if type(value) is not kind:
                    return self._look_up(batch, batch_output)
                value = part(value)
        except (LookupError, AttributeError):
            return self._look_up(batch, batch_output)
        return value

    def _look_up(self, batch: Any, batch_output: Any) -> Any:
        """Look up the argument from the start, and store the way to it: a type and a getter for each key."""
        argument = self._wanted(batch, batch_output)
        value = batch if self._names_batch else batch_output
        way: list[tuple[type, Callable[[Any], Any]]] = []
        for key in self._keys:
            if not _has(value, key) or hasattr(type(value), "__missing__"):
                return argument  # from the second root, or made up by a default mapping: no way to repeat
            way.append((type(value), _getter(value, key)))
            value = _part(value, key)
        self._way = way if self._wanted.path else None
        return argument


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
    """Detach every tensor from its graph, which a metric that stores its input would keep alive."""
    if isinstance(value, torch.Tensor):
        return value.detach() if value.requires_grad else value
    if type(value) in (list, tuple):
        return type(value)(map(detached, value))
    if type(value) is dict:
        return {key: detached(item) for key, item in value.items()}
    return value
