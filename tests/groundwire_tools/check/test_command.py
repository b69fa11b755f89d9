"""The command: its exit codes, what it prints where, and how little it loads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.groundwire_tools.check.projects import BROKEN, CLEAN, OTHER, project

from groundwire_tools.check.command import main

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("source", "words", "code"),
    [
        (CLEAN, [], 0),
        (OTHER, [], 1),
        (BROKEN, [], 1),
        ("import lightning\ndef (", [], 1),
        (BROKEN, ["--exit-zero"], 0),
        (BROKEN, ["--fail-under", "50"], 0),
        (BROKEN, ["--fail-under", "90"], 1),
        (OTHER, ["--fail-under", "100"], 0),
        (BROKEN, ["--fail-under", "101"], 2),
        (BROKEN, ["--fail-under", "many"], 2),
        (BROKEN, ["--output-format", "xml"], 2),
        (BROKEN, ["nowhere.py"], 2),
        (BROKEN, ["--help"], 0),
    ],
)
def test_the_exit_code(source: str, words: list[str], code: int, tmp_path: Path) -> None:
    project(tmp_path, {"train.py": source})
    assert main([str(tmp_path), *words]) == code


def test_a_path_is_due(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "PATH" in capsys.readouterr().err


def test_what_changes_nothing_is_listed_when_it_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(project(tmp_path, {"train.py": CLEAN})), "--verbose"]) == 0
    assert ": GW102 Trainer(accelerator=)" in capsys.readouterr().out


def test_the_page_of_a_step_on_github_has_them_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "summary.md"
    page.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    words = str(project(tmp_path / "a", {"train.py": "\n".join([BROKEN, *["L.Trainer(gpu=2)"] * 11])}))
    main([words])
    assert page.read_text() == "before\n"
    main([words, "--output-format", "github"])
    text = page.read_text()
    assert text.startswith("before\n### groundwire check")
    assert text.count("**GW303**") == 12


def loaded_by(*words: str) -> set[str]:
    program = "import sys\nfrom groundwire_tools.check.command import main\nmain(sys.argv[1:])\nprint(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return {name.partition(".")[0] for name in ran.stdout.splitlines()[-1].split()}


def test_neither_torch_nor_an_adapter_nor_the_program_is_imported(tmp_path: Path) -> None:
    modules = loaded_by(str(project(tmp_path, {"train_me.py": BROKEN, "a.yaml": "trainer: {max_epochs: 1, gpus: 2}"})))
    assert modules & {"torch", "accelerate", "groundwire_lightning", "lightning", "train_me"} == set()


def test_help_reads_no_table() -> None:
    assert "json" not in loaded_by("--help")


def test_the_command_is_installed_under_its_name() -> None:
    entries = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]
    assert entries["groundwire.commands"]["check"] == f"{main.__module__}:main"


def test_the_hook_for_pre_commit_calls_it() -> None:
    import yaml

    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert (hook["id"], hook["entry"], hook["types"]) == ("groundwire-check", "groundwire check", ["python"])
