"""MetricsCallback: what the rows of ``map.py`` call, and where the input of a metric is found."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import torch

from groundwire import HookMap
from groundwire_torchmetrics.map import TORCHMETRICS, Moments

if TYPE_CHECKING:
    from torchmetrics import Metric, MetricCollection

Source = str | int | Callable[[Any, Any], Any]
"""A path such as ``"batch.1"`` or ``"model_outputs.logits"``, a position in the batch, or a function."""

PHASES = ("train", "eval")


class MetricsCallback(Moments):
    """Computes torchmetrics once an epoch; stands in ``callbacks=`` of any groundwire Trainer.

    Each phase has a copy of the metrics of its own, which is fed batch by batch, computed at the
    end of the epoch and recorded in the run history as ``train_<name>`` and ``eval_<name>``, before
    ``on_train_epoch_end`` and ``on_eval_epoch_end`` are told. An evaluation inside of a training
    epoch is recorded as ``intermediate_eval_<name>``, a sanity check not at all. A result of several
    numbers is recorded as one metric each: ``eval_<name>_0``, ``eval_<name>_1``, … for classes, and
    ``eval_<name>_0_1`` for a row and a column.

    Args:
        metrics: A metric, a collection, a sequence of metrics, or a dictionary of name to metric.
            Without a name of yours a metric has that of its class.
        preds: Where the first argument of ``update`` is found. A path names keys, attributes and
            positions from the outside in, separated by dots, and starts with ``batch_output`` or
            ``batch``; where it starts with neither, it is looked up in the first, then in the
            second. A number is a position in the batch. A function is called with
            ``(batch, batch_output)``.
        target: Where the second argument is found, likewise; ``None`` for a metric that takes one.
        on: The phases: ``"train"``, ``"eval"`` or both. What is left out costs nothing.

    Attributes:
        metrics: Phase to its collection of metrics.

    Raises:
        ValueError: ``on`` names no phase, or one that does not exist.
        TypeError: ``preds`` or ``target`` is neither a path nor a function.
    """

    hookmap: ClassVar[HookMap] = TORCHMETRICS
    role: ClassVar[str] = "MetricsCallback"

    def __init__(
        self,
        metrics: Metric | MetricCollection | Sequence[Metric] | Mapping[str, Metric | MetricCollection],
        preds: Source = "batch_output.model_outputs",
        target: Source | None = "batch.1",
        on: Iterable[str] = PHASES,
    ) -> None:
        phases = _phases(on)
        collection = _collection(metrics)
        self.metrics = {phase: collection.clone() for phase in phases}
        self._inputs = [_Input.of("preds", preds)]
        if target is not None:
            self._inputs.append(_Input.of("target", target))
        self._fed = dict.fromkeys(phases, False)
        self._eval_prefix = "eval"
        self._is_sanity_check = False
        for phase in PHASES:
            if phase not in phases:
                self._leave_out(f"start_{phase}", f"feed_{phase}", f"end_{phase}")

    def start_run(self, device: torch.device) -> None:
        """Move the metrics to where the batches will be."""
        self._is_sanity_check = False
        for collection in self.metrics.values():
            collection.to(device)

    def start_sanity_check(self) -> None:
        """Compute what is evaluated from here on, but do not record it."""
        self._is_sanity_check = True

    def end_sanity_check(self) -> None:
        """Record again."""
        self._is_sanity_check = False

    def start_train(self) -> None:
        """Forget the epoch before."""
        self._reset("train")

    def feed_train(self, batch: Any, batch_output: Any) -> None:
        """Add a training batch."""
        self._feed("train", batch, batch_output)

    def end_train(self, run_history: Any) -> None:
        """Compute and record."""
        self._record("train", "train", run_history)

    def start_eval(self, is_intermediate: bool) -> None:
        """Forget the evaluation before."""
        self._eval_prefix = "intermediate_eval" if is_intermediate else "eval"
        self._reset("eval")

    def feed_eval(self, batch: Any, batch_output: Any) -> None:
        """Add an evaluation batch."""
        self._feed("eval", batch, batch_output)

    def end_eval(self, run_history: Any) -> None:
        """Compute and record."""
        self._record("eval", self._eval_prefix, run_history)

    def _reset(self, phase: str) -> None:
        self.metrics[phase].reset()
        self._fed[phase] = False

    def _feed(self, phase: str, batch: Any, batch_output: Any) -> None:
        self.metrics[phase].update(*[_detached(find(batch, batch_output)) for find in self._inputs])
        self._fed[phase] = True

    def _record(self, phase: str, prefix: str, run_history: Any) -> None:
        if not self._fed[phase]:
            return
        for name, result in self.metrics[phase].compute().items():
            for suffix, value in _numbers(name, result):
                if not self._is_sanity_check:
                    run_history.update_metric(f"{prefix}_{name}{suffix}", value)

    def _leave_out(self, *methods: str) -> None:
        for method in methods:
            setattr(self, method, None)


@dataclass(frozen=True, slots=True)
class _Input:
    """Where an argument of ``update`` is found."""

    argument: str
    source: Source
    path: tuple[str, ...] = ()

    @classmethod
    def of(cls, argument: str, source: Any) -> _Input:
        if isinstance(source, int) and not isinstance(source, bool):
            return cls(argument, source, ("batch", str(source)))
        if isinstance(source, str) and all(source.split(".")):
            return cls(argument, source, tuple(source.split(".")))
        if callable(source):
            return cls(argument, source)
        raise TypeError(
            f"{argument}={source!r}: a path such as 'batch.1' or 'model_outputs.logits', a position in the batch, or "
            "a function of (batch, batch_output) is due"
        )

    def __call__(self, batch: Any, batch_output: Any) -> Any:
        if not self.path:
            return self.source(batch, batch_output)  # type: ignore[operator]  # what has no path is a function
        roots = {"batch_output": batch_output, "batch": batch}
        first, *rest = self.path
        if first in roots:
            return self._walk(roots[first], first, rest)
        name = next((name for name, root in roots.items() if _has(root, first)), None)
        if name is None:
            places = " and ".join(f"{name} is {_described(root)}" for name, root in roots.items())
            raise LookupError(self._missing(first, places))
        return self._walk(roots[name], name, self.path)

    def _walk(self, value: Any, place: str, keys: Iterable[str]) -> Any:
        for key in keys:
            if not _has(value, key):
                raise LookupError(self._missing(key, f"{place} is {_described(value)}"))
            value, place = _part(value, key), f"{place}.{key}"
        return value

    def _missing(self, key: str, places: str) -> str:
        return (
            f"MetricsCallback({self.argument}={self.source!r}): {key!r} is not there; {places}. Give {self.argument}= "
            "the path to it, such as 'batch.1' or 'batch_output.model_outputs', or a function of (batch, batch_output)"
        )


def _phases(on: Iterable[str]) -> tuple[str, ...]:
    phases = (on,) if isinstance(on, str) else tuple(on)
    if not phases or not set(phases) <= set(PHASES):
        raise ValueError(f"on={on!r}: one or both of {PHASES} are due")
    return phases


def _collection(metrics: Any) -> MetricCollection:
    from torchmetrics import MetricCollection

    return metrics if isinstance(metrics, MetricCollection) else MetricCollection(metrics)


def _has(value: Any, key: str) -> bool:
    if isinstance(value, torch.Tensor):
        return False  # a row of a tensor is a sample and never what is meant
    if isinstance(value, Mapping):
        return key in value
    if _is_position(key):
        return isinstance(value, Sequence) and -len(value) <= int(key) < len(value)
    return hasattr(value, key)


def _part(value: Any, key: str) -> Any:
    if isinstance(value, Mapping):
        return value[key]
    return value[int(key)] if _is_position(key) else getattr(value, key)


def _is_position(key: str) -> bool:
    return key.removeprefix("-").isdecimal()


def _described(value: Any) -> str:
    kind = type(value).__name__
    if isinstance(value, torch.Tensor):
        return f"one {kind} of shape {tuple(value.shape)}"
    if isinstance(value, Mapping):
        return f"a {kind} with the keys {', '.join(map(repr, value)) or 'none'}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"a {kind} of {len(value)}"
    names = ", ".join(repr(name) for name in getattr(value, "__dict__", {}) if not name.startswith("_"))
    return f"a {kind} with the attributes {names}" if names else f"a {kind}"


def _detached(value: Any) -> Any:
    """Without the graph, which a metric that keeps its input would keep alive."""
    if isinstance(value, torch.Tensor):
        return value.detach()
    if type(value) in (list, tuple):
        return type(value)(map(_detached, value))
    if type(value) is dict:
        return {key: _detached(item) for key, item in value.items()}
    return value


def _numbers(name: str, result: Any) -> Iterator[tuple[str, float]]:
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
    values = result.detach().cpu()
    for position in itertools.product(*map(range, values.shape)):
        yield "".join(f"_{index}" for index in position), float(values[position])
