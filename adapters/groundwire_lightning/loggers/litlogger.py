"""The name of Lightning's logger for lightning.ai, which is not here."""

from __future__ import annotations

from groundwire_lightning.loggers.utilities import Refused


class LitLogger(Refused):
    """Refuses, and says what to do instead."""

    service = "lightning.ai"
