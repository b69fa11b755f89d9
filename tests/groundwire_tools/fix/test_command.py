"""The command: its exit codes, what it writes where, and that what it wrote runs with the numbers of Lightning."""

from __future__ import annotations

import importlib.util
import io
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from tests.groundwire_tools.check.projects import project

from groundwire_tools.fix.command import main

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

ROOT = Path(__file__).parents[3]
SCRIPTS = ROOT / "tests/side_by_side/scripts"
OLD = "import lightning as L\nL.Trainer(gpus=2)\n"
NEW = 'import groundwire_lightning as L\nL.Trainer(accelerator="gpu", devices=2)\n'


@pytest.mark.parametrize(
    ("source", "words", "code", "after"),
    [
        (OLD, [], 1, NEW),
        (OLD, ["--diff"], 1, OLD),
        (OLD, ["--exit-zero-even-if-changed"], 0, NEW),
        (NEW, [], 0, NEW),
        (NEW, ["--diff"], 0, NEW),
        ("import lightning\ndef (", [], 2, "import lightning\ndef ("),
        (OLD, ["nowhere.py"], 2, OLD),
        (OLD, ["-"], 2, OLD),
        (OLD, ["--no-such"], 2, OLD),
        (OLD, ["--help"], 0, OLD),
    ],
)
def test_the_exit_code(source: str, words: list[str], code: int, after: str, tmp_path: Path) -> None:
    project(tmp_path, {"train.py": source})
    assert main([str(tmp_path), *words]) == code
    assert (tmp_path / "train.py").read_text() == after


def test_a_path_is_due(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "PATH" in capsys.readouterr().err


def test_twice_is_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project(tmp_path, {"train.py": OLD, "b/c.py": OLD, ".hidden/d.py": OLD})
    assert main([str(tmp_path)]) == 1
    assert main([str(tmp_path)]) == 0
    assert capsys.readouterr().out.count("fixed ") == 2
    assert (tmp_path / ".hidden/d.py").read_text() == OLD


def test_a_diff_can_be_applied(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project(tmp_path, {"a.py": "x = 'é'\r\n" + OLD.rstrip(), "b.py": OLD + "L.nothing"}))
    assert main(["--diff", "."]) == 1
    told = capsys.readouterr()
    assert told.out.startswith("--- a.py\n+++ a.py\n@@ -1,3 +1,3 @@\n x = 'é'\r\n-import lightning as L\n")
    assert '\n+L.Trainer(accelerator="gpu", devices=2)\n\\ No newline at end of file\n--- b.py\n' in told.out
    assert "b.py:3:3: GW302" in told.err


@pytest.mark.parametrize(("text", "code"), [(OLD, 1), (NEW, 0), ("x = 1", 0)])
def test_stdin_goes_to_stdout(text: str, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.replace("\n", "\r\n").encode())))
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written))
    assert main(["-"]) == code
    assert written.getvalue() == (NEW if text == OLD else text).replace("\n", "\r\n").encode()


def test_a_file_that_is_read_only_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project(tmp_path, {"a.py": OLD, "b.py": OLD})
    (tmp_path / "a.py").chmod(0o444)
    assert main([str(tmp_path)]) == 2
    assert re.search(r"a\.py stays as it is: it is read-only", capsys.readouterr().err)
    assert (tmp_path / "b.py").read_text() == NEW


def test_without_libcst_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert main([str(tmp_path)]) == 2
    assert capsys.readouterr().err == "groundwire fix: it needs LibCST: pip install 'groundwire[fix]'\n"


def loaded_by(*words: str) -> set[str]:
    program = "import sys\nfrom groundwire_tools.fix.command import main\nmain(sys.argv[1:])\nprint(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in ran.stdout.splitlines()[-1].split()}


def test_neither_torch_nor_an_adapter_nor_the_program_is_imported(tmp_path: Path) -> None:
    modules = loaded_by(str(project(tmp_path, {"train_me.py": OLD, "a.yaml": "_target_: lightning.Trainer"})))
    assert modules & {"torch", "accelerate", "groundwire_lightning", "lightning", "train_me"} == set()


def test_help_reads_neither_a_table_nor_libcst() -> None:
    assert loaded_by("--help") & {"json", "libcst"} == set()


def test_the_command_and_its_extra_are_declared() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert declared["entry-points"]["groundwire.commands"]["fix"] == f"{main.__module__}:main"
    assert [line.partition(">")[0] for line in declared["optional-dependencies"]["fix"]] == ["libcst"]


# what it wrote


@pytest.mark.parametrize("script", sorted(SCRIPTS.glob("*.py")), ids=lambda script: script.stem)
def test_a_whole_program_is_fixed_without_a_rest(
    script: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / script.name).write_bytes(script.read_bytes())
    assert main([str(tmp_path)]) == 1
    assert capsys.readouterr().out == f"fixed {tmp_path / script.name}\n"
    text = (tmp_path / script.name).read_text("utf-8")
    assert not re.search(r"(?<!groundwire_)\b(?:py)?(?:torch_)?lightning\b *(?:\.|import)", text)


def weights_after(source: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[torch.Tensor]:
    folder.mkdir()
    monkeypatch.chdir(folder)
    torch.manual_seed(0)
    space: dict[str, object] = {"__name__": "__main__"}
    exec(compile(source, "program", "exec", dont_inherit=True), space)  # noqa: S102  # that is what is tested
    return [weight.clone() for weight in space["model"].state_dict().values()]  # type: ignore[attr-defined]


@pytest.mark.filterwarnings("ignore")
def test_a_fixed_program_has_the_numbers_of_the_real_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = (SCRIPTS / "plateau.py").read_text("utf-8")
    (tmp_path / "plateau.py").write_text(source, "utf-8")
    assert main([str(tmp_path)]) == 1
    ours = weights_after((tmp_path / "plateau.py").read_text("utf-8"), tmp_path / "ours", monkeypatch)
    theirs = weights_after(source, tmp_path / "theirs", monkeypatch)
    assert all(torch.equal(one, other) for one, other in zip(ours, theirs, strict=True))
