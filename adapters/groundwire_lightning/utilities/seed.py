"""One seed for every random generator of a program, as Lightning sets it."""

from __future__ import annotations

import logging
import os
import random
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch

MOST = 2**32 - 1
"""The largest seed that numpy takes."""

_log = logging.getLogger(__name__)


def seed_everything(seed: int | None = None, workers: bool = False, verbose: bool = True) -> int:
    """Seed Python's, numpy's and torch's generators.

    Args:
        seed: A number from 0 to 2**32 - 1. None takes ``PL_GLOBAL_SEED`` from the environment, or else 0.
        workers: Also derive a seed for each DataLoader worker from it (``PL_SEED_WORKERS``).
        verbose: Write the seed into the log.

    Returns:
        The seed that was set.

    Raises:
        ValueError: The seed is not a whole number in that range.
    """
    if seed is None:
        seed = _seed_of_environment(verbose)
    seed = int(seed)
    if not 0 <= seed <= MOST:
        raise ValueError(f"seed={seed} is out of bounds: numpy takes 0 to {MOST}")
    if verbose:
        _log.info("Seed set to %d", seed)
    os.environ["PL_GLOBAL_SEED"] = str(seed)
    os.environ["PL_SEED_WORKERS"] = str(int(workers))
    random.seed(seed)
    if _has_numpy():
        import numpy as np

        np.random.seed(seed)
    torch.manual_seed(seed)
    return seed


def reset_seed() -> None:
    """Set the seed of the last :func:`seed_everything` again, if there was one.

    Runs of strategies for several processes begin with it, so that all of them draw the same weights.
    """
    if "PL_GLOBAL_SEED" in os.environ:
        seed_everything(workers=seeds_workers(), verbose=False)


def seeds_workers() -> bool:
    """True after ``seed_everything(..., workers=True)``."""
    return os.environ.get("PL_SEED_WORKERS") == "1"


@contextmanager
def isolate_rng(include_cuda: bool = True) -> Iterator[None]:
    """Restore the states of all random generators at the end of a ``with`` block.

    Args:
        include_cuda: Those of cards too; False in a fork, where a card cannot be asked.
    """
    numpy = sys.modules.get("numpy")  # a generator that nobody imported draws nothing
    states = random.getstate(), torch.get_rng_state(), None if numpy is None else numpy.random.get_state()
    on_devices = torch.cuda.get_rng_state_all() if include_cuda and torch.cuda.is_available() else []
    yield
    random.setstate(states[0])
    torch.set_rng_state(states[1])
    if numpy is not None:
        numpy.random.set_state(states[2])
    if on_devices:
        torch.cuda.set_rng_state_all(on_devices)


def start_worker(worker: int) -> None:
    """Seed the generators of a loader's worker, as Lightning does after ``seed_everything(workers=True)``.

    The seeds are those of ``lightning.fabric.utilities.seed``, so that augmentation draws the same.

    Args:
        worker: The index of the worker, from 0.
    """
    from lightning_utilities.core.rank_zero import rank_zero_only

    rank = int(getattr(rank_zero_only, "rank", 0) or 0)
    base = torch.initial_seed() - worker  # torch has given this worker the seed of the loader plus its index
    seeds = _four_seeds(base << 32 | worker << 16 | rank)
    torch.manual_seed(seeds[0])
    random.seed(seeds[1] << 32 | seeds[2])
    if _has_numpy():
        import numpy as np

        np.random.seed(np.random.SeedSequence([base, worker, rank]).generate_state(4))


def _four_seeds(number: int) -> list[int]:
    """Four seeds from one: the finalizer of MurmurHash3, then Knuth's linear congruential generator, modulo 2**64."""
    most = 2**64 - 1
    number ^= number >> 33
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        number = number * factor & most
        number ^= number >> 33
    seeds = []
    for _ in range(4):
        number = (number * 6364136223846793005 + 1) & most
        seeds.append(number)
    return seeds


def _seed_of_environment(verbose: bool) -> int:
    seed = os.environ.get("PL_GLOBAL_SEED")
    if seed is None:
        if verbose:
            warnings.warn("No seed found, seed set to 0", UserWarning, stacklevel=3)
        return 0
    try:
        return int(seed)
    except ValueError:
        raise ValueError(f"PL_GLOBAL_SEED={seed!r} in the environment is not a whole number") from None


def _has_numpy() -> bool:
    from importlib.util import find_spec

    return find_spec("numpy") is not None
