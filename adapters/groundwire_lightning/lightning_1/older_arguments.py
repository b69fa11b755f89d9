"""Arguments of earlier releases: each is written as those of today before the constructor is called."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any, NamedTuple

from groundwire.errors import rank_zero_warn
from groundwire_lightning.errors import MisconfigurationException

Arguments = dict[str, Any]
Init = Callable[..., None]


class Older(NamedTuple):
    """An argument of an earlier release.

    Attributes:
        now: What there is instead, for people.
        write: Is given the other arguments and the value of this one, and returns those that stand for it.
        means_it: Tells of a value whether it is of an earlier release; by default any is.
        default: What an earlier release took where it was left out, as a one-tuple; by default it was not needed.
    """

    now: str
    write: Callable[[Arguments, Any], Arguments]
    means_it: Callable[[Any], bool] = lambda value: True
    default: tuple[Any, ...] = ()


def renamed(name: str) -> Older:
    """An argument that has another name today.

    Args:
        name: That name.
    """
    return Older(f"{name}=", lambda others, value: {name: value})


def dropped(now: str) -> Older:
    """An argument whose value changes nothing.

    Args:
        now: Why, or what to use.
    """
    return Older(now, lambda others, value: {})


def left_out(name: str, value: Any) -> Older:
    """An argument that has to be given today.

    Args:
        name: It.
        value: What an earlier release took where it was not given.
    """
    return Older(f"{name}={value!r}", lambda others, value: {name: value}, lambda value: False, (value,))


def takes_older(**older: Older) -> Callable[[Init], Init]:
    """Let a constructor take arguments of earlier releases, each told of in a warning.

    Args:
        **older: Name to what is done with it.
    """

    def decorate(init: Init) -> Init:
        names = [name for name in signature(init).parameters if name != "self"]

        @wraps(init)
        def taking(self: Any, *args: Any, **kwargs: Any) -> None:
            given = dict(zip(names, args, strict=False)) | kwargs
            asked = {name: row for name, row in older.items() if _is_asked(name, row, given)}
            if not asked:
                return init(self, *args, **kwargs)
            for name, row in asked.items():
                given = _written(type(self).__qualname__, name, row, given)
            return init(self, *args[len(names) :], **given)

        taking.old_keywords = {  # type: ignore[attr-defined]  # `groundwire check` is told of them
            name: row.now for name, row in older.items() if name not in names
        }
        return taking

    return decorate


def _is_asked(name: str, row: Older, given: Arguments) -> bool:
    return row.means_it(given[name]) if name in given else bool(row.default)


def _written(cls: str, name: str, row: Older, given: Arguments) -> Arguments:
    others = {other: value for other, value in given.items() if other != name}
    value = given.get(name, *row.default)
    new = row.write(others, value)
    twice = [other for other in new if other in others]
    if twice:
        raise MisconfigurationException(
            f"{cls}({name}={value!r}, {twice[0]}={others[twice[0]]!r}): both say the same; keep {twice[0]}="
        )
    asked = f"{name}={value!r}" if name in given else ""
    rank_zero_warn(f"{cls}({asked}) is of Lightning 1; today it is {row.now}")
    return others | new
