"""Every hook of a Lightning module, each doing what it does when nobody overrides it: nothing.

A method that stands here unchanged counts as "not overridden": it is never called in a run.
"""

from __future__ import annotations

from typing import Any

from groundwire_lightning.utilities.apply_func import moved


class DataHooks:
    """Where batches come from; a module and a data module have these in common."""

    def prepare_data(self) -> None:
        """Download and write to disk; called in one process of a machine."""

    def setup(self, stage: str) -> None:
        """Build what needs the data; ``stage`` is ``"fit"``, ``"validate"``, ``"test"`` or ``"predict"``."""

    def teardown(self, stage: str) -> None:
        """Give back what :meth:`setup` took."""

    def train_dataloader(self) -> Any:
        """The loader of training batches."""

    def val_dataloader(self) -> Any:
        """The loader of validation batches."""

    def test_dataloader(self) -> Any:
        """The loader of test batches."""

    def predict_dataloader(self) -> Any:
        """The loader of batches to predict."""

    def on_before_batch_transfer(self, batch: Any, dataloader_idx: int) -> Any:
        """Change a batch before it is moved to the device."""
        return batch

    def transfer_batch_to_device(self, batch: Any, device: Any, dataloader_idx: int) -> Any:
        """Move a batch to the device."""
        return moved(batch, device)

    def on_after_batch_transfer(self, batch: Any, dataloader_idx: int) -> Any:
        """Change a batch on the device."""
        return batch


class CheckpointHooks:
    """What a module adds to its checkpoints."""

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """A checkpoint is about to be written."""

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """A checkpoint was read."""


class ModelHooks(DataHooks, CheckpointHooks):
    """The moments of a run that a module may override, in the order of a run."""

    def configure_callbacks(self) -> Any:
        """Callbacks that join those of the trainer: one, or a list."""
        return []

    def configure_sharded_model(self) -> None:
        """The older name of :meth:`configure_model`."""

    def configure_model(self) -> None:
        """Create layers just before they are needed; may be called more than once."""

    def configure_optimizers(self) -> Any:
        """The optimizer, and its scheduler where there is one."""

    def on_fit_start(self) -> None:
        """Fitting begins; the optimizer exists."""

    def on_fit_end(self) -> None:
        """Fitting has ended."""

    def on_train_start(self) -> None:
        """Training begins."""

    def on_train_end(self) -> None:
        """Training has ended."""

    def on_train_epoch_start(self) -> None:
        """A training epoch begins."""

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> int | None:
        """A training batch is about to be used; returning -1 skips it and the rest of the epoch."""
        return None

    def training_step(self, *args: Any, **kwargs: Any) -> Any:
        """The loss of a batch: a tensor, a dictionary with ``"loss"``, or None to skip the batch."""

    def on_before_zero_grad(self, optimizer: Any) -> None:
        """Gradients are about to be cleared."""

    def optimizer_zero_grad(self, epoch: int, batch_idx: int, optimizer: Any) -> None:
        """Clear the gradients."""
        optimizer.zero_grad()

    def on_before_backward(self, loss: Any) -> None:
        """The backward pass is about to run."""

    def backward(self, loss: Any, *args: Any, **kwargs: Any) -> None:
        """Run the backward pass."""
        loss.backward(*args, **kwargs)

    def on_after_backward(self) -> None:
        """The gradients of a batch are there."""

    def on_before_optimizer_step(self, optimizer: Any) -> None:
        """An update is about to be made; gradients are not clipped yet."""

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
        """Clip the gradients that an optimizer is about to use."""

    def optimizer_step(self, epoch: int, batch_idx: int, optimizer: Any, optimizer_closure: Any = None) -> None:
        """Make an update."""
        optimizer.step(closure=optimizer_closure)

    def lr_scheduler_step(self, scheduler: Any, metric: Any) -> None:
        """Move a scheduler on."""
        scheduler.step() if metric is None else scheduler.step(metric)

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        """A training batch was used; ``outputs`` holds its loss, divided by the accumulated batches."""

    def on_train_epoch_end(self) -> None:
        """A training epoch has ended, and with it its validation."""

    def on_validation_model_zero_grad(self) -> None:
        """Gradients are cleared before a validation within training."""

    def on_validation_model_train(self) -> None:
        """The module leaves eval mode after a validation."""

    def on_validation_start(self) -> None:
        """A validation begins."""

    def on_validation_end(self) -> None:
        """A validation has ended."""

    def on_validation_epoch_start(self) -> None:
        """The validation batches are about to be read."""

    def on_validation_epoch_end(self) -> None:
        """The validation batches are done."""

    def on_validation_batch_start(self, batch: Any, batch_idx: int, dataloader_idx: int = 0) -> None:
        """A validation batch is about to be used."""

    def validation_step(self, *args: Any, **kwargs: Any) -> Any:
        """Use a validation batch; what it returns reaches ``on_validation_batch_end``."""

    def on_validation_batch_end(self, outputs: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0) -> None:
        """A validation batch was used."""

    def on_test_model_eval(self) -> None:
        """The module goes to eval mode for a test."""

    def on_test_model_train(self) -> None:
        """The module leaves eval mode after a test."""

    def on_test_start(self) -> None:
        """A test begins."""

    def on_test_end(self) -> None:
        """A test has ended."""

    def on_test_epoch_start(self) -> None:
        """The test batches are about to be read."""

    def on_test_epoch_end(self) -> None:
        """The test batches are done."""

    def on_test_batch_start(self, batch: Any, batch_idx: int, dataloader_idx: int = 0) -> None:
        """A test batch is about to be used."""

    def test_step(self, *args: Any, **kwargs: Any) -> Any:
        """Use a test batch."""

    def on_test_batch_end(self, outputs: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0) -> None:
        """A test batch was used."""

    def on_predict_model_eval(self) -> None:
        """The module goes to eval mode for a prediction."""

    def on_predict_start(self) -> None:
        """A prediction begins."""

    def on_predict_end(self) -> None:
        """A prediction has ended."""

    def on_predict_epoch_start(self) -> None:
        """The batches to predict are about to be read."""

    def on_predict_epoch_end(self) -> None:
        """The batches to predict are done."""

    def on_predict_batch_start(self, batch: Any, batch_idx: int, dataloader_idx: int = 0) -> None:
        """A batch is about to be predicted."""

    def predict_step(self, *args: Any, **kwargs: Any) -> Any:
        """What the module says of a batch."""

    def on_predict_batch_end(self, outputs: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0) -> None:
        """A batch was predicted."""


class RetiredHooks:
    """Hooks of Lightning 1.x, by name only: the table says what replaced each."""

    def training_step_end(self, *args: Any) -> None:
        """Lightning 1.x."""

    def validation_step_end(self, *args: Any) -> None:
        """Lightning 1.x."""

    def test_step_end(self, *args: Any) -> None:
        """Lightning 1.x."""

    def training_epoch_end(self, outputs: Any) -> None:
        """Lightning 1.x."""

    def validation_epoch_end(self, outputs: Any) -> None:
        """Lightning 1.x."""

    def test_epoch_end(self, outputs: Any) -> None:
        """Lightning 1.x."""

    def on_epoch_start(self) -> None:
        """Lightning 1.x."""

    def on_epoch_end(self) -> None:
        """Lightning 1.x."""

    def on_batch_start(self) -> None:
        """Lightning 1.x."""

    def on_batch_end(self) -> None:
        """Lightning 1.x."""

    def on_pretrain_routine_start(self) -> None:
        """Lightning 1.x."""

    def on_pretrain_routine_end(self) -> None:
        """Lightning 1.x."""


STEPS = frozenset({"training_step", "validation_step", "test_step", "predict_step"})
"""What a module makes of a batch; these are called through the wrappers of the model."""

TRANSFERS = ("on_before_batch_transfer", "transfer_batch_to_device", "on_after_batch_transfer")
"""What a module or a data module may override about it; where both do, the data module does it."""
