"""Whole programs in the manner of 2020: they run here as they stand, and write what Lightning 1.0.8 wrote.

What 1.0.8 wrote is kept in a file of numbers: it trains on today's torch only with names that were taken out since.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tests.groundwire_tools.run.launched import launched
from tests.lightning_1.recorded import within
from tests.lightning_1.test_programs import in_ours

FOLDER = Path(__file__).parent / "programs_2020"
SCALARS = json.loads((FOLDER / "scalars_of_1_0_8.json").read_text("utf-8"))


def scalars(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """The values of each tag in the event files of a folder, without the number of the epoch."""
    by_tag: dict[str, list[tuple[int, float]]] = {}
    for file in sorted(folder.rglob("events*")):
        events = EventAccumulator(str(file)).Reload()
        for tag in set(events.Tags()["scalars"]) - {"epoch"}:
            by_tag.setdefault(tag, []).extend((event.step, event.value) for event in events.Scalars(tag))
    return {tag: sorted(values) for tag, values in by_tag.items()}


def assert_as_in_1_0_8(program: str, folder: Path) -> None:
    values = scalars(folder)
    assert values.keys() == SCALARS[program].keys()
    for tag, due in SCALARS[program].items():
        assert values[tag] == [(step, pytest.approx(value, abs=1e-3)) for step, value in due], tag


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("program", ["digits", "gan"])
def test_with_other_import_lines_a_program_writes_what_1_0_8_wrote(program: str, tmp_path: Path) -> None:
    text = (FOLDER / f"{program}.py").read_text("utf-8")
    with within(tmp_path):
        exec(compile(in_ours(text), program, "exec", dont_inherit=True), {"__name__": "__main__"})  # noqa: S102
    assert_as_in_1_0_8(program, tmp_path)


def test_groundwire_run_runs_it_as_it_stands(tmp_path: Path) -> None:
    ran = launched(tmp_path, str(FOLDER / "digits.py"), "--max_epochs", "6", "--gpus", "0")
    assert ran.returncode == 0, ran.stderr
    assert "nothing lacking or refused" in ran.stderr
    assert_as_in_1_0_8("digits", tmp_path)
    kept = sorted(path.name for path in (tmp_path / "checkpoints").iterdir())
    assert kept == ["epoch=2-val_loss=0.66.ckpt", "epoch=3-val_loss=0.60.ckpt"]
