"""Writing: whole or not at all, with the rights that there were, through links."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundwire_tools.fix.writing import write_whole


def test_a_file_keeps_its_rights(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_bytes(b"old")
    file.chmod(0o754)
    write_whole(file, b"new")
    assert file.read_bytes() == b"new"
    assert file.stat().st_mode & 0o777 == 0o754
    assert [one.name for one in tmp_path.iterdir()] == ["a.py"]


def test_a_link_leads_where_it_led(tmp_path: Path) -> None:
    (tmp_path / "b.py").write_bytes(b"old")
    (tmp_path / "a.py").symlink_to("b.py")
    write_whole(tmp_path / "a.py", b"new")
    assert (tmp_path / "a.py").is_symlink()
    assert (tmp_path / "b.py").read_bytes() == b"new"


def test_a_file_that_is_read_only_stays(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_bytes(b"old")
    file.chmod(0o444)
    with pytest.raises(PermissionError, match="read-only"):
        write_whole(file, b"new")
    assert file.read_bytes() == b"old"


def test_nothing_is_left_of_a_write_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.py"
    file.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="full"):
        write_whole(file, b"new")
    assert [one.name for one in tmp_path.iterdir()] == ["a.py"]
    assert file.read_bytes() == b"old"
