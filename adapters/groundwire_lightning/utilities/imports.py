"""Flags of Lightning about this interpreter: which optional packages it has, and whether it is interactive."""

import sys
from importlib.util import find_spec

__all__ = [
    "_IS_INTERACTIVE",
    "_OMEGACONF_AVAILABLE",
    "_RICH_AVAILABLE",
    "_TORCHMETRICS_GREATER_EQUAL_1_0_0",
    "_TORCHVISION_AVAILABLE",
]

_IS_INTERACTIVE = hasattr(sys, "ps1") or bool(sys.flags.interactive)
_OMEGACONF_AVAILABLE = find_spec("omegaconf") is not None
_RICH_AVAILABLE = find_spec("rich") is not None
_TORCHVISION_AVAILABLE = find_spec("torchvision") is not None
_TORCHMETRICS_GREATER_EQUAL_1_0_0 = True  # the distribution asks for a newer one
