"""Taking: a constructor that takes the arguments of Lightning 1 as well, and looks for others in the environment."""

from __future__ import annotations

import ast
import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import wraps
from inspect import signature
from typing import Any

from groundwire import did_you_mean, listeners
from groundwire.errors import rank_zero_warn
from groundwire_lightning.trainer.lightning_1.devices import check_splitting
from groundwire_lightning.trainer.lightning_1.kept import Kept
from groundwire_lightning.trainer.lightning_1.rows import OLD_ARGUMENTS, POSITIONAL
from groundwire_lightning.trainer.lightning_1.translation import Translation, as_written

ENVIRONMENT_PREFIX = "PL_TRAINER_"
"""The beginning of the environment variables that stand for arguments that a call leaves out, as in Lightning."""

ONLY_OLD = frozenset(row.name for row in OLD_ARGUMENTS if row.applies is None)
"""The arguments that only Lightning 1 had."""


_CONSTRUCTORS: set[Any] = set()


def taking_old(init: Callable[..., None]) -> Callable[..., None]:
    """A constructor that takes today's arguments by name, and what Lightning 1 took.

    An argument that is neither is refused, with the name that was probably meant.

    Args:
        init: It takes today's arguments by name; the object has had ``_kept`` set before.
    """
    known = [name for name in signature(init).parameters if name != "self"]

    @wraps(init)
    def checked(self: Any, *args: Any, **kwargs: Any) -> None:
        owner = type(self).__qualname__
        kwargs = _named(owner, args, kwargs) if args else kwargs
        for name in kwargs:
            if name not in known and name not in ONLY_OLD:
                text = f"{owner}: there is no argument {name!r}.{did_you_mean(name, known)}"
                listeners.tell_of_lacking("argument", text)
                raise TypeError(text)
        given = {**arguments_of_environment([*known, *ONLY_OLD]), **kwargs}
        arguments, self._kept = translated(owner, given)
        for line in self._kept.lines:
            rank_zero_warn(line)
        init(self, **arguments)
        for listener in listeners.BUILT:
            listener(self)

    _CONSTRUCTORS.add(checked)
    return checked


def takes_old(cls: type) -> bool:
    """True for a class whose constructor takes the arguments of Lightning 1; that of a subclass may not."""
    return cls.__init__ in _CONSTRUCTORS  # type: ignore[misc]  # it is asked about, not called


def translated(owner: str, given: Mapping[str, Any]) -> tuple[dict[str, Any], Kept]:
    """The arguments of a call as today's, and what the Trainer keeps beside them.

    Args:
        owner: The class, for messages.
        given: Argument to value.

    Raises:
        MisconfigurationException: Two of them contradict each other.
        NotSupportedYetError: One asks for something that nothing here does.
    """
    rows = [row for row in OLD_ARGUMENTS if row.name in given and row.is_asked(given[row.name])]
    if not rows:
        return dict(given), Kept()
    translation, lines = Translation(given), []
    for row in rows:
        value = given[row.name]
        if row.applies is None:
            translation.drop(row.name)
        if row.is_idle(value) and row.applies is None:
            continue
        asked = f"{row.name}={as_written(value)}"
        use = row.becomes(translation, asked, value)
        if use:
            lines.append(f"{owner}({asked}) is of Lightning 1; today: {use}")
    check_splitting(translation)
    return translation.settled(), Kept(**translation.kept, lines=tuple(lines))


def _named(owner: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a call, those too that Lightning 1 took by position."""
    if len(args) > len(POSITIONAL):
        raise TypeError(f"{owner}: arguments are named; {args[len(POSITIONAL)]!r} stands alone")
    by_position = dict(zip(POSITIONAL, args, strict=False))
    if twice := [name for name in by_position if name in kwargs]:
        raise TypeError(f"{owner}: {twice[0]!r} is given twice, by position and by name")
    return by_position | dict(kwargs)


def arguments_of_environment(names: Iterable[str]) -> dict[str, Any]:
    """Arguments that environment variables stand for.

    Args:
        names: The arguments that there are.
    """
    arguments: dict[str, Any] = {}
    for name in names:
        text = os.environ.get(f"{ENVIRONMENT_PREFIX}{name.upper()}")
        if text:
            arguments[name] = text
            with suppress(ValueError, SyntaxError):  # a word, such as "gpu", stays as it is
                arguments[name] = ast.literal_eval(text)
    return arguments
