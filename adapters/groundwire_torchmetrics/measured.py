"""The metrics of one phase: emptied and fed, computed once an epoch, drawn."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import torch

from groundwire.saved.metric_states import load_metric_states, metric_states
from groundwire_torchmetrics.states import reduce_states

if TYPE_CHECKING:
    from torchmetrics import Metric, MetricCollection
    from torchmetrics.wrappers import MetricTracker


class Measured:
    """Copies of the user's metrics for one phase.

    Attributes:
        collection: All metrics but the trackers.
        trackers: Name to a ``MetricTracker``, which holds a metric for each epoch.
        results: Name to the result that was computed last.
        feed: A function that adds a batch; its arguments are those of ``update``.
    """

    feed: Callable[..., None]

    def __init__(self, collection: MetricCollection, trackers: Mapping[str, MetricTracker]) -> None:
        from copy import deepcopy

        self.collection = collection.clone()
        self.trackers = {name: deepcopy(tracker) for name, tracker in trackers.items()}
        self.results: dict[str, Any] = {}
        self.is_fed = False
        self.feed = self._feed_first
        self._size = 0
        self._device = torch.device("cpu")
        self._values: dict[str, list[torch.Tensor]] = {}  # of each epoch, to be drawn as a line

    def to(self, device: torch.device) -> None:
        """Move to the device of the batches, and begin new lines of values."""
        self._device = device
        self._values = {}
        self.feed = self._feed_first
        for part in (self.collection, *self.trackers.values()):
            part.to(device)

    def state_dict(self) -> dict[str, Any]:
        """The sums so far, and the number of epochs of each tracker, as numbers and tensors."""
        trackers = {name: (len(tracker), metric_states(tracker)) for name, tracker in self.trackers.items()}
        values = {name: list(line) for name, line in self._values.items()}
        return {
            "metrics": metric_states(self.collection),
            "trackers": trackers,
            "is_fed": self.is_fed,
            "values": values,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore a state of :meth:`state_dict`."""
        load_metric_states(self.collection, state["metrics"])
        for name, (epochs, states) in state["trackers"].items():
            while name in self.trackers and len(self.trackers[name]) < epochs:
                self.trackers[name].increment()
            if name in self.trackers:
                load_metric_states(self.trackers[name], states)
        self.is_fed = state["is_fed"]
        self.feed = self._feed_first
        self._values = {name: list(line) for name, line in state["values"].items()}

    def begin(self) -> None:
        """Empty the metrics of the epoch before."""
        self.collection.reset()
        for tracker in self.trackers.values():
            tracker.increment()
        self.is_fed = False
        if len(self.collection) != self._size:
            self.feed = self._feed_first

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "feed": self._feed_first}  # the function in use feeds our metrics, not those of a copy

    def _feed_first(self, *inputs: Any) -> None:
        """Add the first batch of a run, from which the collection learns who shares states; then choose ``feed``."""
        self._feed_all(*inputs)
        self._size = len(self.collection)
        direct = self._direct_feed()
        self.feed = self._feed_all if direct is None else direct

    def _feed_all(self, *inputs: Any) -> None:
        self.collection.update(*inputs)
        for tracker in self.trackers.values():
            tracker.update(*inputs)

    def _direct_feed(self) -> Callable[..., None] | None:
        """A function that updates each metric itself, in a third of the time; None where metrics share states."""
        from torchmetrics import MetricCollection

        if self.trackers or type(self.collection) is not MetricCollection:
            return None
        if any(len(group) > 1 for group in self.collection.compute_groups.values()):
            return None
        updates = [metric.update for metric in self.collection.values(copy_state=False)]

        def feed(*inputs: Any) -> None:
            for update in updates:
                update(*inputs)

        return feed

    def compute(self, processes: int) -> dict[str, Any]:
        """Compute all metrics: name to result, empty where no process has seen a batch."""
        self.results = {}
        metrics = dict(self.collection.items(keep_base=False, copy_state=False))
        if processes > 1:
            self.is_fed = reduce_states(self._all_metrics(), self.is_fed, self._device, processes)
        if not self.is_fed:
            return {}
        self.results = {name: metric.compute() for name, metric in metrics.items()}
        self.results |= {name: tracker.compute() for name, tracker in self.trackers.items()}
        named: dict[str, Any] = {}
        for name, metric in metrics.items():
            named |= _entries(name, metric, self.results[name])
        for name, tracker in self.trackers.items():
            named |= _tracked(name, tracker, self.results[name])
        return named

    def drawn(self) -> Iterator[tuple[str, Any]]:
        """Name to a figure of the last result: ``metric.plot()``, for single numbers a line over all epochs."""
        for name, metric in self.collection.items(keep_base=False, copy_state=False):
            if name in self.results:
                yield name, metric.plot(self._line(name, self.results[name]))[0]
        for name, tracker in self.trackers.items():
            if name in self.results:
                yield name, tracker.plot(self._line(name, self.results[name]))[0]

    def _line(self, name: str, result: Any) -> Any:
        if not isinstance(result, torch.Tensor) or result.numel() != 1:
            return result
        self._values.setdefault(name, []).append(result.detach().cpu())
        return self._values[name]

    def _all_metrics(self) -> list[Metric]:
        from torchmetrics import Metric

        parts = [self.collection, *(tracker[-1] for tracker in self.trackers.values())]
        return [module for part in parts for module in part.modules() if isinstance(module, Metric)]


def _entries(name: str, metric: Any, result: Any) -> dict[str, Any]:
    """The named parts of a result; those of wrappers that add to a metric stand behind its name."""
    if not isinstance(result, Mapping):
        return {name: result}
    from torchmetrics.wrappers import BootStrapper, MinMaxMetric

    if isinstance(metric, (MinMaxMetric, BootStrapper)):
        return {name if part == "raw" else f"{name}_{part}": value for part, value in result.items()}
    return dict(result)


def _tracked(name: str, tracker: Any, result: Any) -> dict[str, Any]:
    """The result of a tracker, and the best of all epochs where the results are single numbers."""
    values = dict(result) if isinstance(result, Mapping) else {name: result}
    single = {part for part, value in values.items() if isinstance(value, torch.Tensor) and value.numel() == 1}
    if single != set(values):
        return values
    best = tracker.best_metric()
    bests = best if isinstance(best, Mapping) else {name: best}
    return values | {f"{part}_best": value for part, value in bests.items() if value is not None}


def numbers(name: str, result: Any) -> Iterator[tuple[str, float]]:
    """The numbers of a result, each with the suffix of its name.

    Args:
        name: The name of the metric, for messages.
        result: A number, or a tensor of any shape.

    Yields:
        The suffix, ``""`` or an index after an underscore for each dimension, and the number.

    Raises:
        TypeError: The result is neither.
    """
    if not isinstance(result, torch.Tensor):
        try:
            yield "", float(result)
        except (TypeError, ValueError) as error:
            raise TypeError(
                f"MetricsCallback: {name} computed a {type(result).__name__}, which is not a number or a tensor of "
                "numbers; the run history records numbers. Leave it out, or wrap it in a metric that computes one"
            ) from error
        return
    if not result.dim():
        yield "", float(result)
        return
    values = result.detach().cpu()
    for position in itertools.product(*map(range, values.shape)):
        yield "".join(f"_{index}" for index in position), float(values[position])
