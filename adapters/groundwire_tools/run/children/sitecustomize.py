"""The first code of a child process of `groundwire run`: Lightning is answered there too, as in its parent."""

from __future__ import annotations

import os
import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from pathlib import Path


def follow() -> None:
    """Answer as the parent does, where this interpreter has groundwire: another one has packages of its own.

    Where it cannot be done the interpreter ends: the program would go on with the real Lightning otherwise.
    """
    try:
        from groundwire_tools.run.answers import install, requested
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("groundwire_tools"):
            raise
        return
    try:
        if requested() is not None:
            install()
    except (ImportError, ValueError) as error:
        sys.stderr.write(f"groundwire: {error}\n")
        sys.stderr.flush()
        os._exit(2)  # an error would be printed by `site`, and then passed over


def go_on() -> None:
    """Run the ``sitecustomize`` that this one stands before, under its name."""
    here = Path(__file__).resolve().parent
    spec = PathFinder.find_spec("sitecustomize", [entry for entry in sys.path if Path(entry).resolve() != here])
    if spec is None or spec.loader is None:
        return
    module = sys.modules["sitecustomize"] = module_from_spec(spec)
    spec.loader.exec_module(module)


if __name__ == "sitecustomize":
    follow()
    go_on()
