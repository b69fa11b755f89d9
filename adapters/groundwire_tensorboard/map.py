"""The moments of a run at which TensorBoard is written, and the Trainer hooks at which they come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundwire import HookMap, row

if TYPE_CHECKING:
    from groundwire import Trainer


class Moments:
    """The methods that a run calls on a TensorBoard callback; here each does nothing.

    A subclass overrides those that it needs. A method that it does not override, and one that is set
    to ``None`` on an object, is not called at all.
    """

    def start_training(self, run_history: Any, at: Any) -> None:
        """A training run begins; ``at`` holds its position from now on."""

    def start_evaluation(self, run_history: Any) -> None:
        """An evaluation run begins, on its own or inside a training run."""

    def write_step(self, optimizer: Any, batch_output: Any, is_update: bool) -> None:
        """The loss of a training batch is known; ``is_update`` where the batch completes an update."""

    def write_graph(self, model: Any, batch: Any) -> None:
        """The model and a training batch are at hand."""

    def draw(self, trainer: Trainer) -> None:
        """An epoch is over, its evaluation too."""

    def write_histograms(self, model: Any) -> None:
        """The gradients of an update are complete."""

    def write_late(self, run_history: Any) -> None:
        """An epoch begins; values may have been recorded at the very end of the one before."""

    def write_history(self, run_history: Any) -> None:
        """New values may have been recorded."""

    def end_training(self, run_history: Any, run_config: Any) -> None:
        """A training run has ended in order."""

    def end_evaluation(self, run_history: Any) -> None:
        """An evaluation run has ended in order."""

    def fail(self, run_history: Any) -> None:
        """An error is leaving the run."""


TENSORBOARD = HookMap(
    "TensorBoard",
    bases={"TensorBoardCallback": Moments},
    listed=frozenset({"TensorBoardCallback"}),
    rows=(
        row("TensorBoardCallback.start_training", before="_run_training", args=("run_history", "at")),
        # Values that callbacks record at the very end of an epoch still belong to it.
        row("TensorBoardCallback.write_late", before="_run_train_epoch", args=("run_history",)),
        # Before the update, so that the learning rate is the one that the update is made with.
        row(
            "TensorBoardCallback.write_step",
            after="on_train_step_end",
            args=("optimizer", "batch_output", "at.is_update"),
        ),
        row("TensorBoardCallback.write_graph", after="on_train_step_end", args=("model", "batch")),
        row("TensorBoardCallback.write_histograms", before="optimizer_step", args=("model",)),
        row("TensorBoardCallback.write_history", after="_run_train_epoch", args=("run_history",)),
        row("TensorBoardCallback.start_evaluation", before="_run_evaluation", args=("run_history",)),
        row("TensorBoardCallback.write_history", after="_run_eval_epoch", args=("run_history",)),
        row("TensorBoardCallback.draw", after="training_run_epoch_end", args=("trainer",)),
        # Around the whole run, so that it does not matter where in callbacks= others record their last values.
        row("TensorBoardCallback.end_evaluation", after="_run_evaluation", args=("run_history",)),
        row("TensorBoardCallback.end_training", after="_run_training", args=("run_history", "trainer.run_config")),
        row("TensorBoardCallback.fail", after="on_exception", args=("run_history",)),
    ),
)
"""Every row, in the order of a run."""
