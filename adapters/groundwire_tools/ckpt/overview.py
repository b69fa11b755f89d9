"""An overview of a checkpoint: its weights, its other parts, who wrote it, and what in it is foreign."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from typing import Any

import torch

from groundwire_tools.ckpt.contents import LIGHTNING, Contents, written_by
from groundwire_tools.ckpt.foreign import Fit, imported_by_name
from groundwire_tools.ckpt.printable import brief, joined, printable, size_text

__all__ = ["SCHEMA", "as_lines", "overview"]

SCHEMA = 1
"""Version of the form of ``--output-format json``; it changes when an entry goes or means something else."""
SHORT_LIST = 12
_COUNTERS = ("epoch", "global_step", "position")
_TOLD = {
    *("state_dict", "model_state_dict", "current_model_state", "optimizer_states", "optimizer_state_dict"),
    *("lr_schedulers", "scheduler_state_dict", "callbacks", "hyper_parameters", "datamodule_hyper_parameters"),
    *_COUNTERS,
}

Overview = dict[str, Any]


def overview(contents: Contents) -> Overview:
    """All that is told of a checkpoint, as plain values.

    Args:
        contents: The checkpoint.
    """
    state = contents.state if contents.weights is not contents.state else {}
    fit = Fit(LIGHTNING)
    fit.without_unfit(contents.state)
    callbacks = state.get("callbacks")
    return {
        "schema_version": SCHEMA,
        "path": str(contents.path),
        "bytes": contents.path.stat().st_size,
        "form": contents.form,
        "written_by": written_by(contents),
        "weights": {name: _weights(weights) for name, weights in (contents.both or {"own": contents.weights}).items()},
        "counters": {key: _value(state[key]) for key in _COUNTERS if key in state},
        "optimizers": [_optimizer(part) for part in _parts_of(state, "optimizer_states", "optimizer_state_dict")],
        "schedulers": [_by_name(part) for part in _parts_of(state, "lr_schedulers", "scheduler_state_dict")],
        "callbacks": {joined([key]): _by_name(entry) for key, entry in _items(callbacks)},
        "hyper_parameters": _by_name(state.get("hyper_parameters", {})),
        "datamodule_hyper_parameters": _by_name(state.get("datamodule_hyper_parameters", {})),
        "others": {joined([key]): brief(value) for key, value in state.items() if key not in _TOLD},
        "foreign": {path: printable(name) for path, name in fit.unfit.items()},
        "imported_by_name": {key: printable(path) for key, path in _imported(state).items()},
    }


def _imported(state: Mapping[str, Any]) -> dict[str, str]:
    keys = ("hyper_parameters", "datamodule_hyper_parameters")
    return {f"{key}.{name}": path for key in keys for name, path in imported_by_name(state.get(key)).items()}


def _weights(weights: Mapping[str, Any]) -> Overview:
    tensors = {name: value for name, value in weights.items() if isinstance(value, torch.Tensor)}
    return {
        "numbers": sum(tensor.numel() for tensor in tensors.values()),
        "bytes": sum(tensor.numel() * tensor.element_size() for tensor in tensors.values()),
        "tensors": [
            {
                "name": printable(name),
                "dtype": str(tensor.dtype).removeprefix("torch."),
                "shape": list(tensor.shape),
                "bytes": tensor.numel() * tensor.element_size(),
            }
            for name, tensor in tensors.items()
        ],
        "others": {printable(name): brief(value) for name, value in weights.items() if name not in tensors},
    }


def _parts_of(state: Mapping[str, Any], several: str, one: str) -> list[Any]:
    parts = state.get(several)
    if isinstance(parts, (list, tuple)):
        return list(parts)
    return [state[one]] if state.get(one) is not None else []


def _optimizer(state: Any) -> Overview:
    groups = state.get("param_groups") if isinstance(state, dict) else None
    if not isinstance(groups, (list, tuple)):
        return {"groups": [], "parameters_with_state": 0, "state": []}
    of_parameters = dict(_items(state.get("state")))
    names = {joined([name]): None for entry in of_parameters.values() for name, _ in _items(entry)}
    return {
        "groups": [_group(group) for group in groups],
        "parameters_with_state": len(of_parameters),
        "state": list(names),
    }


def _group(group: Any) -> Overview:
    entries = dict(_items(group))
    params = entries.pop("params", ())
    return {"parameters": len(params) if isinstance(params, (list, tuple)) else 0, **_by_name(entries)}


def _items(value: Any) -> Iterator[tuple[Any, Any]]:
    entries = vars(value) if isinstance(value, argparse.Namespace) else value
    return iter(entries.items() if isinstance(entries, dict) else ())


def _by_name(value: Any) -> Overview:
    return {joined([key]): _value(entry) for key, entry in _items(value)}


def _value(value: Any) -> Any:
    """A plain number or text as itself, all else in words."""
    if value is None or type(value) is bool or (type(value) is int and value.bit_length() < 64):
        return value
    if isinstance(value, dict):
        return brief(value, whole=True)
    if type(value) is float:
        return value if value - value == 0 else repr(value)  # JSON knows neither infinity nor NaN
    return printable(value) if type(value) is str else brief(value, whole=True)


# as text


def as_lines(told: Overview, all_weights: bool = False, all_hparams: bool = False) -> list[str]:
    """An overview as text.

    Args:
        told: The overview.
        all_weights: List every weight.
        all_hparams: List every hyper-parameter, as long as it is.
    """
    lines = [f"{told['path']}: {told['form']}, written by {told['written_by']}"]
    for name, weights in told["weights"].items():
        lines += _weights_lines(name, weights, all_weights)
    if told["counters"]:
        lines.append("counters: " + ", ".join(f"{key} {value}" for key, value in told["counters"].items()))
    for number, optimizer in enumerate(told["optimizers"]):
        lines += _optimizer_lines(number, optimizer)
    for number, scheduler in enumerate(told["schedulers"]):
        lines.append(f"scheduler {number}: {_listed(scheduler)}")
    lines += [f"callback {key}: {_listed(entry) or 'no state'}" for key, entry in told["callbacks"].items()]
    for part in ("hyper_parameters", "datamodule_hyper_parameters"):
        lines += _table(part, told[part], None if all_hparams else SHORT_LIST)
    lines += _table("other entries", told["others"], None)
    lines += _table("foreign, and left alone: making it would run code that the file names", told["foreign"], None)
    lines += _table("unsafe: Lightning would import and call what these name", told["imported_by_name"], None)
    if not told["foreign"] and not told["imported_by_name"]:
        lines.append("nothing in it is foreign: tensors and plain values alone")
    return lines


def _weights_lines(name: str, weights: Overview, whole: bool) -> list[str]:
    tensors = weights["tensors"]
    which = "weights" if name == "own" else f"{name} weights"
    lines = [f"{which}: {len(tensors)} tensors, {weights['numbers']} numbers, {size_text(weights['bytes'])}"]
    rows = {tensor["name"]: f"{tensor['dtype']}{tensor['shape']}  {size_text(tensor['bytes'])}" for tensor in tensors}
    return lines + _table("", rows | weights["others"], None if whole else SHORT_LIST)


def _optimizer_lines(number: int, optimizer: Overview) -> list[str]:
    state = f"{optimizer['parameters_with_state']} parameters with {', '.join(optimizer['state'])}"
    lines = [f"optimizer {number}: {state if optimizer['state'] else 'no state of parameters'}"]
    return lines + [f"  group of {group['parameters']}: {_listed(_rest(group))}" for group in optimizer["groups"]]


def _rest(group: Overview) -> Overview:
    return {key: value for key, value in group.items() if key != "parameters"}


def _listed(entries: Overview) -> str:
    """Entries in a line, but private ones and those that are off."""
    shown = {
        key: value for key, value in entries.items() if key[:1] != "_" and value is not None and value is not False
    }
    return ", ".join(f"{key} {_cut(value)}" for key, value in shown.items())


def _table(title: str, rows: Overview, most: int | None) -> list[str]:
    if not rows:
        return []
    shown = list(rows.items())[:most]
    width = max(len(str(key)) for key, _ in shown)
    lines = [f"  {key:<{width}}  {value if most is None else _cut(value)}".rstrip() for key, value in shown]
    hidden = len(rows) - len(shown)
    return [*([f"{title}:"] if title else []), *lines, *([f"  … and {hidden} more"] if hidden else [])]


def _cut(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 80 else f"{text[:79]}…"
