"""Attributes of a package that are imported when they are first used."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from functools import partial
from importlib.util import find_spec
from typing import Any

from groundwire import listeners
from groundwire_lightning import paths


def lazy_attribute(package: str, where: Mapping[str, str], name: str) -> Any:
    """Import an attribute of a package: a name from one of its modules, or a module of it.

    It is the body of a module's ``__getattr__``, which Python calls for names that are not there yet.

    Args:
        package: The package, such as ``__name__`` in its ``__init__.py``.
        where: Name to the module of the package that has it.
        name: The attribute that is asked for.

    Raises:
        AttributeError: There is no such name; says what to use instead where it is a gap.
    """
    if name in where:
        value = getattr(importlib.import_module(f"{package}.{where[name]}"), name)
        setattr(sys.modules[package], name, value)  # so that __getattr__ is not called for it again
        return value
    besides = paths.names_besides(paths.spelled(package))
    if name in besides:
        home, inner = besides[name]
        value = getattr(importlib.import_module(home), inner)
        setattr(sys.modules[package], name, value)
        tell_of_move(f"{package}.{name}")
        return value
    is_package = "__path__" in vars(sys.modules[package])
    if is_package and not name.startswith("_") and find_spec(f"{package}.{name}") is not None:
        return importlib.import_module(f"{package}.{name}")
    gap = paths.gap_of(f"{package}.{name}")
    because = "" if gap is None else f": {gap.why}. Instead: {gap.instead}"
    text = f"module {package!r} has no attribute {name!r}{because}"
    if gap is not None:
        for listener in listeners.LACKING:
            listener(text)
    raise AttributeError(text)


def tell_of_move(path: str) -> None:
    """Tell the tool that reports on a program of a module or name that Lightning 1 had and Lightning 2 has elsewhere.

    Args:
        path: It, as it is asked for.
    """
    if listeners.OUTDATED and (now := paths.moved(path)) is not None:
        for listener in listeners.OUTDATED:
            listener(f"{path} is a name of Lightning 1; Lightning 2 has in its place {now}")


def modules_of(package: str) -> Callable[[str], Any]:
    """A ``__getattr__`` for a package that has its modules as attributes, imported when they are first used.

    Args:
        package: The package, such as ``__name__`` in its ``__init__.py``.
    """
    return partial(lazy_attribute, package, {})
