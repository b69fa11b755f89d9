"""A run history seen by others: as a table of pandas, as a picture of matplotlib."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping, Sequence
from numbers import Real
from typing import Any

import torch

from groundwire.errors import GroundwireError, did_you_mean


def as_frame(metrics: Mapping[str, Sequence[Any]]) -> Any:
    """One column a metric, one line an epoch, counted from 1.

    Args:
        metrics: Name to values. Those that were recorded less often than others are filled up with
            NaN at the end.

    Raises:
        GroundwireError: pandas is not installed.
    """
    pandas = _installed("pandas", "to_pandas()", "pip install pandas")
    longest = max(map(len, metrics.values()), default=0)
    columns = {name: pandas.Series(list(values), range(1, len(values) + 1)) for name, values in metrics.items()}
    return pandas.DataFrame(columns, index=pandas.RangeIndex(1, longest + 1, name="epoch"))


def drawn(metrics: Mapping[str, Sequence[Any]], names: Iterable[str] | None = None, axes: Any = None) -> Any:
    """Draw metrics by epoch: losses in one field, everything else in another.

    Args:
        metrics: Name to values.
        names: What to draw; by default every metric whose values are numbers.
        axes: A field to draw everything into, for a figure of your own.

    Returns:
        The figure.

    Raises:
        GroundwireError: matplotlib is not installed, or there is nothing to draw.
        ValueError: A name was not recorded, or its values are no numbers.
    """
    chosen = {name: values for name, values in metrics.items() if _are_numbers(values)} if names is None else {}
    for name in names or ():
        chosen[name] = _wanted(name, metrics)
    if not chosen:
        raise GroundwireError(f"there is nothing to draw: {'no metric was recorded' if not metrics else list(metrics)}")
    figures = _installed("matplotlib.figure", "plot()", "pip install 'groundwire[plot]'")
    losses = {name: values for name, values in chosen.items() if "loss" in name}
    others = {name: values for name, values in chosen.items() if name not in losses}
    fields = [part for part in (losses, others) if part]
    if axes is not None:
        _draw(axes, chosen)
        return axes.figure
    figure = figures.Figure(figsize=(6 * len(fields), 4), layout="constrained")
    for field, part in zip(figure.subplots(1, len(fields), squeeze=False)[0], fields, strict=True):
        _draw(field, part)
    return figure


def _draw(axes: Any, metrics: Mapping[str, Sequence[Any]]) -> None:
    for name, values in metrics.items():
        epochs = range(1, len(values) + 1)
        axes.plot(epochs, [float(value) for value in values], marker="." if len(values) < 50 else "", label=name)
    axes.set_xlabel("epoch")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.grid(alpha=0.3)
    axes.legend()


def _wanted(name: str, metrics: Mapping[str, Sequence[Any]]) -> Sequence[Any]:
    if name not in metrics:
        raise ValueError(f"nothing was recorded for {name!r}.{did_you_mean(name, metrics)} Recorded: {list(metrics)}")
    if not _are_numbers(metrics[name]):
        raise ValueError(f"the values of {name!r} are no numbers: {metrics[name][0]!r}")
    return metrics[name]


def _are_numbers(values: Sequence[Any]) -> bool:
    return bool(values) and all(map(_is_number, values))


def _is_number(value: Any) -> bool:
    if isinstance(value, torch.Tensor):
        return value.numel() == 1
    return not isinstance(value, bool) and isinstance(value, Real)


def _installed(module: str, what: str, how: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise GroundwireError(f"{what} needs {module.partition('.')[0]}, which is not installed: {how}") from error
