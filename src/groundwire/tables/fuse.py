"""A row becomes a call: arguments fitted to a signature, and one function written for a hook.

The function is Python source, ``returned = own(batch, step)`` between one line a row, compiled
once. It is entered into ``linecache``, so tracebacks and debuggers show its lines, each of which
says whose method it calls::

    after_1(batch, step)  # Listens.on_train_batch_end (train.py:7)
"""

from __future__ import annotations

import functools
import inspect
import itertools
import linecache
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import CodeType
from typing import Any, NamedTuple

from groundwire.errors import HookMapError, place_of
from groundwire.measured.time_ledger import Spent, clock
from groundwire.tables.hookmap import Gap, Row
from groundwire.tables.hooks import Hook

__all__ = ["without_other_variants"]

MOST_NAMED = 4
"""Classes in the file name of generated source; the rest stand in its lines."""

_numbers = itertools.count()

BEGIN_TIME = ("began, before = clock(), spent.total",)
END_TIME = (
    "took = clock() - began - (spent.total - before)",  # less what was put on other accounts meanwhile
    "spent.callbacks += took",
    "spent.total += took",
)


def nothing(*moment: Any) -> None:
    """Stands for an event, which does nothing by itself."""


@dataclass(slots=True)
class Attached:
    """One method that a row runs, with the names it is called with.

    Attributes:
        row: The line of the table.
        player: Whose method it is.
        method: The player's bound method.
        args: Names passed by position, after what it does not take was left out.
        named: Names passed by keyword, likewise.
        values: What those names mean that the run knows, fixed when the plan is compiled.
    """

    row: Row
    player: object
    method: Callable[..., Any]
    args: tuple[str, ...]
    named: tuple[str, ...]
    values: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def check(cls, row: Row, player: object) -> Attached:
        """Fit the arguments of ``row`` to the player's method.

        Raises:
            HookMapError: The method cannot be called so; says who, where, what is passed and what
                it takes.
        """
        method = getattr(player, row.method)
        try:
            signature = inspect.signature(method)
        except (TypeError, ValueError):  # written in C: nothing to hold the row against
            return cls(row, player, method, row.args, row.named)
        attached = cls(row, player, method, _room_for(row, signature), _taken_by_name(row, signature))
        try:
            signature.bind(*attached.args, **dict.fromkeys(map(_leaf, attached.named)))
        except TypeError as error:
            raise HookMapError(
                f"{attached.said} cannot be called {row.position} {row.hook}: it is passed {attached.spelled()} "
                f"and takes {signature} ({error}). Give it these parameters, or **kwargs for those it does not use"
            ) from error
        return attached

    @property
    def owner(self) -> type:
        """The class of the player."""
        return type(self.player)

    @property
    def said(self) -> str:
        """The method by name and place, for messages and reports: ``Class.method (file:line)``."""
        place = place_of(self.method)
        name = f"{self.owner.__qualname__}.{self.row.method}"
        return f"{name} ({place})" if place else name

    def bind(self, known: Mapping[str, Any]) -> None:
        """Fix what the names mean that the run knows and the moment does not give."""
        of_moment = self.row.moment.names_at(self.row.position)
        roots = {_root(name) for name in (*self.args, *self.named)}
        self.values = {root: known[root] for root in roots if root not in of_moment and root in known}

    def expression(self, label: str) -> str:
        """The call as source, the method being called ``label``."""
        words = [*map(self._spell, self.args), *(f"{_leaf(name)}={self._spell(name)}" for name in self.named)]
        call = f"{label}({', '.join(words)})"
        return f"{label}_turn({', '.join((call, *self.row.moment.gives))})" if self.row.turn else call

    def line(self, label: str) -> str:
        """The call as source, and behind it whose method it is."""
        name = f"{self.owner.__qualname__}.{self.row.method}"
        # the player's own method: what it is called through, such as a profiler, is written elsewhere
        method = getattr(self.player, self.row.method, self.method)
        return f"{self.expression(label)}  # {_in_one_line(_whose(name, method))}"

    def _spell(self, name: str) -> str:
        if self.row.position == "after" and _root(name) == self.row.moment.makes:
            return "returned" + name.removeprefix(_root(name))
        return name

    def space(self, label: str) -> dict[str, Any]:
        """The values of the names in :meth:`expression`, those of the moment apart."""
        return {**self.values, label: self.method, f"{label}_turn": self.row.turn}

    def spelled(self) -> str:
        """The arguments, as a reader would write them."""
        return f"({', '.join((*self.args, *(f'{_leaf(name)}=' for name in self.named)))})"


def fuse(
    hook: Hook,
    own: Callable[..., Any],
    before: Sequence[Attached],
    after: Sequence[Attached],
    spent: Spent | None = None,
) -> Callable[..., Any]:
    """Write the function of a hook: the rows before, the Trainer's own method, the rows after.

    Args:
        hook: The moment; its ``gives`` are the function's parameters.
        own: The Trainer's method, or :func:`nothing` for an event.
        before: Rows that run first, in order.
        after: Rows that run last, in order; they may use what ``own`` returned.
        spent: Where the time of an event is put down; None leaves it out.

    Returns:
        ``own`` itself where no row runs.
    """
    if not before and not after:
        return own
    lines = [attached.line(f"before_{index}") for index, attached in enumerate(before)]
    if own is not nothing:
        lines.append(f"returned = own({', '.join(hook.gives)})  # {_in_one_line(_whose(_method_name(own), own))}")
    lines += [attached.line(f"after_{index}") for index, attached in enumerate(after)]
    if own is not nothing:
        lines.append("return returned")
    space: dict[str, Any] = {"own": own}
    if spent is not None and hook.is_event:
        lines = [*BEGIN_TIME, *lines, *END_TIME]
        space.update(clock=clock, spent=spent)
    for position, calls in (("before", before), ("after", after)):
        for index, attached in enumerate(calls):
            space.update(attached.space(f"{position}_{index}"))
    return _write(hook, lines, space, [*before, *after])


def stand_in(hook: Hook, attached: Attached) -> Callable[..., Any]:
    """The function that runs instead of a hook: the foreign method itself where it takes the same."""
    if attached.args == hook.gives and not attached.named and attached.row.turn is None:
        return attached.method
    return _write(hook, [f"return {attached.line('instead')}"], attached.space("instead"), [attached])


def _write(hook: Hook, lines: Sequence[str], space: dict[str, Any], calls: Sequence[Attached]) -> Callable[..., Any]:
    body = "".join(f"    {line}\n" for line in lines)
    classes = [*dict.fromkeys(attached.owner.__qualname__ for attached in calls)]
    title = f"{hook.name} of {', '.join(classes[:MOST_NAMED])}{', …' if len(classes) > MOST_NAMED else ''}"
    code = _compiled(_in_one_line(title), f"def {hook.name}({', '.join(hook.gives)}):\n{body}")
    exec(code, space)  # noqa: S102  # the source is made of names that hookmap.py has checked
    written: Callable[..., Any] = space.pop(hook.name)
    return written


@functools.lru_cache(maxsize=1024)
def _compiled(title: str, source: str) -> CodeType:
    # numbered, since two sources with one title are two files to a debugger
    file = f"<groundwire plan {next(_numbers)}: {title}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    return compile(source, file, "exec")


def _method_name(own: Callable[..., Any]) -> str:
    return getattr(own, "__qualname__", "the Trainer's own")


def _whose(name: str, method: Callable[..., Any]) -> str:
    """A name and the place of its method, from the compiled function: no source file is read for it."""
    function = inspect.unwrap(getattr(method, "func", method))
    code = getattr(function, "__code__", None)
    if not isinstance(code, CodeType):  # written in C, or an object that can be called
        return name
    return f"{name} ({code.co_filename.rpartition(os.sep)[2]}:{code.co_firstlineno})"


def _in_one_line(text: str) -> str:
    """Text as a comment can hold it: no name of a class or file may end it, or keep the source from being encoded."""
    return text if text.isprintable() else " ".join(text.encode(errors="replace").decode().split())


def _root(name: str) -> str:
    return name.partition(".")[0]


def _leaf(name: str) -> str:
    return name.rpartition(".")[2]


def _room_for(row: Row, signature: inspect.Signature) -> tuple[str, ...]:
    kinds = [parameter.kind for parameter in signature.parameters.values()]
    if inspect.Parameter.VAR_POSITIONAL in kinds:
        return row.args
    room = sum(kind in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD) for kind in kinds)
    args = row.args
    while len(args) > room and args[-1] in row.maybe:
        args = args[:-1]
    return args


def _taken_by_name(row: Row, signature: inspect.Signature) -> tuple[str, ...]:
    parameters = signature.parameters
    if any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters.values()):
        return row.named
    return tuple(name for name in row.named if name not in row.maybe or _leaf(name) in parameters)


# variants: rows of one method that differ in what it is called with


class Shape(NamedTuple):
    """The parameters of a method, as far as they decide what it can be called with.

    Attributes:
        positional: The names of those that can be passed by position.
        required: How many of these have no default.
        named: Those that are passed by name alone, each with whether it has a default.
        takes_any: It takes any number by position.
        takes_named: It takes any name.
    """

    positional: tuple[str, ...]
    required: int
    named: dict[str, bool]
    takes_any: bool
    takes_named: bool


def without_other_variants(lines: Sequence[Row | Gap], player: object) -> Sequence[Row | Gap]:
    """The lines that count for an object: of a method with variants, those for its signature.

    Args:
        lines: Lines of methods that the object brings.
        player: The object.
    """
    varied = {line.method for line in lines if isinstance(line, Row) and line.takes is not None}
    if not varied:
        return lines
    rows = [line for line in lines if isinstance(line, Row) and line.method in varied]
    chosen = {method: _chosen([row for row in rows if row.method == method], player) for method in varied}
    return [line for line in lines if not isinstance(line, Row) or line.takes in chosen.get(line.method, (line.takes,))]


def _chosen(rows: Sequence[Row], player: object) -> tuple[frozenset[str] | None, ...]:
    """What the rows of a method take that count for an object: None is that of a row without ``takes``."""
    shape = _shape(getattr(player, rows[0].method))
    variants = [row.takes for row in rows if row.takes is not None]
    plain = [row for row in rows if row.takes is None]
    if shape is None:  # written in C
        return (None,) if plain else tuple(variants[:1])
    names = {*shape.positional, *shape.named}
    for takes in variants:
        if not names.isdisjoint(takes):
            return (takes,)
    if plain and all(_fits(row, shape) for row in plain):
        return (None,)
    fitting = [row.takes for row in rows if row.takes is not None and _fits(row, shape)]
    # where nothing fits, the refusal tells of the row without variants; without one, it is no method of theirs
    return tuple(fitting[:1]) or ((None,) if plain else ())


def _shape(method: Any) -> Shape | None:
    function = getattr(method, "__func__", method)
    code = getattr(function, "__code__", None)
    told = getattr(function, "__dict__", {})
    if isinstance(code, CodeType) and "__wrapped__" not in told and "__signature__" not in told:
        # from the code, since a plan is compiled often and a signature takes long
        begins = function is not method
        positional, named = code.co_varnames[begins : code.co_argcount], code.co_varnames[code.co_argcount :]
        defaults = function.__kwdefaults__ or {}
        return Shape(
            positional,
            len(positional) - len(function.__defaults__ or ()),
            {name: name in defaults for name in named[: code.co_kwonlyargcount]},
            bool(code.co_flags & inspect.CO_VARARGS),
            bool(code.co_flags & inspect.CO_VARKEYWORDS),
        )
    try:
        parameters = inspect.signature(method).parameters.values()
    except (TypeError, ValueError):
        return None
    kinds = {parameter.kind for parameter in parameters}
    by_place = [one for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    return Shape(
        tuple(one.name for one in by_place),
        sum(one.default is one.empty for one in by_place),
        {one.name: one.default is not one.empty for one in parameters if one.kind is one.KEYWORD_ONLY},
        inspect.Parameter.VAR_POSITIONAL in kinds,
        inspect.Parameter.VAR_KEYWORD in kinds,
    )


def _fits(row: Row, shape: Shape) -> bool:
    """True where a method of this shape can be called with what a row passes, without what it may leave out."""
    args, room = len(row.args), len(shape.positional)
    while args > room and not shape.takes_any and row.args[args - 1] in row.maybe:
        args -= 1
    behind = shape.positional[args:]
    known = {*behind, *shape.named}
    leaves = {name: name.rpartition(".")[2] for name in row.named}
    passed = {leaf for name, leaf in leaves.items() if name not in row.maybe or leaf in known or shape.takes_named}
    lacking = {*shape.positional[args : max(args, shape.required)]}
    lacking |= {name for name, has_default in shape.named.items() if not has_default}
    return (args <= room or shape.takes_any) and lacking <= passed and (passed <= known or shape.takes_named)
