"""Validation, test and prediction: the names that differ between them, and the methods that do not take part."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from groundwire import did_you_mean
from groundwire_lightning.core.states import RunningStage, TrainerFn
from groundwire_lightning.data.dataloader_iter import reads_batches
from groundwire_lightning.errors import MisconfigurationException

LOADERS = frozenset({"train_dataloader", "val_dataloader", "test_dataloader", "predict_dataloader"})


def _methods_of(phase: str, prefix: str) -> frozenset[str]:
    moments = ("start", "end", "epoch_start", "epoch_end", "batch_start", "batch_end")
    modes = ("model_eval", "model_train", "model_zero_grad")
    of_lightning_1 = {f"{phase}_step_end", f"{phase}_epoch_end", f"on_{prefix}_dataloader"}
    told = {f"on_{phase}_{name}" for name in (*moments, *modes)}
    return frozenset({f"{phase}_step", f"{prefix}_dataloader", *told, *of_lightning_1})


VALIDATION_METHODS = _methods_of("validation", "val")
TEST_METHODS = _methods_of("test", "test")
PREDICTION_METHODS = _methods_of("predict", "predict")
TRAINING_METHODS = _methods_of("train", "train") | {
    *("training_step", "training_step_end", "training_epoch_end"),
    *("configure_optimizers", "on_fit_start", "on_fit_end", "on_pretrain_routine_start", "on_pretrain_routine_end"),
    *("on_sanity_check_start", "on_sanity_check_end", "on_before_zero_grad", "optimizer_zero_grad"),
    *("on_before_backward", "backward", "on_after_backward", "on_before_optimizer_step", "optimizer_step"),
    *("configure_gradient_clipping", "clip_gradients", "lr_scheduler_step"),
}


@dataclass(frozen=True, slots=True)
class Phase:
    """A use of batches other than training.

    Attributes:
        stage: What the trainer's state says meanwhile.
        step: The module's method that uses a batch.
        hooks: How the module's hooks of this phase begin.
        without: Methods that the entry point does not call, many of which have their places at the same moments.
    """

    stage: RunningStage
    step: str
    hooks: str
    without: frozenset[str]

    @property
    def prefix(self) -> str:
        """The name that its loader and its limit begin with."""
        return self.stage.dataloader_prefix

    @property
    def loader(self) -> str:
        """The method that makes its loaders."""
        return f"{self.prefix}_dataloader"

    @property
    def limit(self) -> str:
        """The argument that limits its batches."""
        return f"limit_{self.prefix}_batches"


PHASES: dict[TrainerFn, Phase] = {
    TrainerFn.FITTING: Phase(
        RunningStage.VALIDATING, "validation_step", "on_validation", TEST_METHODS | PREDICTION_METHODS
    ),
    TrainerFn.VALIDATING: Phase(
        RunningStage.VALIDATING,
        "validation_step",
        "on_validation",
        TRAINING_METHODS | TEST_METHODS | PREDICTION_METHODS,
    ),
    TrainerFn.TESTING: Phase(
        RunningStage.TESTING, "test_step", "on_test", TRAINING_METHODS | VALIDATION_METHODS | PREDICTION_METHODS
    ),
    TrainerFn.PREDICTING: Phase(
        RunningStage.PREDICTING, "predict_step", "on_predict", TRAINING_METHODS | VALIDATION_METHODS | TEST_METHODS
    ),
}
"""The phase that belongs to what was called."""


def of_each_loader(name: str, logged: Iterable[str]) -> str:
    """The end of a message about a value that was not logged: those of its name for each loader, or a near name.

    Args:
        name: What was looked for.
        logged: What there is.
    """
    names = sorted(logged)
    of_loaders = [each for each in names if each.startswith(f"{name}/{NAME}_")]
    if of_loaders:
        return f" There is one for each loader, {' and '.join(map(repr, of_loaders))}; choose one of them."
    return did_you_mean(name, names)


NAME = "dataloader_idx"


class LoaderIndexError(RuntimeError, MisconfigurationException):
    """A method does not take the index of a loader, or insists on one where there is one loader."""


def _by_place(kinds: Iterable[Any]) -> list[Any]:
    named = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.VAR_KEYWORD)
    return [kind for kind in kinds if kind not in named]


def check_loader_index(module: Any, phase: Phase, has_several: bool) -> None:
    """Refuse a method of the module that cannot be called for these loaders.

    Args:
        module: The module.
        phase: What the loaders are for.
        has_several: There are several, and methods are told which.

    Raises:
        LoaderIndexError: A method needs ``dataloader_idx`` and does not take it, or the step takes it where
            nothing is passed; to the hooks beside it Lightning 1 passed it always.
    """
    places = {phase.step: 3, f"{phase.hooks}_batch_start": 3, f"{phase.hooks}_batch_end": 4}
    for name, place in places.items():
        method = getattr(module, name, None)
        if not callable(method):
            continue
        parameters = inspect.signature(getattr(method, "__wrapped__", method)).parameters
        kinds = [parameter.kind for parameter in parameters.values()]
        # by its name, or by its place, where Lightning 1 let it have any name
        takes = NAME in parameters or inspect.Parameter.VAR_POSITIONAL in kinds or len(_by_place(kinds)) >= place
        where = f"{type(module).__qualname__}.{name}{inspect.signature(method)}"
        if has_several and not takes and not reads_batches(method):
            raise LoaderIndexError(
                f"{where} is told which of several {phase.prefix} loaders a batch is from: add dataloader_idx=0"
            )
        if (
            name == phase.step
            and not has_several
            and NAME in parameters
            and parameters[NAME].default is inspect.Parameter.empty
        ):
            raise LoaderIndexError(
                f"{where} insists on dataloader_idx, and there is one {phase.prefix} loader: write dataloader_idx=0"
            )
