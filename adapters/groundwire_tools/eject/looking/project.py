"""The files of a project: those that import Lightning themselves would bring it into the written program."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from groundwire_tools.eject.facts import NotPlainError
from groundwire_tools.eject.looking.taking_part import is_users
from groundwire_tools.eject.reading.script import foreign_import


def check_classes(module: Any, data: Any, script: Path) -> None:
    """Refuse a class of Lightning's kind that is written in another file than the script."""
    from groundwire_lightning.map import LIGHTNING

    for player, role in ((module, "LightningModule"), (data, "LightningDataModule")):
        bases = LIGHTNING.bases[role]
        for cls in () if player is None else type(player).__mro__:
            if is_users(cls) and issubclass(cls, bases) and cls.__module__ != "__main__":
                place = getattr(sys.modules.get(cls.__module__), "__file__", cls.__module__)
                raise NotPlainError(
                    f"{cls.__qualname__} is written in {place}, which imports Lightning, and eject rewrites {script} "
                    "alone; move the class into it"
                )


def check_project(script: Path) -> None:
    """Refuse a file of the project that imports Lightning, since the written program would import that."""
    folders = {str(script.absolute().parent), str(Path.cwd())}
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if not file or not file.endswith(".py") or name == "__main__" or "site-packages" in file:
            continue
        path = Path(file)
        if any(folder in map(str, path.parents) for folder in folders) and not _is_groundwires(name):
            line = foreign_import(path.read_bytes())
            if line:
                raise NotPlainError(f"{file}:{line} imports Lightning, and eject rewrites {script} alone; inline it")


def _is_groundwires(name: str) -> bool:
    return name.partition(".")[0].startswith("groundwire")
