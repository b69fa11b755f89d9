"""Files that a run touches: what it wrote is taken away, and everything is as it was before."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from multiprocessing import get_context
from pathlib import Path

import pytest
import torch

from groundwire_tools.compare.touched import Watch, taken

BEFORE = {"data.txt": "data", "folder/old.txt": "old", "folder/deep/older.txt": "older", "empty/.keep": ""}


def state_of(folder: Path) -> dict[str, str | None]:
    return {str(path.relative_to(folder)): path.read_text() if path.is_file() else None for path in folder.rglob("*")}


def watched(program: str, here: Path, aside: Path, temporary: Path) -> None:
    """Run a program in this process, which ends with it: an audit hook cannot be taken off."""
    os.chdir(here)
    tempfile.tempdir = str(temporary)
    Watch(aside, here).start()
    space = {"os": os, "shutil": shutil, "tempfile": tempfile, "torch": torch, "subprocess": subprocess, "Path": Path}
    exec(program, space)  # noqa: S102  # of this file


def run(program: str, tmp_path: Path, files: dict[str, str] = BEFORE) -> tuple[dict[str, str], Path]:
    """Names of the files that a program wrote to their texts, and its working directory, which is as before."""
    here, aside = tmp_path / "here", tmp_path / "aside"
    aside.mkdir()
    for name, text in files.items():
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        (here / name).write_text(text)
    before = state_of(here)
    process = get_context("fork").Process(target=watched, args=(program, here, aside, tmp_path / "t"))
    process.start()
    process.join()
    found = {name: path.read_text(errors="replace") for name, path in taken(aside, here).items()}
    assert state_of(here) == before
    return found, here


@pytest.mark.parametrize(
    ("program", "written"),
    [
        ("open('new.txt', 'w').write('new')", {"new.txt": "new"}),
        ("open('data.txt').read(); open('data.txt', 'rb').read()", {}),
        ("open('data.txt', 'a').write(' more')", {"data.txt": "data more"}),
        ("open('data.txt', 'r+').close()", {}),
        ("Path('data.txt').write_text('data')", {}),
        ("os.makedirs('a/b'); open('a/b/c', 'w').write('c')", {"a/b/c": "c"}),
        ("os.chdir('folder'); open('new', 'w').write('new')", {"folder/new": "new"}),
        ("os.remove('data.txt')", {}),
        ("os.remove('data.txt'); open('data.txt', 'w').write('again')", {"data.txt": "again"}),
        ("os.rename('data.txt', 'other.txt')", {"other.txt": "data"}),
        ("open('part', 'w').write('x'); os.replace('part', 'data.txt')", {"data.txt": "x"}),
        ("os.mkdir('part'); open('part/x', 'w').write('x'); os.rename('part', 'whole')", {"whole/x": "x"}),
        ("shutil.rmtree('folder')", {}),
        ("shutil.rmtree('folder'); os.mkdir('folder'); open('folder/x', 'w').write('x')", {"folder/x": "x"}),
        ("os.remove('empty/.keep'); os.rmdir('empty')", {}),
        ("os.symlink('data.txt', 'link')", {"link": "a link to data.txt"}),
        (
            "os.symlink('folder', 'link'); open('link/old.txt', 'w').write('x')",
            {"link": "a link to folder", "folder/old.txt": "x"},
        ),
        ("fd = os.open('new', os.O_CREAT | os.O_WRONLY); os.write(fd, b'new')", {"new": "new"}),
        ("if not os.fork():\n    open('new', 'w').write('of a child')\nelse:\n    os.wait()", {"new": "of a child"}),
        ("open('new', 'w').write('new'); open('gone', 'w'); os.remove('gone'); os._exit(0)", {"new": "new"}),
        ("os.truncate('data.txt', 1)", {"data.txt": "d"}),
    ],
)
def test_what_was_written_is_taken_and_all_else_is_as_before(
    program: str, written: dict[str, str], tmp_path: Path
) -> None:
    assert run(program, tmp_path)[0] == written


def test_a_file_elsewhere_is_taken_by_its_whole_path(tmp_path: Path) -> None:
    (tmp_path / "t").mkdir()
    (tmp_path / "elsewhere").mkdir()
    program = "tempfile.NamedTemporaryFile().close(); open('../elsewhere/x', 'w').write('x')"
    assert run(program, tmp_path)[0] == {str(tmp_path / "elsewhere/x"): "x"}
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_files_that_somebody_else_wrote_meanwhile_stay(tmp_path: Path) -> None:
    program = "os.mkdir('logs'); open('logs/mine', 'w'); subprocess.run(['touch', 'logs/theirs'])"
    with pytest.raises(AssertionError):
        run(program, tmp_path)
    assert [path.name for path in (tmp_path / "here/logs").iterdir()] == ["theirs"]


@pytest.mark.parametrize(
    "call", ["torch.save(1, 'x.pt')", "torch.save(obj=1, f='x.pt')", "torch.save(1, f=Path('x.pt'))"]
)
def test_a_file_that_torch_writes_is_seen(call: str, tmp_path: Path) -> None:
    assert list(run(call, tmp_path)[0]) == ["x.pt"]
