"""The moments of a run at which metrics are fed, computed and emptied, and the Trainer hooks at which they come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundwire import HookMap, row

if TYPE_CHECKING:
    from groundwire import Trainer


class Moments:
    """The methods that a run calls on a metrics callback; here each does nothing.

    A subclass overrides those that it needs. A method that it does not override, and one that is set
    to ``None`` on an object, is not called at all.
    """

    def start_run(self, device: Any) -> None:
        """A training or evaluation run begins on ``device``."""

    def look_for_boards(self, trainer: Trainer) -> None:
        """A training run begins, and the callbacks that take pictures are known."""

    def start_sanity_check(self) -> None:
        """A sanity check begins, whose results are thrown away."""

    def end_sanity_check(self) -> None:
        """A sanity check is over; later results count."""

    def start_train(self) -> None:
        """A training epoch begins."""

    def feed_train(self, batch: Any, batch_output: Any) -> None:
        """The outputs for a training batch are known."""

    def end_train(self, run_history: Any) -> None:
        """The training batches of an epoch are done."""

    def draw_train(self, trainer: Trainer) -> None:
        """The training batches of an epoch are done, and the metrics are computed."""

    def start_eval(self, is_intermediate: bool) -> None:
        """An evaluation epoch begins; ``is_intermediate`` inside a training epoch."""

    def feed_eval(self, batch: Any, batch_output: Any) -> None:
        """The outputs for an evaluation batch are known."""

    def end_eval(self, run_history: Any) -> None:
        """The evaluation batches are done."""

    def draw_eval(self, trainer: Trainer) -> None:
        """The evaluation batches are done, and the metrics are computed."""


TORCHMETRICS = HookMap(
    "torchmetrics",
    bases={"MetricsCallback": Moments},
    listed=frozenset({"MetricsCallback"}),
    rows=(
        row("MetricsCallback.start_run", before="_run_training", args=("trainer.device",)),
        row("MetricsCallback.look_for_boards", before="_run_training", args=("trainer",)),
        row("MetricsCallback.start_sanity_check", before="_run_sanity_evaluation"),
        row("MetricsCallback.end_sanity_check", after="_run_sanity_evaluation"),
        row("MetricsCallback.start_train", before="train_epoch_start"),
        row("MetricsCallback.feed_train", after="on_train_step_end", args=("batch", "batch_output")),
        # Before the method, so that an override of it and every event after it can read the values.
        row("MetricsCallback.end_train", before="train_epoch_end", args=("run_history",)),
        row("MetricsCallback.draw_train", before="train_epoch_end", args=("trainer",)),
        row("MetricsCallback.start_run", before="_run_evaluation", args=("trainer.device",)),
        row("MetricsCallback.start_eval", before="_run_eval_epoch", args=("is_intermediate",)),
        row("MetricsCallback.feed_eval", after="on_eval_step_end", args=("batch", "batch_output")),
        row("MetricsCallback.end_eval", before="eval_epoch_end", args=("run_history",)),
        row("MetricsCallback.draw_eval", before="eval_epoch_end", args=("trainer",)),
    ),
)
"""Every row, in the order of a run."""
