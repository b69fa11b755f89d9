"""What people read from the parts of Lightning's trainer that are no parts of ours: its loops and connectors.

Each is a thin look at the Trainer: it holds nothing but the Trainer, and is made when it is read.
"""

from __future__ import annotations

from typing import Any

from groundwire_lightning.core.module import LightningModule
from groundwire_lightning.guests import real
from groundwire_lightning.loops import limits
from groundwire_lightning.loops.limits import can_stop_early, validates_in_epoch
from groundwire_lightning.loops.progress import Count
from groundwire_lightning.trainer.answering import Answering, Look, Passes

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
        return Passes(count, count)

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

    max_steps = FitLoop.max_steps
    min_steps = FitLoop.min_steps
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
        return Passes(current, progress.before.plus(current), self.trainer.is_last_batch)

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

    @property
    def _should_check_val_epoch(self) -> Any:
        return lambda: validates_in_epoch(self.trainer)

    @property
    def manual_optimization(self) -> Look:
        """The steps of optimizers that ``training_step`` moves itself."""
        return Look(self.trainer)

    @property
    def automatic_optimization(self) -> Look:
        """The steps of optimizers that the trainer moves."""
        return Look(self.trainer)


class EvaluationLoop(Look):
    """``trainer.validate_loop``, ``trainer.test_loop`` and the validation inside ``fit``."""

    said = "trainer.validate_loop"

    @property
    def batch_progress(self) -> Passes:
        """Batches that were begun and done."""
        progress = self.trainer.progress
        current = progress.val_batch
        return Passes(current, progress.val_before.plus(current), progress.val_is_last)

    @property
    def inference_mode(self) -> bool:
        """True where gradients are off by ``torch.inference_mode``."""
        return bool(self.trainer.inference_mode)

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

    @property
    def inference_mode(self) -> bool:
        """True where gradients are off by ``torch.inference_mode``."""
        return bool(self.trainer.inference_mode)

    @property
    def return_predictions(self) -> bool:
        """True where ``predict`` returns what the module said."""
        return bool(self.trainer.predicted.returns)

    @property
    def predictions(self) -> list[Any]:
        """What the module said so far: a list of batches, or one for each of several loaders."""
        told: list[Any] = self.trainer.predicted.told
        return told

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
    """Where the loaders of a phase come from."""

    said = "_data_source"

    def __init__(self, trainer: Answering, phase: str) -> None:
        super().__init__(trainer)
        self.name = f"{phase}_dataloader"

    def is_module(self) -> bool:
        """True where module or data module give them, False where the call did."""
        return self.name not in self.trainer._loaders_given

    def is_defined(self) -> bool:
        """True where there are any."""
        return not self.is_module() or callable(getattr(self.instance, self.name, None))

    @property
    def instance(self) -> Any:
        """The data module or the module that gives them."""
        return self.trainer.datamodule or self.trainer.lightning_module


# connectors: what Lightning's own module and callbacks read


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
        given = {"prog_bar": prog_bar, "logger": logger, "on_step": on_step, "on_epoch": on_epoch, **kwargs}
        LightningModule.log(self.trainer.lightning_module, name, value, **given)

    def reset(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: values of the last epoch are let go of where they are kept."""


class LoggerConnector(Look):
    """``trainer._logger_connector``."""

    said = "trainer._logger_connector"
    _current_fx: str | None = None

    def should_reset_tensors(self, fx: str) -> bool:
        """False: values of the last epoch are let go of where they are kept."""
        return False

    @property
    def should_update_logs(self) -> bool:
        """True at the batches at which loggers are written to."""
        return bool(self.trainer.to_loggers.is_due)

    def log_metrics(self, metrics: dict[str, Any], step: int | None = None) -> None:
        """Write values to every logger.

        Args:
            metrics: Name to number.
            step: By default ``metrics["step"]``, else the batches that completed an update.
        """
        self.trainer.logged.logger.update(metrics)
        self.trainer.to_loggers.write(metrics, step)


class AcceleratorConnector(Look):
    """``trainer._accelerator_connector``."""

    said = "trainer._accelerator_connector"

    @property
    def is_distributed(self) -> bool:
        """True with a strategy for several processes, be it one that runs it."""
        return self.trainer.distributed_sampler_kwargs is not None

    @property
    def strategy(self) -> Any:
        """``trainer.strategy``."""
        return self.trainer.strategy

    @property
    def accelerator(self) -> Any:
        """``trainer.accelerator``."""
        return self.trainer.accelerator

    @property
    def use_distributed_sampler(self) -> bool:
        """The argument of that name."""
        return bool(self.trainer._asked["use_distributed_sampler"])

    @property
    def _accelerator_flag(self) -> Any:
        return self.trainer.accelerator.name()

    @property
    def _devices_flag(self) -> Any:
        return self.trainer._asked["devices"]

    @property
    def _strategy_flag(self) -> Any:
        return self.trainer._asked["strategy"]

    @property
    def _precision_flag(self) -> Any:
        return self.trainer.precision

    @property
    def _parallel_devices(self) -> list[Any]:
        return list(self.trainer.strategy.parallel_devices)


class DataConnector(Look):
    """``trainer._data_connector``."""

    said = "trainer._data_connector"

    @property
    def _datahook_selector(self) -> DataConnector:
        return self

    def get_instance(self, hook_name: str) -> Any:
        """Whose batch-transfer hook runs: the data module's where it overrides it, else the module's."""
        module, data = self.trainer.lightning_module, self.trainer.datamodule
        base = getattr(next(iter(real("LightningDataModule")), None), hook_name, None)
        writes = data is not None and getattr(type(data), hook_name, None) is not base
        return data if writes else module


class CallbackConnector(Look):
    """``trainer._callback_connector``."""

    said = "trainer._callback_connector"


class CheckpointConnector(Look):
    """``trainer._checkpoint_connector``."""

    said = "trainer._checkpoint_connector"

    @property
    def _loaded_checkpoint(self) -> dict[str, Any]:
        return {}


class SignalConnector(Look):
    """``trainer._signal_connector``."""

    said = "trainer._signal_connector"
    received_sigterm = False
