"""Where Lightning has the words for where a Trainer is."""

from groundwire_lightning.core.states import RunningStage, TrainerFn, TrainerState, TrainerStatus

__all__ = ["RunningStage", "TrainerFn", "TrainerState", "TrainerStatus"]
