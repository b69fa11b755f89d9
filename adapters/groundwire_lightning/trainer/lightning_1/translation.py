"""Translation: the arguments of one call on their way from Lightning 1 to today's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from groundwire_lightning.errors import MisconfigurationException, NotSupportedYetError

UNSET = (None, "auto")
"""Values of today's arguments that leave a choice open."""


class Translation:
    """The arguments of one call, as they are translated one after the other.

    Args:
        given: Argument to value.

    Attributes:
        given: As it was.
        today: Today's arguments to their values, as far as they are known.
        kept: What none of today's arguments says, by the attribute of :class:`Kept`.
        first: Callbacks that are to stand before those of ``callbacks=``.
        last: Callbacks that are to stand behind them.
        splits_batches: The argument that asks for ``DataParallel``; None where none does.
    """

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.given = dict(given)
        self.today = dict(given)
        self.kept: dict[str, Any] = {}
        self.first: list[Any] = []
        self.last: list[Any] = []
        self.splits_batches: str | None = None
        self._by: dict[str, str] = {}
        self._otherwise: dict[str, Any] = {}

    def put(self, by: str, **arguments: Any) -> str:
        """Give arguments of today the values that one of Lightning 1 stands for.

        Args:
            by: The old argument, as it was written.
            **arguments: Today's arguments.

        Returns:
            These, as they would be written.

        Raises:
            MisconfigurationException: The call says something else too.
        """
        for name, value in arguments.items():
            present = self.today.get(name)
            if not _is_open(present) and not _are_equal(present, value):
                self.contradict(by, self._by.get(name, f"{name}={as_written(present)}"))
            self.today[name] = value
            self._by.setdefault(name, by)
        return ", ".join(f"{name}={as_written(value)}" for name, value in arguments.items())

    def otherwise(self, **arguments: Any) -> str:
        """Give arguments values for the case that nothing else in the call says what they are."""
        self._otherwise |= arguments
        return ", ".join(f"{name}={as_written(value)}" for name, value in arguments.items())

    def join(self, callback: Any, first: bool = False) -> None:
        """Let a callback join those of the call."""
        (self.first if first else self.last).append(callback)

    def drop(self, name: str) -> None:
        """Forget an argument that has been translated."""
        self.today.pop(name, None)

    def settled(self) -> dict[str, Any]:
        """Today's arguments, with what is left open filled in."""
        for name, value in self._otherwise.items():
            if _is_open(self.today.get(name)):
                self.today[name] = value
        if self.first or self.last:
            given = self.today.get("callbacks") or []
            self.today["callbacks"] = [*self.first, *(given if isinstance(given, list) else [given]), *self.last]
        return self.today

    def contradict(self, one: str, other: str) -> NoReturn:
        """Refuse two arguments that say two things.

        Raises:
            MisconfigurationException: Always.
        """
        raise MisconfigurationException(f"Trainer({one}, {other}): they contradict each other; keep one of them")

    def refuse(self, by: str, why: str) -> NoReturn:
        """Refuse an argument.

        Raises:
            NotSupportedYetError: Always.
        """
        raise NotSupportedYetError(f"Trainer({by}): {why}")


def _is_open(value: Any) -> bool:
    return value is None or (isinstance(value, str) and value in UNSET)


def _are_equal(one: Any, other: Any) -> bool:
    """True for equal values of one type, so that 1 is not True."""
    return one is other or (type(one) is type(other) and bool(one == other))


def as_written(value: Any) -> str:
    """A value as a program may have it; of an object that has no spelling, its class."""
    text = repr(value)
    return f"{type(value).__name__}()" if text.startswith("<") else text
