"""Where Lightning has what only the first process does."""

import os
import warnings

from lightning_utilities.core.rank_zero import (
    WarningCache,
    rank_prefixed_message,
    rank_zero_debug,
    rank_zero_deprecation,
    rank_zero_info,
    rank_zero_only,
    rank_zero_warn,
)

from groundwire_lightning.errors import LightningDeprecationWarning, PossibleUserWarning

__all__ = [
    "LightningDeprecationWarning",
    "WarningCache",
    "disable_possible_user_warnings",
    "rank_prefixed_message",
    "rank_zero_debug",
    "rank_zero_deprecation",
    "rank_zero_info",
    "rank_zero_only",
    "rank_zero_warn",
]

_VARIABLES = ("RANK", "LOCAL_RANK", "SLURM_PROCID", "JSM_NAMESPACE_RANK")
if getattr(rank_zero_only, "rank", None) is None:
    _rank = next((int(os.environ[name]) for name in _VARIABLES if name in os.environ), 0)
    rank_zero_only.rank = _rank  # type: ignore[attr-defined]  # where the function looks


def disable_possible_user_warnings(module: str = "") -> None:
    """Show no warnings of what may be meant.

    Args:
        module: A pattern for the modules in which they arise; by default all.
    """
    warnings.filterwarnings("ignore", module=module, category=PossibleUserWarning)
