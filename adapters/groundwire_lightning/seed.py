"""One seed for every random generator of a program, as Lightning sets it."""

from __future__ import annotations

import logging
import os
import random
import sys
import warnings

import torch

MOST = 2**32 - 1
"""The largest seed that numpy takes."""

_log = logging.getLogger(__name__)


def seed_everything(seed: int | None = None, workers: bool = False, verbose: bool = True) -> int:
    """Seed Python's, numpy's and torch's generators.

    Args:
        seed: From 0 to 2**32 - 1. ``None`` takes ``PL_GLOBAL_SEED`` from the environment, or else 0.
        workers: Also derive a seed for each DataLoader worker from it (``PL_SEED_WORKERS``).
        verbose: Say in the log which seed was set.

    Returns:
        The seed that was set.

    Raises:
        ValueError: The seed is not a whole number in that range.
    """
    if seed is None:
        seed = _from_environment(verbose)
    seed = int(seed)
    if not 0 <= seed <= MOST:
        raise ValueError(f"seed={seed} is out of bounds: numpy takes 0 to {MOST}")
    if verbose:
        _log.info("Seed set to %d", seed)
    os.environ["PL_GLOBAL_SEED"] = str(seed)
    os.environ["PL_SEED_WORKERS"] = str(int(workers))
    random.seed(seed)
    if "numpy" in sys.modules or _has_numpy():
        import numpy as np

        np.random.seed(seed)
    torch.manual_seed(seed)
    return seed


def seeds_workers() -> bool:
    """True after ``seed_everything(..., workers=True)``."""
    return os.environ.get("PL_SEED_WORKERS") == "1"


def _from_environment(verbose: bool) -> int:
    said = os.environ.get("PL_GLOBAL_SEED")
    if said is None:
        if verbose:
            warnings.warn("No seed found, seed set to 0", UserWarning, stacklevel=3)
        return 0
    try:
        return int(said)
    except ValueError:
        raise ValueError(f"PL_GLOBAL_SEED={said!r} in the environment is not a whole number") from None


def _has_numpy() -> bool:
    from importlib.util import find_spec

    return find_spec("numpy") is not None
