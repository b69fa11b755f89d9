"""The name of Lightning's logger for Neptune, which is not here."""

from __future__ import annotations

from groundwire_lightning.loggers.utilities import Refused


class NeptuneLogger(Refused):
    """Refuses, and says what to do instead."""

    service = "Neptune"
