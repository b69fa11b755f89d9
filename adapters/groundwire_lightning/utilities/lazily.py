"""Attributes of a package that are imported when they are first used."""

from __future__ import annotations

import dis
import importlib
import sys
from collections.abc import Callable, Mapping
from functools import partial
from importlib.util import find_spec
from types import FrameType
from typing import Any

from groundwire import listeners
from groundwire_lightning import paths

USES = frozenset({"IMPORT_FROM", "LOAD_ATTR", "LOAD_METHOD"})
"""What Python does for a name that is written in code; ``hasattr`` and ``getattr`` are calls."""


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
    module = sys.modules.get(package)  # not there yet where the import system asks a second name for its __path__
    is_package = module is not None and "__path__" in vars(module)
    if is_package and not name.startswith("_") and find_spec(f"{package}.{name}") is not None:
        return importlib.import_module(f"{package}.{name}")
    gap = paths.gap_of(f"{package}.{name}")
    because = "" if gap is None else f": {gap.why}. Instead: {gap.instead}"
    raise lacking_name(package, name, because)


def lacking_name(module: str, name: str, because: str = "") -> AttributeError:
    """The error of a module without an attribute; listeners are told where a program uses it, and not where it asks.

    Args:
        module: The module, under the path that was imported.
        name: The attribute.
        because: The end of the message.
    """
    text = f"module {module!r} has no attribute {name!r}{because}"
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and str(frame.f_globals.get("__name__")).partition(".")[0] == paths.OURS:
        frame = frame.f_back
    if not name.startswith("__") and frame is not None and dis.opname[frame.f_code.co_code[frame.f_lasti]] in USES:
        listeners.tell_of_lacking("name", text, name=name)
    return AttributeError(text, name=name)


def tell_of_move(path: str) -> None:
    """Tell the tool that reports on a program of a module or name that Lightning 1 had and Lightning 2 has elsewhere.

    Args:
        path: It, as it is asked for; it is told of under the one root that Lightning 1 had.
    """
    if listeners.OUTDATED and (now := paths.moved(path)) is not None:
        old = paths.spelled(path).replace("lightning.pytorch", "pytorch_lightning", 1)
        for listener in listeners.OUTDATED:
            listener(f"{old} is a name of Lightning 1; today: {now}")


def modules_of(package: str) -> Callable[[str], Any]:
    """A ``__getattr__`` for a package that has its modules as attributes, imported when they are first used.

    Args:
        package: The package, such as ``__name__`` in its ``__init__.py``.
    """
    return partial(lazy_attribute, package, {})
