"""One finder for the import paths of :mod:`groundwire_lightning.paths`: under our root, and where asked Lightning's."""

from __future__ import annotations

import difflib
import importlib
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.abc import InspectLoader, Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec
from types import FrameType, ModuleType
from typing import Any

from groundwire_lightning.paths import OURS, ROOTS, TABLE, Gap, gap_of, home_of, names_of, rows_below, source, spelled
from groundwire_lightning.utilities.lazily import modules_of


class _Same(Loader):
    """Gives the home of a path: that very module under one more name."""

    def __init__(self, home: str, path: str) -> None:
        self.home, self.path = home, path

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(self.home)
        spec.loader_state = module.__spec__
        if spec.submodule_search_locations is not None and (entry := _entry(self.path)) not in module.__path__:
            module.__path__.append(entry)
        return module

    def exec_module(self, module: ModuleType) -> None:
        if module.__spec__ is not None:
            # the import system has just replaced it by that of this path
            module.__spec__ = module.__spec__.loader_state


class _Written(InspectLoader):
    """Runs the text of a row."""

    def is_package(self, fullname: str) -> bool:
        return bool(rows_below(spelled(fullname)))

    def get_source(self, fullname: str) -> str:
        return source(spelled(fullname))

    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        if self.is_package(module.__name__):
            vars(module)["__getattr__"] = modules_of(module.__name__)


class Rows(MetaPathFinder):
    """Finds the modules of the table.

    Attributes:
        roots: The packages whose paths it answers for.
    """

    def __init__(self) -> None:
        self.roots = {OURS}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of a row; None leaves a real file of ours, a gap and a path that is nowhere to the others."""
        root, dot, _ = fullname.partition(".")
        if root not in self.roots or (root == OURS and not dot):
            return None
        row = spelled(fullname)
        home = home_of(row)
        if home == fullname and names_of(row) is not None:
            return _spec(fullname, _Written(), row, bool(rows_below(row)), _entry(row))
        if home is None or home == fullname or _is_a_file(fullname, path):
            return None
        there = find_spec(home)
        is_package = there is not None and (there.submodule_search_locations is not None or bool(rows_below(row)))
        return there and _spec(fullname, _Same(home, row), row, is_package)


def _spec(fullname: str, loader: Loader, path: str, is_package: bool, origin: str | None = None) -> ModuleSpec:
    spec = ModuleSpec(fullname, loader, origin=origin, is_package=is_package)
    spec.has_location = origin is not None  # a __file__, under which inspect asks the loader for the text
    if is_package:
        spec.submodule_search_locations = [_entry(path)]
    return spec


def _short(path: str) -> str:
    return OURS + path.removeprefix("lightning").removeprefix(".pytorch")


def _is_a_file(fullname: str, path: Sequence[str] | None) -> bool:
    """True for a file of ours at a path of Lightning, where it is no second name of a file elsewhere."""
    if fullname != _short(spelled(fullname)) or fullname.startswith(f"{OURS}.fabric."):
        return False
    spec = PathFinder.find_spec(fullname, path)
    return spec is not None and spec.origin is not None  # a folder that holds .pyi files alone has none


def _entry(path: str) -> str:
    return f"{__file__}/{path}"  # below a file, as in an archive: no folder can be there


class _Listing:
    """Tells ``pkgutil`` which rows lie below a package."""

    def __init__(self, entry: str) -> None:
        if not entry.startswith(_entry("")):
            raise ImportError(entry)
        self.path = entry.removeprefix(_entry(""))

    def find_spec(self, fullname: str, target: ModuleType | None = None) -> None:
        """Nothing: :class:`Rows` has been asked."""

    def iter_modules(self, prefix: str = "") -> Iterator[tuple[str, bool]]:
        """Name of each row, and whether it is a package."""
        for row in rows_below(self.path):
            yield prefix + row.rpartition(".")[2], bool(rows_below(row))


class Refusals(MetaPathFinder):
    """Comes last: says why a path is refused, or which one is near it."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """None where somebody merely asks whether there is such a module.

        Raises:
            ModuleNotFoundError: It is being imported.
        """
        if fullname.partition(".")[0] not in ROWS.roots or not _is_imported(sys._getframe(2)):
            return None
        raise refusal(fullname)


def _is_imported(caller: FrameType) -> bool:
    return caller.f_code.co_name == "_find_and_load_unlocked"  # importlib.util.find_spec asks the finders just alike


def refusal(fullname: str) -> ModuleNotFoundError:
    """The error of a path that has no home.

    Args:
        fullname: As it was asked for.
    """
    if (gap := gap_of(fullname)) is not None:  # without a name, since `from … import …` drops errors that have the name
        path = spelled(fullname) if fullname.startswith(OURS) else fullname
        return ModuleNotFoundError(f"{path} has no counterpart here: {gap.why}. Instead: {gap.instead}")
    root, near = fullname.partition(".")[0], _near(spelled(fullname))
    as_asked = _short(near) if root == OURS else root + near.removeprefix(ROOTS[root])
    hint = f". Did you mean {as_asked!r}?" if near else ""
    return ModuleNotFoundError(f"No module named {fullname!r}{hint}", name=fullname)


def _near(path: str) -> str:
    """The path whose last name is most like that of another, beside it or elsewhere; empty where none is."""
    above, _, leaf = path.rpartition(".")
    paths = [row for row, home in TABLE.items() if not isinstance(home, Gap)]
    for rows, alike in ((rows_below(above), 0.6), (paths, 0.8)):
        leaves = {row.rpartition(".")[2]: row for row in rows}
        if near := difflib.get_close_matches(leaf, leaves, n=1, cutoff=alike):
            return leaves[near[0]]
    return ""


ROWS = Rows()


def install() -> None:
    """Let the paths of the table be found under our root, once."""
    if not any(type(finder).__name__ == Rows.__name__ and finder.__module__ == __name__ for finder in sys.meta_path):
        sys.meta_path.insert(0, ROWS)  # before the finder that takes a folder of .pyi files for a package
        sys.meta_path.append(Refusals())
        hooks: list[Callable[[str], Any]] = sys.path_hooks
        hooks.append(_Listing)


def answer(*roots: str) -> None:
    """Answer for Lightning itself from here on; the real one is not imported, installed or not.

    Args:
        *roots: Of :data:`ROOTS`; by default all.

    Raises:
        ImportError: One is imported already, so that its classes are in use.
    """
    asked = {root.partition(".")[0] for root in roots or ROOTS} - ROWS.roots
    if unknown := asked - ROOTS.keys():
        raise ValueError(f"answer({sorted(unknown)}): there are {sorted(ROOTS)}")
    if real := sorted(asked & sys.modules.keys()):
        raise ImportError(f"{', '.join(real)} is imported already: call answer() before anything that imports it")
    ROWS.roots |= asked
