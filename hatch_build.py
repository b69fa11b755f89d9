"""Puts the ``.pyi`` files of :mod:`groundwire_lightning.paths` into the wheel, for editors and type checkers."""

import runpy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGE = "adapters/groundwire_lightning"


class Stubs(BuildHookInterface):  # type: ignore[type-arg]  # hatchling's own configuration
    """Writes them into a folder that is gone when the wheel is there; an editable install has none."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the files, and say where they go."""
        if version == "editable":
            return
        package = Path(self.root, PACKAGE)
        self.folder = TemporaryDirectory()
        for name, text in runpy.run_path(str(package / "paths.py"))["stubs"](package).items():
            file = Path(self.folder.name, name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
            build_data["force_include"][str(file)] = f"{package.name}/{name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the folder."""
        if version != "editable":
            self.folder.cleanup()
