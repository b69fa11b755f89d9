"""The Tuner: trial runs that find a learning rate or a batch size before training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol

from groundwire_lightning.callbacks.batch_size_finder import BatchSizeFinder
from groundwire_lightning.callbacks.lr_finder import LearningRateFinder
from groundwire_lightning.callbacks.of_a_trainer import has_any
from groundwire_lightning.errors import MisconfigurationException
from groundwire_lightning.utilities.lazily import modules_of

__path__: list[str] = []  # what Lightning has below this path are rows of paths.py

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from groundwire_lightning.loops.steered import Steered

    class Tunable(Steered, Protocol):
        """A Trainer as its tuner sees it."""

        fit: Any

        def _heard_first_by(self, callback: Any) -> AbstractContextManager[None]:
            """Let a callback hear of runs before all others."""


__all__ = ["Tuner"]

Entry = Literal["fit", "validate", "test", "predict"]
ENTRIES = ("fit", "validate", "test", "predict")


class Tuner:
    """Finds a learning rate or a batch size for a module, and leaves the module as it was otherwise.

    Args:
        trainer: The Trainer that will train it.
    """

    _as_before = False
    """True: searches as Lightning 1 made them."""

    def __init__(self, trainer: Tunable) -> None:
        self._trainer = trainer

    def scale_batch_size(
        self,
        model: Any,
        train_dataloaders: Any = None,
        val_dataloaders: Any = None,
        dataloaders: Any = None,
        datamodule: Any = None,
        method: Entry = "fit",
        mode: str = "power",
        steps_per_trial: int = 3,
        init_val: int = 2,
        max_trials: int = 25,
        batch_arg_name: str = "batch_size",
        margin: float = 0.05,
        max_val: int = 8192,
    ) -> int | None:
        """Find the largest batch size that fits into memory, and set it.

        Args:
            model: The module.
            train_dataloaders: Loaders of ``fit``, or a data module.
            val_dataloaders: Loaders of validation, for ``fit``.
            dataloaders: Loaders of the other entry points.
            datamodule: A data module that has all loaders.
            method: The entry point that is tried.
            mode: ``"power"`` or ``"binsearch"``: the way the size grows. This and the arguments below are those
                of :class:`~groundwire_lightning.callbacks.BatchSizeFinder`.
            steps_per_trial: Steps with each size.
            init_val: The first size.
            max_trials: The most sizes to try.
            batch_arg_name: The attribute that has the size, in the module, its hyper-parameters or the data module.
            margin: The share of the size to leave free in the end, for ``"binsearch"``.
            max_val: The largest size to try.

        Returns:
            The size; None with ``fast_dev_run``.

        Raises:
            ValueError: The Trainer has a finder among its callbacks, or there is no such entry point.
            MisconfigurationException: Loaders that the entry point does not take.
        """
        self._check(train_dataloaders, val_dataloaders, dataloaders, method, "BatchSizeFinder")
        finder = BatchSizeFinder(mode, steps_per_trial, init_val, max_trials, batch_arg_name, margin, max_val)
        self._run(finder, model, (train_dataloaders, val_dataloaders), dataloaders, datamodule, method)
        return finder.optimal_batch_size

    def lr_find(
        self,
        model: Any,
        train_dataloaders: Any = None,
        val_dataloaders: Any = None,
        dataloaders: Any = None,
        datamodule: Any = None,
        method: Entry = "fit",
        min_lr: float = 1e-8,
        max_lr: float = 1,
        num_training: int = 100,
        mode: str = "exponential",
        early_stop_threshold: float | None = 4.0,
        update_attr: bool = True,
        attr_name: str = "",
    ) -> Any:
        """Try learning rates, and set the one that is suggested.

        Args:
            model: The module.
            train_dataloaders: Loaders of ``fit``, or a data module.
            val_dataloaders: Loaders of validation.
            dataloaders: Must be None.
            datamodule: A data module that has all loaders.
            method: Must be ``"fit"``.
            min_lr: The first rate.
            max_lr: The last one.
            num_training: Steps from the first to the last, each with another rate.
            mode: ``"exponential"`` or ``"linear"``: the way the rate grows.
            early_stop_threshold: Stop once the loss is this many times the best one; None never stops.
            update_attr: True sets the suggested rate in the module.
            attr_name: The attribute of the module that has the rate; by default ``lr`` or ``learning_rate``.

        Returns:
            The finder, with ``results``, ``suggestion()`` and ``plot()``; None with ``fast_dev_run``.

        Raises:
            ValueError: The Trainer has a finder among its callbacks.
            MisconfigurationException: Another entry point, or loaders that ``fit`` does not take.
        """
        if method != "fit":
            raise MisconfigurationException(f"lr_find(method={method!r}): learning rates are tried with 'fit' alone")
        self._check(train_dataloaders, val_dataloaders, dataloaders, method, "LearningRateFinder")
        finder = LearningRateFinder(min_lr, max_lr, num_training, mode, early_stop_threshold, update_attr, attr_name)
        self._run(finder, model, (train_dataloaders, val_dataloaders), None, datamodule, method)
        return finder.optimal_lr

    def _run(
        self, finder: Any, model: Any, fitting: tuple[Any, Any], loaders: Any, datamodule: Any, method: str
    ) -> None:
        trainer = self._trainer
        finder._as_before = self._as_before
        finder._early_exit = True  # the run ends with the trials, and trains nothing
        with trainer._heard_first_by(finder):
            if method == "fit":
                trainer.fit(model, *fitting, datamodule)
            else:
                getattr(trainer, method)(model, loaders, datamodule=datamodule)

    def _check(self, training: Any, validation: Any, loaders: Any, method: str, finder: str) -> None:
        if method not in ENTRIES:
            raise ValueError(f"method={method!r}: one of {ENTRIES} is due")
        if method == "fit" and loaders is not None:
            raise MisconfigurationException(
                "method='fit' takes train_dataloaders and val_dataloaders; dataloaders belongs to the other methods"
            )
        if method != "fit" and (training is not None or validation is not None):
            raise MisconfigurationException(
                f"method={method!r} takes dataloaders; train_dataloaders and val_dataloaders belong to 'fit'"
            )
        if finder == "BatchSizeFinder" and self._trainer.world_size > 1:
            raise ValueError("scale_batch_size tries sizes in one process; there are several")
        if has_any(self._trainer.callbacks, finder):
            raise ValueError(f"the Trainer has a {finder} among its callbacks; take it out to use the Tuner")


if not TYPE_CHECKING:
    __getattr__ = modules_of(__name__)
