"""Parts of a batch, where backpropagation through time is truncated, and what is carried from one to the next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import torch

from groundwire_lightning.errors import MisconfigurationException
from groundwire_lightning.guests import method_of

if TYPE_CHECKING:
    from groundwire_lightning.loops.steered import Steered


class Hidden:
    """The state of a recurrent module between the parts of a batch.

    Args:
        is_cut: Batches are cut.

    Attributes:
        passed: What ``training_step`` is passed of it: nothing, where batches have no parts.
    """

    def __init__(self, is_cut: bool) -> None:
        self.passed: tuple[Any, ...] = (None,) if is_cut else ()

    def take(self, batch_output: Any) -> None:
        """Take the state that a step returned, without its graph.

        Raises:
            MisconfigurationException: It returned none.
        """
        if not self.passed or batch_output is None:
            return
        returned = batch_output["model_outputs"]
        if not isinstance(returned, Mapping) or "hiddens" not in returned:
            raise MisconfigurationException(
                "truncated_bptt_steps is set, so training_step returns a dictionary with 'loss' and 'hiddens'; it "
                f"returned {type(returned).__name__ if not isinstance(returned, Mapping) else sorted(returned)}"
            )
        self.passed = (_without_graph(returned["hiddens"]),)


def parts_along_time(trainer: Steered, batch: Any, is_cut: bool) -> Iterator[Any]:
    """The parts of a batch; the batch itself, where it is not cut.

    Args:
        trainer: Whose run it is.
        batch: The batch.
        is_cut: The module cuts it.
    """
    if not is_cut:
        yield batch
        return
    module = trainer.lightning_module
    parts = method_of(module, "tbptt_split_batch")(batch, module.truncated_bptt_steps)
    for number, part in enumerate(parts):
        if number:
            trainer.logged.batch_starts(batch)  # again, since what the part before logged is no longer to be dropped
        yield part


def _without_graph(hiddens: Any) -> Any:
    from lightning_utilities.core.apply_func import apply_to_collection

    return apply_to_collection(hiddens, torch.Tensor, torch.Tensor.detach)
