"""Where a Trainer is, in Lightning's words: what was called, which part of it is under way, how it ended."""

from __future__ import annotations

from dataclasses import dataclass

from groundwire_lightning.utilities.enums import Word


class TrainerStatus(Word):
    """How far the last call of an entry point has come."""

    INITIALIZING = "initializing"
    RUNNING = "running"
    FINISHED = "finished"
    INTERRUPTED = "interrupted"

    @property
    def stopped(self) -> bool:
        """True once the call is over, in whichever way."""
        return self in (TrainerStatus.FINISHED, TrainerStatus.INTERRUPTED)


class TrainerFn(Word):
    """The entry points of a Trainer."""

    FITTING = "fit"
    VALIDATING = "validate"
    TESTING = "test"
    PREDICTING = "predict"


class RunningStage(Word):
    """What an entry point is doing: ``fit`` trains, validates, and checks the validation before it begins."""

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
        """What the name of the method begins with that gives the loaders."""
        return "val" if self in (RunningStage.VALIDATING, RunningStage.SANITY_CHECKING) else self.value


@dataclass(frozen=True)
class TrainerState:
    """A look at a Trainer; it does not change when the Trainer goes on.

    Attributes:
        status: How far the last call has come.
        fn: The entry point, or None before the first call.
        stage: What is under way, or None.
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
        """True where the last call is over, in whichever way."""
        return self.status.stopped


PURPOSES: dict[str, TrainerFn] = {
    "_run_training": TrainerFn.FITTING,
    "_run_evaluation": TrainerFn.VALIDATING,
    "_run_prediction": TrainerFn.PREDICTING,
}
"""What a run is for where its entry point does not say."""
