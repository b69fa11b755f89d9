"""Attributes that are replaced for a while, and modules that are heard of when somebody imports them."""

from __future__ import annotations

import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any, Callable, Sequence  # noqa: UP035  # subscripted when this runs, under Python 3.8 too

__all__ = ["Patches", "WhenImported"]


class Patches:
    """Replaced attributes, which can be put back."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], None]] = []

    def replace(self, owner: Any, name: str, value: Any) -> None:
        """Set an attribute of a module or class."""
        had, before = name in vars(owner), vars(owner).get(name)
        setattr(owner, name, value)
        self._undo.append(lambda: setattr(owner, name, before) if had else delattr(owner, name))

    def when_undone(self, action: Callable[[], None]) -> None:
        """Call ``action`` along with the rest."""
        self._undo.append(action)

    def undo(self) -> None:
        """Put everything back, the last first."""
        while self._undo:
            self._undo.pop()()


class WhenImported(MetaPathFinder):
    """Calls somebody with each of some modules: now if it is there, or else once it has been imported.

    Args:
        names: The modules.
        tell: Called with each.
    """

    def __init__(self, names: Sequence[str], tell: Callable[[ModuleType], None]) -> None:
        self.ahead, self.tell = set(names), tell
        for name in names:
            if name in sys.modules:
                self.ahead.remove(name)
                tell(sys.modules[name])

    def find_spec(self, fullname: str, path: Any, target: ModuleType | None = None) -> ModuleSpec | None:
        """The spec that the others have for it, with a loader that tells."""
        if fullname not in self.ahead:
            return None
        self.ahead.remove(fullname)
        spec = find_spec(fullname)
        if spec is not None and spec.loader is not None:
            spec.loader = _Telling(spec.loader, self.tell)
        return spec


class _Telling(Loader):
    def __init__(self, loader: Any, tell: Callable[[ModuleType], None]) -> None:
        self._loader, self._tell = loader, tell

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        module: ModuleType | None = self._loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Run the module as ever, then tell."""
        assert module.__spec__ is not None
        module.__loader__ = module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        self._tell(module)
