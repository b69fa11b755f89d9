"""Which files are looked at: links, pipes, folders of others, and a folder in Lightning's place."""

import os
from pathlib import Path

import pytest
from tests.groundwire_tools.check.projects import check, codes, project

from groundwire_tools.check.files import files_of, ignored_in
from groundwire_tools.check.report import checked


def test_a_file_is_looked_at_once_whatever_leads_to_it(tmp_path: Path) -> None:
    project(tmp_path, {"a.py": "import lightning.pytorch.serve"})
    (tmp_path / "b.py").symlink_to("a.py")
    (tmp_path / "round").symlink_to(tmp_path)
    report = checked([tmp_path, tmp_path / "a.py", tmp_path / "b.py"])
    assert (report.files, codes(report)) == (1, ["GW301"])


def test_a_link_to_nowhere_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "a.py").symlink_to("gone.py")
    assert codes(checked([tmp_path])) == ["GW001"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.py")
    assert codes(checked([tmp_path])) == ["GW001"]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="whoever may read everything can read it")
def test_a_file_that_may_not_be_read_is_a_finding(tmp_path: Path) -> None:
    project(tmp_path, {"a.py": "import lightning"})
    (tmp_path / "a.py").chmod(0)
    assert codes(checked([tmp_path])) == ["GW001"]


@pytest.mark.parametrize("folder", [".git", "__pycache__", "site-packages", "node_modules", "env"])
def test_folders_of_others_are_left_out(folder: str, tmp_path: Path) -> None:
    files = {f"{folder}/a.py": "import lightning", "env/pyvenv.cfg": "", "b.py": "", "c.txt": "import lightning"}
    assert [file.path.name for file in files_of([project(tmp_path, files)])] == ["b.py"]


def test_a_folder_called_lightning_is_the_projects_own(tmp_path: Path) -> None:
    files = {"lightning/__init__.py": "", "train.py": "from lightning import Anything\nimport pytorch_lightning.serve"}
    report = check(tmp_path, files)
    assert codes(report) == ["GW301"]
    assert report.own_roots == ("lightning",)


def test_a_folder_called_lightning_that_is_no_package_changes_nothing(tmp_path: Path) -> None:
    files = {"lightning/notes.yaml": "a: 1", "train.py": "from lightning import Anything"}
    assert codes(check(tmp_path, files)) == ["GW302"]


def test_a_file_has_the_dotted_name_that_it_is_imported_by(tmp_path: Path) -> None:
    project(tmp_path, {"pkg/__init__.py": "", "pkg/a/__init__.py": "", "pkg/a/b.py": ""})
    dotted = [("pkg",), ("pkg", "a"), ("pkg", "a", "b")]
    assert sorted(file.module for file in files_of([tmp_path])) == dotted
    assert [file.module for file in files_of([tmp_path / "pkg/a/b.py"])] == dotted[2:]


@pytest.mark.parametrize(
    ("comment", "ignored"),
    [
        ("# groundwire: ignore", {1: frozenset()}),
        ("#groundwire:ignore[gw201, GW303]", {1: frozenset({"GW201", "GW303"})}),
        ("# groundwire", {}),
        ("", {}),
    ],
)
def test_a_comment_silences_codes_of_its_line(comment: str, ignored: dict[int, frozenset[str]]) -> None:
    assert ignored_in(f"x = 1  {comment}\n".encode()) == ignored
