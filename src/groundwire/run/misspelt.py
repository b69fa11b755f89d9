"""Methods that were meant to be hooks: written in a Trainer class, called by nobody, close to a hook's name."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterator
from types import CodeType
from typing import Any

from groundwire.errors import place_of
from groundwire.tables.hooks import HOOKS
from groundwire.tables.plan import Finding

__all__ = ["misspelt"]

ALIKE = 0.85
"""Likeness from which a name is taken for a misspelt one; helpers of users have to be less alike."""
HOOK_NAMES = [name for name, hook in HOOKS.items() if not hook.is_event]


def misspelt(kind: type[Any]) -> tuple[Finding, ...]:
    """Findings about methods that a user's Trainer adds, that nothing uses, and that are nearly called like a hook.

    Args:
        kind: The class of the Trainer.
    """
    own = [cls for cls in kind.__mro__ if cls is not object and not cls.__module__.startswith("groundwire")]
    inherited = {name for cls in kind.__mro__ if cls not in own for name in vars(cls)}
    methods = {name: method for cls in own for name, method in vars(cls).items() if inspect.isfunction(method)}
    used = {name for method in methods.values() for name in _names_in(method.__code__)}
    return tuple(
        Finding(kind.__qualname__, f"Trainer.{name}", "unknown", _detail(meant), place_of(method))
        for name, method in methods.items()
        if name not in inherited and name not in used and (meant := _nearest_hook(name))
    )


def _nearest_hook(name: str) -> str:
    return next(iter(difflib.get_close_matches(name, HOOK_NAMES, n=1, cutoff=ALIKE)), "")


def _detail(meant: str) -> str:
    return f"No hook has this name; nothing in a run calls it. Did you mean {meant!r}?"


def _names_in(code: CodeType) -> Iterator[Any]:
    """Names that a function uses, functions within it included."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_in(constant)
