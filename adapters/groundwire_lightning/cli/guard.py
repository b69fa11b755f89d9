"""A guard of arguments that take anything: a class for one of them has to be imported by the program itself."""

from __future__ import annotations

import collections.abc
import functools
import inspect
import sys
import types
from collections.abc import Iterable, Iterator
from typing import Any, Union, get_args, get_origin


def guard(actions: Iterable[Any]) -> None:
    """Let arguments without a type refuse every class that is not imported, since no type says if it is due.

    Args:
        actions: The arguments of a parser, as actions of argparse; each is guarded once.
    """
    for action in actions:
        hint = getattr(action, "_typehint", None)
        if hint is not None and "_check_type" not in vars(action) and _takes_any(hint):
            action._check_type = _guarded(action, _takes_any_function(hint))


def _guarded(action: Any, by_name: bool) -> Any:
    check = action._check_type

    @functools.wraps(check)
    def guarded(value: Any, *args: Any, **kwargs: Any) -> Any:
        for path in _class_paths(value, by_name):
            if "." in path and not is_imported(path):
                raise TypeError(
                    f'Parser key "{action.dest}": {path} is not imported, and an argument that takes anything names '
                    "no class to hold it against. Import it in the program, or annotate the argument with its class"
                )
        return check(value, *args, **kwargs)

    return guarded


def is_imported(path: str) -> bool:
    """True for a dotted path that leads somewhere without an import."""
    names = path.split(".")
    for length in range(len(names) - 1, 0, -1):
        if (module := sys.modules.get(".".join(names[:length]))) is not None:
            return names[length] in vars(module)
    return False


def _class_paths(value: Any, by_name: bool) -> Iterator[str]:
    """The paths of classes in a value of any depth.

    Args:
        value: A text, a configuration, or a list of them.
        by_name: A text alone may be the path of a function or class.
    """
    if isinstance(value, str):
        if by_name and all(name.isidentifier() for name in value.split(".")):
            yield value
        elif "class_path" in value:
            yield from _class_paths(_parsed(value), by_name=False)
    elif type(value).__name__ == "NestedArg":  # jsonargparse's, for a key such as --model.optimizer.class_path
        yield from _class_paths({value.key.rpartition(".")[2]: value.val}, by_name=False)
    elif isinstance(value, (list, tuple)):
        for entry in value:
            yield from _class_paths(entry, by_name)
    elif isinstance(value, dict) or hasattr(value, "as_dict"):
        entries = value if isinstance(value, dict) else vars(value)
        for key, entry in entries.items():
            if key == "class_path" and isinstance(entry, str):
                yield entry
            else:
                yield from _class_paths(entry, by_name=False)


def _parsed(text: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return None  # the parser reports it


def _takes_any(hint: Any) -> bool:
    """True for a type that admits an object of any class."""
    """True for a type that admits an object of any class."""
    if hint in (Any, object, inspect.Parameter.empty) or type(hint).__name__ in ("UnvalidatedType", "UntypedType"):
        return True
    if get_origin(hint) in (collections.abc.Callable, type):
        return _takes_any_function(hint)
    return _takes_any_function(hint) or any(_takes_any(part) for part in get_args(hint) if part is not ...)


def _takes_any_function(hint: Any) -> bool:
    """True for the type of a function that need not return an object of a certain class."""
    if get_origin(hint) in (Union, types.UnionType):
        return any(_takes_any_function(part) for part in get_args(hint))
    if get_origin(hint) is not collections.abc.Callable and hint not in (collections.abc.Callable, type):
        return False
    returned = get_args(hint)[-1:] or (None,)
    kinds = get_args(returned[0]) or returned
    return not all(isinstance(kind, type) and kind.__module__ != "builtins" for kind in kinds)
