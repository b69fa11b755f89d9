"""Pickled values rebuilt from a short list of makers: nothing that a file names is imported or called.

A file names classes and functions. Those that stand in a table are made by functions of ours, which take no more
memory than the file has bytes for; all others become stand-ins that hold nothing but the name.
"""

from __future__ import annotations

import pickle
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from groundwire.saved.stand_ins import StandIn, levels

__all__ = [
    "BrokenFileError",
    "HostileFileError",
    "Known",
    "Unpickler",
    "checked_key",
    "first_line",
]

DEEPEST = 200
"""Levels of containers in containers; what walks through a file is recursive in places."""
LONGEST_KEY = 10_000
"""Entries of a tuple that is a key, those of tuples in it counted as often as they stand there."""


class BrokenFileError(ValueError):
    """A file that is torn, damaged, or made to exhaust who reads it."""


class HostileFileError(BrokenFileError):
    """A file that calls what no run has a use for, and who wants to do harm has.

    Args:
        name: What it calls.
    """

    def __init__(self, name: str) -> None:
        super().__init__(f"it calls {name}")
        self.name = name


class Known(NamedTuple):
    """One name that a file may hold.

    Attributes:
        value: What stands for it where it is a value.
        make: Makes an object of the arguments in the file; without it the file may not call it.
        new: Makes an empty object that is filled afterwards.
        fill: Gives an object of this class its state.
        holds: What is made holds its arguments, stand-ins among them too.
    """

    value: Any
    make: Callable[..., Any] | None = None
    new: Callable[..., Any] | None = None
    fill: Callable[[Any, Any], None] | None = None
    holds: bool = False


_InPython: Any = pickle._Unpickler
"""The one in C cannot be told what may be filled; the stubs know of neither's stack."""


class Unpickler(_InPython):  # type: ignore[misc]
    """Makes the values of one pickle.

    Args:
        file: Where it stands.
        size: Bytes of the file, which bound what may be made of it.
        known: Name to what stands for it.
        storage: Makes a storage of what the file says of one.
    """

    def __init__(
        self, file: Any, size: int, known: Mapping[str, Known], storage: Callable[[Any], Any] | None = None
    ) -> None:
        super().__init__(file)
        self._names = known
        # by identity: a value that is called may have an __eq__ of its own, or no hash
        self._of = {id(entry.value): entry for entry in known.values()}
        self._kinds = {entry.value: entry for entry in known.values() if isinstance(entry.value, type)}
        self._storage = storage
        self._left = 4 * size + 1_000_000  # parts that may still be made: some for each byte, and for a small file

    def load(self) -> Any:
        """The value.

        Raises:
            BrokenFileError: It is torn, damaged, or would exhaust who makes it.
        """
        try:
            value: Any = super().load()
        except (BrokenFileError, MemoryError):
            raise
        except Exception as error:
            raise BrokenFileError(first_line(error)) from error
        _check_depth(value)
        return value

    def find_class(self, module: str, name: str) -> Any:
        """Look a name up among those that are known; any other becomes a stand-in."""
        if self.proto < 3:  # such files write the names of Python 2
            if (module, name) in NAME_MAPPING:
                module, name = NAME_MAPPING[module, name]
            module = IMPORT_MAPPING.get(module, module)
        path = f"{module}.{name}"
        return self._names[path].value if path in self._names else StandIn(path)

    def persistent_load(self, pid: Any) -> Any:
        """Hand what the file says of a storage to who makes it."""
        if self._storage is None:
            raise BrokenFileError("it holds tensors where none belong")
        return self._storage(pid)

    # which bounds hold, and who makes what

    def _spend(self, values: Iterable[Any]) -> None:
        """Count the parts that a maker is handed: a short file may name one large value many times over."""
        self._left -= 1 + sum(len(value) for value in values if type(value) in _SIZED)
        if self._left < 0:
            raise BrokenFileError("it would become far larger than it is")

    def _call(self, called: Any, arguments: Any, how: str) -> Any:
        """Make an object by the maker of a known name; of foreign parts, and by foreign names, come stand-ins."""
        if type(arguments) is not tuple:
            raise BrokenFileError("it calls something without arguments")
        if isinstance(called, StandIn):
            return self._stand_in_of(called, arguments)
        known = self._of.get(id(called))
        make = None if known is None else getattr(known, how)
        if make is None:
            raise BrokenFileError(f"it calls {_name_of(called)}, which no file may")
        self._spend(arguments)
        foreign = [argument for argument in arguments if isinstance(argument, StandIn)]
        return foreign[0] if foreign and known is not None and not known.holds else make(*arguments)

    def _stand_in_of(self, called: StandIn, arguments: tuple[Any, ...]) -> StandIn:
        """Stand in for the object that something foreign would have made, under the name that the user knows."""
        module, _, name = called.foreign_name.partition(".")
        if module in _OF_THE_SYSTEM or (module == "builtins" and name in _OF_THE_INTERPRETER):
            raise HostileFileError(called.foreign_name)
        if not arguments or not isinstance(first := arguments[0], StandIn):
            return called
        if called.foreign_name == "builtins.getattr" and type(arguments[-1]) is str:
            return StandIn(f"{first.foreign_name}.{arguments[-1]}")
        return first if called.foreign_name in _MAKE_ANOTHER else called

    # the instructions that do more than push a value

    def _reduce(self) -> None:
        arguments = self.stack.pop()
        self.stack[-1] = self._call(self.stack[-1], arguments, "make")

    def _newobj(self) -> None:
        arguments = self.stack.pop()
        self.stack[-1] = self._call(self.stack[-1], arguments, "new")

    def _newobj_ex(self) -> None:  # what pickles of keyword-only __new__ use; no class that is known here has one
        if (words := self.stack.pop()) and not isinstance(self.stack[-2], StandIn):
            raise BrokenFileError(f"it calls {_name_of(self.stack[-2])} with {', '.join(map(str, words))}")
        self._newobj()

    def _build(self) -> None:
        state, filled = self.stack.pop(), self.stack[-1]
        if isinstance(filled, StandIn):
            return
        known = self._kinds.get(type(filled))
        if known is None or known.fill is None:
            raise BrokenFileError(f"it gives a state to {_name_of(type(filled))}, which no file may")
        self._spend(state if type(state) is tuple else (state,))
        known.fill(filled, state)

    def _append(self) -> None:
        self._extend([self.stack.pop()])

    def _appends(self) -> None:
        self._extend(self.pop_mark())

    def _extend(self, items: list[Any]) -> None:
        filled = self.stack[-1]
        if type(filled) is list or self._is_allowed(filled, list):
            filled.extend(items)
        elif not isinstance(filled, StandIn):
            raise BrokenFileError(f"it appends to {_name_of(type(filled))}")

    def _setitem(self) -> None:
        value = self.stack.pop()
        self._set_items([self.stack.pop(), value])

    def _setitems(self) -> None:
        self._set_items(self.pop_mark())

    def _set_items(self, items: list[Any]) -> None:
        filled = self.stack[-1]
        if isinstance(filled, StandIn):
            return
        if type(filled) is not dict and not self._is_allowed(filled, dict):
            raise BrokenFileError(f"it sets an item of {_name_of(type(filled))}")
        for key, value in zip(items[::2], items[1::2], strict=True):
            filled[checked_key(key)] = value

    def _additems(self) -> None:
        items, filled = self.pop_mark(), self.stack[-1]
        if type(filled) is set:
            filled.update(map(checked_key, items))
        elif not isinstance(filled, StandIn):
            raise BrokenFileError(f"it adds to {_name_of(type(filled))}")

    def _frozenset(self) -> None:
        self.append(frozenset(map(checked_key, self.pop_mark())))

    def _is_allowed(self, filled: Any, kind: type) -> bool:
        return isinstance(filled, kind) and type(filled) in self._kinds

    _PUSHING = (
        *("PROTO", "FRAME", "STOP", "MARK", "POP", "POP_MARK", "NONE", "NEWTRUE", "NEWFALSE", "BINPERSID", "GLOBAL"),
        *("STACK_GLOBAL", "BININT", "BININT1", "BININT2", "LONG1", "LONG4", "BINFLOAT", "BINUNICODE", "BINUNICODE8"),
        *("SHORT_BINUNICODE", "BINBYTES", "BINBYTES8", "SHORT_BINBYTES", "SHORT_BINSTRING", "BINSTRING", "TUPLE"),
        *("TUPLE1", "TUPLE2", "TUPLE3", "EMPTY_TUPLE", "EMPTY_LIST", "EMPTY_DICT", "EMPTY_SET", "BINGET"),
        *("LONG_BINGET", "BINPUT", "LONG_BINPUT", "MEMOIZE"),
    )
    dispatch = {getattr(pickle, name)[0]: _InPython.dispatch[getattr(pickle, name)[0]] for name in _PUSHING} | {
        pickle.REDUCE[0]: _reduce,
        pickle.NEWOBJ[0]: _newobj,
        pickle.NEWOBJ_EX[0]: _newobj_ex,
        pickle.BUILD[0]: _build,
        pickle.APPEND[0]: _append,
        pickle.APPENDS[0]: _appends,
        pickle.SETITEM[0]: _setitem,
        pickle.SETITEMS[0]: _setitems,
        pickle.ADDITEMS[0]: _additems,
        pickle.FROZENSET[0]: _frozenset,
    }


_SIZED = frozenset({str, bytes, bytearray, list, tuple, dict, set, frozenset})
_OF_THE_SYSTEM = ("os", "posix", "nt", "sys", "subprocess", "shutil", "socket", "pty", "runpy", "importlib", "ctypes")
_OF_THE_INTERPRETER = ("eval", "exec", "compile", "open", "__import__", "input", "breakpoint")
_MAKE_ANOTHER = ("copyreg._reconstructor", "copyreg.__newobj__", "copyreg.__newobj_ex__")


def first_line(error: BaseException) -> str:
    """The first line of an error, or its class where it says nothing."""
    lines = str(error).splitlines()
    return lines[0][:200] if lines else type(error).__name__


def checked_key(key: Any) -> Any:
    """A key that is hashed in bounded time: a tuple in a tuple, many times over, would not be."""
    left, ahead = LONGEST_KEY, [key]
    while ahead:
        if type(part := ahead.pop()) is tuple:
            ahead += part
            if (left := left - len(part)) < 0:
                raise BrokenFileError("it holds a key of too many parts")
    return key


def _check_depth(value: Any) -> None:
    for depth, _ in enumerate(levels(value)):
        if depth > DEEPEST:
            raise BrokenFileError(f"its values are nested more than {DEEPEST} deep")


def _name_of(value: Any) -> str:
    if isinstance(value, StandIn):
        return value.foreign_name
    return f"{value.__module__}.{value.__qualname__}" if hasattr(value, "__qualname__") else f"a {type(value).__name__}"
