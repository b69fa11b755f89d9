"""Truncated backpropagation through time, as modules of Lightning 1 ask for it: pieces of a batch along its time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from groundwire_lightning.errors import MisconfigurationException


class Truncated:
    """Gives a module pieces of its batches, each of which ``training_step`` is called with.

    Attributes:
        truncated_bptt_steps: Steps of time in a piece. Where it is more than 0 and ``training_step`` takes
            ``hiddens``, it is passed the ``"hiddens"`` that it returned for the piece before.
    """

    truncated_bptt_steps: int = 0

    def tbptt_split_batch(self, batch: Any, split_size: int) -> list[Any]:
        """The pieces of a batch along its second dimension, which is time.

        Args:
            batch: Tensors, and sequences of one sequence a sample; all as long as each other.
            split_size: Steps of time in a piece.

        Raises:
            MisconfigurationException: It is something else, or they differ in length.
        """
        whose = f"{type(self).__qualname__}.tbptt_split_batch"
        entries = [] if isinstance(batch, Mapping) else list(batch)
        if not entries or not all(isinstance(entry, (Tensor, Sequence)) for entry in entries):
            raise MisconfigurationException(
                f"{whose}: which dimension of a {type(batch).__name__} is time is not known; override it and return "
                "the pieces"
            )
        lengths = {len(entry[0]) for entry in entries}
        if len(lengths) > 1:
            raise MisconfigurationException(
                f"{whose}: the entries of the batch are {sorted(lengths)} steps long; override it and return the pieces"
            )
        return [
            [_piece(entry, slice(first, first + split_size)) for entry in entries]
            for first in range(0, lengths.pop(), split_size)
        ]


def _piece(entry: Any, steps: slice) -> Any:
    return entry[:, steps] if isinstance(entry, Tensor) else [sample[steps] for sample in entry]
