"""Stand-ins for the parts of Lightning's trainer that are no parts of ours: its loops.

Each is a thin look at the Trainer: it holds nothing but the Trainer, and is made when it is read.
"""

from __future__ import annotations

from typing import Any, NoReturn

from groundwire_lightning.core.module import LightningModule
from groundwire_lightning.guests import brings
from groundwire_lightning.lightning_1.running_loss import running_loss_of
from groundwire_lightning.loops import limits, saved_counters
from groundwire_lightning.loops.limits import can_stop_early, validates_in_epoch
from groundwire_lightning.loops.progress import Count
from groundwire_lightning.trainer.answering import Answering
from groundwire_lightning.trainer.counted import Counted, OptimProgress, Passes, moves, setting, updates


class Look:
    """Answers for a part of Lightning's trainer; a name that it does not know is refused by name.

    Args:
        trainer: Whom it asks.
    """

    said = "this part"

    def __init__(self, trainer: Answering) -> None:
        self.trainer = trainer

    def __getattr__(self, name: str) -> NoReturn:
        known = sorted(key for key in dir(type(self)) if not key.startswith("__") and key != "said")
        raise AttributeError(
            f"{self.said}.{name}: {self.said} answers for a part of Lightning's trainer that does not exist here; it "
            f"knows {', '.join(known)}"
        )

    def __setattr__(self, name: str, value: Any) -> None:
        known = getattr(type(self), name, None)
        if isinstance(known, property) and known.fset is None:
            raise AttributeError(f"{self.said}.{name} can be read here and not be set")
        if not isinstance(known, property) and name not in ("trainer", "name"):
            raise AttributeError(f"{self.said}.{name} cannot be set: nothing here would read it")
        super().__setattr__(name, value)

    def __getstate__(self) -> dict[str, Any]:
        return {"trainer": self.trainer}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)


# loops


class FitLoop(Look):
    """``trainer.fit_loop``."""

    said = "trainer.fit_loop"

    @property
    def max_epochs(self) -> int | None:
        """The number of epochs; may be set."""
        epochs: int | None = self.trainer.max_epochs
        return epochs

    @max_epochs.setter
    def max_epochs(self, epochs: int | None) -> None:
        if epochs is not None and epochs < -1:
            raise ValueError(f"max_epochs: -1 or more is due, got {epochs}")
        self.trainer.max_epochs = epochs

    @property
    def min_epochs(self) -> int | None:
        """Epochs before which ``should_stop`` is not heeded; may be set."""
        epochs: int | None = self.trainer.min_epochs
        return epochs

    @min_epochs.setter
    def min_epochs(self, epochs: int | None) -> None:
        self.trainer.min_epochs = epochs

    @property
    def max_steps(self) -> int:
        """The number of optimizer steps, -1 for no limit."""
        return int(self.trainer.max_steps)

    @property
    def min_steps(self) -> int | None:
        """Optimizer steps before which ``should_stop`` is not heeded."""
        steps: int | None = self.trainer.min_steps
        return steps

    @property
    def _skip_backward(self) -> bool:
        return bool(self.trainer.skips_backward)

    @_skip_backward.setter
    def _skip_backward(self, skips: bool) -> None:
        self.trainer.skips_backward = skips  # heeded from the next epoch on, which may be the one that begins

    @property
    def max_batches(self) -> float:
        """Training batches of an epoch."""
        batches: float = self.trainer.num_training_batches
        return batches

    @property
    def epoch_loop(self) -> EpochLoop:
        """The loop over batches."""
        return EpochLoop(self.trainer)

    @property
    def epoch_progress(self) -> Passes:
        """Epochs that were begun and done."""
        progress = self.trainer.progress
        count = Count(progress.epochs_ready, progress.epochs_started, progress.processed, progress.epochs)
        places = {"ready": "epochs_ready", "started": "epochs_started", "processed": "processed", "completed": "epochs"}
        writes = {name: setting(progress, place) for name, place in places.items()}
        said = f"{self.said}.epoch_progress"
        return Passes(Counted.of(f"{said}.current", count, writes), Counted.of(f"{said}.total", count))

    def setup_data(self) -> None:
        """Ask for the training loader, unless that was done."""
        self.trainer.load_training_data()

    def state_dict(self) -> dict[str, Any]:
        """The progress of fitting, as a checkpoint keeps it."""
        state: dict[str, Any] = saved_counters.written(self.trainer.progress, self.trainer.is_automatic, [])["fit_loop"]
        return state

    running_loss = property(lambda self: running_loss_of(self.trainer))

    @property
    def total_batch_idx(self) -> int:
        """The index of the batch in use, over all epochs."""
        return int(self.trainer.progress.batches) - 1

    @property
    def batch_idx(self) -> int:
        """The index of the batch in use, in its epoch."""
        return int(self.trainer.progress.ready) - 1

    @property
    def done(self) -> bool:
        """True where no epoch is left to run: the last is over, or the run is to stop."""
        return limits.is_done(self.trainer)

    @property
    def restarting(self) -> bool:
        """False: a run that goes on from a checkpoint is at its place when hooks run."""
        return False

    @property
    def _data_source(self) -> Source:
        return Source(self.trainer, "train")

    @property
    def _combined_loader(self) -> Any:
        return self.trainer.train_dataloader

    @property
    def _should_accumulate(self) -> Any:
        return lambda: not self.trainer.at.is_update

    @property
    def _can_stop_early(self) -> bool:
        return can_stop_early(self.trainer)

    @property
    def _results(self) -> Results:
        return Results(self.trainer)


class EpochLoop(Look):
    """``trainer.fit_loop.epoch_loop``."""

    said = "trainer.fit_loop.epoch_loop"

    total_batch_idx = FitLoop.total_batch_idx
    batch_idx = FitLoop.batch_idx
    _should_accumulate = FitLoop._should_accumulate
    _results = FitLoop._results

    @property
    def batch_progress(self) -> Passes:
        """Training batches that were begun and done."""
        progress = self.trainer.progress
        batch = progress.batch
        current = Count(progress.ready, batch.started, batch.processed, batch.completed)
        said, total = f"{self.said}.batch_progress", progress.before.plus(current)
        spans = Counted.of(f"{said}.current", current), Counted.of(f"{said}.total", total)
        return Passes(*spans, self.trainer.is_last_batch)

    @property
    def scheduler_progress(self) -> Passes:
        """Counts of the moves of a scheduler."""
        return moves(f"{self.said}.scheduler_progress", self.trainer.progress)

    @property
    def max_steps(self) -> int:
        """The number of optimizer steps, -1 for no limit; may be set."""
        return int(self.trainer.max_steps)

    @max_steps.setter
    def max_steps(self, steps: int) -> None:
        if steps < -1:
            raise ValueError(f"max_steps: -1 or more is due, got {steps}")
        self.trainer.max_steps = steps

    @property
    def min_steps(self) -> int | None:
        """Optimizer steps before which ``should_stop`` is not heeded; may be set."""
        steps: int | None = self.trainer.min_steps
        return steps

    @min_steps.setter
    def min_steps(self, steps: int | None) -> None:
        self.trainer.min_steps = steps

    def update_lr_schedulers(self, interval: str, update_plateau_schedulers: bool) -> None:
        """Move on the schedulers that are due.

        Args:
            interval: ``"step"`` or ``"epoch"``.
            update_plateau_schedulers: Those that take a metric, else the others.
        """
        from groundwire_lightning.loops.steps import move_schedulers

        if interval != "step" or self.trainer.at.is_update:
            move_schedulers(self.trainer, interval, update_plateau_schedulers)

    @property
    def global_step(self) -> int:
        """Optimizer steps made so far."""
        return int(self.trainer.global_step)

    @property
    def val_loop(self) -> EvaluationLoop:
        """The validation inside ``fit``."""
        return EvaluationLoop(self.trainer)

    @property
    def _batches_that_stepped(self) -> int:
        return int(self.trainer.progress.stepped)

    @_batches_that_stepped.setter
    def _batches_that_stepped(self, number: int) -> None:
        self.trainer.progress.stepped = number

    @property
    def _should_check_val_epoch(self) -> Any:
        return lambda: validates_in_epoch(self.trainer)

    @property
    def manual_optimization(self) -> ManualOptimization:
        """The steps of optimizers that ``training_step`` moves itself."""
        return ManualOptimization(self.trainer)

    @property
    def automatic_optimization(self) -> AutomaticOptimization:
        """The steps of optimizers that the trainer moves."""
        return AutomaticOptimization(self.trainer)


class ManualOptimization(Look):
    """``trainer.fit_loop.epoch_loop.manual_optimization``."""

    said = "trainer.fit_loop.epoch_loop.manual_optimization"

    @property
    def optim_step_progress(self) -> Passes:
        """Steps of optimizers; what is set there is what ``global_step`` says."""
        return updates(f"{self.said}.optim_step_progress", self.trainer.progress)


class AutomaticOptimization(Look):
    """``trainer.fit_loop.epoch_loop.automatic_optimization``."""

    said = "trainer.fit_loop.epoch_loop.automatic_optimization"
    _skip_backward = FitLoop._skip_backward

    @property
    def optim_progress(self) -> OptimProgress:
        """Steps of the optimizer; what is set there is what ``global_step`` says."""
        return OptimProgress(f"{self.said}.optim_progress", self.trainer.progress)


class EvaluationLoop(Look):
    """``trainer.validate_loop``, ``trainer.test_loop`` and the validation inside ``fit``."""

    said = "trainer.validate_loop"

    @property
    def batch_progress(self) -> Passes:
        """Batches that were begun and done."""
        progress = self.trainer.progress
        current, said = progress.val_batch, f"{self.said}.batch_progress"
        total = Counted.of(f"{said}.total", progress.val_before.plus(current))
        return Passes(Counted.of(f"{said}.current", current), total, progress.val_is_last)

    def setup_data(self) -> None:
        """Ask for the loaders of the evaluation, unless that was done."""
        self.trainer.load_evaluation_data()

    @property
    def inference_mode(self) -> bool:
        """True where gradients are off by ``torch.inference_mode``."""
        return bool(self.trainer.inference_mode)

    @inference_mode.setter
    def inference_mode(self, is_on: bool) -> None:
        self.trainer.inference_mode = is_on

    @property
    def max_batches(self) -> list[float]:
        """Batches of each loader."""
        trainer = self.trainer
        batches: list[float]
        batches = trainer.num_test_batches if trainer._purpose == "test" else trainer.num_val_batches
        return trainer.num_sanity_val_batches if trainer.sanity_checking else batches

    @property
    def num_dataloaders(self) -> int:
        """Number of loaders."""
        return len(self.max_batches)

    @property
    def _data_source(self) -> Source:
        return Source(self.trainer, "test" if self.trainer._purpose == "test" else "val")

    @property
    def _combined_loader(self) -> Any:
        return self.trainer.val_dataloaders

    @property
    def _has_run(self) -> bool:
        return bool(self.trainer.progress.val_batch.ready)

    @property
    def _results(self) -> Results:
        return Results(self.trainer)


class PredictionLoop(Look):
    """``trainer.predict_loop``."""

    said = "trainer.predict_loop"
    inference_mode = EvaluationLoop.inference_mode
    setup_data = EvaluationLoop.setup_data

    @property
    def batch_progress(self) -> Passes:
        """Batches that were begun and done in the predictions that are over."""
        current, before, _ = self.trainer.progress.others.get("predict", (Count(), Count(), False))
        said, total = f"{self.said}.batch_progress", before.plus(current)
        return Passes(Counted.of(f"{said}.current", current), Counted.of(f"{said}.total", total))

    @property
    def return_predictions(self) -> bool:
        """True where ``predict`` returns what the module said; may be set."""
        return bool(self.trainer.predicted.returns)

    @return_predictions.setter
    def return_predictions(self, returns: bool) -> None:
        self.trainer.predicted.returns = bool(returns)

    @property
    def predictions(self) -> list[Any]:
        """The predictions so far: a list of batches, or one for each of several loaders."""
        predictions: list[Any] = self.trainer.predicted.told
        return predictions

    @property
    def epoch_batch_indices(self) -> list[list[list[int]]]:
        """The samples of each batch of each loader."""
        indices: list[list[list[int]]] = self.trainer.predicted.epoch_batch_indices
        return indices

    @property
    def current_batch_indices(self) -> list[int]:
        """The samples of the batch in use."""
        indices: list[int] = self.trainer.predicted.current_batch_indices
        return indices

    @property
    def max_batches(self) -> list[float]:
        """Batches of each loader."""
        batches: list[float] = self.trainer.num_predict_batches
        return batches

    @property
    def num_dataloaders(self) -> int:
        """Number of loaders."""
        return len(self.max_batches)

    @property
    def _data_source(self) -> Source:
        return Source(self.trainer, "predict")


class Source(Look):
    """The source of the loaders of a phase."""

    said = "_data_source"

    def __init__(self, trainer: Answering, phase: str) -> None:
        super().__init__(trainer)
        self.name = f"{phase}_dataloader"

    def is_module(self) -> bool:
        """True where module or data module give them, False where the call did."""
        return self.name not in self.trainer._loaders_given

    def is_defined(self) -> bool:
        """True where there are any."""
        return not self.is_module() or brings(self.instance, self.name)

    @property
    def instance(self) -> Any:
        """The data module or the module that gives them."""
        data = self.trainer.datamodule
        return self.trainer.lightning_module if data is None or not self.trainer._asks_data else data


class Results(Look):
    """``trainer._results``: what the real ``LightningModule.log`` writes to."""

    said = "trainer._results"

    def log(
        self,
        fx: str,
        name: str,
        value: Any,
        prog_bar: bool = False,
        logger: bool = True,
        on_step: bool = False,
        on_epoch: bool = True,
        *,
        sync_dist_fn: Any = None,
        **kwargs: Any,
    ) -> None:
        """Record a value, under the hook that is running."""
        options = {"prog_bar": prog_bar, "logger": logger, "on_step": on_step, "on_epoch": on_epoch, **kwargs}
        LightningModule.log(self.trainer.lightning_module, name, value, **options)

    def reset(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: values of the last epoch are let go of where they are kept."""
