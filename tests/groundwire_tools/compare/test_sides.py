"""A side: a process of its own in this folder, which is afterwards as before, whatever the program does."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from groundwire_tools.compare.sides import Setting, SideError, environment, run_side
from groundwire_tools.run.program import Program

TELLS = """
import os, sys
print(sys.argv, __name__, sys.path[0] == os.path.dirname(os.path.abspath(__file__)), os.environ["PYTHONHASHSEED"])
open("new.txt", "w").write("new")
os.chdir("..")
sys.exit(int(sys.argv[1]))
"""


@pytest.fixture
def setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Setting:
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    (tmp_path / "here/p.py").write_text(TELLS, "utf-8")
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)
    return Setting(Program("script", "p.py", ("3", "--as")), tmp_path / "there")


def test_a_program_runs_as_ever_and_its_files_are_taken(setting: Setting) -> None:
    side = run_side(setting, "groundwire", answer_as="2.6.6")
    assert side.last_lines() == "  | ['p.py', '3', '--as'] __main__ True 0"
    assert (side.code, list(side.files), side.times()) == (3, ["new.txt"], [])
    assert [path.name for path in Path().iterdir()] == ["p.py"]
    record = side.record()
    assert record.is_empty
    assert record.entry("end", "code") == 3
    assert record.files == {"new.txt": {"line 1": "new"}}


def test_a_side_without_lightning_is_refused(setting: Setting, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    bare.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n', "utf-8")  # without site-packages
    bare.chmod(0o755)
    with pytest.raises(SideError, match=r"Lightning is not installed for .*: pip install lightning there, .*--against"):
        run_side(setting, "Lightning", python=str(bare))


def test_an_interpreter_that_is_not_there_is_told(setting: Setting) -> None:
    with pytest.raises(SideError, match="nowhere cannot be run: No such file"):
        run_side(setting, "Lightning", python="./nowhere")


@pytest.mark.parametrize(("number", "error"), [(signal.SIGTERM, SystemExit), (signal.SIGINT, KeyboardInterrupt)])
def test_a_command_that_is_stopped_puts_everything_back(
    number: int, error: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = f"open('new', 'w').close(); import os, time; os.kill(os.getppid(), {int(number)}); time.sleep(60)"
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(error):
        run_side(Setting(Program("-c", program), tmp_path / "there"), "groundwire", answer_as="2.6.6")
    assert list(Path().iterdir()) == []
    assert signal.getsignal(signal.SIGTERM) is before


def test_neither_side_is_answered_by_its_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    from groundwire_tools.run.answers import CHILDREN, VARIABLE

    monkeypatch.setenv(VARIABLE, "1")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(CHILDREN), "mine"]))
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    around = environment()
    assert (around["PYTHONPATH"], around["PYTHONHASHSEED"], VARIABLE in around) == ("mine", "7", False)
