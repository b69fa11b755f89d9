"""What validation, test and prediction differ in: names, and which methods do not take part."""

from __future__ import annotations

from dataclasses import dataclass

from groundwire_lightning.states import RunningStage, TrainerFn

LOADERS = frozenset({"train_dataloader", "val_dataloader", "test_dataloader", "predict_dataloader"})


def _methods_of(phase: str, prefix: str) -> frozenset[str]:
    moments = ("start", "end", "epoch_start", "epoch_end", "batch_start", "batch_end")
    modes = ("model_eval", "model_train", "model_zero_grad")
    return frozenset({f"{phase}_step", f"{prefix}_dataloader", *(f"on_{phase}_{name}" for name in (*moments, *modes))})


VALIDATION = _methods_of("validation", "val")
TEST = _methods_of("test", "test")


@dataclass(frozen=True, slots=True)
class Phase:
    """What batches are used for, other than training.

    Attributes:
        stage: What the trainer's state says meanwhile.
        step: The module's method that uses a batch.
        hooks: How the module's hooks of this phase begin.
        without: Methods of the other phases, which have their places at the same moments.
    """

    stage: RunningStage
    step: str
    hooks: str
    without: frozenset[str]

    @property
    def prefix(self) -> str:
        """How its loader and its limit are called."""
        return self.stage.dataloader_prefix

    @property
    def loader(self) -> str:
        """The method that makes its loaders."""
        return f"{self.prefix}_dataloader"

    @property
    def limit(self) -> str:
        """The argument that limits its batches."""
        return f"limit_{self.prefix}_batches"


_VALIDATE = Phase(RunningStage.VALIDATING, "validation_step", "on_validation", TEST | {"predict_dataloader"})
PHASES: dict[TrainerFn, Phase] = {
    TrainerFn.FITTING: _VALIDATE,
    TrainerFn.VALIDATING: _VALIDATE,
    TrainerFn.TESTING: Phase(RunningStage.TESTING, "test_step", "on_test", VALIDATION | {"predict_dataloader"}),
    TrainerFn.PREDICTING: Phase(RunningStage.PREDICTING, "predict_step", "on_predict", TEST | {"val_dataloader"}),
}
"""The phase that belongs to what was called."""
