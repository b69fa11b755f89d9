"""The command: its words and the program's, its exit codes, its report, and that it loads little."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.groundwire_tools.run.launched import launched

from groundwire_tools.run.command import divided, main
from groundwire_tools.run.program import Program


@pytest.mark.parametrize(
    ("line", "own", "program"),
    [
        ("a.py -v", "", Program("script", "a.py", ("-v",))),
        ("-v --as 2.0 a.py --as 1", "-v --as 2.0", Program("script", "a.py", ("--as", "1"))),
        ("--report r.json -m p.q x", "--report r.json", Program("-m", "p.q", ("x",))),
        ("--as=2.0 -c pass -m", "--as=2.0", Program("-c", "pass", ("-m",))),
        ("--strict - a", "--strict", Program("-", "", ("a",))),
        ("-- -odd.py a", "", Program("script", "-odd.py", ("a",))),
        ("-v", "-v", None),
        ("-m", "", None),
        ("--report", "--report", None),
    ],
)
def test_the_line_is_divided_where_the_program_begins(line: str, own: str, program: Program | None) -> None:
    assert divided(line.split()) == (own.split(), program)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "a script, -m MODULE, -c CODE or - is due"),
        (["nowhere.py"], "there is no nowhere.py"),
        (["-m", "nowhere.at.all"], "there is no module nowhere.at.all"),
        (["."], "there is no __main__.py in ."),
        (["--as", "new", "-c", "pass"], "'new' is no version of Lightning"),
        (["--report", ".", "-c", "pass"], "--report .: Is a directory"),
        (["--report", "nowhere/r.json", "-c", "pass"], "--report nowhere/r.json: No such file"),
        (["--colour", "p.py"], "unrecognized arguments: --colour"),
    ],
)
def test_what_cannot_be_done_is_said_and_is_code_2(words: list[str], told: str, tmp_path: Path) -> None:
    ran = launched(tmp_path, *words)
    assert told in ran.stderr
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "Traceback" not in ran.stderr


def test_help_shows_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    assert "groundwire run train.py --epochs 3" in capsys.readouterr().out


def test_a_program_that_asks_nothing_waits_for_nothing(tmp_path: Path) -> None:
    source = "import os, sys; os.chdir('..'); print({'torch', 'groundwire_lightning'} & set(sys.modules))"
    ran = launched(tmp_path, "--report", "r.json", "-c", source)
    assert (ran.returncode, ran.stdout) == (0, "set()\n")
    told = "no Trainer was called in this process; nothing with another meaning; nothing lacking or refused"
    assert ran.stderr == f"groundwire run: {told}\n"
    assert json.loads((tmp_path / "r.json").read_text("utf-8"))["as_lightning"] == "2.6.6"


def test_a_fork_that_runs_to_the_end_tells_nothing(tmp_path: Path) -> None:
    ran = launched(tmp_path, "-c", "import os\nif (child := os.fork()):\n    os.waitpid(child, 0)\nprint('over')")
    assert (ran.stdout, ran.stderr.count("groundwire run:")) == ("over\nover\n", 1)


LACKING = """
try:
    from lightning.pytorch import serve
except ImportError:
    pass
import pytorch_lightning as pl
print(pl.__version__)
def main():
    pl.Trainer().nothing
main()
"""


def test_names_that_are_lacking_raise_where_they_are_used_and_are_in_the_report(tmp_path: Path) -> None:
    ran = launched(tmp_path, "-v", "--as", "1.9.5", "--report", "r.json", "p.py", files={"p.py": LACKING})
    assert (ran.returncode, ran.stdout) == (1, "1.9.5\n")
    report = json.loads((tmp_path / "r.json").read_text("utf-8"))
    assert (report["program"], report["exit_code"], report["as_lightning"]) == ("p.py", 1, "1.9.5")
    places = [(line["code"], Path(line["place"]).name) for line in report["findings"]]
    assert places == [("GW301", "p.py:3"), ("GW307", "p.py:9")]
    assert "there is no server" in ran.stderr
    assert ran.stderr.count(f'File "{tmp_path}/p.py"') == 2
