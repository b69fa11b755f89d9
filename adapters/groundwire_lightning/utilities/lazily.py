"""Names of a package that are imported when they are first used."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from functools import partial
from importlib.util import find_spec
from typing import Any

from groundwire_lightning import paths


def lazily(package: str, where: Mapping[str, str], name: str) -> Any:
    """What ``__getattr__`` of a package answers: a name of its table, or a module in it.

    Args:
        package: Its name.
        where: Name to the module below the package that has it.
        name: What is asked for.

    Raises:
        AttributeError: There is no such name.
    """
    if name in where:
        value = getattr(importlib.import_module(f"{package}.{where[name]}"), name)
        setattr(sys.modules[package], name, value)
        return value
    if not name.startswith("_") and find_spec(f"{package}.{name}") is not None:
        return importlib.import_module(f"{package}.{name}")
    gap = paths.gap_of(f"{package}.{name}")
    because = "" if gap is None else f": {gap.why}. Instead: {gap.instead}"
    raise AttributeError(f"module {package!r} has no attribute {name!r}{because}")


def modules_of(package: str) -> Callable[[str], Any]:
    """The ``__getattr__`` of a package whose modules are imported when they are first used.

    Args:
        package: Its name.
    """
    return partial(lazily, package, {})
