"""Functions that only the first process runs, from lightning-utilities, under the path at which Lightning has them."""

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

# the variables of torchrun, SLURM and LSF; they are read here, since nothing of a Trainer may exist yet
_VARIABLES = ("RANK", "LOCAL_RANK", "SLURM_PROCID", "JSM_NAMESPACE_RANK")


def _own_rank() -> int:
    return next((int(os.environ[name]) for name in _VARIABLES if name in os.environ), 0)


if getattr(rank_zero_only, "rank", None) is None:
    rank_zero_only.rank = _own_rank()  # type: ignore[attr-defined]  # rank_zero_only reads its rank from this attribute


def disable_possible_user_warnings(module: str = "") -> None:
    """Hide the warnings about what may be meant as it is.

    Args:
        module: A pattern for the modules in which they arise; by default all.
    """
    warnings.filterwarnings("ignore", module=module, category=PossibleUserWarning)
