"""The base class of Lightning callbacks, with a hook for every moment of a run; each does nothing by default."""

from __future__ import annotations

from typing import Any

from groundwire_lightning.core.old_calls import also_with_index
from groundwire_lightning.errors import NotSupportedYetError


class CallbackHooksOfLightning1:
    """The hooks of a callback that only Lightning 1 had; ``map_1x.py`` says where each is called."""

    def on_init_start(self, trainer: Any) -> None:
        """Called when the trainer is being made."""

    def on_init_end(self, trainer: Any) -> None:
        """Called when the trainer was made."""

    def on_before_accelerator_backend_setup(self, trainer: Any, pl_module: Any) -> None:
        """Called before :meth:`setup`."""

    def on_configure_sharded_model(self, trainer: Any, pl_module: Any) -> None:
        """Called after the module's method ``configure_sharded_model``."""

    def on_pretrain_routine_start(self, trainer: Any, pl_module: Any) -> None:
        """Called when fitting has begun and nothing was validated yet; now :meth:`on_fit_start`."""

    def on_pretrain_routine_end(self, trainer: Any, pl_module: Any) -> None:
        """Called right after :meth:`on_pretrain_routine_start`."""

    def on_epoch_start(self, trainer: Any, pl_module: Any) -> None:
        """Called when an epoch of training, validation or test begins."""

    def on_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Called when an epoch of training, validation or test has ended."""

    def on_batch_start(self, trainer: Any, pl_module: Any) -> None:
        """Called before :meth:`on_train_batch_start`."""

    def on_batch_end(self, trainer: Any, pl_module: Any) -> None:
        """Called after :meth:`on_train_batch_end`."""

    def on_keyboard_interrupt(self, trainer: Any, pl_module: Any) -> None:
        """Called when a ``KeyboardInterrupt`` ends the run."""


class Callback(CallbackHooksOfLightning1):
    """A companion of a run that is not part of the model; subclass it and override the hooks it needs.

    Every hook is given the trainer and the module first, as in Lightning. A hook that a subclass does not
    override is never called, and costs nothing.
    """

    # A type checker lets an override narrow a parameter, as to the user's own Trainer, only where the base says
    # Any; so these hooks say Any, and our own callbacks name the Protocols of running.py.

    @property
    def state_key(self) -> str:
        """The name under which this callback's state is kept; classes that may stand in a list twice override it."""
        return type(self).__qualname__

    def _generate_state_key(self, **kwargs: Any) -> str:
        """A state key made of the class name and the arguments that tell two instances apart."""
        return f"{type(self).__qualname__}{kwargs!r}"

    def state_dict(self) -> dict[str, Any]:
        """Return the state that a checkpoint keeps, so that a resumed run goes on with it."""
        return {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up a state that :meth:`state_dict` returned in an earlier run."""

    def setup(self, trainer: Any, pl_module: Any, stage: str) -> None:
        """Called when an entry point begins; ``stage`` is ``"fit"``, ``"validate"``, ``"test"`` or ``"predict"``."""

    def teardown(self, trainer: Any, pl_module: Any, stage: str) -> None:
        """Called when an entry point is about to return."""

    def on_fit_start(self, trainer: Any, pl_module: Any) -> None:
        """Called when fitting begins; the optimizer exists by then."""

    def on_fit_end(self, trainer: Any, pl_module: Any) -> None:
        """Called when fitting has ended."""

    def on_sanity_check_start(self, trainer: Any, pl_module: Any) -> None:
        """Called when the short validation before the first batch begins."""

    def on_sanity_check_end(self, trainer: Any, pl_module: Any) -> None:
        """Called when the short validation before the first batch has ended."""

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Called when training begins."""

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        """Called when training has ended."""

    def on_train_epoch_start(self, trainer: Any, pl_module: Any) -> None:
        """Called when a training epoch begins."""

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Called when a training epoch has ended, its validation included."""

    def on_train_batch_start(self, trainer: Any, pl_module: Any, batch: Any, batch_idx: int) -> None:
        """Called when a training batch is on the device and about to be used."""

    def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Called after a training batch; ``outputs`` holds its loss, divided by the number of accumulated batches."""

    def on_validation_start(self, trainer: Any, pl_module: Any) -> None:
        """Called when a validation begins."""

    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
        """Called when a validation has ended; its values are in ``trainer.callback_metrics``."""

    def on_validation_epoch_start(self, trainer: Any, pl_module: Any) -> None:
        """Called when the validation batches are about to be read."""

    def on_validation_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Called after the last validation batch."""

    def on_validation_batch_start(
        self, trainer: Any, pl_module: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """Called when a validation batch is about to be used."""

    def on_validation_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """Called after a validation batch; ``outputs`` is what ``validation_step`` returned."""

    def on_test_start(self, trainer: Any, pl_module: Any) -> None:
        """Called when a test begins."""

    def on_test_end(self, trainer: Any, pl_module: Any) -> None:
        """Called when a test has ended."""

    def on_test_epoch_start(self, trainer: Any, pl_module: Any) -> None:
        """Called when the test batches are about to be read."""

    def on_test_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Called after the last test batch."""

    def on_test_batch_start(
        self, trainer: Any, pl_module: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """Called when a test batch is about to be used."""

    def on_test_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """Called after a test batch; ``outputs`` is what ``test_step`` returned."""

    def on_predict_start(self, trainer: Any, pl_module: Any) -> None:
        """Called when a prediction begins."""

    def on_predict_end(self, trainer: Any, pl_module: Any) -> None:
        """Called when a prediction has ended."""

    def on_predict_epoch_start(self, trainer: Any, pl_module: Any) -> None:
        """Called when the batches to predict are about to be read."""

    def on_predict_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Called after the last batch to predict."""

    def on_predict_batch_start(
        self, trainer: Any, pl_module: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """Called when a batch is about to be predicted."""

    def on_predict_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """Called after a batch was predicted; ``outputs`` is what ``predict_step`` returned."""

    def on_before_backward(self, trainer: Any, pl_module: Any, loss: Any) -> None:
        """Called when the backward pass of ``loss`` is about to run."""

    def on_after_backward(self, trainer: Any, pl_module: Any) -> None:
        """Called after the backward pass; the gradients are those of this batch, added to those accumulated before."""

    @also_with_index(3)
    def on_before_optimizer_step(self, trainer: Any, pl_module: Any, optimizer: Any) -> None:
        """Called when an update is about to be made; gradients are not clipped yet."""

    def on_before_zero_grad(self, trainer: Any, pl_module: Any, optimizer: Any) -> None:
        """Called when gradients are about to be cleared."""

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """Called when an error, such as a ``KeyboardInterrupt``, ends the run."""

    def on_save_checkpoint(self, trainer: Any, pl_module: Any, checkpoint: dict[str, Any]) -> None:
        """Called when a checkpoint is about to be written; what is put into it is saved."""

    def on_load_checkpoint(self, trainer: Any, pl_module: Any, checkpoint: dict[str, Any]) -> None:
        """Called when a checkpoint was read."""


def idle_hooks(callback: Any) -> frozenset[str]:
    """The hooks that a callback overrides but, with its arguments, has no use for; they are not called."""
    return getattr(callback, "idle_hooks", frozenset()) if isinstance(callback, Callback) else frozenset()


def is_lightnings(trainer: object) -> bool:
    """True for a trainer with Lightning's ``fit``; one with groundwire's own order of moments has ``train`` alone."""
    return hasattr(trainer, "fit")


def refuse_native_order(monitor: Any, trainer: object, use: str) -> None:
    """Refuse ``train()`` for a callback that reads a validation's values at the end of the training epoch.

    In groundwire's own order an epoch is evaluated after it has ended: the callback would read the values of the
    epoch before.

    Args:
        monitor: The callback.
        trainer: The trainer of the run.
        use: The callback of groundwire that does the same, for the message.

    Raises:
        NotSupportedYetError: The trainer has that order.
    """
    if not is_lightnings(trainer):
        raise NotSupportedYetError(
            f"{type(monitor).__name__}(monitor={monitor.monitor!r}) reads its value at moments of Lightning's order, "
            f"and train() has the native one; use fit() of groundwire_lightning.Trainer, or {use}"
        )


class Monitor(Callback):
    """A callback that acts on a logged value, such as one that stops early or saves the best weights.

    Its ``on_train_epoch_end`` is called after the module's, so that it sees what the module logs there.
    """
