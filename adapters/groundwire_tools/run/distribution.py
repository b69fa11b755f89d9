"""What an installation of Lightning would say of itself, to ``importlib.metadata`` and to ``pkg_resources``."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from importlib import metadata
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from groundwire_tools.check import known

OLDER = "pkg_resources"
"""The module that programs asked before there was ``importlib.metadata``; it lists what is there once."""
FOLDER = Path(__file__).parents[2]
"""Where groundwire is."""


class Distribution(metadata.Distribution):
    """An installed Lightning, which needs what groundwire needs.

    Args:
        name: As it is known to pip.
        root: The package in it.
        version: Its release.
    """

    def __init__(self, name: str, root: str, version: str) -> None:
        self.files_by_name = {"METADATA": _about(name, version), "top_level.txt": f"{root}\n"}

    def read_text(self, filename: str) -> str | None:
        """The text of a file of the ``.dist-info`` folder that there would be; None for any other."""
        return self.files_by_name.get(filename)

    def locate_file(self, path: str | os.PathLike[str]) -> Path:
        """The place of a file beside groundwire's."""
        return FOLDER / path


def distributions_named(name: str | None, version: str) -> list[Distribution]:
    """The distributions of Lightning that have a name, which is one or none.

    Args:
        name: As a program writes it; None asks for all that are installed.
        version: The release that is told.
    """
    roots = {root.replace("_", "-"): root for root in known.paths().ROOTS}
    plain = None if name is None else re.sub(r"[-_.]+", "-", name).lower()
    return [Distribution(key, root, version) for key, root in roots.items() if plain in (key, None)]


def _about(name: str, version: str) -> str:
    needs = [line for line in metadata.requires("groundwire") or () if "extra ==" not in line]
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", "Summary: answered by groundwire"]
    return "\n".join([*lines, *(f"Requires-Dist: {line}" for line in needs), ""])


# pkg_resources


class _Files:
    """The files of a distribution, as ``pkg_resources`` reads them."""

    def __init__(self, files: dict[str, str]) -> None:
        self.files = files

    def has_metadata(self, name: str) -> bool:
        return name in self.files

    def get_metadata(self, name: str) -> str:
        return self.files.get(name, "")

    def get_metadata_lines(self, name: str) -> Iterator[str]:
        return (line for line in self.get_metadata(name).splitlines() if line.strip())


def tell(older: ModuleType, version: str) -> None:
    """Put Lightning into the list that ``pkg_resources`` has made of what is installed.

    Args:
        older: The module.
        version: The release that is told.
    """
    module: Any = older
    for each in distributions_named(None, version):
        name, files = each.metadata["Name"], _Files(each.files_by_name)
        entry = module.DistInfoDistribution(str(FOLDER), files, project_name=name, version=version)
        module.working_set.add(entry, insert=False, replace=True)


class _AndTold(Loader):
    """Loads ``pkg_resources`` as its own loader does, and tells it of Lightning."""

    def __init__(self, own: Loader, version: str) -> None:
        self.own, self.version = own, version

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self.own.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        assert module.__spec__ is not None
        module.__loader__ = module.__spec__.loader = self.own
        self.own.exec_module(module)
        tell(module, self.version)


def and_told(spec: ModuleSpec | None, version: str) -> ModuleSpec | None:
    """The spec of ``pkg_resources``, so that it knows of Lightning when its import ends; None where it is not there.

    Args:
        spec: Its own.
        version: The release that is told.
    """
    if spec is not None and spec.loader is not None:
        spec.loader = _AndTold(spec.loader, version)
    return spec
