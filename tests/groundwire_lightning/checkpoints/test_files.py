from pathlib import Path

import fsspec
import pytest
import torch

from groundwire_lightning.checkpoints import files


@pytest.fixture
def store():
    """A store in memory, which is empty before and after."""
    memory = fsspec.filesystem("memory")
    memory.store.clear()
    yield memory
    memory.store.clear()


def test_a_url_stays_one_and_what_begins_with_file_is_a_path():
    assert files.place("s3://bucket/a") == files.real_folder("s3://bucket/a") == "s3://bucket/a"
    assert files.place("file:///a/b") == Path("/a/b")


def test_files_of_a_folder_elsewhere_are_found_by_their_names(store):
    for name in ("last.ckpt", "last-v1.ckpt", "best.ckpt", "hpc_ckpt_2.ckpt", "hpc_ckpt_10.ckpt"):
        store.pipe_file(f"/run/{name}", b"")
    assert files.versions_of("memory://run", "last", ".ckpt") == {"memory://run/last.ckpt", "memory://run/last-v1.ckpt"}
    assert files.newest_numbered("memory://run", "hpc_ckpt_", ".ckpt") == "memory://run/hpc_ckpt_10.ckpt"
    assert files.holds_any("memory://run")
    assert not files.holds_any("memory://elsewhere")


def test_a_link_in_a_store_is_a_copy(store):
    store.pipe_file("/run/best.ckpt", b"weights")
    files.link("memory://run/best.ckpt", "memory://run/last.ckpt")
    files.remove("memory://run/best.ckpt")
    assert store.cat_file("/run/last.ckpt") == b"weights"
    assert not files.exists("memory://run/best.ckpt")


@pytest.mark.parametrize(
    ("equals", "name"),
    [("=", "epoch=03-val/loss=0.25-absent=0"), ("_", "epoch_03-val/loss_0.25-absent_0"), (None, "03-0.25-0")],
)
def test_a_template_is_filled_in_and_what_is_missing_is_0(equals, name):
    values = {"epoch": 3, "val/loss": torch.tensor(0.25)}
    assert files.filled_name("{epoch:02d}-{val/loss:.2f}-{absent}", values, equals) == name
    assert values["absent"] == 0


def test_versions_of_a_name_are_those_with_a_number_behind_it(tmp_path):
    for name in ("a.ckpt", "a-v1.ckpt", "a-2.ckpt", "b.ckpt", "a.txt"):
        (tmp_path / name).touch()
    assert files.versions_of(str(tmp_path), "a", ".ckpt") >= {str(tmp_path / "a.ckpt"), str(tmp_path / "a-2.ckpt")}
    assert not files.versions_of(str(tmp_path), "a", ".ckpt") & {str(tmp_path / "b.ckpt"), str(tmp_path / "a.txt")}
    assert files.versions_of(str(tmp_path / "nowhere"), "a", ".ckpt") == set()


@pytest.mark.parametrize("before", ["nothing", "file", "link", "folder"])
def test_a_link_takes_the_place_of_whatever_was_there(before, tmp_path):
    target, place = tmp_path / "a.ckpt", tmp_path / "last.ckpt"
    target.write_text("new")
    if before == "file":
        place.write_text("old")
    elif before == "link":
        place.symlink_to("nowhere")
    elif before == "folder":
        (place / "inside").mkdir(parents=True)
    files.link(str(target), str(place))
    assert place.is_symlink()
    assert place.read_text() == "new"
    assert {path.name for path in tmp_path.iterdir()} == {"a.ckpt", "last.ckpt"}


def test_without_links_a_copy_is_made(tmp_path, monkeypatch):
    def refused(self, target):
        raise OSError("no links here")

    (tmp_path / "a.ckpt").write_text("new")
    monkeypatch.setattr("pathlib.Path.symlink_to", refused)
    files.link(str(tmp_path / "a.ckpt"), str(tmp_path / "last.ckpt"))
    assert (tmp_path / "last.ckpt").read_text() == "new"
    assert not (tmp_path / "last.ckpt").is_symlink()


def test_a_file_is_not_linked_to_itself(tmp_path):
    (tmp_path / "a.ckpt").write_text("whole")
    files.link(str(tmp_path / "a.ckpt"), str(tmp_path / "a.ckpt"))
    assert (tmp_path / "a.ckpt").read_text() == "whole"


def test_a_folder_or_a_link_is_removed_and_what_is_linked_stays(tmp_path):
    (tmp_path / "folder" / "inside").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    files.remove(str(tmp_path / "link"))
    assert files.holds_any(str(tmp_path / "folder"))
    files.remove(str(tmp_path / "folder"))
    files.remove(str(tmp_path / "folder"))
    assert not files.holds_any(str(tmp_path))


def test_the_newest_file_is_the_one_with_the_greatest_number(tmp_path):
    assert files.newest_numbered(str(tmp_path / "nowhere"), "hpc_ckpt_", ".ckpt") is None
    assert files.newest_numbered(str(tmp_path), "hpc_ckpt_", ".ckpt") is None
    for name in ("hpc_ckpt_2.ckpt", "hpc_ckpt_10.ckpt", "hpc_ckpt_11.ckpt.part", "other_99.ckpt"):
        (tmp_path / name).touch()
    assert files.newest_numbered(str(tmp_path), "hpc_ckpt_", ".ckpt") == str(tmp_path / "hpc_ckpt_10.ckpt")
