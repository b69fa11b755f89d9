"""An averaged model beside the trained one: kept up to date, evaluated and saved."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from os import PathLike
from typing import TYPE_CHECKING, Any

from groundwire.callbacks.handler import CallbackHandler
from groundwire.callbacks.saving import SaveBestModelCallback
from groundwire.callbacks.watching import is_resumed
from groundwire.checks import flag, number
from groundwire.ema import ModelEma

if TYPE_CHECKING:
    from groundwire.trainer import Trainer

__all__ = ["ModelEmaCallback"]

PREFIX = "ema_model_"


class ModelEmaCallback(SaveBestModelCallback):
    """Keeps an exponential moving average of the model's weights, updated after each optimizer update.

    After each evaluation the average is evaluated as well; metrics that are recorded meanwhile have
    ``ema_model_`` before their names. Of the Trainer's callbacks none hears of that, only those given
    here. The average is saved whenever its metric is better than before, or without evaluation
    after each epoch; it is not loaded into the model at the end. The file holds its weights and no
    optimizer.

    Place it after callbacks that change the model or reset metrics, and before those that log.

    Args:
        decay: How much of the old average remains at each update, 0 to 1.
        evaluate_during_training: False evaluates nothing and saves the average after each epoch.
        save_path: The file.
        watch_metric: Full name of the metric that decides which average is the best.
        greater_is_better: False where less is better, as for a loss.
        model_ema: Called as ``model_ema(model, decay=…)``: :class:`~groundwire.ema.ModelEma`, a subclass
            of it, or what makes something alike.
        callbacks: Classes or instances that hear of the evaluation of the average.

    Attributes:
        ema_model: The average of the run, its model as ``ema_model.module``; ``None`` before the first run.

    Raises:
        TypeError: An argument of the wrong kind.
        ValueError: An argument out of range.
    """

    def __init__(
        self,
        decay: float = 0.99,
        evaluate_during_training: bool = True,
        save_path: str | PathLike[str] = "ema_model.pt",
        watch_metric: str = f"{PREFIX}eval_loss_epoch",
        greater_is_better: bool = False,
        model_ema: Callable[..., ModelEma] = ModelEma,
        callbacks: Iterable[Any] = (),
    ) -> None:
        super().__init__(
            save_path, watch_metric, greater_is_better, reset_on_train=False, save_optimizer=False, save_scheduler=False
        )
        self.decay = number("decay", decay, most=1.0)
        self.evaluate_during_training = flag("evaluate_during_training", evaluate_during_training)
        if not callable(model_ema):
            raise TypeError(f"model_ema: a class such as ModelEma is due, got {model_ema!r}")
        self.model_ema_cls = model_ema
        self.callback_handler = CallbackHandler(callbacks)
        self.ema_model: ModelEma | None = None
        self._restored: Mapping[str, Any] | None = None

    def on_training_run_start(self, trainer: Trainer, **kwargs: Any) -> None:
        """Start the average at the present weights, or where a resumed run left it.

        Raises:
            HookMapError: One of the callbacks given here cannot be called as it would be.
            ValueError: The average is to be evaluated and there is no data, or the path cannot be written.
        """
        super().on_training_run_start(trainer, **kwargs)
        if self.evaluate_during_training and trainer._eval_dataloader is None:
            raise ValueError(
                f"{type(self).__name__}: evaluate_during_training=True evaluates the average, and the run has no "
                "eval_dataset. Give one to train(), or set evaluate_during_training=False"
            )
        ema_model = self.model_ema_cls(_unwrapped_model(trainer), decay=self.decay)
        if self._restored is not None and is_resumed(trainer):
            ema_model.load_state_dict(self._restored)
        self.ema_model, self._restored = ema_model, None
        with self._standing_in(trainer, ema_model):
            pass  # a callback of the average that cannot be wired is refused now, not after an epoch

    def on_train_update_end(self, trainer: Trainer, **kwargs: Any) -> None:
        """Take the updated weights into the average."""
        if self.ema_model is not None:
            self.ema_model.update(_unwrapped_model(trainer))

    def on_eval_epoch_end(self, trainer: Trainer, is_intermediate: bool = False, **kwargs: Any) -> None:
        """Evaluate the average, where there is one."""
        if self.ema_model is None or is_intermediate or not self.evaluate_during_training:
            return
        trainer.print("Evaluation of the averaged model")
        with self._standing_in(trainer, self.ema_model):
            trainer.plan._run_eval_epoch(trainer._eval_dataloader, True, False)

    def on_training_run_epoch_end(self, trainer: Trainer, **kwargs: Any) -> None:
        """Save the average: the best one, or without evaluation the latest."""
        if self.ema_model is None:
            return
        with self._standing_in(trainer, self.ema_model):
            if self.evaluate_during_training:
                super().on_training_run_epoch_end(trainer, **kwargs)
            else:
                trainer.save_checkpoint(self.save_path, save_optimizer=False, save_scheduler=False)

    def on_training_run_end(self, trainer: Trainer, **kwargs: Any) -> None:
        """Leave the model as training made it."""
        self._restored = None

    def state_dict(self) -> dict[str, Any]:
        """The average, the best value and its epoch, which have to survive a resume."""
        average = None if self.ema_model is None else self.ema_model.state_dict()
        return {**super().state_dict(), "ema_model": average}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take back what :meth:`state_dict` gave, now or, before the run has begun, at its start."""
        super().load_state_dict(state_dict)
        self._restored = state_dict["ema_model"]
        if self.ema_model is not None and self._restored is not None:
            self.ema_model.load_state_dict(self._restored)

    @contextmanager
    def _standing_in(self, trainer: Trainer, ema_model: ModelEma) -> Iterator[None]:
        """Let the average be the Trainer's model, heard by the callbacks of this one alone."""
        history = trainer.run_history
        prefix = history.metric_name_prefix
        history.set_metric_name_prefix(PREFIX)
        try:
            with trainer._standing_in(ema_model.module, self.callback_handler):
                yield
        finally:
            history.set_metric_name_prefix(prefix)


def _unwrapped_model(trainer: Trainer) -> Any:
    """The model without wrappers, whose names and forward the average can copy."""
    return trainer.get_model(keep_torch_compile=False)
