"""A callback that runs a range test of learning rates before training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundwire_lightning.core.callback import Callback
from groundwire_lightning.errors import TunerExit
from groundwire_lightning.loops.lr_search import lr_find
from groundwire_lightning.utilities.checked import checked, flag, lower, number, optional, text, whole
from groundwire_lightning.utilities.seed import isolate_rng

if TYPE_CHECKING:
    from groundwire_lightning.loops.steered import Steered


class LearningRateFinder(Callback):
    """Tries learning rates when fitting begins, and trains with the one that is suggested.

    To try them at other times, override ``on_fit_start`` and call :meth:`lr_find` in another hook.

    Args:
        min_lr: The first rate.
        max_lr: The last one.
        num_training_steps: Training steps of the test, one rate a step.
        mode: ``"exponential"`` or ``"linear"``: how the rate grows.
        early_stop_threshold: Stop where the loss is this many times the best one; None never stops.
        update_attr: Set the suggested rate in the module and its optimizer.
        attr_name: The attribute of the module that holds its rate; by default ``lr`` or ``learning_rate``.

    Attributes:
        optimal_lr: The result of the test, with ``suggestion()`` and ``plot()``; None before it.

    Raises:
        ValueError: The mode is neither of these.
    """

    SUPPORTED_MODES = ("linear", "exponential")
    _as_before = False
    """True: the suggestion of Lightning 1."""

    @checked(
        min_lr=number(),
        max_lr=number(),
        num_training_steps=whole(1),
        mode=lower("exponential", "linear"),
        early_stop_threshold=optional(number()),
        update_attr=flag,
        attr_name=text,
    )
    def __init__(
        self,
        min_lr: float = 1e-8,
        max_lr: float = 1,
        num_training_steps: int = 100,
        mode: str = "exponential",
        early_stop_threshold: float | None = 4.0,
        update_attr: bool = True,
        attr_name: str = "",
    ) -> None:
        self._min_lr = min_lr
        self._max_lr = max_lr
        self._num_training_steps = num_training_steps
        self._mode = mode
        self._early_stop_threshold = early_stop_threshold
        self._update_attr = update_attr
        self._attr_name = attr_name
        self._early_exit = False
        self.optimal_lr: Any = None

    def lr_find(self, trainer: Steered, pl_module: Any) -> None:
        """Run the test now.

        Args:
            trainer: A Trainer inside ``fit``.
            pl_module: The module.
        """
        with isolate_rng():  # so that a run is the same as one that was given the rate
            self.optimal_lr = lr_find(
                trainer,
                pl_module,
                min_lr=self._min_lr,
                max_lr=self._max_lr,
                num_training=self._num_training_steps,
                mode=self._mode,
                early_stop_threshold=self._early_stop_threshold,
                update_attr=self._update_attr,
                attr_name=self._attr_name,
                as_before=self._as_before,
            )
        if self._early_exit:
            raise TunerExit

    def on_fit_start(self, trainer: Steered, pl_module: Any) -> None:
        """Run the test."""
        self.lr_find(trainer, pl_module)
