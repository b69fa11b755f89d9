"""The base class of Lightning callbacks: every moment a callback can be told about, each doing nothing."""

from __future__ import annotations

from typing import Any

from groundwire_lightning.errors import NotSupportedYetError


class Callback:
    """Something that is told about a run and is not the model.

    Every hook is given the trainer and the module first, as in Lightning; what a subclass does not
    define costs nothing.
    """

    # A hook that is overridden may name a narrower type than its base, such as the user's own Trainer,
    # only where the base names none: so these are Any, and Protocols in our own callbacks.

    @property
    def state_key(self) -> str:
        """The name under which this callback's state is kept; classes that may stand in a list twice override it."""
        return type(self).__qualname__

    def _generate_state_key(self, **kwargs: Any) -> str:
        """A state key made of the class name and the arguments that tell two instances apart."""
        return f"{type(self).__qualname__}{kwargs!r}"

    def state_dict(self) -> dict[str, Any]:
        """What has to be kept of this callback so that a run can go on later."""
        return {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take back what :meth:`state_dict` gave."""

    def setup(self, trainer: Any, pl_module: Any, stage: str) -> None:
        """An entry point was called; ``stage`` is ``"fit"``, ``"validate"``, ``"test"`` or ``"predict"``."""

    def teardown(self, trainer: Any, pl_module: Any, stage: str) -> None:
        """An entry point is about to return."""

    def on_fit_start(self, trainer: Any, pl_module: Any) -> None:
        """Fitting begins; the optimizer exists."""

    def on_fit_end(self, trainer: Any, pl_module: Any) -> None:
        """Fitting has ended."""

    def on_sanity_check_start(self, trainer: Any, pl_module: Any) -> None:
        """The short validation before the first batch begins."""

    def on_sanity_check_end(self, trainer: Any, pl_module: Any) -> None:
        """The short validation before the first batch has ended."""

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Training begins."""

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        """Training has ended."""

    def on_train_epoch_start(self, trainer: Any, pl_module: Any) -> None:
        """A training epoch begins."""

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """A training epoch has ended, and with it its validation."""

    def on_train_batch_start(self, trainer: Any, pl_module: Any, batch: Any, batch_idx: int) -> None:
        """A training batch is on the device and about to be used."""

    def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """A training batch was used; ``outputs`` holds its loss, divided by the accumulated batches."""

    def on_validation_start(self, trainer: Any, pl_module: Any) -> None:
        """A validation begins."""

    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
        """A validation has ended; its values are in ``trainer.callback_metrics``."""

    def on_validation_epoch_start(self, trainer: Any, pl_module: Any) -> None:
        """The validation batches are about to be read."""

    def on_validation_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """The validation batches are done."""

    def on_validation_batch_start(
        self, trainer: Any, pl_module: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """A validation batch is about to be used."""

    def on_validation_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """A validation batch was used; ``outputs`` is what ``validation_step`` returned."""

    def on_test_start(self, trainer: Any, pl_module: Any) -> None:
        """A test begins."""

    def on_test_end(self, trainer: Any, pl_module: Any) -> None:
        """A test has ended."""

    def on_test_epoch_start(self, trainer: Any, pl_module: Any) -> None:
        """The test batches are about to be read."""

    def on_test_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """The test batches are done."""

    def on_test_batch_start(
        self, trainer: Any, pl_module: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """A test batch is about to be used."""

    def on_test_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """A test batch was used; ``outputs`` is what ``test_step`` returned."""

    def on_predict_start(self, trainer: Any, pl_module: Any) -> None:
        """A prediction begins."""

    def on_predict_end(self, trainer: Any, pl_module: Any) -> None:
        """A prediction has ended."""

    def on_predict_epoch_start(self, trainer: Any, pl_module: Any) -> None:
        """The batches to predict are about to be read."""

    def on_predict_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """The batches to predict are done."""

    def on_predict_batch_start(
        self, trainer: Any, pl_module: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """A batch is about to be predicted."""

    def on_predict_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """A batch was predicted; ``outputs`` is what ``predict_step`` returned."""

    def on_before_backward(self, trainer: Any, pl_module: Any, loss: Any) -> None:
        """The backward pass of ``loss`` is about to run."""

    def on_after_backward(self, trainer: Any, pl_module: Any) -> None:
        """The gradients of a batch are there."""

    def on_before_optimizer_step(self, trainer: Any, pl_module: Any, optimizer: Any) -> None:
        """An update is about to be made; gradients are not clipped yet."""

    def on_before_zero_grad(self, trainer: Any, pl_module: Any, optimizer: Any) -> None:
        """Gradients are about to be cleared."""

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """An error leaves the run."""

    def on_save_checkpoint(self, trainer: Any, pl_module: Any, checkpoint: dict[str, Any]) -> None:
        """A checkpoint is about to be written."""

    def on_load_checkpoint(self, trainer: Any, pl_module: Any, checkpoint: dict[str, Any]) -> None:
        """A checkpoint was read."""


def idle_hooks(callback: Any) -> frozenset[str]:
    """The hooks that a callback has and needs not be told of, the way it was made."""
    return getattr(callback, "idle_hooks", frozenset()) if isinstance(callback, Callback) else frozenset()


def is_lightnings(trainer: object) -> bool:
    """True for a trainer with Lightning's entry points; one of native order has ``train``."""
    return hasattr(trainer, "fit")


def refuse_native_order(monitor: Any, trainer: object, use: str) -> None:
    """Refuse a run in native order, in which an epoch is evaluated after it ended, for a callback that needs values.

    Args:
        monitor: The callback.
        trainer: The trainer.
        use: The native callback that does the same.

    Raises:
        NotSupportedYetError: It is one.
    """
    if not is_lightnings(trainer):
        raise NotSupportedYetError(
            f"{type(monitor).__name__}(monitor={monitor.monitor!r}) reads its value at moments of Lightning's order, "
            f"and train() has the native one; use fit() of groundwire_lightning.Trainer, or {use}"
        )


class Monitor(Callback):
    """A callback that acts on a logged value, such as one that stops early or saves the best weights.

    At the end of a training epoch it is told after the module, so that it sees what the module logs there.
    """
