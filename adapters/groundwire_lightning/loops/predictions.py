"""The results of a prediction run: what the module said, and which samples were in each batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from groundwire import RunState
from groundwire.errors import rank_zero_warn
from groundwire_lightning.data.feed import stray_stop_iteration
from groundwire_lightning.data.samplers import Seen
from groundwire_lightning.guests import is_a
from groundwire_lightning.loops.evaluation import (
    batches_of_evaluation,
    check_pass,
    evaluating,
    modes_kept,
    restore_modes,
)
from groundwire_lightning.utilities.apply_func import CPU, batch_on_device
from groundwire_lightning.utilities.combined_loader import is_combined, parts_of

if TYPE_CHECKING:
    from groundwire_lightning.loops.steered import Steered


def prediction_run(trainer: Steered, predicted: Predicted) -> None:
    """Every batch to predict once; what the module says of it is kept where somebody asked for it."""
    plan, seen = trainer.plan, 0
    trainer.lightning_module.zero_grad()
    with evaluating(trainer, "predict"):
        trainer.load_evaluation_data()
        if is_combined(trainer._eval_dataloader) and trainer._eval_dataloader._mode != "sequential":
            raise ValueError("predict() reads one loader after the other: CombinedLoader(mode='sequential') is due")
        feed = trainer.evaluation_feed()
        if feed is None:
            return
        predicted.begin(parts_of(trainer._eval_dataloader), trainer.callbacks)
        with modes_kept(trainer):
            plan.prediction_run_start()
            plan.on_prediction_run_start()
            trainer.notice_replaced()
            for batch in batches_of_evaluation(trainer, feed, predicted.noting):
                try:
                    predictions = plan._run_prediction_step(batch, trainer.at.eval_step)
                except StopIteration as end:
                    if trainer.eval_reader is None:
                        raise stray_stop_iteration("predict_step, or a hook around it,") from end
                    break
                predicted.take(predictions, trainer.at.loader)
                seen += 1
                if trainer._preemption.is_due:
                    trainer._preemption.heed(trainer, ends=False)
            else:
                check_pass(trainer, feed)
            trainer.progress.predicted(seen)
            plan.prediction_run_end()
            plan.on_prediction_run_end()
            restore_modes(trainer)


class Predicted:
    """Predictions of a run, on the CPU, for whoever asked for them.

    Args:
        returns: They are what ``predict`` returns.

    Attributes:
        predictions: A list of batches for each loader.
        epoch_batch_indices: For each loader and batch the samples in it, where a callback writes
            predictions at the end.
        current_batch_indices: The samples of the batch in use, where a callback writes each batch.
    """

    def __init__(self, returns: bool) -> None:
        self.returns = returns
        self.predictions: list[list[Any]] = []
        self.epoch_batch_indices: list[list[list[int]]] = []
        self.current_batch_indices: list[int] = []
        self._keeps = returns
        self._warned = False

    def begin(self, loaders: Sequence[Any], callbacks: Sequence[Any]) -> None:
        """Make room for what the loaders give, as far as somebody wants it."""
        self.predictions = [[] for _ in loaders]
        self.epoch_batch_indices = [[] for _ in loaders]
        writers = [callback for callback in callbacks if is_a(callback, "BasePredictionWriter")]
        at_end = any(writer.interval.on_epoch for writer in writers)
        self._keeps = self.returns or at_end
        self._notes = (at_end, any(writer.interval.on_batch for writer in writers))
        samplers = [getattr(loader, "batch_sampler", None) for loader in loaders]
        self._samplers = [sampler if isinstance(sampler, Seen) else None for sampler in samplers]
        if writers and None in self._samplers:
            rank_zero_warn(
                "which samples are in a batch can only be told of a DataLoader over map-style data; prediction writers "
                "get no indices of the others"
            )

    def noting(self, batches: Iterator[Any], at: RunState) -> Iterator[Any]:
        """The batches, each after its samples were noted; as they are where nobody wants that."""
        return self._noted(batches, at) if any(self._notes) else batches

    def _noted(self, batches: Iterable[Any], at: RunState) -> Iterator[Any]:
        at_end, each = self._notes
        for batch in batches:
            sampler = self._samplers[at.loader]
            if sampler is not None:
                indices = sampler.seen_batch_indices[at.eval_step]
                if at_end:
                    self.epoch_batch_indices[at.loader].append(indices)
                if each:
                    self.current_batch_indices = indices
            yield batch

    def take(self, predictions: Any, loader: int) -> None:
        """Keep the predictions of a batch."""
        if predictions is None and not self._warned:
            self._warned = True
            rank_zero_warn("predict_step returned None; if that was meant, nothing is wrong")
        if self._keeps:
            self.predictions[loader].append(batch_on_device(predictions, CPU))

    @property
    def told(self) -> list[Any]:
        """The predictions of the loader, or of each of several."""
        return self.predictions[0] if len(self.predictions) == 1 else self.predictions
