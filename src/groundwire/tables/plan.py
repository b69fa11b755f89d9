"""The plan of a run: each method that somebody overrides, bound to the hook at which it runs.

``compile_plan`` reads tables, objects and signatures once, before the first batch. What comes out
is a :class:`Plan` with one callable a hook: the Trainer's own bound method where nobody listens,
otherwise a small function written for this run (see ``fuse.py``). The loop calls these and looks
nothing up.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from groundwire import listeners
from groundwire.errors import HookMapError, RefusedError, did_you_mean, place_of
from groundwire.tables.fuse import Attached, fuse, nothing, stand_in, without_other_variants
from groundwire.tables.hookmap import Gap, HookMap, Position, Row, as_tuple, is_replaced, replaced
from groundwire.tables.hooks import HOOKS, Stage

__all__ = ["Finding", "Part", "Plan", "Wired", "attach", "by_row", "compile_plan", "overridden"]

Status = Literal["wired", "gap", "unknown", "refused"]
STAGES: tuple[Stage, ...] = get_args(Stage)


@dataclass(frozen=True, slots=True)
class Part:
    """An object that plays a role of a map in this run.

    Attributes:
        hookmap: The table.
        role: The role in it.
        player: The object.
        order: Its position in ``callbacks=``; 0 for what does not stand there.
        through: Given the name of a method and the player's bound method, returns what is called in
            its place; for adapters that have to know which foreign method is running.
        without: Methods of this player to ignore: another player provides them in this run.
    """

    hookmap: HookMap
    role: str
    player: Any
    order: int = 0
    through: Callable[[str, Callable[..., Any]], Callable[..., Any]] | None = None
    without: frozenset[str] = frozenset()

    def implements(self, method: str, silent: tuple[type, ...] = ()) -> bool:
        """True if the player brings its own ``method``, not one of its bases or of ``silent`` ones."""
        bases = as_tuple(self.hookmap.bases[self.role])
        return method not in self.without and overridden(self.player, method, bases, silent)

    def runs(self, line: Row | Gap, silent: tuple[type, ...] = ()) -> bool:
        """True if a row calls the player: its own method, or whatever was set on the instance, wrappers too.

        A row that is ``own`` is meant for an override alone.
        """
        if self.implements(line.method, silent):
            return True
        called = isinstance(line, Row) and not line.own and line.method not in self.without
        return called and callable(getattr(self.player, "__dict__", {}).get(line.method))


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the portability report.

    Attributes:
        owner: Class of the object it is about.
        source: ``"Role.method"``.
        status: Whether it runs (``"wired"``), has no place (``"gap"``), is in no table
            (``"unknown"``), or forbids the run (``"refused"``).
        detail: Where it runs, or why not and what to do instead.
        place: ``file:line`` of the method.
    """

    owner: str
    source: str
    status: Status
    detail: str
    place: str = ""


@dataclass(slots=True)
class Wired:
    """The rows of one hook: some before, one instead or none (``rivals`` are refused), some after."""

    before: tuple[Attached, ...] = ()
    instead: Attached | None = None
    after: tuple[Attached, ...] = ()
    rivals: tuple[Attached, ...] = ()


@dataclass(frozen=True, slots=True)
class Fit:
    """The arguments of a row as a player's method takes them, looked at once for all stages of a run."""

    method: Callable[..., Any]
    args: tuple[str, ...]
    named: tuple[str, ...]
    finding: Finding


Fits = dict[tuple[int, int], Fit]
"""By the ``id`` of the row and that of the player, which the method keeps alive."""


class Plan:
    """One callable for every hook of a run, and the report of how it came to be.

    The object stays the same for the life of a Trainer; compiling replaces what its slots hold, so
    a callback that joins in the middle of a run is heard at the next hook.

    Attributes:
        instead: Hook to the compiled row that runs instead of it; read by :class:`by_row`.
        wired: Hook to what is attached there.
        findings: One line for each row and gap that met an object, and each unknown method.
        fits: The methods of this run that were looked at, for the stages that follow.
        through: Given the name of a hook and the Trainer's own method, returns what is called in its
            place; for adapters that measure it. None calls the methods themselves.
    """

    __slots__ = (*HOOKS, "findings", "fits", "instead", "through", "wired")

    def __init__(self) -> None:
        self.instead: dict[str, Callable[..., Any]] = {}
        self.wired: dict[str, Wired] = {}
        self.findings: list[Finding] = []
        self.fits: Fits = {}
        self.through: Callable[[str, Callable[..., Any]], Callable[..., Any]] | None = None

    def put(self, trainer: object, hooks: Iterable[str]) -> None:
        """Make the functions of ``hooks`` from what is wired there."""
        spent = getattr(getattr(trainer, "at", None), "spent", None)
        for name in hooks:
            # read from the trainer, where a by_row gives what was compiled to run instead
            own = nothing if HOOKS[name].is_event else getattr(trainer, name)
            if self.through is not None and not HOOKS[name].is_event:
                own = self.through(name, own)
            wired = self.wired.get(name)
            setattr(self, name, fuse(HOOKS[name], own, wired.before, wired.after, spent) if wired else own)

    if TYPE_CHECKING:

        def __getattr__(self, hook: str) -> Callable[..., Any]: ...


class by_row:  # noqa: N801  # used like a decorator, in a class body
    """A hook of an adapter class, filled by the row that was compiled to run instead of it.

    ``calculate_train_batch_loss = by_row()`` in an adapter class makes the hook the foreign method
    while a row is wired there, and the next class's method otherwise. A user's class that stands
    before the adapter overrides it as usual, and its ``super()`` reaches the foreign method.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self.owner = owner
        self.name = name
        self.__doc__ = getattr(getattr(super(owner, owner), name, None), "__doc__", None)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        compiled = instance.plan.instead.get(self.name)
        return getattr(super(self.owner, instance), self.name) if compiled is None else compiled


def overridden(player: object, method: str, bases: tuple[type, ...], silent: tuple[type, ...] = ()) -> bool:
    """True if ``player`` brings its own ``method``.

    Set on the instance, on a class that no base inherits, or by a program on a base itself. A hook set to
    ``None`` is off. An object that inherits none of the bases means what it has. Bases of other tables
    are ``silent``: what an object of two frameworks inherits from one is no override of the other. What
    stands around the method of a base, and does no more than call it, is no override either: a function
    of ``functools.wraps``, a ``partial``, a ``Mock(wraps=...)``, another name for it.
    """
    standing = getattr(player, method, None)
    if not callable(standing):
        return False
    # the classes first, which settle nearly every case; to look into functions costs more
    known = (*bases, *silent)
    lineage = type(player).__mro__
    if not any(base in lineage for base in known):
        return True
    if method not in getattr(player, "__dict__", {}):
        owner = next((cls for cls in lineage if method in vars(cls)), None)
        if owner is None or any(owner in base.__mro__ for base in known):
            return owner is not None and is_replaced(owner, method)
    code = getattr(within := _within(standing), "__code__", None)
    inherited = (getattr(base, method, None) for base in known if base in lineage)
    # by their code, for a bound method is another object each time, and a base's function may go by another name
    return within is not None and (code is None or all(code != getattr(one, "__code__", None) for one in inherited))


def _within(method: Any) -> Any:
    """The method inside a wrapper; the method itself where it is none, and None of a mock around nothing."""
    method = getattr(method, "__wrapped__", method)
    # who has a mock has imported the module, which is not to be imported for those who have none
    mock = getattr(sys.modules.get("unittest.mock"), "Mock", ())
    if isinstance(method, mock):
        return method._mock_wraps
    return method.func if isinstance(method, functools.partial) else method


def compile_plan(plan: Plan, trainer: object, parts: Sequence[Part], known: Mapping[str, Any], stage: Stage) -> None:
    """Bind every row to every part that implements it, and put the hooks of ``stage`` in place.

    Every signature is checked at assembly, so that nothing is refused after data was read.

    Args:
        plan: It is filled, or left as it was when something is refused.
        trainer: Whose hooks they are.
        parts: Who plays which role.
        known: Values of the names that the run knows at this stage.
        stage: Hooks of this stage and of those before it are put in place.

    Raises:
        RefusedError: A method cannot take its arguments, a gap that would change numbers is met,
            or two rows want to run instead of one hook. Names everything that is refused.
    """
    if stage == "assembly":  # the ids of the run before may be those of other objects by now
        plan.fits = {}
    wired, findings = attach(trainer, parts, stage, plan.fits)
    if refused := [finding.detail for finding in findings if finding.status == "refused"]:
        listeners.tell_of_lacking("hook", *refused)
        raise RefusedError("\n".join(refused))
    for attached in _every(wired):
        attached.bind(known)
    # later hooks wait: a method of theirs may still be replaced, and names are known then that are not known yet
    hooks = [name for name, hook in HOOKS.items() if STAGES.index(hook.stage) <= STAGES.index(stage)]
    plan.wired, plan.findings = wired, findings
    fresh = {
        name: stand_in(HOOKS[name], rows.instead)
        for name, rows in wired.items()
        if name in hooks and rows.instead is not None
    }
    # an evaluation that is assembled inside a run leaves the run's own hooks as they are
    plan.instead = {name: function for name, function in plan.instead.items() if name not in hooks} | fresh
    plan.put(trainer, hooks)


def attach(
    trainer: object, parts: Sequence[Part], stage: Stage, fits: Fits | None = None
) -> tuple[dict[str, Wired], list[Finding]]:
    """Give each method its place, and say what is to be said about it; nothing is bound, nothing raised.

    Args:
        trainer: Whose hooks they are.
        parts: Who plays which role.
        stage: At ``"init"`` only the rows of that stage are looked at.
        fits: Methods that an earlier stage of this run has looked at; those that are new are put into it.
    """
    fits = {} if fits is None else fits
    places: dict[tuple[str, Position], list[_Group]] = {}
    findings: list[Finding] = []
    silent = _bases_of(parts)
    brought = _brought(parts, silent)
    # tables in the order in which their first part came, and rows in that of the table: see _seat
    for hookmap in dict.fromkeys([part.hookmap for part in parts]):
        for line in hookmap.rows:
            if stage == "init" and not (isinstance(line, Row) and line.moment.stage == "init"):
                continue
            if players := brought.get(id(line)):
                findings += _seat(line, players, places, fits)
    wired = _as_wired(places)
    findings += _refused_instead(trainer, wired)
    return wired, findings if stage == "init" else findings + _unknown(parts, silent)


def _bases_of(parts: Sequence[Part]) -> tuple[type, ...]:
    maps = {part.hookmap for part in parts}
    return tuple([base for hookmap in maps for of_role in hookmap.bases.values() for base in as_tuple(of_role)])


def _brought(parts: Sequence[Part], silent: tuple[type, ...]) -> dict[int, list[Part]]:
    """The parts that implement each line of their table, by the line's ``id``."""
    brought: dict[int, list[Part]] = {}
    for part in parts:
        names, lines = _own_names(part, silent), [*part.hookmap.lines_of(part.role)]
        lines = [line for line in lines if (names is None or line.method in names) and part.runs(line, silent)]
        for line in without_other_variants(lines, part.player):
            brought.setdefault(id(line), []).append(part)
    return brought


def _own_names(part: Part, silent: tuple[type, ...]) -> set[str] | None:
    """Names that stand on a player, on a class of it that no base inherits, or anew on a base: it overrides no others.

    None where it inherits no base, so that all it has is its own. To ask :func:`overridden` for each line of a
    table would be thousands of calls a run.
    """
    lineage, bases = type(part.player).__mro__, (*as_tuple(part.hookmap.bases[part.role]), *silent)
    if set(bases).isdisjoint(lineage):
        return None
    theirs = set().union(*[base.__mro__ for base in bases])
    own = (replaced(cls) if cls in theirs else vars(cls) for cls in lineage)
    return set().union(getattr(part.player, "__dict__", ()), *own)


def _every(wired: Mapping[str, Wired]) -> Iterator[Attached]:
    for rows in wired.values():
        yield from rows.before
        if rows.instead is not None:
            yield rows.instead
        yield from rows.after


@dataclass(slots=True)
class _Group:
    """Rows that share one place in the order, those of one method of each table; see :func:`_seat`."""

    shared: bool
    maps: dict[HookMap, str] = field(default_factory=dict)  # each with the source of its row
    members: list[tuple[int, Attached]] = field(default_factory=list)


def _seat(
    line: Row | Gap, players: Sequence[Part], places: dict[tuple[str, Position], list[_Group]], fits: Fits
) -> list[Finding]:
    """Give the players of a row their place.

    The ordering rule, for one position at one hook:
    1. Rows run in table order; tables in the order in which they came (native first).
    2. Rows of ``callbacks=`` roles from different tables count as one row; a row of a role that
       specialises another (a monitor is a callback) keeps the place it has in its own table, and
       no row comes before an earlier one of its own table.
    3. Within a row, its variants included, the order is that of ``callbacks=``.
    """
    if isinstance(line, Gap):
        return [_gap_finding(part, line) for part in players]
    group = _group_for(line, players[0].hookmap, places.setdefault((line.hook, line.position), [])) if players else None
    findings = []
    for part in players:
        fit = fits.get((id(line), id(part.player)))
        # compared, for a method may be replaced between two stages; equal bound methods are not identical
        if fit is None or fit.method != getattr(part.player, line.method):
            try:
                fit = _fit(line, part)
            except HookMapError as error:
                findings.append(_finding(part, line, "refused", str(error)))
                continue
            fits[id(line), id(part.player)] = fit
        findings.append(fit.finding)
        method = fit.method if part.through is None else part.through(line.method, fit.method)
        if group is not None:
            group.members.append((part.order, Attached(line, part.player, method, fit.args, fit.named)))
    return findings


def _fit(line: Row, part: Part) -> Fit:
    attached = Attached.check(line, part.player)
    finding = _finding(part, line, "wired", f"{line.position} {line.hook}")
    return Fit(attached.method, attached.args, attached.named, finding)


def _group_for(line: Row, hookmap: HookMap, groups: list[_Group]) -> _Group:
    shares = line.role in hookmap.listed and line.role not in hookmap.specialises
    for group in reversed(groups):
        if group.maps.get(hookmap) == line.source or (shares and group.shared and hookmap not in group.maps):
            group.maps[hookmap] = line.source
            return group
        if not shares or hookmap in group.maps:  # further back, this row would come before one of its own table
            break
    groups.append(_Group(shared=shares, maps={hookmap: line.source}))
    return groups[-1]


def _as_wired(places: Mapping[tuple[str, Position], list[_Group]]) -> dict[str, Wired]:
    wired: dict[str, Wired] = {}
    for (hook, position), groups in places.items():
        calls = tuple(call for group in groups for _, call in sorted(group.members, key=lambda member: member[0]))
        rows = wired.setdefault(hook, Wired())
        if position == "before":
            rows.before = calls
        elif position == "after":
            rows.after = calls
        elif calls:
            rows.instead, rows.rivals = calls[0], calls[1:]
    return wired


def _finding(part: Part, line: Row | Gap, status: Status, detail: str) -> Finding:
    owner = type(part.player).__qualname__
    return Finding(owner, line.source, status, detail, place_of(getattr(part.player, line.method)))


def _gap_finding(part: Part, gap: Gap) -> Finding:
    finding = _finding(part, gap, "gap", f"{gap.why} Instead: {gap.use}")
    if not gap.stop:
        return finding
    detail = (
        f"{finding.owner}.{gap.method} ({finding.place}) cannot be honoured, and leaving it out would change the "
        f"numbers: {finding.detail}"
    )
    return _finding(part, gap, "refused", detail)


def _refused_instead(trainer: object, wired: Mapping[str, Wired]) -> list[Finding]:
    """Rows that want to run instead of a hook where there is no room, or where another one does."""
    findings = []
    for name, rows in wired.items():
        if rows.instead is None:
            continue
        detail = ""
        if rows.rivals:
            rivals = " and ".join(rival.said for rival in (rows.instead, *rows.rivals))
            detail = f"{name}: {rivals} all want to run instead of it; keep one"
        elif not any(isinstance(vars(cls).get(name), by_row) for cls in type(trainer).__mro__):
            detail = (
                f"{rows.instead.said} wants to run instead of {name}, but no class of {type(trainer).__qualname__} "
                f"leaves room for it: write `{name} = by_row()` in the adapter class"
            )
        if detail:
            owner = rows.instead.owner.__qualname__
            findings.append(Finding(owner, rows.instead.row.source, "refused", detail, place_of(rows.instead.method)))
    return findings


def _unknown(parts: Sequence[Part], silent: tuple[type, ...]) -> list[Finding]:
    """``on_…`` methods that no table speaks of; those of an object in several roles once."""
    spoken: dict[int, set[str]] = {}
    for part in parts:
        names = {line.method for line in part.hookmap.lines_of(part.role)}
        spoken.setdefault(id(part.player), set()).update(names)
    findings = {}
    for part in parts:
        known = spoken[id(part.player)]
        for name in _strange_hooks(part, known, silent):
            if (id(part.player), name) not in findings:
                findings[id(part.player), name] = _unknown_finding(part, name, known)
    return list(findings.values())


def _strange_hooks(part: Part, known: set[str], silent: tuple[type, ...]) -> list[str]:
    """The player's own ``on_…`` methods, in alphabetical order, without those that are ``known``."""
    kind, names = type(part.player), _own_names(part, silent)
    strange = [name for name in dir(kind) if name.startswith("on_") and name not in known]
    own = [name for name in strange if names is None or name in names]
    return [name for name in own if inspect.isfunction(getattr(kind, name)) and part.implements(name, silent)]


def _unknown_finding(part: Part, name: str, known: set[str]) -> Finding:
    hint = did_you_mean(name, known)
    detail = f"No hook has this name; nothing in a run calls it.{hint}"
    return Finding(
        type(part.player).__qualname__, f"{part.role}.{name}", "unknown", detail, place_of(getattr(part.player, name))
    )
