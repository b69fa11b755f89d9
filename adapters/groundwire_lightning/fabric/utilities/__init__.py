"""Helpers of Fabric that training code imports."""

from groundwire_lightning.utilities.apply_func import move_data_to_device, suggested_max_num_workers
from groundwire_lightning.utilities.parsing import AttributeDict
from groundwire_lightning.utilities.rank_zero import (
    rank_zero_deprecation,
    rank_zero_info,
    rank_zero_only,
    rank_zero_warn,
)

__all__ = [
    "AttributeDict",
    "move_data_to_device",
    "rank_zero_deprecation",
    "rank_zero_info",
    "rank_zero_only",
    "rank_zero_warn",
    "suggested_max_num_workers",
]
