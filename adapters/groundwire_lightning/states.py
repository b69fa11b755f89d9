"""Where a Trainer is, in Lightning's words: what was called, which part of it is under way, how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Word(str, Enum):
    """A word that equals the same word written as a string, and that of another enumeration."""

    def __eq__(self, other: object) -> bool:
        said = other.value if isinstance(other, Enum) else other
        return isinstance(said, str) and self.value.lower() == said.lower()

    def __hash__(self) -> int:
        return hash(self.value.lower())


class GradClipAlgorithmType(Word):
    """How gradients are clipped."""

    VALUE = "value"
    NORM = "norm"

    @staticmethod
    def supported_type(val: str) -> bool:
        """True for a word of these."""
        return val in GradClipAlgorithmType.supported_types()

    @staticmethod
    def supported_types() -> list[str]:
        """The words."""
        return [word.value for word in GradClipAlgorithmType]


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
