"""The name of Lightning's logger for Comet, which is not here."""

from __future__ import annotations

from groundwire_lightning.loggers.utilities import Refused


class CometLogger(Refused):
    """Refuses, and says what to do instead."""

    service = "Comet"


class LitLogger(Refused):
    """Refuses, and says what to do instead."""

    service = "lightning.ai"


class NeptuneLogger(Refused):
    """Refuses, and says what to do instead."""

    service = "Neptune"
