"""The list of callbacks of a Trainer."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any


class CallbackHandler:
    """Holds callbacks in order, and tells them about events that users make.

    Args:
        callbacks: Classes, which are instantiated, or instances.
        on_change: Called whenever a callback joins or leaves.

    Attributes:
        callbacks: The instances, in order.
        foreign: Types whose events are run by a table and not by :meth:`call_event`.
    """

    def __init__(self, callbacks: Iterable[Any], on_change: Callable[[], object] | None = None) -> None:
        self.callbacks: list[Any] = []
        self.foreign: tuple[type, ...] = ()
        self._on_change: Callable[[], object] | None = None
        self.add_callbacks(callbacks)
        self._on_change = on_change

    def add_callbacks(self, callbacks: Iterable[Any]) -> None:
        """Add several, in order."""
        if isinstance(callbacks, (str, bytes)) or not isinstance(callbacks, Iterable):
            raise TypeError(f"callbacks: a list of callback classes or instances is due, got {callbacks!r}")
        for callback in callbacks:
            self._add(callback)
        self._changed()

    def add_callback(self, callback: Any) -> None:
        """Add one.

        Raises:
            TypeError: It is no callback: nothing about it listens to an event.
            ValueError: This very object is in the list already.
        """
        self._add(callback)
        self._changed()

    def clear_callbacks(self) -> None:
        """Remove all."""
        self.callbacks.clear()
        self._changed()

    @property
    def callback_list(self) -> list[str]:
        """The class names, in order."""
        return [type(callback).__name__ for callback in self.callbacks]

    def call_event(self, event: str, *args: Any, **kwargs: Any) -> None:
        """Call the method ``event`` of every callback that has one.

        Args:
            event: Name of the method, the Trainer's or one of the user's own.
            *args: Passed on; the Trainer first.
            **kwargs: Passed on.
        """
        for callback in tuple(self.callbacks):
            listener = None if isinstance(callback, self.foreign) else getattr(callback, event, None)
            if listener is not None:
                listener(*args, **kwargs)

    def _add(self, callback: Any) -> None:
        callback = callback() if isinstance(callback, type) else callback
        if any(callback is known for known in self.callbacks):
            raise ValueError(
                f"this {type(callback).__name__} is in callbacks= already and would be told everything twice; "
                "add another instance of the class if you want two"
            )
        if not listens(callback):
            raise TypeError(
                f"callbacks: {callback!r} is no callback, since it has no method whose name starts with on_; "
                "inherit from TrainerCallback"
            )
        self.callbacks.append(callback)

    def _changed(self) -> None:
        if self._on_change is not None:
            self._on_change()


def listens(callback: object) -> bool:
    """True if the object has a method for an event, or a table that says which methods those are."""
    if hasattr(type(callback), "hookmap"):
        return True
    return any(name.startswith("on_") and callable(inspect.getattr_static(callback, name)) for name in dir(callback))
