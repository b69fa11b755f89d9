"""``lightning.pytorch`` as a path: each module below is the one of the same name in ``groundwire_lightning``."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, spec_from_loader
from types import ModuleType
from typing import Any

import groundwire_lightning
from groundwire_lightning import Callback, LightningDataModule, LightningModule, Trainer, __version__, seed_everything

__all__ = ["Callback", "LightningDataModule", "LightningModule", "Trainer", "__version__", "seed_everything"]

_HERE, _THERE = f"{__name__}.", "groundwire_lightning."


class _Same(MetaPathFinder, Loader):
    """Finds a module below this one under its real name, and gives that very module, not a copy."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not fullname.startswith(_HERE):
            return None
        real = find_spec(_THERE + fullname.removeprefix(_HERE))
        if real is None:
            return None
        return spec_from_loader(fullname, self, is_package=real.submodule_search_locations is not None)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(_THERE + spec.name.removeprefix(_HERE))
        self._own = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._own  # the import machinery has just replaced it by that of this path


if not any(type(finder).__name__ == _Same.__name__ for finder in sys.meta_path):
    sys.meta_path.insert(0, _Same())  # before the finder that would load the file a second time


def __getattr__(name: str) -> Any:
    return getattr(groundwire_lightning, name)


def __dir__() -> list[str]:
    return dir(groundwire_lightning)
