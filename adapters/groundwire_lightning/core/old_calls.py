"""Calls in the words of Lightning 1, whose methods of an update were passed the index of an optimizer as well."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

INDEX = frozenset({"optimizer_idx", "opt_idx", "optimizer_i", "opt_i"})
"""The names that the index of an optimizer went by."""
FLAGS = ("on_tpu", "using_native_amp", "using_lbfgs")
"""What ``optimizer_step`` was told behind its closure."""
CLOSURE = "second_order_closure"
"""The name of that closure before 1.0."""

Toggle = Callable[[Any, int], None]
Own = TypeVar("Own", bound=Callable[..., Any])


def also_with_index(place: int | None, flags: int = 0) -> Callable[[Own], Own]:
    """Let a method take the arguments of Lightning 1 too; a call in those of today passes through unseen.

    Args:
        place: Where the index of the optimizer stood, ``self`` not counted; None where it stood for the optimizer.
        flags: How many of :data:`FLAGS` may follow behind its last argument.
    """

    def taking_both(method: Own) -> Own:
        names = tuple(inspect.signature(method).parameters)[1:]

        def call(self: Any, *args: Any, **named: Any) -> Any:
            if len(args) > len(names) or (named and not named.keys() <= set(names[len(args) :])):
                args, named = _as_today(names, place, flags, args, named)
            return method(self, *args, **named)

        # not by functools.wraps: what it sets would let the method of a base class pass for a wrapper around another
        for name in ("__module__", "__name__", "__qualname__", "__doc__"):
            setattr(call, name, getattr(method, name))
        call.__signature__ = inspect.signature(method)  # type: ignore[attr-defined]  # what help() and editors show
        return call  # type: ignore[return-value]

    return taking_both


def _as_today(
    names: tuple[str, ...], place: int | None, flags: int, args: tuple[Any, ...], named: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of a call without the index and the flags."""
    if place is None:
        return args, {names[0] if name in INDEX else name: value for name, value in named.items()}
    if named.keys().isdisjoint(INDEX):
        args = args[:place] + args[place + 1 :]
    gone = {*INDEX, *FLAGS} if flags else INDEX
    named = {name: value for name, value in named.items() if name not in gone}
    if CLOSURE in named and flags:
        named[names[-1]] = named.pop(CLOSURE)
    return args[: len(names)] if len(args) <= len(names) + flags else args, named


def backward_of_today(
    loss: Any, args: tuple[Any, ...], named: dict[str, Any]
) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
    """The loss, and what its ``backward`` is passed, of a call that may name an optimizer and its index too.

    Args:
        loss: What ``backward`` was called with first: the loss, or before 1.0 the trainer.
        args: What followed.
        named: What was named.
    """
    if hasattr(loss, "lightning_module"):
        loss, args = args[0], args[1:]
    if args and (hasattr(args[0], "param_groups") or args[:2] == (None, None)):
        args = args[2:]
    return loss, args, {name: value for name, value in named.items() if name != "optimizer" and name not in INDEX}


def takes_index(method: Callable[..., Any], place: int) -> bool:
    """True for a method that is passed the index of an optimizer.

    Args:
        method: Bound to its object.
        place: Where the index stands.
    """
    parameters = [*inspect.signature(method).parameters.values()][place : place + 1]
    return any(
        one.kind is one.POSITIONAL_OR_KEYWORD and (one.name in INDEX or one.default is one.empty) for one in parameters
    )


def toggling(toggle_optimizer: Callable[..., Any], untoggle_optimizer: Callable[..., Any]) -> tuple[Toggle, Toggle]:
    """Functions of an optimizer and its index that call these methods of a module in the words of their signatures.

    Args:
        toggle_optimizer: Takes the optimizer, and in Lightning 1 its index too.
        untoggle_optimizer: Takes the optimizer, or in Lightning 1 its index.
    """
    with_index = takes_index(toggle_optimizer, 1)
    by_optimizer = "optimizer" in inspect.signature(untoggle_optimizer).parameters

    def toggle(optimizer: Any, index: int) -> None:
        toggle_optimizer(optimizer, index) if with_index else toggle_optimizer(optimizer)

    def untoggle(optimizer: Any, index: int) -> None:
        untoggle_optimizer(optimizer if by_optimizer else index)

    return toggle, untoggle
