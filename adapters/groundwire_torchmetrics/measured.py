"""The metrics of one phase: emptied, fed, computed once, drawn."""

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
    """Copies of the metrics that were given, for one phase.

    Attributes:
        collection: All metrics but the trackers.
        trackers: Name to a ``MetricTracker``, which has a new metric for each epoch and keeps the old ones.
        results: Name to what was computed last.
        feed: Adds a batch, given the arguments of ``update``.
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
        """Move to where the batches will be, and begin a new line of values."""
        self._device = device
        self._values = {}
        self.feed = self._feed_first
        for part in (self.collection, *self.trackers.values()):
            part.to(device)

    def state_dict(self) -> dict[str, Any]:
        """What was added up so far, and how many epochs the trackers know; numbers and tensors."""
        trackers = {name: (len(tracker), metric_states(tracker)) for name, tracker in self.trackers.items()}
        values = {name: list(line) for name, line in self._values.items()}
        return {
            "metrics": metric_states(self.collection),
            "trackers": trackers,
            "is_fed": self.is_fed,
            "values": values,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what :meth:`state_dict` gave."""
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
        """Forget the epoch before."""
        self.collection.reset()
        for tracker in self.trackers.values():
            tracker.increment()
        self.is_fed = False
        if len(self.collection) != self._size:
            self.feed = self._feed_first

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "feed": self._feed_first}  # a copy feeds metrics of its own

    def _feed_first(self, *inputs: Any) -> None:
        """Add the first batch of a run, which tells the collection who shares states; then see how to add others."""
        self._feed_all(*inputs)
        self._size = len(self.collection)
        direct = self._direct()
        self.feed = self._feed_all if direct is None else direct

    def _feed_all(self, *inputs: Any) -> None:
        self.collection.update(*inputs)
        for tracker in self.trackers.values():
            tracker.update(*inputs)

    def _direct(self) -> Callable[..., None] | None:
        """What adds a batch without going through the collection, a third of the way; None where states are shared."""
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
        """Name to result; nothing where no process saw a batch."""
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
        """Name to a figure of what was computed last: ``metric.plot()``, for single numbers that of all epochs."""
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
    """What a tracker computed, and the best of all epochs where one can be told."""
    found = dict(result) if isinstance(result, Mapping) else {name: result}
    single = {part for part, value in found.items() if isinstance(value, torch.Tensor) and value.numel() == 1}
    if single != set(found):
        return found
    best = tracker.best_metric()
    bests = best if isinstance(best, Mapping) else {name: best}
    return found | {f"{part}_best": value for part, value in bests.items() if value is not None}


def numbers(name: str, result: Any) -> Iterator[tuple[str, float]]:
    """The numbers of a result, each with what is put behind the name."""
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
