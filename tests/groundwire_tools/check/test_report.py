"""The report: what is silenced, and what all findings come to."""

from pathlib import Path

import pytest
from tests.groundwire_tools.check.projects import BROKEN, CLEAN, OTHER, check, codes, of_source

from groundwire_tools.check.report import Finding, Report, checked

ROOT = Path(__file__).parents[3]
ROWS = {
    "one code": ("Trainer(gpu=1)  # groundwire: ignore[GW303]", []),
    "all codes": ("Trainer(gpu=1, num_nodes=2)  # groundwire: ignore", []),
    "another code": ("Trainer(gpu=1)  # groundwire: ignore[GW201, GW202]", [(1, "GW303")]),
}


@pytest.mark.parametrize("name", ROWS)
def test_what_a_comment_silences(name: str, tmp_path: Path) -> None:
    source, expected = ROWS[name]
    assert of_source(tmp_path, source) == expected


@pytest.mark.parametrize(
    ("source", "answer"),
    [("x = 1", "yes"), (CLEAN, "yes"), (OTHER, "yes, but"), (BROKEN, "no"), (f"{OTHER}\n{BROKEN}", "no")],
)
def test_the_worst_finding_answers_whether_it_runs(source: str, answer: str, tmp_path: Path) -> None:
    assert check(tmp_path, {"train.py": source}).will_it_run == answer


def test_what_changes_nothing_is_a_finding_and_no_problem(tmp_path: Path) -> None:
    report = check(tmp_path, {"train.py": CLEAN})
    assert (codes(report), report.problems) == (["GW102"], [])


def one(path: str, code: str) -> Finding:
    return Finding(path, 2, 3, None, code, "")


def test_the_shares_of_uses_and_of_files_that_run() -> None:
    uses = one("a.py", ""), one("a.py", "GW201"), one("b.py", "GW303"), one("b.py", ""), one("c.py", "GW001")
    report = Report(uses, (), 9)
    assert report.using_files == {"a.py": True, "b.py": False, "c.py": False}
    assert report.percent_of_uses == 75
    assert report.percent_of_files == pytest.approx(100 / 3)


def test_of_nothing_all_runs() -> None:
    report = Report((), (), 0)
    assert (report.percent_of_uses, report.percent_of_files, report.will_it_run) == (100, 100, "yes")


def test_findings_are_ranked_by_their_code() -> None:
    ranked = sorted(
        (one("a.py", code) for code in ("", "GW102", "GW211", "GW001", "GW308")), key=lambda use: use.weight
    )
    assert [use.code for use in ranked] == ["GW308", "GW001", "GW211", "GW102", ""]


def test_a_place_names_the_cell_of_a_notebook() -> None:
    assert one("a.py", "GW303").place == "a.py:2:3"
    assert Finding("a.ipynb", 2, 3, 4, "GW303", "").place == "a.ipynb:cell 4:2:3"


@pytest.mark.parametrize("folder", ["examples", "tests/side_by_side/scripts"])
def test_programs_that_run_here_are_found_to_run(folder: str) -> None:
    report = checked([ROOT / folder])
    assert report.will_it_run == "yes"
    assert len(report.using_files) > 2
