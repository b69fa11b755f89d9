"""Answers to everything that asks about Lightning: its import paths, its version, what its installation needs.

torch and the adapter are imported when the program imports the first path, so that a program may still set what torch
reads when it is imported, and a child process that never asks does not wait.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Sequence
from importlib import metadata
from importlib.abc import Loader
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

from groundwire_tools.check import known
from groundwire_tools.run import distribution

Context = metadata.DistributionFinder.Context
_EVERY = Context()
VARIABLE: str = known.paths().AS_LIGHTNING
VERSION = "2.6.6"  # of groundwire_lightning, which would import torch to say it
CHILDREN = Path(__file__).with_name("children")
"""The folder that a child process finds on its ``PYTHONPATH``."""


def install(version: str | None = None) -> None:
    """Answer for Lightning from now on, whether it is installed or not, in this process and in its children.

    Args:
        version: The release that programs are told; by default that of the environment variable, or 2.6.6.

    Raises:
        ImportError: The real one is imported already, or was answered with another version.
        ValueError: That is no version.
    """
    version = version or requested() or VERSION
    if not re.fullmatch(r"\d+(\.\w+)+", version):
        raise ValueError(f"{version!r} is no version of Lightning, such as {VERSION}")
    if real := [root for root in known.paths().ROOTS if root in sys.modules and not _is_answered(root)]:
        where = getattr(sys.modules[real[0]], "__file__", None)
        raise ImportError(
            f"{real[0]} is imported already, from {where}, and its classes may be in use. Ask groundwire to answer for "
            "it before anything imports it: in the first line of the program, or with `groundwire run`"
        )
    ahead = next((finder for finder in sys.meta_path if isinstance(finder, Ahead)), None)
    if ahead is None:
        sys.meta_path.insert(0, Ahead(version))
    elif ahead.version != version and any(map(_is_answered, known.paths().ROOTS)):
        raise ImportError(f"Lightning {ahead.version} has been answered already; {version} comes too late")
    else:
        ahead.version = version
    if (older := sys.modules.get(distribution.OLDER)) is not None:
        distribution.tell(older, version)
    os.environ[VARIABLE] = version
    paths = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path and path != str(CHILDREN)]
    os.environ["PYTHONPATH"] = os.pathsep.join([str(CHILDREN), *paths])


def requested() -> str | None:
    """The version that the environment variable asks for, 1 being the usual one; None where it asks for nothing.

    Raises:
        ValueError: It is neither 0, 1 nor a version.
    """
    value = os.environ.get(VARIABLE, "").strip()
    if value in ("", "0"):
        return None
    if value != "1" and not re.fullmatch(r"\d+(\.\w+)+", value):
        raise ValueError(f"{VARIABLE}={value!r}: 1, 0 or a version of Lightning such as {VERSION} is due")
    return VERSION if value == "1" else value


def _is_answered(root: str) -> bool:
    finder = sys.modules.get("groundwire_lightning.utilities.finder")
    spec = getattr(sys.modules.get(root), "__spec__", None)
    return (finder is not None and root in finder.ROWS.roots) or (spec is not None and is_of_the_program(spec))


def is_of_the_program(spec: ModuleSpec) -> bool:
    """True for a file or folder that has the name of a package of Lightning's and is something else."""
    return spec.origin is not None and not Path(spec.origin).with_name("__about__.py").exists()


class Ahead(metadata.DistributionFinder):
    """The first finder: it knows the packages of Lightning, and leaves what lies below them to the adapter's.

    Attributes:
        version: The release that programs are told.
    """

    def __init__(self, version: str) -> None:
        self.version = version

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of a package of Lightning's; None for all else, and for a package that is the program's own."""
        if fullname == distribution.OLDER:
            return distribution.and_told(PathFinder.find_spec(fullname, path), self.version)
        if fullname not in known.paths().ROOTS:
            return None
        there = PathFinder.find_spec(fullname)
        if there is not None and is_of_the_program(there):
            return None
        return ModuleSpec(fullname, _Root(self.version), is_package=True)

    def find_distributions(self, context: Context = _EVERY) -> Iterable[metadata.Distribution]:
        """What is said of an installed Lightning where one is asked for by its name."""
        return distribution.distributions_named(context.name, self.version)


class _Root(Loader):
    """Loads a package of Lightning's: with it the adapter, whose finder answers from then on."""

    def __init__(self, version: str) -> None:
        self.version = version

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        import groundwire_lightning
        from groundwire_lightning.utilities.finder import ROWS, answer

        groundwire_lightning.__version__ = self.version
        answer(spec.name)
        row = ROWS.find_spec(spec.name, None)
        assert row is not None
        assert row.loader is not None
        # the import that is under way goes on with what its spec says now
        spec.loader, spec.origin, spec.has_location = row.loader, row.origin, row.has_location
        spec.submodule_search_locations = row.submodule_search_locations
        return row.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing: the loader of the row, which took this one's place, has this to do."""
