"""Import of the paths in :mod:`groundwire_lightning.paths`: under our root and, where asked, under Lightning's.

A path leads to a module of ours under one more name, or to a small module that is written from its row. Two finders
stand in ``sys.meta_path``: :class:`Rows` comes first and finds these, :class:`Refusals` comes last and explains why
anything else below these roots cannot be imported.
"""

from __future__ import annotations

import difflib
import importlib
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.abc import InspectLoader, Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import find_spec
from types import FrameType, ModuleType
from typing import Any

from groundwire import listeners
from groundwire_lightning.paths import (
    JOINED_PATHS,
    OURS,
    ROOTS,
    SHORT,
    TABLE,
    Gap,
    gap_of,
    has_rows_below,
    home_of,
    names_of,
    rows_below,
    source_of,
    spelled,
)
from groundwire_lightning.utilities.lazily import modules_of, tell_of_move


class _SecondName(Loader):
    """Loads a path that is a second name of a module of ours: the very same module object."""

    def __init__(self, home: str, path: str) -> None:
        self.home, self.path = home, path

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(self.home)
        spec.loader_state = module.__spec__
        if spec.submodule_search_locations is not None:
            places = vars(module).setdefault("__path__", [])
            places += [entry] if (entry := _entry(self.path)) not in places else []
        vars(module).setdefault("__getattr__", modules_of(spec.name))
        return module

    def exec_module(self, module: ModuleType) -> None:
        if module.__spec__ is not None:
            # the import system has just given the module the spec of this path, in place of its own
            tell_of_move(module.__spec__.name)
            module.__spec__ = module.__spec__.loader_state


class _OfAFunction(ModuleType):
    """A module that has the name of its function: whoever reads that name of the package above may call it."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return getattr(self, self.__name__.rpartition(".")[2])(*args, **kwargs)


class _Written(InspectLoader):
    """Loads a path whose row lists names: the row as text is run as a module."""

    def is_package(self, fullname: str) -> bool:
        return has_rows_below(spelled(fullname))

    def get_source(self, fullname: str) -> str:
        return source_of(spelled(fullname))

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        row = spelled(spec.name)
        is_of_a_function = row.rpartition(".")[2] in (names_of(row) or {})
        return _OfAFunction(spec.name) if is_of_a_function else None

    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        join_names(module)
        tell_of_move(module.__name__)


class _Joined(SourceFileLoader):
    """Loads a file of ours to which Lightning 1 added names."""

    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        join_names(module)


def join_names(module: ModuleType) -> None:
    """Let a module of ours give the names that Lightning 1 had there besides, each when it is first asked for."""
    vars(module).setdefault("__getattr__", modules_of(module.__name__))
    if has_rows_below(spelled(module.__name__)):
        vars(module).setdefault("__path__", [])  # so that an import of a name that is refused says why


class Rows(MetaPathFinder):
    """Finds the modules of the table.

    Attributes:
        roots: The packages whose paths it finds: our own, and those of :func:`answer`.
    """

    def __init__(self) -> None:
        self.roots = {OURS}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of a row; None for a file of ours, a gap or an unknown path, which other finders are asked for."""
        root, dot, _ = fullname.partition(".")
        if root not in self.roots or (root == OURS and not dot):
            return None
        row = spelled(fullname)
        home = SHORT.get(fullname) or home_of(row)
        if home == fullname and names_of(row) is not None:
            return _spec(fullname, _Written(), row, has_rows_below(row), _entry(row))
        if home is None or home == fullname or _is_a_file(fullname, path):
            return _widened(fullname, path) if row in JOINED_PATHS else None
        spec = find_spec(home)
        if spec is None:
            return None
        is_package = spec.submodule_search_locations is not None or has_rows_below(row)
        return _spec(fullname, _SecondName(home, row), row, is_package)


def _short(path: str) -> str:
    return OURS + path.removeprefix("lightning").removeprefix(".pytorch")


def _widened(fullname: str, path: Sequence[str] | None) -> ModuleSpec | None:
    """The spec that Python's own finder has for a file of ours, with a loader that joins names to it."""
    spec = PathFinder.find_spec(fullname, path)
    if spec is not None and spec.origin is not None:
        spec.loader = _Joined(fullname, spec.origin)
    return spec


def _spec(fullname: str, loader: Loader, path: str, is_package: bool, origin: str | None = None) -> ModuleSpec:
    spec = ModuleSpec(fullname, loader, origin=origin, is_package=is_package)
    spec.has_location = origin is not None  # a __file__, under which inspect asks the loader for the text
    if is_package:
        spec.submodule_search_locations = [_entry(path)]
    return spec


def _is_a_file(fullname: str, path: Sequence[str] | None) -> bool:
    """True where a path of ours is a file in its own place, so that Python's own finder loads it."""
    if fullname != _short(spelled(fullname)) or fullname.startswith(f"{OURS}.fabric."):
        return False
    spec = PathFinder.find_spec(fullname, path)
    return spec is not None and spec.origin is not None  # a folder that holds .pyi files alone has none


def _entry(path: str) -> str:
    """The entry of ``__path__`` for the rows below a path."""
    return f"{__file__}/{path}"  # below a file, as in an archive: no folder can be there


class _Listing:
    """A path hook for ``pkgutil``, which lists the rows below a package."""

    def __init__(self, entry: str) -> None:
        if not entry.startswith(_entry("")):
            raise ImportError(entry)
        self.path = entry.removeprefix(_entry(""))

    def find_spec(self, fullname: str, target: ModuleType | None = None) -> None:
        """None: :class:`Rows` has been asked before."""

    def iter_modules(self, prefix: str = "") -> Iterator[tuple[str, bool]]:
        """Pairs of the name of a row and True where it is a package."""
        for row in rows_below(self.path):
            yield prefix + row.rpartition(".")[2], bool(rows_below(row))


class Refusals(MetaPathFinder):
    """The last finder: raises an error that says why a path is refused, or which one is near it."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """None where code merely asks whether there is such a module.

        Raises:
            ModuleNotFoundError: The module is being imported.
        """
        if fullname.partition(".")[0] not in ROWS.roots or not _is_imported(sys._getframe(2)):
            return None
        error = refusal(fullname)
        above, _, leaf = fullname.rpartition(".")
        if not hasattr(sys.modules.get(above), leaf):  # else it is a name, which was tried as a module
            listeners.tell_of_lacking("module", str(error), name=leaf)
        raise error


def _is_imported(caller: FrameType) -> bool:
    return (
        caller.f_code.co_name == "_find_and_load_unlocked"
    )  # importlib.util.find_spec asks finders too, and expects None


def refusal(fullname: str) -> ModuleNotFoundError:
    """The error of a path that has no home.

    Args:
        fullname: The path as it was imported.
    """
    if (gap := gap_of(fullname)) is not None:
        # the error is not given name=, for `from package import gap` swallows errors that name what it imports
        path = spelled(fullname) if fullname.startswith(OURS) else fullname
        return ModuleNotFoundError(f"{path} has no counterpart here: {gap.why}. Instead: {gap.instead}")
    root, near = fullname.partition(".")[0], _near(spelled(fullname))
    as_asked = _short(near) if root == OURS else root + near.removeprefix(ROOTS[root])
    hint = f". Did you mean {as_asked!r}?" if near else ""
    return ModuleNotFoundError(f"No module named {fullname!r}{hint}", name=fullname)


def _near(path: str) -> str:
    """The path of the table that is most like another by its last name, first beside it; empty where none is."""
    above, _, leaf = path.rpartition(".")
    paths = [row for row, home in TABLE.items() if not isinstance(home, Gap)]
    for rows, cutoff in ((rows_below(above), 0.6), (paths, 0.8)):
        leaves = {row.rpartition(".")[2]: row for row in rows}
        if near := difflib.get_close_matches(leaf, leaves, n=1, cutoff=cutoff):
            return leaves[near[0]]
    return ""


ROWS = Rows()


def install_finder() -> None:
    """Let the paths of the table be found under our root; a second call changes nothing."""
    # by name, for this module may have been imported anew since
    if not any(type(finder).__name__ == Rows.__name__ and finder.__module__ == __name__ for finder in sys.meta_path):
        sys.meta_path.insert(0, ROWS)  # before the finder that takes a folder of .pyi files for a package
        sys.meta_path.append(Refusals())
        hooks: list[Callable[[str], Any]] = sys.path_hooks
        hooks.append(_Listing)
        for name in {_short(path) for path in JOINED_PATHS} & sys.modules.keys():
            join_names(sys.modules[name])


def answer(*roots: str) -> None:
    """Let imports of Lightning find the paths of the table, whether the real one is installed or not.

    Args:
        *roots: Names of packages, such as ``"lightning"``; by default all of :data:`ROOTS`.

    Raises:
        ValueError: There is no such root.
        ImportError: The real one is imported already, so that its classes are in use.
    """
    asked = {root.partition(".")[0] for root in roots or ROOTS} - ROWS.roots
    if unknown := asked - ROOTS.keys():
        raise ValueError(f"answer({sorted(unknown)}): there are {sorted(ROOTS)}")
    if real := sorted(asked & sys.modules.keys()):
        raise ImportError(f"{', '.join(real)} is imported already: call answer() before anything that imports it")
    ROWS.roots |= asked
