"""The state of a Trainer, in Lightning's words: the entry point that was called, its stage, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass

from groundwire_lightning.utilities.enums import LightningEnum


class TrainerStatus(LightningEnum):
    """The status of the last call of an entry point."""

    INITIALIZING = "initializing"
    RUNNING = "running"
    FINISHED = "finished"
    INTERRUPTED = "interrupted"

    @property
    def stopped(self) -> bool:
        """True once the call is over, whether it was finished or interrupted."""
        return self in (TrainerStatus.FINISHED, TrainerStatus.INTERRUPTED)


class TrainerFn(LightningEnum):
    """The entry points of a Trainer."""

    FITTING = "fit"
    VALIDATING = "validate"
    TESTING = "test"
    PREDICTING = "predict"


class RunningStage(LightningEnum):
    """The stages of entry points: ``fit`` trains, validates, and checks the validation before it begins."""

    TRAINING = "train"
    SANITY_CHECKING = "sanity_check"
    VALIDATING = "validate"
    TESTING = "test"
    PREDICTING = "predict"

    @property
    def evaluating(self) -> bool:
        """True for validation, the sanity check and test."""
        return self in (RunningStage.VALIDATING, RunningStage.TESTING, RunningStage.SANITY_CHECKING)

    @property
    def dataloader_prefix(self) -> str:
        """The first word of the method that returns the loaders, such as ``"val"`` of ``val_dataloader``."""
        return "val" if self in (RunningStage.VALIDATING, RunningStage.SANITY_CHECKING) else self.value


@dataclass(frozen=True)
class TrainerState:
    """A snapshot of the state of a Trainer; it does not change when the Trainer goes on.

    Attributes:
        status: The status of the last call.
        fn: The entry point, or None before the first call.
        stage: The stage that is under way, or None.
    """

    status: TrainerStatus = TrainerStatus.INITIALIZING
    fn: TrainerFn | None = None
    stage: RunningStage | None = None

    @property
    def finished(self) -> bool:
        """True where the last call came to its end."""
        return self.status == TrainerStatus.FINISHED

    @property
    def stopped(self) -> bool:
        """True where the last call is over, whether it was finished or interrupted."""
        return self.status.stopped


PURPOSES: dict[str, TrainerFn] = {
    "_run_training": TrainerFn.FITTING,
    "_run_evaluation": TrainerFn.VALIDATING,
    "_run_prediction": TrainerFn.PREDICTING,
}
"""A hook of groundwire that begins a run, to the entry point of Lightning that it stands for by default."""
