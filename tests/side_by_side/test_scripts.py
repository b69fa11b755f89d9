"""Whole programs in the style of public projects: one text, run under both frameworks, with the same outcome.

A program leaves ``answer``, and ``model`` and ``trainer`` where it has them. What it wrote to disk is compared
too: names of files, rows of tables, scalars of event files, entries of checkpoints.
"""

import csv
import logging
import os
import re
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.side_by_side.twins import plain

SCRIPTS = sorted((Path(__file__).parent / "scripts").glob("*.py"))
ROOT = re.compile(r"\b(lightning\.pytorch|pytorch_lightning|lightning)\b(?=[. ])")
OURS = "groundwire"


def in_ours(text: str) -> str:
    """A program whose imports are groundwire's."""
    lines = text.splitlines(keepends=True)
    return "".join(
        ROOT.sub("groundwire_lightning", line) if re.match(r"(import|from) ", line) else line for line in lines
    )


def run(script: Path, folder: Path, ours: bool, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Run a program in a folder of its own, and gather what it leaves."""
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name in [name for name in os.environ if name.startswith("PL_")]:
        monkeypatch.delenv(name)
    text = script.read_text("utf-8")
    space: dict[str, Any] = {"__name__": "__main__"}
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(in_ours(text) if ours else text, script.name, "exec", dont_inherit=True), space)  # noqa: S102
    trainer, model = space.get("trainer"), space.get("model")
    torch.use_deterministic_algorithms(False)
    return {
        "answer": tidy(plain(space["answer"]), folder),
        "weights": model and plain(model.state_dict()),
        "metrics": trainer and {name: plain(getattr(trainer, f"{name}_metrics")) for name in ("callback", "logged")},
        "where": trainer and [trainer.global_step, trainer.current_epoch],
        "files": files(folder),
    }


def tidy(value: Any, folder: Path) -> Any:
    """Paths below the folder as paths in it."""
    if isinstance(value, str):
        return value.replace(f"{folder}/", "").replace(str(folder), ".")
    if isinstance(value, dict):
        return {tidy(name, folder): tidy(entry, folder) for name, entry in value.items()}
    return [tidy(entry, folder) for entry in value] if isinstance(value, (list, tuple)) else value


def files(folder: Path) -> dict[str, Any]:
    """Name of each file to what stands in it; event files go by their folder."""
    found: dict[str, Any] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.name.startswith("events.out.tfevents"):
            found.setdefault(f"{path.parent.relative_to(folder)}/events", []).append(events(path))
        elif path.suffix == ".ckpt":
            found[name] = checkpoint(path, folder)
        elif path.suffix == ".csv":
            found[name] = list(csv.DictReader(path.open()))
        elif path.is_file():
            found[name] = path.read_text("utf-8")
    return found


def events(path: Path) -> Any:
    """The scalars of an event file, and the names of what else it holds."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    read = EventAccumulator(str(path)).Reload()
    tags = read.Tags()
    rows = {tag: [(each.step, each.value.hex()) for each in read.Scalars(tag)] for tag in tags["scalars"]}
    return (
        rows,
        bool(tags["graph"]),
        sorted(read.SummaryMetadata(tag).plugin_data.plugin_name for tag in tags["tensors"]),
    )


def checkpoint(path: Path, folder: Path) -> Any:
    """The entries of a checkpoint that mean the same to both frameworks."""
    state = torch.load(path, weights_only=False)
    kept = ("epoch", "global_step", "state_dict", "optimizer_states", "lr_schedulers", "hyper_parameters")
    callbacks = state.get("callbacks", {})
    return {
        "keys": sorted(name for name in state if not name.startswith(OURS)),
        "callbacks": {name: sorted(entry) for name, entry in callbacks.items()},
        **{name: plain(state.get(name)) for name in kept},
    }


def differences(theirs: Any, ours: Any, at: str = "") -> list[str]:
    """Where two outcomes differ."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        names = [*theirs, *(name for name in ours if name not in theirs)]
        absent = "(absent)"
        return [d for n in names for d in differences(theirs.get(n, absent), ours.get(n, absent), f"{at}/{n}")]
    if isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        return [
            found for index in range(len(ours)) for found in differences(theirs[index], ours[index], f"{at}/{index}")
        ]
    return [] if theirs == ours else [f"{at}\n  Lightning:  {str(theirs)[:300]}\n  groundwire: {str(ours)[:300]}"]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_program_does_the_same(script: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("lightning.pytorch", "pytorch_lightning"):
        logging.getLogger(name).setLevel(logging.ERROR)
    theirs = run(script, tmp_path / "theirs", False, monkeypatch)
    ours = run(script, tmp_path / "ours", True, monkeypatch)
    found = differences(theirs, ours)
    assert not found, "\n".join(found[:12])


def test_only_the_imports_of_a_program_are_changed() -> None:
    text = "import lightning as L\nfrom lightning.pytorch.callbacks import X\n"
    text += "import pytorch_lightning as pl\nx = 'lightning'\n"
    changed = "import groundwire_lightning as L\nfrom groundwire_lightning.callbacks import X\n"
    assert in_ours(text) == f"{changed}import groundwire_lightning as pl\nx = 'lightning'\n"
