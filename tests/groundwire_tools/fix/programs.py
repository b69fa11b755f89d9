"""Programs for the fix: text in, text out."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from groundwire_tools.check.files import File
from groundwire_tools.check.follow import Names
from groundwire_tools.check.project import Project
from groundwire_tools.fix.imports import Imports
from groundwire_tools.fix.place import Place
from groundwire_tools.fix.python import fixed_python

FILE = File(Path("train.py"), ("train",))


def names(*own_roots: str) -> Names:
    """Of a project without classes."""
    return Names(Project(own_roots))


def place(source: str) -> Place:
    """A program under repair."""
    return Place(dedent(source), FILE, names())


def imports(source: str) -> Imports:
    """Its imports."""
    return Imports(place(source))


def fixed(source: str, *own_roots: str) -> str:
    """A program as it is written for groundwire."""
    return fixed_python(dedent(source), FILE, names(*own_roots))
