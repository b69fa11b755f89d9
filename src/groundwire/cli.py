"""The ``groundwire`` command: it finds a subcommand and hands it the rest of the line.

Subcommands are entry points of the group ``groundwire.commands``, so that whoever brings one (the
adapters among them) registers it and is not known here. A command is a function that takes a list
of arguments and returns the exit code.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Mapping, Sequence
from importlib import metadata
from importlib.machinery import PathFinder
from pathlib import Path

from groundwire.errors import did_you_mean

COMMANDS = "groundwire.commands"
HELP = ("-h", "--help")
VERSION = ("-V", "--version")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one ``groundwire`` command line.

    Args:
        argv: The words after ``groundwire``; those of this process by default.

    Returns:
        The exit code: that of the subcommand, 0 for help and version, 2 for a word that is neither.
    """
    name, *rest = (sys.argv[1:] if argv is None else argv) or ["--help"]
    commands = {entry.name: entry for entry in metadata.entry_points(group=COMMANDS)}
    if name in commands:
        return int(commands[name].load()(rest))
    if name in HELP:
        print(_help(commands))
        return 0
    if name in VERSION:
        print(f"groundwire {metadata.version('groundwire')}")
        return 0
    hint = did_you_mean(name, [*commands, *HELP, *VERSION])
    print(f"groundwire: there is no command {name!r}.{hint} `groundwire --help` lists them.", file=sys.stderr)
    return 2


def _help(commands: Mapping[str, metadata.EntryPoint]) -> str:
    width = max(map(len, commands), default=0)
    rows = [f"  {name:<{width}}  {_sentence(entry.module)}".rstrip() for name, entry in sorted(commands.items())]
    usage = "usage: groundwire COMMAND [ARGUMENTS …]\n       groundwire --help | --version"
    return "\n".join([usage, "", "commands:", *(rows or ["  none is installed"])])


def _sentence(module: str) -> str:
    """First docstring line of a module, which is read and not imported: help must not wait for torch."""
    path: Sequence[str] | None = None
    origin = None
    names = module.split(".")
    for depth in range(len(names)):
        spec = PathFinder.find_spec(".".join(names[: depth + 1]), path)
        if spec is None:
            return ""
        path, origin = spec.submodule_search_locations, spec.origin
    if origin is None or not origin.endswith(".py"):
        return ""
    docstring = ast.get_docstring(ast.parse(Path(origin).read_bytes()))
    return docstring.partition("\n")[0] if docstring else ""
