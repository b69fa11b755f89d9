"""The program is started as Python starts it, and ends with the same code and the same words on stderr."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.groundwire_tools.run.launched import launched

from groundwire_tools.run.program import Program, of_the_program, run

TELLS = """
import json, os, sys
state = [sys.argv, sys.path[0], __name__, __package__, globals().get("__file__"), os.getcwd(), sys.stdin.read()]
print(json.dumps(state), __spec__ and __spec__.name)
sys.exit(7)
"""
FILES = {"one.py": TELLS, "below/two.py": TELLS, "package/__init__.py": "", "package/__main__.py": TELLS}


@pytest.mark.parametrize(
    "words",
    [
        ["one.py", "-v", "--as", "a b"],
        ["below/two.py"],
        ["below/../one.py"],
        ["-m", "one", "-m", "x"],
        ["-m", "package"],
        ["package"],
        ["-c", TELLS, "-c"],
    ],
)
def test_a_program_finds_what_it_finds_under_python(words: list[str], tmp_path: Path) -> None:
    under_python = launched(tmp_path, *words, files=FILES, stdin="typed", python=("-B",))
    ran = launched(tmp_path, *words, stdin="typed")
    assert (ran.returncode, ran.stdout) == (under_python.returncode, under_python.stdout)
    assert ran.returncode == 7


def test_a_program_can_come_from_stdin(tmp_path: Path) -> None:
    ran = launched(tmp_path, "-", "word", stdin="import sys; print(sys.argv, __name__)")
    assert ran.stdout == "['-', 'word'] __main__\n"


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("import sys; sys.exit()", 0),
        ("raise SystemExit('over')", 1),
        ("import sys; sys.exit(300)", 300 % 256),
        ("import os; os._exit(5)", 5),
        ("import os; os.makedirs('deep', exist_ok=True); os.chdir('deep'); print(__file__)", 0),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", -15),  # a shell says 143
        ("def (", 1),
        ("def inner():\n    1 / 0\ninner()", 1),
        ("import nothing_of_this_name", 1),
    ],
)
def test_it_ends_as_under_python(source: str, code: int, tmp_path: Path) -> None:
    ran = launched(tmp_path, "p.py", files={"p.py": source})
    assert ran.returncode == code
    told = [line for line in ran.stderr.splitlines() if not line.startswith("groundwire run:")]
    under_python = launched(tmp_path, "p.py", python=("-B",))
    assert (ran.stdout, told) == (under_python.stdout, under_python.stderr.splitlines())


def test_our_frames_are_shown_where_they_are_asked_for(tmp_path: Path) -> None:
    ran = launched(tmp_path, "--full-traceback", "-c", "1 / 0")
    assert "groundwire_tools/run/program.py" in ran.stderr
    assert ran.returncode == 1


def test_a_traceback_without_frames_of_the_program_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", list(sys.argv))
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    code, error = run(Program("-c", "import sys; sys.exit(3)"))
    assert (code, error) == (3, None)
    assert of_the_program(None) is None


def test_ctrl_c_ends_it_with_130(tmp_path: Path) -> None:
    source = "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(5)"
    ran: subprocess.CompletedProcess[str] = launched(tmp_path, "-c", source)
    assert ran.returncode == 130
    assert "KeyboardInterrupt" in ran.stderr
