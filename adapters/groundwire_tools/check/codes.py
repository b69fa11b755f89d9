"""The codes of findings: one line each, and what the hundreds mean."""

from __future__ import annotations

from typing import NamedTuple


class Code(NamedTuple):
    """One kind of finding.

    Attributes:
        number: ``GW301``; its first digit says what becomes of the program.
        title: Some words.
        about: When it is found, and what follows.
    """

    number: str
    title: str
    about: str


CODES = {
    code.number: code
    for code in (
        Code("GW001", "unreadable", "The file is no Python, notebook or YAML that can be parsed. Nothing in it counts."),
        Code("GW101", "stand-in", "An object of ours answers for a part of Lightning's own trainer that is built otherwise here."),
        Code("GW102", "mapped argument", "An argument of the Trainer is done by something of ours, Accelerate mostly."),
        Code("GW103", "another branch", "A name that is not here is asked for under a `try` whose `except` goes on without it, or for type checkers alone."),
        Code("GW105", "name of Lightning 1", "Lightning 2 dropped this name, or this value. The program runs as it did under Lightning 1, and says once how it is written today."),
        Code("GW201", "never called", "Lightning 2 dropped this hook. The program runs, and the method does not."),
        Code("GW202", "unknown hook", "No hook has this name, and nothing calls the method. It may be misspelt."),
        Code("GW203", "started by a launcher", "Several processes are asked for. The Trainer starts none: a launcher does."),
        Code("GW211", "another meaning than in pytorch-accelerated", "The name is there and does something else, or gives another number."),
        Code("GW301", "no such module", "The module path has no counterpart. Its import fails."),
        Code("GW302", "no such name", "The module has no such name. Its import, or its first use, fails."),
        Code("GW303", "no such argument", "The call names an argument that is not taken. It raises a `TypeError`."),
        Code("GW304", "refused value", "The argument is taken, and not this value. The Trainer refuses it before any data is read."),
        Code("GW305", "refused hook", "Leaving this method out would change numbers, and nothing here can call it. A run with it is refused before any data is read."),
        Code("GW306", "hook with another signature", "The method cannot be called with what its hook gives. A run with it is refused before any data is read."),
        Code("GW307", "no such attribute", "Objects of this class have no such attribute or method."),
        Code("GW308", "refused", "The class or method is there to be imported. Making or calling it is refused, and says what to do instead."),
    )
}  # fmt: skip
"""Number to code."""

MEANINGS = {
    "GW0": "cannot be judged",
    "GW1": "runs, through something of ours",
    "GW2": "runs, with another meaning",
    "GW3": "cannot run",
}
"""How numbers begin, and what becomes of the program."""
