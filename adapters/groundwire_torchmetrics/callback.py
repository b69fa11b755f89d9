"""The callback that computes torchmetrics once an epoch: the methods that the rows of ``map.py`` call."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from accelerate.state import PartialState

from groundwire import HookMap
from groundwire_torchmetrics.inputs import Finder, Input, Source, detached
from groundwire_torchmetrics.map import TORCHMETRICS, Moments
from groundwire_torchmetrics.measured import Measured, numbers

if TYPE_CHECKING:
    from torchmetrics import Metric, MetricCollection
    from torchmetrics.wrappers import MetricTracker

    from groundwire import Trainer

PHASES = ("train", "eval")


class MetricsCallback(Moments):
    """Computes torchmetrics once an epoch; stands in ``callbacks=`` of any groundwire Trainer.

    Each phase has a copy of the metrics of its own, which is fed batch by batch, computed at the
    end of the epoch and recorded in the run history as ``train_<name>`` and ``eval_<name>``, before
    ``on_train_epoch_end`` and ``on_eval_epoch_end`` run. An evaluation inside of a training
    epoch is recorded as ``intermediate_eval_<name>``, a sanity check not at all. A result of several
    numbers is recorded as one metric each: ``eval_<name>_0``, ``eval_<name>_1``, … for classes, and
    ``eval_<name>_0_1`` for a row and a column.

    What a wrapper adds to a metric stands behind its name: ``eval_<name>_max`` of a ``MinMaxMetric``,
    ``eval_<name>_std`` of a ``BootStrapper``; a ``MetricTracker`` records ``eval_<name>_best`` too. With
    several processes all states of all metrics travel in one collective a kind of reduction.

    Args:
        metrics: A metric, a collection, a ``MetricTracker``, a sequence of these, or a dictionary of
            name to one of them. Without a name of yours a metric has that of its class.
        preds: The source of the first argument of ``update``. A path names keys, attributes and
            positions from the outside in, separated by dots, and starts with ``batch_output`` or
            ``batch``; a path that starts with neither is looked up in the first, then in the
            second. A number is a position in the batch. A function is called with
            ``(batch, batch_output)``.
        target: The source of the second argument, in the same way; ``None`` for a metric that takes one.
        on: The phases: ``"train"``, ``"eval"`` or both. A phase that is left out costs nothing.
        plot: True hands the figures of ``metric.plot()``, once an epoch, to each callback of the run that
            has ``figure(tag, figure)``, as ``groundwire_tensorboard.TensorBoardCallback`` does. It needs
            matplotlib.

    Attributes:
        metrics: Phase to its collection of metrics.
        trackers: Phase to its trackers by name.

    Raises:
        ValueError: ``on`` names no phase, or one that does not exist; or matplotlib is missing for ``plot``.
        TypeError: ``preds`` or ``target`` is neither a path nor a function.
    """

    hookmap: ClassVar[HookMap] = TORCHMETRICS
    role: ClassVar[str] = "MetricsCallback"

    def __init__(
        self,
        metrics: Metric
        | MetricCollection
        | MetricTracker
        | Sequence[Metric | MetricTracker]
        | Mapping[str, Metric | MetricCollection | MetricTracker],
        preds: Source = "batch_output.model_outputs",
        target: Source | None = "batch.1",
        on: Iterable[str] = PHASES,
        plot: bool = False,
    ) -> None:
        phases = _phases(on)
        self._measured = {phase: Measured(*_collection_and_trackers(metrics)) for phase in phases}
        self.metrics = {phase: measured.collection for phase, measured in self._measured.items()}
        self.trackers = {phase: measured.trackers for phase, measured in self._measured.items()}
        sources = {"preds": preds} if target is None else {"preds": preds, "target": target}
        self._inputs = [Finder(Input.of(argument, source)) for argument, source in sources.items()]
        if not plot:
            self._leave_out("look_for_boards", "draw_train", "draw_eval")
        elif importlib.util.find_spec("matplotlib") is None:
            raise ValueError("plot=True needs matplotlib, which is not installed: pip install 'groundwire[plot]'")
        self._eval_prefix = "eval"
        self._is_sanity_check = False
        for phase in PHASES:
            if phase not in phases:
                self._leave_out(f"start_{phase}", f"feed_{phase}", f"end_{phase}", f"draw_{phase}")

    def start_run(self, device: torch.device) -> None:
        """Move the metrics to the device of the batches."""
        self._is_sanity_check = False
        for measured in self._measured.values():
            measured.to(device)

    def look_for_boards(self, trainer: Trainer) -> None:
        """Check that a callback of the run takes the pictures.

        Raises:
            ValueError: No callback does.
        """
        if not _boards(trainer):
            raise ValueError(
                "MetricsCallback: plot=True hands pictures to a callback that has figure(tag, figure), and the run has "
                "none; add groundwire_tensorboard.TensorBoardCallback to callbacks="
            )

    def start_sanity_check(self) -> None:
        """Compute the metrics of a sanity check, but do not record them."""
        self._is_sanity_check = True

    def end_sanity_check(self) -> None:
        """Record the metrics of later evaluations again."""
        self._is_sanity_check = False

    def start_train(self) -> None:
        """Empty the metrics of the epoch before."""
        self._measured["train"].begin()

    def feed_train(self, batch: Any, batch_output: Any) -> None:
        """Add a training batch."""
        self._feed("train", batch, batch_output)

    def end_train(self, run_history: Any) -> None:
        """Compute the metrics of the phase and record them."""
        self._record("train", "train", run_history)

    def start_eval(self, is_intermediate: bool) -> None:
        """Empty the metrics of the evaluation before."""
        self._eval_prefix = "intermediate_eval" if is_intermediate else "eval"
        self._measured["eval"].begin()

    def feed_eval(self, batch: Any, batch_output: Any) -> None:
        """Add an evaluation batch."""
        self._feed("eval", batch, batch_output)

    def end_eval(self, run_history: Any) -> None:
        """Compute the metrics of the phase and record them."""
        self._record("eval", self._eval_prefix, run_history)

    def state_dict(self) -> dict[str, Any]:
        """The state that a resume needs: the sums of each phase so far."""
        return {phase: measured.state_dict() for phase, measured in self._measured.items()}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Restore a state of :meth:`state_dict`; a phase that is missing in it begins anew."""
        for phase, measured in self._measured.items():
            if phase in state_dict:
                measured.load_state_dict(state_dict[phase])

    def draw_train(self, trainer: Trainer) -> None:
        """Hand out pictures of the results."""
        self._draw("train", "train", trainer)

    def draw_eval(self, trainer: Trainer) -> None:
        """Hand out pictures of the results."""
        self._draw("eval", self._eval_prefix, trainer)

    def _feed(self, phase: str, batch: Any, batch_output: Any) -> None:
        measured = self._measured[phase]
        measured.is_fed = True
        measured.feed(*[detached(find(batch, batch_output)) for find in self._inputs])

    def _record(self, phase: str, prefix: str, run_history: Any) -> None:
        for name, result in self._measured[phase].compute(PartialState().num_processes).items():
            for suffix, value in numbers(name, result):
                if not self._is_sanity_check:
                    run_history.update_metric(f"{prefix}_{name}{suffix}", value)

    def _draw(self, phase: str, prefix: str, trainer: Trainer) -> None:
        if self._is_sanity_check or not PartialState().is_main_process:
            return
        for name, figure in self._measured[phase].drawn():
            for board in _boards(trainer):
                board.figure(f"{prefix}_{name}", figure)
            pyplot = sys.modules.get("matplotlib.pyplot")  # which keeps every figure until it is closed
            if pyplot is not None:
                pyplot.close(figure)

    def _leave_out(self, *methods: str) -> None:
        for method in methods:
            setattr(self, method, None)


def _phases(on: Iterable[str]) -> tuple[str, ...]:
    phases = (on,) if isinstance(on, str) else tuple(on)
    if not phases or not set(phases) <= set(PHASES):
        raise ValueError(f"on={on!r}: one or both of {PHASES} are due")
    return phases


def _boards(trainer: Trainer) -> list[Any]:
    return [callback for callback in trainer.callback_handler if callable(getattr(callback, "figure", None))]


def _collection_and_trackers(metrics: Any) -> tuple[MetricCollection, dict[str, MetricTracker]]:
    """A collection of all metrics but the trackers, and the trackers by name, which no collection takes."""
    from torchmetrics import Metric, MetricCollection
    from torchmetrics.wrappers import MetricTracker

    if isinstance(metrics, MetricCollection):
        return metrics, {}
    if isinstance(metrics, (Metric, MetricTracker)):
        metrics = [metrics]
    if isinstance(metrics, Mapping):
        trackers = {name: metric for name, metric in metrics.items() if isinstance(metric, MetricTracker)}
        others: Any = {name: metric for name, metric in metrics.items() if name not in trackers}
    else:
        trackers = {_name_of(metric): metric for metric in metrics if isinstance(metric, MetricTracker)}
        others = [metric for metric in metrics if not isinstance(metric, MetricTracker)]
    return MetricCollection(others), trackers


def _name_of(tracker: Any) -> str:
    return type(tracker._base_metric).__name__
