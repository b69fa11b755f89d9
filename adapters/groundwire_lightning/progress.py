"""How far fitting has come, as Lightning counts it; kept from one ``fit`` to the next."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Progress:
    """Counters of a Trainer's ``fit``.

    Attributes:
        epochs: Epochs completed; ``current_epoch``, which is the index of the epoch under way.
        processed: Epochs whose batches are done; one more than ``epochs`` while an epoch ends.
        steps: Optimizer steps; ``global_step``.
        batches: Training batches, all epochs together.
        ready: Batches of the epoch under way that were fetched.
        is_last: The batch in use is the last of its epoch.
    """

    epochs: int = 0
    processed: int = 0
    steps: int = 0
    batches: int = 0
    ready: int = 0
    is_last: bool = False
