"""Checks of arguments: ``checked`` decorates a function with one check for each argument; the rest are the checks.

A check is a function of the name under which a message mentions the argument, and of its value; it returns the value
in the form in which it is used, or raises. Those that need to be told something, such as ``whole(1)``, return a check.
Numbers of NumPy and tensors of one number count as numbers, as they do in Lightning.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from functools import wraps
from inspect import Parameter, signature
from typing import Any, ParamSpec, TypeVar

import torch

from groundwire import checks, did_you_mean
from groundwire.errors import rank_zero_warn
from groundwire_lightning.errors import ArgumentError, MisconfigurationException

Check = Callable[[str, Any], Any]

P = ParamSpec("P")
T = TypeVar("T")


def checked(rest: Check | None = None, /, **rows: Check) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """A decorator that checks each argument of a function when it is called.

    Args:
        rest: The check of the arguments that ``rows`` leaves out.
        **rows: Name of an argument to its check.

    Raises:
        TypeError: When the function is decorated, if an argument has no check, or a check no argument.
    """

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        parameters = signature(function)
        variadic = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
        named = {name for name, parameter in parameters.parameters.items() if parameter.kind not in variadic}
        names = named - {"self", "cls"}
        by_name = {name: rest for name in names if rest is not None} | rows
        if names != by_name.keys():
            raise TypeError(f"{function.__qualname__}: {names ^ by_name.keys()} have no check, or are no arguments")
        owner = owner_of(function)

        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> T:
            bound = parameters.bind(*args, **kwargs)
            for name, value in bound.arguments.items():
                if name in by_name:
                    bound.arguments[name] = by_name[name](f"{owner}({name}=)", value)
            return function(*bound.args, **bound.kwargs)

        return call

    return decorate


def owner_of(function: Callable[..., Any]) -> str:
    """The name in messages: for a constructor that of its class, for any other function its own."""
    *_, cls, name = ["", *function.__qualname__.split(".")]
    return cls if name == "__init__" else name


# names of Lightning 1


def old_keywords(**names: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """A decorator of a method that takes arguments by earlier names too.

    Args:
        **names: An earlier name to today's.
    """

    def decorate(method: Callable[P, T]) -> Callable[P, T]:
        @wraps(method)
        def call(*args: P.args, **kwargs: P.kwargs) -> T:
            for old, new in names.items():
                if old in kwargs:
                    call_name = f"{type(args[0]).__qualname__}.{method.__name__}"
                    if new in kwargs:
                        raise TypeError(f"{call_name}({old}=, {new}=): two names of one argument; keep one of them")
                    tell_of_old(args[0], f"{call_name}({old}=)", f"{new}=")
                    kwargs[new] = kwargs.pop(old)
            return method(*args, **kwargs)

        call.old_keywords = names  # type: ignore[attr-defined]  # read by what lists them
        return call

    return decorate


_TOLD_OF_CLASSES: set[str] = set()


def tell_of_old(owner: Any, name: str, use: str) -> None:
    """Say once of an object or a class that a name is of Lightning 1.

    Args:
        owner: The object, or the class.
        name: The name, as it is to be written in the message.
        use: What it is called today, or what to do instead.
    """
    told = _TOLD_OF_CLASSES if isinstance(owner, type) else vars(owner).setdefault("_told_of_old", set())
    if name not in told:
        told.add(name)
        rank_zero_warn(f"{name} is of Lightning 1; today: {use}")


# single values


def anything(name: str, value: Any) -> Any:
    """Any value: it is checked where it is used."""
    return value


def plain_number(value: Any) -> Any:
    """A number of NumPy, or a tensor of one number, as a number of Python; anything else as it is."""
    return value.item() if getattr(value, "ndim", None) == 0 and hasattr(value, "item") else value


def flag(name: str, value: Any) -> bool | None:
    """True, False or None; a whole number is one of the two, as everywhere in Python."""
    number = plain_number(value)
    if number is None or isinstance(number, int):
        return None if number is None else bool(number)
    raise ArgumentError(f"{name}: True or False is due, got {value!r}")


def strict_flag(name: str, value: Any) -> bool:
    """True or False and nothing else, since torch takes nothing else."""
    if not isinstance(value, bool):
        raise ArgumentError(f"{name}: True or False is due, got {value!r}")
    return value


def whole(least: float = -math.inf) -> Check:
    """A whole number, of at least ``least``; ``2.0`` is one."""

    def check(name: str, value: Any) -> int:
        number = plain_number(value)
        is_whole = isinstance(number, int) or (isinstance(number, float) and number.is_integer())
        return _by_core(checks.whole, name, int(number) if is_whole else value, least)

    return check


def number(least: float = -math.inf, most: float = math.inf) -> Check:
    """A number from ``least`` to ``most``; whole ones stay whole."""

    def check(name: str, value: Any) -> float:
        plain = plain_number(value)
        plain = int(plain) if isinstance(plain, bool) else plain
        is_number = isinstance(plain, (int, float))
        as_float: float = _by_core(checks.number, name, plain if is_number else value, least, most)
        return plain if isinstance(plain, int) else as_float

    return check


def upwards(least: float = -math.inf) -> Check:
    """A number to count up to: it is rounded up, since 2.5 is reached at the third count."""

    def check(name: str, value: Any) -> float:
        limit: float = number(least)(name, value)
        return limit if math.isinf(limit) else math.ceil(limit)

    return check


def optional(check: Check) -> Check:
    """None, or a value that a check accepts."""
    return lambda name, value: None if value is None else check(name, value)


def unless_empty(check: Check, empty: Any = None) -> Check:
    """None, or a value that a check accepts; False, 0 and anything else that is false become ``empty``."""

    def checked_unless_empty(name: str, value: Any) -> Any:
        try:
            is_empty = not value
        except Exception as error:  # arrays, tables and proxies each raise their own
            raise ArgumentError(f"{name}: got {value!r}, which is neither true nor false") from error
        return check(name, value) if not is_empty else None if value is None else empty

    return checked_unless_empty


def one_of(*words: Any) -> Check:
    """One of some words or numbers."""

    def check(name: str, value: Any) -> Any:
        plain = plain_number(value)
        if isinstance(plain, (str, int, float)) and plain in words:
            return plain
        choices = [getattr(word, "value", word) for word in words]  # of an enumeration a message shows the words
        near = did_you_mean(value, filter(_is_text, choices)) if isinstance(value, str) else ""
        kind = MisconfigurationException if isinstance(value, str) else ArgumentError
        raise kind(f"{name}: {' or '.join(map(repr, choices))} is due, got {value!r}.{near}")

    return check


def lower(*words: str) -> Check:
    """One of some words, in small letters; capital ones are accepted."""
    return lambda name, value: one_of(*words)(name, value.lower() if isinstance(value, str) else value)


def flag_or(word: str) -> Check:
    """True, False or None, or a word."""

    def check(name: str, value: Any) -> Any:
        if isinstance(value, str):
            return one_of(True, False, word)(name, value)
        return flag(name, value)

    return check


def text(name: str, value: Any) -> str:
    """A string."""
    if not isinstance(value, str):
        raise ArgumentError(f"{name}: a string is due, got {value!r}")
    return value


def path(name: str, value: Any) -> Any:
    """The path of a file or folder."""
    if not isinstance(value, (str, bytes, os.PathLike)):
        raise ArgumentError(f"{name}: a path is due, got {value!r}")
    return os.fsdecode(value) if isinstance(value, bytes) else value


def device(name: str, value: Any) -> Any:
    """A device of torch, its name or its index."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value  # an index, which torch refuses to name where there is no such card
    try:
        torch.device(value)
    except (RuntimeError, TypeError) as error:
        raise ArgumentError(f"{name}: a device is due, such as 'cpu' or 'cuda:0', got {value!r}") from error
    return value


def function(name: str, value: Any) -> Any:
    """Something that can be called."""
    if not callable(value):
        raise ArgumentError(f"{name}: a function is due, got {value!r}")
    return value


def mapping(name: str, value: Any) -> Any:
    """A dictionary, or what is used like one."""
    if not isinstance(value, Mapping):
        raise ArgumentError(f"{name}: a dictionary is due, got {value!r}")
    return value


def several(check: Check) -> Check:
    """A list, or another iterable, of values that a check accepts."""

    def check_each(name: str, value: Any) -> list[Any]:
        if not _is_series(value):
            raise ArgumentError(f"{name}: a list is due, got {value!r}")
        return [check(name, each) for each in value]

    return check_each


def one_or_several(check: Check) -> Check:
    """A value that a check accepts, or a list of such values."""
    each = several(check)
    return lambda name, value: each(name, value) if _is_series(value) else check(name, value)


def _is_series(value: Any) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, (str, bytes)) and plain_number(value) is value


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def with_methods(due: str, *methods: str) -> Check:
    """An object that has certain methods.

    Args:
        due: The words for it in a message, such as ``"a logger"``.
        *methods: Their names.
    """

    def check(name: str, value: Any) -> Any:
        if isinstance(value, type) or not all(callable(getattr(value, method, None)) for method in methods):
            raise ArgumentError(f"{name}: {due} is due, got {value!r}")
        return value

    return check


def readable(name: str, value: Any) -> Any:
    """Something to read samples or batches from, as :func:`iter` does."""
    can_be_read = hasattr(type(value), "__iter__") or hasattr(type(value), "__getitem__")
    if isinstance(value, (str, bytes)) or not can_be_read:
        raise ArgumentError(f"{name}: data is due, such as a Dataset or a DataLoader, got {value!r}")
    return value


def amount(name: str, value: Any) -> float:
    """A number of batches, or a share of them from 0.0 to 1.0; a share above 1.0 is a number if it is whole."""
    batches = plain_number(value)
    if not isinstance(batches, (int, float)):
        raise ArgumentError(f"{name}: a whole number or a share from 0.0 to 1.0 is due, got {value!r}")
    if 0 <= batches <= 1:
        is_count = batches is value and isinstance(batches, int)  # NumPy's 1 is a share in Lightning
        return int(batches) if is_count else float(batches)
    if batches > 1 and float(batches).is_integer():
        return int(batches)
    raise MisconfigurationException(
        f"{name}: a share lies between 0.0 and 1.0, and a number of batches is whole; got {value!r}"
    )


def duration(name: str, value: Any) -> timedelta:
    """A length of time: ``"DD:HH:MM:SS"``, a ``timedelta``, or its arguments in a dictionary."""
    if isinstance(value, timedelta):
        return value
    due = "'DD:HH:MM:SS', a timedelta or a dictionary of its arguments is due"
    if not isinstance(value, (str, Mapping)):
        raise ArgumentError(f"{name}: {due}, got {value!r}")
    try:
        if isinstance(value, Mapping):
            return timedelta(**value)
        days, hours, minutes, seconds = map(int, value.split(":"))
        return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    except (TypeError, ValueError, OverflowError) as error:
        raise ArgumentError(f"{name}: {due}, got {value!r}") from error


def _by_core(check: Callable[..., T], name: str, *args: Any) -> T:
    """The result of a check of groundwire's core, whose errors become Lightning's."""
    try:
        return check(name, *args)
    except TypeError as error:
        raise ArgumentError(str(error)) from None
    except ValueError as error:
        raise MisconfigurationException(str(error)) from None
