"""The steps of a pass in which a step reads batches itself: how many there are, and what is known behind each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from groundwire_lightning.data.dataloader_iter import Reader
    from groundwire_lightning.loops.steered import Steered


def steps_of_epoch(trainer: Steered, reader: Reader) -> Iterator[Any]:
    """The steps of a training epoch, for each the batch that was read before it."""
    at, progress, most = trainer.at, trainer.progress, trainer.num_training_batches
    while reader.more(progress.ready, most):
        at.step, reader.is_last = reader.number, False
        progress.is_last = progress.ready + 1 == most
        yield reader.batch


def steps_of_evaluation(trainer: Steered, reader: Reader) -> Iterator[Any]:
    """The steps of an evaluation or a prediction, likewise; noted where the loader is another one."""
    at, before = trainer.at, 0
    try:
        while not reader.done:
            at.eval_step, at.loader = reader.number, reader.loader_index
            if at.loader != before and at.phase == "eval":
                trainer.logged.loader_ends()
            before = at.loader
            yield reader.batch
    finally:
        at.loader = 0


def by_reading(run: Callable[..., Any]) -> Callable[..., Any]:
    """A training step after which it is known whether there is another batch."""

    def step(trainer: Steered, batch: Any, number: int) -> Any:
        batch_output = run(trainer, batch, number)  # which may read batches, and come to their end
        reader, progress, at = trainer.reader, trainer.progress, trainer.at
        assert reader is not None  # since the epoch began
        reader.is_last = reader.done
        progress.is_last = progress.is_last or reader.done
        at.is_update = at.is_update or progress.is_last
        return batch_output

    return step
