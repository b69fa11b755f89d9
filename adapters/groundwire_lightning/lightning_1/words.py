"""Words of a command line as values, and a type for annotations, as Lightning 1 had them."""

from __future__ import annotations

from typing import Any

EPOCH_OUTPUT = list[Any]
"""What the hook at the end of an epoch is given: the return value of each step."""

_YES, _NO = ("y", "yes", "t", "true", "on", "1"), ("n", "no", "f", "false", "off", "0")


def str_to_bool_or_str(val: str) -> str | bool:
    """True or False for a word that means it, and any other word as it is."""
    lower = val.lower()
    return lower in _YES if lower in (*_YES, *_NO) else val


def str_to_bool(val: str) -> bool:
    """True or False for a word that means it.

    Raises:
        ValueError: It means neither.
    """
    value = str_to_bool_or_str(val)
    if isinstance(value, str):
        raise ValueError(f"{val!r} means neither True nor False; there are {', '.join((*_YES, *_NO))}")
    return value


def str_to_bool_or_int(val: str) -> bool | int | str:
    """True, False or a whole number for a word that means it, and any other word as it is."""
    value = str_to_bool_or_str(val)
    if isinstance(value, bool):
        return value
    try:
        return int(value)
    except ValueError:
        return value
