"""The hooks of Lightning modules and data modules, each with what it does when nobody overrides it: mostly nothing.

A hook that a class inherits unchanged from here counts as "not overridden", and is never called in a run: the Trainer
does the same itself.
"""

from __future__ import annotations

from typing import Any

from groundwire_lightning.core.old_calls import also_with_index, backward_of_today
from groundwire_lightning.loggers.version_shown import version_shown
from groundwire_lightning.utilities.apply_func import batch_on_device


class DataHooks:
    """The hooks about data, which modules and data modules have in common."""

    def prepare_data(self) -> None:
        """Download data and write it to disk; in one process of each machine: keep nothing on ``self``."""

    def setup(self, stage: str) -> None:
        """Build what needs the data; ``stage`` is ``"fit"``, ``"validate"``, ``"test"`` or ``"predict"``."""

    def teardown(self, stage: str) -> None:
        """Release what :meth:`setup` took."""

    def train_dataloader(self) -> Any:
        """Return the loader of training batches."""

    def val_dataloader(self) -> Any:
        """Return the loader of validation batches, or a list of loaders."""

    def test_dataloader(self) -> Any:
        """Return the loader of test batches, or a list of loaders."""

    def predict_dataloader(self) -> Any:
        """Return the loader of batches to predict, or a list of loaders."""

    def on_before_batch_transfer(self, batch: Any, dataloader_idx: int) -> Any:
        """Change a batch before it is moved to the device, and return it."""
        return batch

    def transfer_batch_to_device(self, batch: Any, device: Any, dataloader_idx: int) -> Any:
        """Move a batch to the device, and return it."""
        return batch_on_device(batch, device)

    def on_after_batch_transfer(self, batch: Any, dataloader_idx: int) -> Any:
        """Change a batch once it is on the device, and return it."""
        return batch


class CheckpointHooks:
    """The hooks about what a module adds to its checkpoints."""

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Called when a checkpoint is about to be written; what is put into it is saved."""

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Called when a checkpoint was read."""


class HooksOfLightning1:
    """The hooks of a module that only Lightning 1 had; ``map_1x.py`` says where each is called."""

    def on_pretrain_routine_start(self) -> None:
        """Called when fitting has begun and nothing was validated yet; now :meth:`on_fit_start`."""

    def on_pretrain_routine_end(self) -> None:
        """Called right after :meth:`on_pretrain_routine_start`."""

    def on_train_dataloader(self) -> None:
        """Called when the training loader is about to be asked for."""

    def on_val_dataloader(self) -> None:
        """Called when the loaders of validation batches are about to be asked for."""

    def on_test_dataloader(self) -> None:
        """Called when the loaders of test batches are about to be asked for."""

    def on_predict_dataloader(self) -> None:
        """Called when the loaders of batches to predict are about to be asked for."""

    def on_epoch_start(self) -> None:
        """Called when an epoch of training, validation or test begins."""

    def on_epoch_end(self) -> None:
        """Called when an epoch of training, validation or test has ended."""

    def on_batch_start(self, batch: Any) -> None:
        """Called before :meth:`on_train_batch_start`."""

    def on_batch_end(self) -> None:
        """Called after :meth:`on_train_batch_end`."""

    def training_step_end(self, step_output: Any) -> Any:
        """Called with what :meth:`training_step` returned; what it returns takes its place."""
        return step_output

    def validation_step_end(self, *args: Any, **kwargs: Any) -> Any:
        """Called with what :meth:`validation_step` returned; what it returns takes its place."""

    def test_step_end(self, *args: Any, **kwargs: Any) -> Any:
        """Called with what :meth:`test_step` returned; what it returns takes its place."""

    def training_epoch_end(self, outputs: Any) -> None:
        """Called with the outputs of all training batches of an epoch."""

    def validation_epoch_end(self, outputs: Any) -> None:
        """Called with what :meth:`validation_step` returned for each batch."""

    def test_epoch_end(self, outputs: Any) -> None:
        """Called with what :meth:`test_step` returned for each batch."""

    def get_progress_bar_dict(self) -> dict[str, Any]:
        """Return what a progress bar shows beside the values that are logged; override it to show more or less."""
        trainer = self.trainer  # type: ignore[attr-defined]  # a module has it
        losses = trainer._run.running_loss
        mean = losses and losses.mean()
        loss = {} if losses is None else {"loss": "nan" if mean is None else f"{mean.item():.3g}"}
        return {**loss, **version_shown(trainer.loggers)}

    def on_hpc_save(self, checkpoint: dict[str, Any]) -> None:
        """Called when a checkpoint is about to be written because the scheduler of a cluster ends the run."""

    def on_hpc_load(self, checkpoint: dict[str, Any]) -> None:
        """Called when such a checkpoint was read."""

    def on_post_move_to_device(self) -> None:
        """Called when the module was moved to its device."""

    def training_end(self, *args: Any, **kwargs: Any) -> None:
        """Called by Lightning 0 with what :meth:`training_step` returned."""

    def validation_end(self, outputs: Any) -> None:
        """Called by Lightning 0 with what :meth:`validation_step` returned for each batch."""

    def test_end(self, outputs: Any) -> None:
        """Called by Lightning 0 with what :meth:`test_step` returned for each batch."""

    def add_to_queue(self, queue: Any) -> None:
        """Called where a process that Lightning 1 had spawned ended; no process is spawned here."""

    def get_from_queue(self, queue: Any) -> None:
        """Called where a process that Lightning 1 had spawned ended; no process is spawned here."""


class ModelHooks(HooksOfLightning1, DataHooks, CheckpointHooks):
    """The hooks of a module, in the order of a run."""

    def configure_callbacks(self) -> Any:
        """Return callbacks that join those of the trainer: one, or a list."""
        return []

    def configure_sharded_model(self) -> None:
        """Create layers just before they are needed; the older name of :meth:`configure_model`."""

    def configure_model(self) -> None:
        """Create layers just before they are needed; may be called more than once."""

    def configure_optimizers(self) -> Any:
        """Return the optimizer, and its scheduler where there is one."""

    def on_fit_start(self) -> None:
        """Called when fitting begins; the optimizer exists by then."""

    def on_fit_end(self) -> None:
        """Called when fitting has ended."""

    def on_train_start(self) -> None:
        """Called when training begins."""

    def on_train_end(self) -> None:
        """Called when training has ended."""

    def on_train_epoch_start(self) -> None:
        """Called when a training epoch begins."""

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> int | None:
        """Called when a training batch is about to be used; return -1 to skip it and the rest of the epoch."""
        return None

    def training_step(self, *args: Any, **kwargs: Any) -> Any:
        """Return the loss of a batch: a tensor, a dictionary with ``"loss"``, or None to skip the batch."""

    def on_before_zero_grad(self, optimizer: Any) -> None:
        """Called when gradients are about to be cleared."""

    @also_with_index(3)
    def optimizer_zero_grad(self, epoch: int, batch_idx: int, optimizer: Any) -> None:
        """Clear the gradients."""
        optimizer.zero_grad()

    def on_before_backward(self, loss: Any) -> None:
        """Called when the backward pass of ``loss`` is about to run."""

    def backward(self, loss: Any, *args: Any, **kwargs: Any) -> None:
        """Run the backward pass."""
        if args or kwargs:
            loss, args, kwargs = backward_of_today(loss, args, kwargs)
        loss.backward(*args, **kwargs)

    def on_after_backward(self) -> None:
        """Called after the backward pass; the gradients are those of this batch, added to those accumulated before."""

    @also_with_index(1)
    def on_before_optimizer_step(self, optimizer: Any) -> None:
        """Called when an update is about to be made; gradients are not clipped yet."""

    @also_with_index(1)
    def configure_gradient_clipping(
        self, optimizer: Any, gradient_clip_val: float | None = None, gradient_clip_algorithm: str | None = None
    ) -> None:
        """Clip the gradients of an update; an override calls ``self.clip_gradients``."""
        self.clip_gradients(
            optimizer, gradient_clip_val=gradient_clip_val, gradient_clip_algorithm=gradient_clip_algorithm
        )

    def clip_gradients(
        self, optimizer: Any, gradient_clip_val: float | None = None, gradient_clip_algorithm: str | None = None
    ) -> None:
        """Clip the gradients that an optimizer is about to use; a :class:`LightningModule` asks its trainer to."""

    @also_with_index(3, flags=3)
    def optimizer_step(self, epoch: int, batch_idx: int, optimizer: Any, optimizer_closure: Any = None) -> None:
        """Make an update."""
        optimizer.step(closure=optimizer_closure)

    @also_with_index(1)
    def lr_scheduler_step(self, scheduler: Any, metric: Any) -> None:
        """Move a scheduler on."""
        scheduler.step() if metric is None else scheduler.step(metric)

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Called after a training batch; ``outputs`` holds its loss, divided by the number of accumulated batches."""

    def on_train_epoch_end(self) -> None:
        """Called when a training epoch has ended, its validation included."""

    def on_validation_model_zero_grad(self) -> None:
        """Clear gradients before a validation within training."""

    def on_validation_model_train(self) -> None:
        """Leave eval mode after a validation."""

    def on_validation_start(self) -> None:
        """Called when a validation begins."""

    def on_validation_end(self) -> None:
        """Called when a validation has ended."""

    def on_validation_epoch_start(self) -> None:
        """Called when the validation batches are about to be read."""

    def on_validation_epoch_end(self) -> None:
        """Called after the last validation batch."""

    def on_validation_batch_start(self, batch: Any, batch_idx: int, dataloader_idx: int = 0) -> None:
        """Called when a validation batch is about to be used."""

    def validation_step(self, *args: Any, **kwargs: Any) -> Any:
        """Use a validation batch; its return value reaches :meth:`on_validation_batch_end`."""

    def on_validation_batch_end(self, outputs: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0) -> None:
        """Called after a validation batch; ``outputs`` is what :meth:`validation_step` returned."""

    def on_test_model_eval(self) -> None:
        """Go to eval mode for a test."""

    def on_test_model_train(self) -> None:
        """Leave eval mode after a test."""

    def on_test_start(self) -> None:
        """Called when a test begins."""

    def on_test_end(self) -> None:
        """Called when a test has ended."""

    def on_test_epoch_start(self) -> None:
        """Called when the test batches are about to be read."""

    def on_test_epoch_end(self) -> None:
        """Called after the last test batch."""

    def on_test_batch_start(self, batch: Any, batch_idx: int, dataloader_idx: int = 0) -> None:
        """Called when a test batch is about to be used."""

    def test_step(self, *args: Any, **kwargs: Any) -> Any:
        """Use a test batch; its return value reaches :meth:`on_test_batch_end`."""

    def on_test_batch_end(self, outputs: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0) -> None:
        """Called after a test batch; ``outputs`` is what :meth:`test_step` returned."""

    def on_predict_model_eval(self) -> None:
        """Go to eval mode for a prediction."""

    def on_predict_start(self) -> None:
        """Called when a prediction begins."""

    def on_predict_end(self) -> None:
        """Called when a prediction has ended."""

    def on_predict_epoch_start(self) -> None:
        """Called when the batches to predict are about to be read."""

    def on_predict_epoch_end(self) -> None:
        """Called after the last batch to predict."""

    def on_predict_batch_start(self, batch: Any, batch_idx: int, dataloader_idx: int = 0) -> None:
        """Called when a batch is about to be predicted."""

    def predict_step(self, *args: Any, **kwargs: Any) -> Any:
        """Predict a batch; its return value is collected by ``trainer.predict``."""

    def on_predict_batch_end(self, outputs: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0) -> None:
        """Called after a batch was predicted; ``outputs`` is what :meth:`predict_step` returned."""


STEPS = frozenset({"training_step", "validation_step", "test_step", "predict_step"})
"""The methods that compute something from a batch; they are called through the wrappers of the model."""

TRANSFERS = ("on_before_batch_transfer", "transfer_batch_to_device", "on_after_batch_transfer")
"""The hooks that move a batch to the device; where both override one, the data module's is called."""
