"""The precision of 16 bits as a plugin of Lightning 1, which took its arguments in another form."""

from __future__ import annotations

from typing import Any

from groundwire_lightning.errors import MisconfigurationException
from groundwire_lightning.strategies.precision import SPELLINGS, MixedPrecision

_MIXED = ("16-mixed", "bf16-mixed")


class MixedPrecisionPlugin(MixedPrecision):
    """Mixed precision as Lightning 1 spelled it.

    Args:
        precision: 16 or ``"bf16"``.
        device: The kind of device, such as ``"cuda"``.
        scaler: A ``GradScaler`` of your own.

    Raises:
        MisconfigurationException: Another precision is asked for.
    """

    def __init__(self, precision: str | int = 16, device: str = "cuda", scaler: Any = None) -> None:
        spelled = SPELLINGS.get(precision)
        if spelled not in _MIXED:
            raise MisconfigurationException(f"{type(self).__name__}(precision={precision!r}): 16 or 'bf16' is due")
        super().__init__(spelled, device, scaler)


class NativeMixedPrecisionPlugin(MixedPrecisionPlugin):
    """The same under its name until 1.9."""
