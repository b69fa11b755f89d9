"""Keywords of Lightning 1 for the arguments of today's methods."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from groundwire_lightning.core.old import tell_of_old

P = ParamSpec("P")
T = TypeVar("T")


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
