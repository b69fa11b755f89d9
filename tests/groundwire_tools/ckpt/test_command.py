"""The command: its exit codes, what it says of files that it cannot read, and how little it loads."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.groundwire_tools.ckpt.files import SYSTEM, Hostile, Mine, ckpt, saved, weights


def test_help_is_there_without_torch() -> None:
    program = (
        "import sys\nfrom groundwire_tools.ckpt.command import main\nassert main(['--help']) == 0\n"
        "assert main(['diff', '--help']) == 0\nprint({'torch', 'groundwire_lightning'} & {*sys.modules})"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ran.stdout.endswith("set()\n"), ran.stderr


@pytest.mark.parametrize("line", ["", "show", "diff a", "convert a b", "convert a b --to onnx", "diff a b --rtol -1"])
def test_a_line_that_cannot_be_understood_is_told_so(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert ckpt(*line.split()) == 2
    assert "usage: groundwire ckpt" in capsys.readouterr().err


def whole() -> bytes:
    file = io.BytesIO()
    torch.save({"state_dict": weights()}, file)
    return file.getvalue()


BAD: dict[str, tuple[Any, str]] = {
    "empty": (b"", "is not a whole checkpoint: it is empty"),
    "torn": (whole()[:900], "is not a whole checkpoint"),
    "a text": (b"# Notes\n", "is not a whole checkpoint"),
    "torn tensors": (b'\x40\0\0\0\0\0\0\0{"a":', "is not a whole checkpoint"),
    "hostile": ({"state_dict": {}, "callbacks": Hostile()}, f"is hostile: it calls {SYSTEM}; nothing of it was run"),
    "a list": ([1, 2], "is no checkpoint of a form that is known here: it holds a list"),
    "another kind": ({"net": {}, "step": 3}, "it holds a dictionary with 'net', 'step'"),
    "no names": ({"state_dict": [torch.ones(2)]}, "is damaged"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_is_a_line_and_exit_code_2(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    value, message = BAD[kind]
    path = tmp_path / "bad.ckpt"
    if isinstance(value, bytes):
        path.write_bytes(value)
    else:
        torch.save(value, path)
    lines = [("show", path), ("diff", path, path), ("convert", path, "out.pt", "--to", "native")]
    for line in lines:
        assert ckpt(*line) == 2
        output = capsys.readouterr()
        assert output.out == ""
        assert output.err.startswith("groundwire ckpt: ")
        assert message in output.err
        assert "Traceback" not in output.err
    assert [entry.name for entry in tmp_path.iterdir()] == ["bad.ckpt"]


def test_names_in_a_complaint_cannot_steer_a_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = saved(tmp_path / "a.ckpt", {"state_dict": {}, "x\x1b[2J": Mine()})
    assert ckpt("convert", path, tmp_path / "b.ckpt", "--to", "lightning") == 2
    assert "  x\\x1b[2J: " in capsys.readouterr().err


def test_what_is_not_there_and_what_is_a_folder_are_told_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ckpt("show", tmp_path / "none.ckpt") == 2
    assert "there is no file" in capsys.readouterr().err
    saved(tmp_path / "training_state.pt")
    assert ckpt("show", tmp_path) == 2
    assert "is a folder; " in capsys.readouterr().err


def test_nothing_that_a_file_names_is_imported(tmp_path: Path) -> None:
    path = saved(
        tmp_path / "a.ckpt", {"state_dict": weights(), "hyper_parameters": {"net": Mine(), "_class_path": "a.B"}}
    )
    assert ckpt("show", path) == 0  # what reading itself needs is there from now on
    data = path.read_bytes()
    name = Mine.__module__.encode()
    assert name in data
    other = "antigravity".ljust(len(name), "x").encode()
    (tmp_path / "b.ckpt").write_bytes(data.replace(name, other))
    before = set(sys.modules)
    assert ckpt("diff", path, path) == 0
    assert set(sys.modules) == before


def test_an_output_that_exists_is_replaced_only_by_force(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, target = saved(tmp_path / "a.ckpt"), tmp_path / "b.pt"
    target.write_text("mine")
    assert ckpt("convert", path, target, "--to", "native") == 2
    assert "exists; --force replaces it" in capsys.readouterr().err
    assert target.read_text() == "mine"
    assert ckpt("convert", path, target, "--to", "native", "--force") == 0
    assert ckpt("convert", path, tmp_path, "--to", "native", "--force") == 2
    assert "is a folder" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["native", "safetensors"])
def test_an_output_that_cannot_be_written_is_a_line(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = saved(tmp_path / "a.ckpt")
    (tmp_path / "file").write_text("")
    assert ckpt("convert", path, tmp_path / "file" / "b.pt", "--to", form) == 2
    assert "cannot be written" in capsys.readouterr().err
    if os.geteuid():  # nothing is read-only for root
        (folder := tmp_path / "closed").mkdir(mode=0o500)
        assert ckpt("convert", path, folder / "b.pt", "--to", form) == 2
        assert "cannot be written" in capsys.readouterr().err


def test_json_has_a_version_and_the_same_content(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a, b = saved(tmp_path / "a.ckpt"), saved(tmp_path / "b.ckpt", {"state_dict": {"w": torch.tensor(float("inf"))}})
    assert ckpt("show", a, "--output-format", "json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["schema_version"], told["form"], told["counters"]) == (1, "lightning", {"epoch": 3, "global_step": 12})
    assert ckpt("diff", a, b, "--output-format", "json") == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["equal"], told["differences"][0]["path"]) == (False, "epoch")


def test_a_difference_is_told_with_its_place_and_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a = saved(
        tmp_path / "a.pt", {"one": torch.zeros(2, 2), "two": torch.zeros(3), **dict.fromkeys("abc", torch.ones(1))}
    )
    b = saved(
        tmp_path / "b.pt", {"one": torch.tensor([[0.0, 0], [0, 0.5]]), "two": torch.zeros(4), "three": torch.ones(1)}
    )
    assert ckpt("diff", a, b) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "first difference: one: A has 0.0 at [1, 1], B has 0.5 at [1, 1]"
    assert lines[3].split() == ["one", "value", "0.0", "at", "[1,", "1]", "0.5", "at", "[1,", "1]", "0.5"]
    assert lines[-1] == "6 entries differ"
    assert ckpt("diff", a, a) == 0
    assert capsys.readouterr().out == "equal\n"


def test_a_long_table_is_cut_unless_all_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a = saved(tmp_path / "a.pt", {str(number): torch.ones(1) for number in range(30)})
    b = saved(tmp_path / "b.pt", {"0": torch.ones(1)})
    assert ckpt("diff", a, b) == 1
    assert "… and 9 more" in capsys.readouterr().out
    assert ckpt("diff", a, b, "--all") == 1
    assert "more" not in capsys.readouterr().out
