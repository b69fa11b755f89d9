"""A callback that searches for the largest batch size that fits into memory, before a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundwire.errors import rank_zero_warn
from groundwire_lightning.core.callback import Callback
from groundwire_lightning.errors import MisconfigurationException, TunerExit
from groundwire_lightning.loops.batch_size_search import scale_batch_size
from groundwire_lightning.utilities.checked import checked, lower, number, text, whole
from groundwire_lightning.utilities.parsing import lightning_hasattr

if TYPE_CHECKING:
    from groundwire_lightning.loops.steered import Steered


class BatchSizeFinder(Callback):
    """Tries batch sizes when a run begins, and goes on with the largest that fits into memory.

    Module or data module keep the size as an attribute or hyper-parameter, and make their loaders of it.

    Args:
        mode: ``"power"`` doubles the size until it is too large; ``"binsearch"`` looks on in between.
        steps_per_trial: Batches that each size is tried with.
        init_val: The first size.
        max_trials: Sizes that are tried at most.
        batch_arg_name: Where the size is kept.
        margin: With ``"binsearch"``, the share from 0 to 1 by which the result is made smaller.
        max_val: The largest size that is tried.

    Attributes:
        optimal_batch_size: The result of the search, in samples; before it the first size.

    Raises:
        ValueError: The mode is neither of these, or the margin is not a share below 1.
    """

    SUPPORTED_MODES = ("power", "binsearch")

    @checked(
        mode=lower("power", "binsearch"),
        steps_per_trial=whole(1),
        init_val=whole(1),
        max_trials=whole(1),
        batch_arg_name=text,
        margin=number(0.0, 1.0),
        max_val=whole(1),
    )
    def __init__(
        self,
        mode: str = "power",
        steps_per_trial: int = 3,
        init_val: int = 2,
        max_trials: int = 25,
        batch_arg_name: str = "batch_size",
        margin: float = 0.05,
        max_val: int = 8192,
    ) -> None:
        if margin == 1:
            raise ValueError("BatchSizeFinder(margin=1): a share of less than 1 is due; this leaves no sample")
        self.optimal_batch_size: int | None = init_val
        self._mode = mode
        self._steps_per_trial = steps_per_trial
        self._init_val = init_val
        self._max_trials = max_trials
        self._batch_arg_name = batch_arg_name
        self._margin = margin
        self._max_val = max_val
        self._early_exit = False

    _as_before = False
    """True: the search of Lightning 1."""

    def setup(self, trainer: Steered, pl_module: Any, stage: str) -> None:
        """Check that sizes can be tried.

        Raises:
            MisconfigurationException: There are several processes, the loaders were passed to the entry
                point, or neither module nor data module keeps a size.
        """
        if trainer.world_size > 1:
            raise MisconfigurationException("BatchSizeFinder tries sizes in one process; there are several")
        loaders = trainer._loaders_given
        if "train_dataloader" in loaders if stage == "fit" else loaders:  # fit tries sizes of the training loader alone
            raise MisconfigurationException(
                "BatchSizeFinder: the loaders were passed to the entry point, so their batch size is what it is; let "
                "the module or a data module make them"
            )
        name = self._batch_arg_name
        if not lightning_hasattr(pl_module, name):
            raise MisconfigurationException(
                f"BatchSizeFinder: neither module nor data module have {name!r}, as an attribute or in their hparams"
            )
        if hasattr(pl_module, name) and name in getattr(pl_module, "hparams", {}):
            rank_zero_warn(
                f"BatchSizeFinder: {type(pl_module).__name__} has {name} and hparams.{name}; both are set. Keep one"
            )

    def scale_batch_size(self, trainer: Steered, pl_module: Any) -> None:
        """Search for the size now.

        Args:
            trainer: A Trainer inside one of its runs.
            pl_module: The module.
        """
        self.optimal_batch_size = scale_batch_size(
            trainer,
            self._mode,
            self._steps_per_trial,
            self._init_val,
            self._max_trials,
            self._batch_arg_name,
            self._margin,
            self._max_val,
            self._as_before,
        )
        if self._early_exit:
            raise TunerExit

    def on_fit_start(self, trainer: Steered, pl_module: Any) -> None:
        """Search with training batches."""
        self.scale_batch_size(trainer, pl_module)

    def on_validation_start(self, trainer: Steered, pl_module: Any) -> None:
        """Search with validation batches, in ``validate()`` and not in a validation within ``fit()``."""
        if not trainer.sanity_checking and trainer.state.fn == "validate":
            self.scale_batch_size(trainer, pl_module)

    def on_test_start(self, trainer: Steered, pl_module: Any) -> None:
        """Search with test batches."""
        self.scale_batch_size(trainer, pl_module)

    def on_predict_start(self, trainer: Steered, pl_module: Any) -> None:
        """Search with batches to predict."""
        self.scale_batch_size(trainer, pl_module)
