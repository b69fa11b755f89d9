"""Profilers: how long each action takes, each in a file of its own; what one needs is imported at its first use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundwire_lightning.errors import MisconfigurationException
from groundwire_lightning.profilers.base import PassThroughProfiler
from groundwire_lightning.profilers.profiler import Profiler
from groundwire_lightning.profilers.simple import SimpleProfiler
from groundwire_lightning.utilities.lazily import lazy_attribute

if TYPE_CHECKING:
    from groundwire_lightning.profilers.advanced import AdvancedProfiler
    from groundwire_lightning.profilers.pytorch import PyTorchProfiler
    from groundwire_lightning.profilers.xla import XLAProfiler

__all__ = [
    "AdvancedProfiler",
    "PassThroughProfiler",
    "Profiler",
    "PyTorchProfiler",
    "SimpleProfiler",
    "XLAProfiler",
]

_LAZY_MODULES = {"AdvancedProfiler": "advanced", "PyTorchProfiler": "pytorch", "XLAProfiler": "xla"}
_CLASS_OF_WORD = {
    "simple": "SimpleProfiler",
    "advanced": "AdvancedProfiler",
    "pytorch": "PyTorchProfiler",
    "xla": "XLAProfiler",
}


def __getattr__(name: str) -> Any:
    return lazy_attribute(__name__, _LAZY_MODULES, name)


def profiler_for(asked: Any) -> Any:
    """Make the profiler that ``Trainer(profiler=)`` asks for.

    Args:
        asked: A name, True for the simple one, None or False for none, or a profiler.

    Raises:
        MisconfigurationException: No profiler has this name.
        NotSupportedYetError: The profiler is the one for TPUs.
    """
    if asked is True:
        asked = "simple"
    if not isinstance(asked, str):
        return asked or PassThroughProfiler()
    if asked.lower() not in _CLASS_OF_WORD:
        raise MisconfigurationException(f"Trainer(profiler={asked!r}): there are {sorted(_CLASS_OF_WORD)}")
    class_name = _CLASS_OF_WORD[asked.lower()]
    return (globals().get(class_name) or __getattr__(class_name))()
