"""The command line, with commands that really are installed: a module and its metadata in a folder."""

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from groundwire.cli import main

MODULE = '''
"""Greets whoever is named."""
print("imported")

def main(argv):
    print("hello", *argv)
    return len(argv)
'''


@pytest.fixture
def greet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A distribution with three commands, installed for one test."""
    (tmp_path / "polite").mkdir()
    (tmp_path / "polite/__init__.py").write_text("raise RuntimeError('help imports nothing')")
    (tmp_path / "polite/greet.py").write_text(MODULE)
    (tmp_path / "polite_greeting.py").write_text(MODULE)
    info = tmp_path / "polite-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: polite\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[groundwire.commands]\n"
        "greet = polite_greeting:main\n"
        "nested = polite.greet:main\n"
        "nowhere = polite.gone:main\n"
        "[another.group]\nelsewhere = polite_greeting:main\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "polite_greeting", raising=False)


@pytest.mark.usefixtures("greet")
@pytest.mark.parametrize(("rest", "code"), [([], 0), (["--help"], 1), (["you", "--version"], 2)])
def test_a_command_gets_the_rest_of_the_line_and_gives_the_exit_code(
    rest: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["greet", *rest]) == code
    assert capsys.readouterr().out.splitlines()[-1] == " ".join(["hello", *rest])


@pytest.mark.usefixtures("greet")
def test_the_words_of_the_process_are_the_default(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["groundwire", "greet", "you"])
    assert main() == 1
    assert "hello you" in capsys.readouterr().out


@pytest.mark.usefixtures("greet")
@pytest.mark.parametrize("argv", [[], ["-h"], ["--help"]])
def test_help_lists_the_commands_and_what_they_do_without_importing_them(
    argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert {"greet Greets whoever is named.", "nested Greets whoever is named.", "nowhere"} <= set(lines)
    assert "imported" not in lines
    assert not any("elsewhere" in line for line in lines)


def test_help_says_so_when_no_command_is_installed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(metadata, "entry_points", lambda **_: ())
    assert main(["--help"]) == 0
    assert "none is installed" in capsys.readouterr().out


@pytest.mark.parametrize("argument", ["-V", "--version"])
def test_the_version_is_that_of_the_distribution(argument: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([argument]) == 0
    assert capsys.readouterr().out == f"groundwire {metadata.version('groundwire')}\n"


@pytest.mark.usefixtures("greet")
@pytest.mark.parametrize(
    ("word", "hint"),
    [("gret", "Did you mean 'greet'?"), ("--versoin", "Did you mean '--version'?"), ("xyzzy", "`groundwire --help`")],
)
def test_an_unknown_command_is_named_with_the_nearest_one(
    word: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([word]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert f"there is no command {word!r}" in printed.err
    assert hint in printed.err


def test_help_does_not_wait_for_torch() -> None:
    program = "import sys; from groundwire.cli import main; main(['--help']); print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert {"torch", "accelerate", "groundwire_lightning"} & set(ran.stdout.split()) == set()


def test_the_project_brings_the_command_demo() -> None:
    (demo,) = metadata.entry_points(group="groundwire.commands", name="demo")
    assert demo.value == "groundwire_lightning.cli.demo:main"
