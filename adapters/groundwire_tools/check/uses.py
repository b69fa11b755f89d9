"""Uses: what a scan of one file says about it, before anybody knows whose names they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Chain = tuple[str, ...]
"""A dotted name as parts, from an import or a class: ``("lightning", "Trainer", "()", "fit")``, with calls as such."""

CALL = "()"
"""The part of a chain that stands for a call."""

SOME = "(…)"
"""The part of a chain that stands for some object of a class or of one that stems from it, as an annotation says."""

SUPER = "super()"
"""The part of a chain that stands for an object as its base class sees it."""

UNKNOWN = object()
"""The value of an argument that only a run can tell."""


@dataclass(frozen=True, slots=True)
class Keyword:
    """A named argument of a call.

    Attributes:
        name: Of the argument.
        line: Where it stands, which is not at the call where it came through ``**kwargs``.
        column: Likewise, from 1.
        value: A literal, or :data:`UNKNOWN`.
    """

    name: str
    line: int
    column: int
    value: object = UNKNOWN


@dataclass(frozen=True, slots=True)
class Use:
    """A name in use.

    Attributes:
        kind: What is done with it.
        chain: What it names.
        line: Where, in the file or in a cell of it.
        column: From 1.
        bound: How many parts of the chain an earlier statement has named; those are told of there.
        is_guarded: An ``except`` goes on without it, or only type checkers read it.
        keywords: Of a call.
    """

    kind: Literal["import", "read", "store", "call"]
    chain: Chain
    line: int
    column: int
    bound: int = 0
    is_guarded: bool = False
    keywords: tuple[Keyword, ...] = ()


@dataclass(frozen=True, slots=True)
class Method:
    """A method as it is written: how it can be called.

    Attributes:
        line: Of its name.
        column: From 1.
        least: Arguments by position that it needs, without ``self``.
        most: Those that it takes.
        takes: Names that may be passed by keyword; None for any.
        needs: Names that have to be passed by keyword.
        is_plain: No decorator changes how it is called.
        shown: Its arguments, without ``self``.
    """

    line: int
    column: int
    least: int
    most: float
    takes: frozenset[str] | None
    needs: frozenset[str]
    is_plain: bool
    shown: str


@dataclass(slots=True)
class ClassRecord:
    """A class of the project.

    Attributes:
        chain: Module and name.
        bases: What it stems from.
        methods: Those of its body.
        values: What is assigned to its attributes, as far as that names something.
    """

    chain: Chain
    bases: tuple[Chain, ...]
    methods: dict[str, Method] = field(default_factory=dict)
    values: dict[str, Chain] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """True for an attribute of its own."""
        return name in self.methods or name in self.values


@dataclass(frozen=True, slots=True)
class Broken:
    """A place that cannot be parsed."""

    line: int
    column: int
    why: str


@dataclass(slots=True)
class Scanned:
    """What was seen in one file.

    Attributes:
        path: As it is shown.
        uses: In the order in which a run would come by.
        classes: Of the file.
        broken: What could not be parsed.
        ignored: Line to codes that a comment there silences; an empty set silences all.
        cells: Of a notebook, line of the joined source to cell and line in it.
    """

    path: str
    uses: list[Use] = field(default_factory=list)
    classes: list[ClassRecord] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)
    ignored: Mapping[int, frozenset[str]] = field(default_factory=dict)
    cells: Mapping[int, tuple[int, int]] = field(default_factory=dict)
