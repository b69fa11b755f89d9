"""Trains a digits classifier three ways (native, Lightning module, mixed) and compares them.

The three programs are those in ``examples/``; this runs them with one seed and holds their results
against each other.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import itertools
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from groundwire import Trainer

WAYS = ("native", "lightning", "mixed")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demo.

    Args:
        argv: Arguments of the command line; ``--log-dir`` names the folder of the event files.

    Returns:
        0 if the three ways end with bit-equal weights, 1 if they do not, 2 if scikit-learn is missing.
    """
    parser = argparse.ArgumentParser(prog="groundwire demo", description=__doc__)
    parser.add_argument("--log-dir", type=Path, help="where event files go; by default a new folder, runs/digits-N")
    log_dir = parser.parse_args(argv).log_dir or new_folder(Path("runs"))
    if importlib.util.find_spec("sklearn") is None:
        print("groundwire demo: the digits come with scikit-learn: pip install 'groundwire[examples]'", file=sys.stderr)
        return 2
    sys.path.insert(0, str(programs()))
    try:
        started = time.perf_counter()
        outcomes = {way: importlib.import_module(f"digits_{way}").main(str(log_dir / way)) for way in WAYS}
        return report(outcomes, sys.modules["digits"], log_dir, time.perf_counter() - started)
    finally:
        sys.path.remove(str(programs()))


def new_folder(runs: Path) -> Path:
    """The first free folder of ``digits-1``, ``digits-2`` …; TensorBoard joins the curves of two runs in one folder."""
    return next(folder for number in itertools.count(1) if not (folder := runs / f"digits-{number}").exists())


def programs() -> Path:
    """The folder of the example programs: in the package of a wheel, in the repository otherwise."""
    package = Path(__file__).resolve().parents[1]
    folders = (package / "examples", package.parents[1] / "examples")
    return next(folder for folder in folders if (folder / "digits.py").is_file())


def report(outcomes: dict[str, Any], digits: Any, log_dir: Path, seconds: float) -> int:
    """Print the hook map, the three ways side by side and where the event files are."""
    print("\nThe hook map of the mixed way, row by row:\n")
    print("\n".join(wired_rows(outcomes["mixed"].trainer)))
    print(f"\n{'':10}" + "".join(f"{way:>24}" for way in WAYS))
    print(f"{'epoch':10}" + f"{'train loss':>14}{'val acc.':>10}" * len(WAYS))
    for epoch in range(digits.EPOCHS):
        cells = [f"{outcome.losses[epoch]:14.6f}{outcome.accuracies[epoch]:10.4f}" for outcome in outcomes.values()]
        print(f"{epoch + 1:<10}" + "".join(cells))
    test = digits.splits()[2]
    print(
        f"{'test acc.':10}"
        + "".join(f"{digits.accuracy(outcome.network, test):24.4f}" for outcome in outcomes.values())
    )
    differences = {
        way: largest_difference(outcomes["native"].network, outcome.network) for way, outcome in outcomes.items()
    }
    equal = not any(differences.values())
    verdict = "bit-equal" if equal else f"DIFFERENT, from the native ones by up to {differences}"
    print(f"\nThe final weights of the three ways are {verdict}; {seconds:.1f} s in all.")
    print(f"Event files: {', '.join(str(log_dir / way) for way in WAYS)}")
    print(f"Look at them: {Path(sys.executable).with_name('tensorboard')} --logdir {log_dir}")
    return 0 if equal else 1


def wired_rows(trainer: Trainer) -> list[str]:
    """Write one line for each row of the hook map that runs."""
    data = trainer.explain(format="json")
    return [
        f"  {attached['position']:8}{hook['name']:44}{attached['who']}.{attached['method']}"
        for hook in data["hooks"]
        for attached in hook["attached"]
    ]


def largest_difference(network: torch.nn.Module, other: torch.nn.Module) -> float:
    """The largest difference between two weights of the same name; 0.0 if all are the same to the last bit."""
    pairs = zip(network.state_dict().values(), other.state_dict().values(), strict=True)
    return max((0.0 if torch.equal(left, right) else (left - right).abs().max().item()) for left, right in pairs)
