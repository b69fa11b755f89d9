"""The range test: what becomes of the loss while the learning rate grows."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import torch
from torch.optim.lr_scheduler import LRScheduler

from groundwire.errors import rank_zero_warn
from groundwire_lightning.core.callback import Callback
from groundwire_lightning.errors import MisconfigurationException
from groundwire_lightning.loops.trial import ask_for_loaders, counters_kept, run_once, trial
from groundwire_lightning.utilities.parsing import lightning_hasattr, lightning_setattr
from groundwire_lightning.utilities.types import LRSchedulerConfig

if TYPE_CHECKING:
    from groundwire_lightning.loops.steered import Steered

RATE_NAMES = ("lr", "learning_rate")
"""Attributes in which a module keeps its learning rate, unless it says otherwise."""

log = logging.getLogger(__name__)


class _LRFinder:
    """The learning rates of a range test and the losses at them.

    Args:
        mode: ``"exponential"`` or ``"linear"``: how the rate grew.
        lr_min: The first rate.
        lr_max: The last one.
        num_training: Steps between them.

    Attributes:
        results: ``"lr"`` and ``"loss"``, a list each.
    """

    def __init__(self, mode: str, lr_min: float, lr_max: float, num_training: int) -> None:
        if mode not in ("linear", "exponential"):
            raise ValueError(f"lr_find(mode={mode!r}): 'linear' or 'exponential' is due")
        self.mode = mode
        self.lr_min = lr_min
        self.lr_max = lr_max
        self.num_training = num_training
        self.results: dict[str, Any] = {}
        self._total_batch_idx = 0
        self._optimal_idx: int | None = None

    def plot(self, suggest: bool = False, show: bool = False, ax: Any = None) -> Any:
        """Draw the losses over the rates.

        Args:
            suggest: Mark the rate that is suggested.
            show: Show the figure.
            ax: The axes to draw on; by default those of a new figure.

        Returns:
            The figure.

        Raises:
            MisconfigurationException: matplotlib is not installed.
        """
        try:
            import matplotlib.pyplot as plt
        except ImportError:
            raise MisconfigurationException(
                "plot() draws with matplotlib, which is not installed: pip install matplotlib"
            ) from None
        rates, losses = self.results["lr"], self.results["loss"]
        figure, ax = plt.subplots() if ax is None else (ax.figure, ax)
        ax.plot(rates, losses)
        if self.mode == "exponential":
            ax.set_xscale("log")
        ax.set_xlabel("Learning rate")
        ax.set_ylabel("Loss")
        if suggest and self.suggestion() is not None and self._optimal_idx:
            ax.plot(rates[self._optimal_idx], losses[self._optimal_idx], markersize=10, marker="o", color="red")
        if show:
            plt.show()
        return figure

    def suggestion(self, skip_begin: int = 10, skip_end: int = 1) -> float | None:
        """The rate at which the loss falls fastest.

        Args:
            skip_begin: First steps to leave out.
            skip_end: Last steps to leave out.

        Returns:
            The rate, or None where fewer than two losses are left.
        """
        losses = torch.tensor(self.results["loss"][skip_begin:-skip_end])
        rates = torch.tensor(self.results["lr"][skip_begin:-skip_end])
        finite = torch.isfinite(losses)
        losses, rates = losses[finite], rates[finite]
        if len(losses) < 2:
            log.error(
                "No learning rate can be suggested from %d losses: let the range test run for more steps or epochs, or "
                "over more data",
                len(losses),
            )
            self._optimal_idx = None
            return None
        slopes = torch.gradient(losses, spacing=[rates])[0]
        left = torch.arange(len(self.results["loss"]))[skip_begin:-skip_end][finite]
        self._optimal_idx = int(left[int(torch.argmin(slopes))])
        return float(self.results["lr"][self._optimal_idx])


class OldLRFinder(_LRFinder):
    """A range test as Lightning 1 judged it: where the loss falls fastest from one step to the next."""

    def suggestion(self, skip_begin: int = 10, skip_end: int = 1) -> float | None:
        """The rate at which the loss falls fastest, counted in steps.

        Args:
            skip_begin: First steps to leave out.
            skip_end: Last steps to leave out.

        Returns:
            The rate, or None where fewer than two losses are left.
        """
        losses = torch.tensor(self.results["loss"][skip_begin:-skip_end], dtype=torch.float64)
        losses = losses[torch.isfinite(losses)]
        if len(losses) < 2:
            return super().suggestion(skip_begin, skip_end)
        self._optimal_idx = int(torch.gradient(losses)[0].argmin()) + skip_begin
        return float(self.results["lr"][self._optimal_idx])


def lr_find(
    trainer: Steered,
    model: Any,
    min_lr: float = 1e-8,
    max_lr: float = 1,
    num_training: int = 100,
    mode: str = "exponential",
    early_stop_threshold: float | None = 4.0,
    update_attr: bool = False,
    attr_name: str = "",
    as_before: bool = False,
) -> _LRFinder | None:
    """Train with a growing learning rate, and undo it.

    Args:
        trainer: A Trainer inside ``fit``.
        model: The module.
        min_lr: The first rate.
        max_lr: The last one.
        num_training: Steps between them.
        mode: ``"exponential"`` or ``"linear"``.
        early_stop_threshold: Stop where the loss is as many times the best one; None does not stop.
        update_attr: Give module and optimizer the rate that is suggested.
        attr_name: The attribute of the module that has it; by default one of :data:`RATE_NAMES`.
        as_before: Suggest a rate as Lightning 1 did.

    Returns:
        What was found; None where ``fast_dev_run`` leaves the test out.

    Raises:
        AttributeError: The module has no such attribute.
        MisconfigurationException: There is not exactly one optimizer.
    """
    if trainer.fast_dev_run:
        _warn_of_rates("the learning-rate finder is left out with fast_dev_run")
        return None
    name = _name_of_rate(model, attr_name) if update_attr else ""
    finder = (OldLRFinder if as_before else _LRFinder)(mode, min_lr, max_lr, num_training)
    if len(trainer.optimizers) != 1:
        raise MisconfigurationException(
            f"the learning-rate finder needs one optimizer; configure_optimizers returned {len(trainer.optimizers)}"
        )
    watch = _LRCallback(num_training, early_stop_threshold, progress_bar_refresh_rate=1)
    limits = {"max_steps": trainer.global_step + num_training, "limit_val_batches": num_training}
    with counters_kept(trainer), trial(trainer, [watch], limits):
        growing = _growing(finder, trainer.optimizers[0])  # made here: it sets the rates that the trial takes back
        trainer._run.lr_scheduler_configs = [LRSchedulerConfig(growing, interval="step")]
        run_once(trainer)
    if len(watch.losses) < num_training:
        log.info("The range test ended after %d of %d steps", len(watch.losses), num_training)
    finder.results = trainer.strategy.broadcast({"lr": watch.lrs, "loss": watch.losses})
    finder._total_batch_idx = watch.batches
    ask_for_loaders(trainer)
    if update_attr and (rate := finder.suggestion()) is not None:
        lightning_setattr(model, name, rate)
        for group in trainer.optimizers[0].param_groups:
            group["lr"] = rate
        log.info("Learning rate set to %s", rate)
    return finder


def _growing(finder: _LRFinder, optimizer: Any) -> LRScheduler:
    for group in optimizer.param_groups:
        group["lr"] = group["initial_lr"] = finder.lr_min
    schedule = _LinearLR if finder.mode == "linear" else _ExponentialLR
    return schedule(optimizer, finder.lr_max, finder.num_training)


def _name_of_rate(model: Any, name_asked: str) -> str:
    for name in (name_asked,) if name_asked else RATE_NAMES:
        if lightning_hasattr(model, name):
            return name
    asked = f"{name_asked!r}" if name_asked else " or ".join(map(repr, RATE_NAMES))
    raise AttributeError(
        f"{type(model).__name__} keeps no learning rate as {asked}, in itself or in its hparams; say where it does: "
        "lr_find(attr_name=...), or leave it alone: update_attr=False"
    )


class _LRCallback(Callback):
    """Notes rate and loss of each step, and stops where the loss grows too far.

    Args:
        num_training: Steps of the test.
        early_stop_threshold: As of :func:`lr_find`.
        progress_bar_refresh_rate: 0 draws no bar.
        beta: How much of the mean of the losses before stays.
    """

    def __init__(
        self,
        num_training: int,
        early_stop_threshold: float | None = 4.0,
        progress_bar_refresh_rate: int = 0,
        beta: float = 0.98,
    ) -> None:
        self.num_training = num_training
        self.early_stop_threshold = early_stop_threshold
        self.beta = beta
        self.losses: list[float] = []
        self.lrs: list[float] = []
        self.avg_loss = 0.0
        self.best_loss = 0.0
        self.batches = -1
        self.progress_bar_refresh_rate = progress_bar_refresh_rate
        self.progress_bar: Any = None

    def on_train_batch_start(self, trainer: Steered, pl_module: Any, batch: Any, batch_idx: int) -> None:
        """Note the rate."""
        self.batches += 1
        if (batch_idx + 1) % trainer.accumulate_grad_batches:
            return
        if self.progress_bar_refresh_rate and self.progress_bar is None:
            from tqdm import tqdm

            self.progress_bar = tqdm(desc="Finding best initial lr", total=self.num_training)
        self.lrs.append(trainer.lr_scheduler_configs[0].scheduler.lr[0])

    def on_train_batch_end(self, trainer: Steered, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Note the loss."""
        if (batch_idx + 1) % trainer.accumulate_grad_batches:
            return
        if not isinstance(outputs, torch.Tensor) and not outputs:
            self.losses.append(float("nan"))  # there is a rate for it, and no loss
            return
        if self.progress_bar is not None:
            self.progress_bar.update()
        loss = (outputs if isinstance(outputs, torch.Tensor) else outputs["loss"]).item()
        step = trainer.global_step
        self.avg_loss = self.beta * self.avg_loss + (1 - self.beta) * loss
        smoothed = self.avg_loss / (1 - self.beta ** (step + 1))
        limit = self.early_stop_threshold
        if limit is not None and step > 1 and smoothed > limit * self.best_loss:
            trainer._ask_to_stop()
            if self.progress_bar is not None:
                self.progress_bar.close()
        trainer._ask_to_stop(trainer.strategy.broadcast(trainer.should_stop))
        if smoothed < self.best_loss or step == 1:
            self.best_loss = smoothed
        self.losses.append(smoothed)


class _Growing(LRScheduler):
    """A learning rate that grows from step to step.

    Args:
        optimizer: Whose.
        end_lr: The last rate.
        num_iter: Steps to it.
        last_epoch: The step that was made last.
    """

    def __init__(self, optimizer: Any, end_lr: float, num_iter: int, last_epoch: int = -1) -> None:
        self.end_lr = end_lr
        self.num_iter = num_iter
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        """The rate of each group."""
        share = (self.last_epoch + 1) / self.num_iter
        first = self.last_epoch <= 0
        self._lr: list[Any] = [base if first else self._at(base, share) for base in self.base_lrs]
        return self._lr

    def _at(self, base: Any, share: float) -> Any:
        raise NotImplementedError

    @property
    def lr(self) -> list[Any]:
        """The rate of each group, as it was computed last."""
        return self._lr


class _LinearLR(_Growing):
    """By the same amount at each step."""

    def _at(self, base: Any, share: float) -> Any:
        return base + share * (self.end_lr - base)


class _ExponentialLR(_Growing):
    """By the same factor at each step."""

    def _at(self, base: Any, share: float) -> Any:
        return base * (self.end_lr / base) ** share


def _warn_of_rates(message: str) -> None:
    rank_zero_warn(message)
