"""The ordered list of a Trainer's callbacks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

__all__ = ["CallbackHandler"]


class CallbackHandler:
    """The callbacks of a Trainer, told about events in their order.

    A run compiles its own calls from this list; :meth:`call_event` is for events of your own making,
    and for driving callbacks by hand.

    Args:
        callbacks: Classes (made without arguments) or instances.
        on_change: Called after callbacks were added or removed. Where it raises, the list is as it
            was before.

    Attributes:
        callbacks: The callbacks, in order.
        foreign: Types of callbacks that :meth:`call_event` leaves alone, since tables run them.
    """

    def __init__(self, callbacks: Iterable[Any] = (), on_change: Callable[[], object] | None = None) -> None:
        self.callbacks: list[Any] = []
        self.foreign: tuple[type, ...] = ()
        self._on_change: Callable[[], object] | None = None
        self.add_callbacks(callbacks)
        self._on_change = on_change

    def add_callbacks(self, callbacks: Iterable[Any]) -> None:
        """Add several callbacks at the end, or none of them where one is refused.

        Args:
            callbacks: Classes or instances. Several of one class are welcome.

        Raises:
            TypeError: One of them is not a callback.
            ValueError: One of them is in the list already.
        """
        longer = list(self.callbacks)
        for callback in _each(callbacks):
            instance = callback() if isinstance(callback, type) else callback
            _check_callback(instance, longer)
            longer.append(instance)
        self._change(longer)

    def add_callback(self, callback: Any) -> None:
        """Add a callback at the end.

        Args:
            callback: A class or an instance.

        Raises:
            TypeError: It is not a callback.
            ValueError: It is in the list already.
        """
        self.add_callbacks((callback,))

    def clear_callbacks(self) -> None:
        """Remove all callbacks."""
        self._change([])

    @property
    def callback_list(self) -> list[str]:
        """Class names of the callbacks, in order."""
        return [type(callback).__name__ for callback in self.callbacks]

    def call_event(self, event: str, *args: Any, **kwargs: Any) -> None:
        """Call a method on every callback that has it, in order.

        Args:
            event: Name of the method: an event of a run, or one of your own.
            *args: Passed to each; by convention the Trainer comes first.
            **kwargs: Passed to each.
        """
        for callback in list(self.callbacks):
            if type(callback) in self.foreign:
                continue
            method = getattr(callback, event, None)
            if callable(method):
                method(*args, **kwargs)

    def tell(self, on_change: Callable[[], object]) -> None:
        """Call a function from now on when callbacks join or leave, unless there is one already."""
        self._on_change = self._on_change or on_change

    def __iter__(self) -> Iterator[Any]:
        return iter(self.callbacks)

    def _change(self, callbacks: list[Any]) -> None:
        before, self.callbacks = self.callbacks, callbacks
        if self._on_change is None:
            return
        try:
            self._on_change()
        except BaseException:
            self.callbacks = before
            raise


def _each(callbacks: Any) -> list[Any]:
    if isinstance(callbacks, str) or not isinstance(callbacks, Iterable):
        raise TypeError(f"callbacks: a list of callback classes or instances is due, got {callbacks!r}; write [...]")
    return list(callbacks)


def _check_callback(callback: Any, present: list[Any]) -> None:
    kind = type(callback)
    # a class that carries a table of its own may call its methods as it likes
    listens = any(name.startswith("on_") and callable(getattr(callback, name, None)) for name in dir(callback))
    if not listens and not hasattr(kind, "hookmap"):
        raise TypeError(
            f"callbacks: {callback!r} ({kind.__qualname__}) is not a callback, it has no on_… method. Subclass "
            "TrainerCallback and write the events to listen to"
        )
    if any(callback is other for other in present):
        names = ", ".join(type(other).__name__ for other in present)
        raise ValueError(
            f"callbacks: this {kind.__qualname__} is in the list already ({names}); one instance listens once. "
            f"For a second one make another {kind.__qualname__}"
        )
