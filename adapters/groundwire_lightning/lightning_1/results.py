"""Results: what the hooks at the end of an epoch return."""

from __future__ import annotations

from typing import Any

from groundwire_lightning.errors import MisconfigurationException


def refuse_result(returned: Any) -> None:
    """Refuse what ``training_epoch_end`` returned, as 1.9 does.

    Raises:
        MisconfigurationException: It is not None.
    """
    if returned is not None:
        raise MisconfigurationException(
            f"training_epoch_end returned a {type(returned).__name__}: it returns nothing; log values with self.log"
        )
