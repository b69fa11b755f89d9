"""Rows and gaps: the lines of a table that maps a framework onto the Trainer.

A row reads as a sentence: ``row("Callback.on_fit_start", before="training_run_start", args=("trainer",))``.
What makes no sense is refused when the table is imported, so a table that exists can be compiled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from keyword import iskeyword
from typing import Any, Literal, get_args
from weakref import WeakKeyDictionary

from groundwire.errors import HookMapError, did_you_mean
from groundwire.tables.hooks import HOOKS, Hook, Stage

__all__ = ["Gap", "HookMap", "Row", "row"]

Position = Literal["before", "instead", "after"]
Base = type | tuple[type, ...]

KNOWN: dict[Stage, tuple[str, ...]] = {
    "init": ("trainer",),
    "assembly": ("trainer", "model", "loss_func", "optimizer", "run_history", "at"),
    "run": ("trainer", "model", "loss_func", "optimizer", "scheduler", "run_history", "run_config", "at"),
}
"""What every run knows at each stage; a row may name these besides what its hook gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """``source`` runs ``position`` the Trainer's ``hook``.

    Attributes:
        source: ``"Role.method"``: a method of the objects that play this role.
        hook: The Trainer hook.
        position: Before it, instead of it, or after it.
        args: Names passed by position: what the hook gives, what the run knows, or what the map
            knows. A dotted name is read at call time, any other is fixed when the plan is compiled.
        named: Names passed by keyword.
        maybe: Those of ``args`` (from the end) and ``named`` that are left out when the
            implementation does not take them.
        turn: Converts what comes back into what the hook returns; called with the foreign value
            and then with what the hook gives.
        own: Only an override counts: a wrapper that was set around the method of a base class is not called.
        takes: Makes the row a variant of its method: it counts only for an implementation that names one of these
            parameters, or that takes the arguments of this row and not those of the row without ``takes``. None for
            that row, which counts for all others. Without such a row, a method that takes nothing of all this is the
            object's own affair, and is not called.
        mark: A word that reports set behind the row, such as the release of the framework that it is of.
        use: What to write instead, for a row that is kept for code of such a release.
        role: The part that the object plays; of ``source``.
        method: The object's method; likewise.
        moment: The declaration of ``hook``.
    """

    source: str
    hook: str
    position: Position
    args: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    maybe: frozenset[str] = frozenset()
    turn: Callable[..., Any] | None = None
    own: bool = False
    takes: frozenset[str] | None = None
    mark: str = ""
    use: str = ""
    role: str = field(init=False, repr=False, compare=False)
    method: str = field(init=False, repr=False, compare=False)
    moment: Hook = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _split(self)
        object.__setattr__(self, "moment", HOOKS[self.hook])


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """``source`` has no place to run here.

    Attributes:
        source: ``"Role.method"``.
        why: The reason.
        use: What to do instead.
        stop: True where leaving it out would change numbers: a run that needs it is refused.
        role: The part that the object plays; of ``source``.
        method: The object's method; likewise.
    """

    source: str
    why: str
    use: str
    stop: bool = False
    role: str = field(init=False, repr=False, compare=False)
    method: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.why.strip() or not self.use.strip():
            raise HookMapError(f"{self.source}: a gap says why= it is one and what to use= instead")
        _split(self)


def _split(line: Row | Gap) -> None:
    """Say of a frozen line once what its ``source`` is made of: a run asks thousands of times."""
    role, _, method = line.source.partition(".")
    object.__setattr__(line, "role", role)
    object.__setattr__(line, "method", method)


def row(
    source: str,
    *,
    args: Iterable[str] = (),
    named: Iterable[str] = (),
    maybe: Iterable[str] = (),
    turn: Callable[..., Any] | None = None,
    own: bool = False,
    takes: Iterable[str] | None = None,
    mark: str = "",
    use: str = "",
    **where: str,
) -> Row:
    """One line of a table: where a foreign method runs and what it is called with.

    Args:
        source: ``"Role.method"``.
        args: Names passed by position.
        named: Names passed by keyword.
        maybe: Names left out when the implementation does not take them.
        turn: Converts the foreign return value.
        own: Only an override counts, not a wrapper around the method of a base class.
        takes: Parameters by which an implementation is known that this variant of the row is for.
        mark: A word for reports.
        use: What to write instead.
        **where: Exactly one of ``before=``, ``instead=``, ``after=``, naming a Trainer hook.

    Raises:
        HookMapError: The position or the hook does not exist, or a name is not one.
    """
    if len(where) != 1 or not set(where) <= set(get_args(Position)):
        positions = ", ".join(f"{key}={value!r}" for key, value in where.items()) or "none"
        raise HookMapError(f"{source}: a row has exactly one of before=, instead=, after=; got {positions}")
    ((position, hook),) = where.items()
    if hook not in HOOKS:
        raise HookMapError(
            f"{source}: the Trainer has no hook {hook!r}.{did_you_mean(hook, HOOKS)} It has {', '.join(HOOKS)}"
        )
    if position == "instead" and HOOKS[hook].is_event:
        raise HookMapError(f"{source}: {hook} is an event, nothing can run instead of it; use before= or after=")
    line = Row(
        source=source,
        hook=hook,
        position=position,  # type: ignore[arg-type]  # checked above
        args=_names(source, args),
        named=_names(source, named),
        maybe=frozenset(maybe),
        turn=turn,
        own=own,
        takes=None if takes is None else frozenset(_names(source, takes)),
        mark=mark,
        use=use,
    )
    leaves = [name.rpartition(".")[2] for name in line.named]
    if twice := {leaf for leaf in leaves if leaves.count(leaf) > 1}:
        raise HookMapError(f"{source}: named= passes {sorted(twice)} more than once")
    if strange := line.maybe - {*line.args, *line.named}:
        raise HookMapError(f"{source}: maybe= names {sorted(strange)}, which are in neither args= nor named=")
    return line


def _names(source: str, names: Iterable[str]) -> tuple[str, ...]:
    if isinstance(names, str):
        raise HookMapError(f"{source}: {names!r} is a string; names come as a tuple, ({names!r},)")
    as_given = tuple(names)
    for name in as_given:
        if not all(part.isidentifier() and not iskeyword(part) for part in name.split(".")):
            raise HookMapError(f"{source}: {name!r} is not a name")
    return as_given


@dataclass(frozen=True, slots=True, eq=False)
class HookMap:
    """The whole relation between one framework and the Trainer; row order is call order.

    Attributes:
        name: The framework.
        rows: Rows and gaps.
        bases: Role to the class (or classes) whose own methods count as "not overridden".
        knows: Names that the adapter's Trainer supplies besides those every run knows.
        specialises: Role to a more general role: an object that plays the first runs the second's
            rows too, except for methods that have a row of the first.
        listed: Roles whose objects stand in ``callbacks=``; within a row they keep that order,
            native and foreign alike.
    """

    name: str
    rows: tuple[Row | Gap, ...]
    bases: Mapping[str, Base]
    knows: tuple[str, ...] = ()
    specialises: Mapping[str, str] = field(default_factory=dict)
    listed: frozenset[str] = frozenset()
    _lines: dict[str, tuple[Row | Gap, ...]] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        for special, general in self.specialises.items():
            self._check_role(f"specialises {special!r}", special)
            self._check_role(f"specialises {special!r}", general)
        for role in self.listed:
            self._check_role("listed", role)
        for line in self.rows:
            self._check_source(line)
            if isinstance(line, Row):
                self._check_names(line)
        self._check_gaps()
        self._remember_bases()

    def _remember_bases(self) -> None:
        for line in self.rows:
            for base in as_tuple(self.bases[line.role]):
                for owner in base.__mro__:
                    _AS_WRITTEN.setdefault(owner, {}).setdefault(line.method, vars(owner).get(line.method))

    def _check_role(self, where: str, role: str) -> None:
        if role not in self.bases:
            raise HookMapError(
                f"{self.name}: {where} names the role {role!r}; bases= has {', '.join(self.bases) or 'none'}"
            )

    def _check_source(self, line: Row | Gap) -> None:
        self._check_role(line.source, line.role)
        bases = as_tuple(self.bases[line.role])
        if not any(hasattr(base, line.method) for base in bases):
            near = did_you_mean(line.method, dir(bases[0]))
            raise HookMapError(
                f"{self.name}: {line.source} is not a method of {' or '.join(b.__name__ for b in bases)}.{near}"
            )

    def _check_names(self, line: Row) -> None:
        of_moment = line.moment.names_at(line.position)
        stage = line.moment.stage
        known = KNOWN[stage] if stage == "init" else (*KNOWN[stage], *self.knows)
        names = (*of_moment, *known)
        for name in (*line.args, *line.named):
            if name.partition(".")[0] not in names:
                raise HookMapError(
                    f"{self.name}: {line.source} at {line.hook}: nothing is called {name!r} there. The hook gives "
                    f"({', '.join(of_moment)}), the run knows ({', '.join(known)}).{did_you_mean(name, names)}"
                )

    def _check_gaps(self) -> None:
        wired = {line.source for line in self.rows if isinstance(line, Row)}
        gaps = [line.source for line in self.rows if isinstance(line, Gap)]
        for source in gaps:
            if source in wired or gaps.count(source) > 1:
                raise HookMapError(f"{self.name}: {source} is a gap and stands in the table a second time")

    def sources(self) -> frozenset[str]:
        """Every ``Role.method`` that the table speaks of, as a row or as a gap."""
        return frozenset(line.source for line in self.rows)

    def lines_of(self, role: str) -> tuple[Row | Gap, ...]:
        """The rows and gaps of an object that plays ``role``, those of more general roles included."""
        if role not in self._lines:
            own = {line.method for line in self.rows if line.role == role}
            general = self.specialises.get(role)
            inherited = self.lines_of(general) if general is not None else ()
            general_lines = {id(line) for line in inherited if line.method not in own}
            self._lines[role] = tuple(line for line in self.rows if line.role == role or id(line) in general_lines)
        return self._lines[role]


_AS_WRITTEN: WeakKeyDictionary[type, dict[str, Any]] = WeakKeyDictionary()
"""Base of a table, or a class above it, to its methods before a program could replace them; None for one it lacks."""


def replaced(owner: type) -> set[str]:
    """The methods of a base in whose place a program has put others, for all that inherit them.

    Args:
        owner: A class that a table names as a base, or one that it inherits.
    """
    space = vars(owner)
    return {name for name, method in _AS_WRITTEN.get(owner, {}).items() if space.get(name) is not method}


def is_replaced(owner: type, method: str) -> bool:
    """True for one of the methods that :func:`replaced` names."""
    written = _AS_WRITTEN.get(owner, {})
    return method in written and vars(owner).get(method) is not written[method]


def as_tuple(base: Base) -> tuple[type, ...]:
    """One class or several, as several."""
    return base if isinstance(base, tuple) else (base,)
