"""Helpers: seeds, combined loaders, types and argument checks, under the paths at which Lightning has them."""

from __future__ import annotations

from typing import Any

from groundwire_lightning.utilities.lazily import lazy_attribute

_UTILITY_NAMES = {
    "AttributeDict": "parsing",
    "CombinedLoader": "combined_loader",
    "GradClipAlgorithmType": "enums",
    "LightningEnum": "enums",
    "disable_possible_user_warnings": "rank_zero",
    "find_shared_parameters": "parameter_tying",
    "grad_norm": "grads",
    "is_picklable": "parsing",
    "measure_flops": "throughput",
    "move_data_to_device": "apply_func",
    "rank_zero_deprecation": "rank_zero",
    "rank_zero_info": "rank_zero",
    "rank_zero_only": "rank_zero",
    "rank_zero_warn": "rank_zero",
    "set_shared_parameters": "parameter_tying",
    "suggested_max_num_workers": "apply_func",
}

__all__ = sorted(_UTILITY_NAMES)  # noqa: PLE0605  # each name of the table, imported when it is first used


def __getattr__(name: str) -> Any:
    return lazy_attribute(__name__, _UTILITY_NAMES, name)


def __dir__() -> list[str]:
    return __all__
