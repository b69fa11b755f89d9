"""Contents of files and of runs: a seeded difference is found at its place, and what is no difference is none."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
import torch
from tests.groundwire_tools.compare.programs import recorded

from groundwire.testing import Record, compare
from groundwire_tools.compare.written import Tidy, contents_of_files


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Record:
    return recorded(tmp_path_factory.mktemp("usual"))


def test_a_program_does_the_same_twice(usual: Record, tmp_path: Path) -> None:
    outcome = compare(usual, recorded(tmp_path))
    assert outcome.is_equal, outcome.differences
    assert {row.kind: row.compared for row in outcome.rows} == {
        "losses": 12,
        "optimizer steps": 12,
        "hooks": 43,
        "logged": 18,
        "random state": 4,
        "weights": 5,
        "files": 2,
    }


@pytest.mark.parametrize(
    ("other", "kind", "what", "where", "kinds"),
    [
        ("loss", "losses", "loss", "backward pass 6, after 5 optimizer steps, last hook Net.training_step", 5),
        ("rate", "optimizer steps", "SGD 0 learning rate of group 0", "step 5, after 4 optimizer steps", 5),
        ("hook", "hooks", "another one is next", "call 4, after 1 optimizer step", 1),
        ("logged", "logged", "CSVLogger at step 5 loss", "row 8, after 6 optimizer steps", 2),
        ("weight", "weights", "weights layer.weight", "at the end of train epoch 1", 5),
        ("random", "random state", "random state of python", "at the end of train epoch 0", 1),
    ],
)
def test_a_seeded_difference_is_found_where_it_is(
    other: str, kind: str, what: str, where: str, kinds: int, usual: Record, tmp_path: Path
) -> None:
    outcome = compare(usual, recorded(tmp_path, other))
    first = outcome.differences[0]
    assert (first.kind, first.what) == (kind, what)
    assert first.where.startswith(where)
    assert len(outcome.differences) == kinds


def test_the_size_of_a_seeded_difference_is_told(usual: Record, tmp_path: Path) -> None:
    first = compare(usual, recorded(tmp_path, "weight")).differences[0]
    assert first.largest == pytest.approx(0.25)
    assert first.mean == pytest.approx(0.25 / 3)


def contents(folder: Path, **files: str | bytes) -> dict[str, dict[str, object]]:
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data.encode() if isinstance(data, str) else data)
    return contents_of_files({path.name: path for path in folder.iterdir()}, folder)


def test_texts_and_tables_are_told_by_line_and_row(tmp_path: Path) -> None:
    files = contents(tmp_path / "a", **{"log.txt": "one\ntwo\n", "m.csv": "step,loss\n1,0.5\n2,\n", "b.bin": b"\xff\0"})
    assert files["log.txt"] == {"line 1": "one", "line 2": "two"}
    assert files["m.csv"] == {"row 1 step": 1.0, "row 1 loss": 0.5, "row 2 step": 2.0, "row 2 loss": ""}
    assert str(files["b.bin"]["bytes"]).startswith("2 bytes, ")


def test_what_differs_from_run_to_run_is_taken_from_texts(tmp_path: Path) -> None:
    tidy = Tidy(["logs/version_4/a", "logs/version_7/b"], tmp_path)
    text = f"{tmp_path}/logs/version_7 at 2026-11-28 09:15:01,123 on {socket.gethostname()}, not version_3"
    host = "HOST" if len(socket.gethostname()) > 3 else socket.gethostname()
    assert tidy(text) == f"./logs/version_1 at TIME on {host}, not version_3"


def test_a_checkpoint_is_told_by_its_parts(tmp_path: Path) -> None:
    state = {"epoch": 3, "state_dict": {"w": torch.ones(2)}, "pytorch-lightning_version": "2.6.6", "groundwire_x": 1}
    state["loops"] = {"fit_loop": {"count": 1}}
    torch.save(state, tmp_path / "a.ckpt")
    entries = contents_of_files({"a.ckpt": tmp_path / "a.ckpt"}, tmp_path)["a.ckpt"]
    assert entries["epoch"] == 3
    assert entries["loops.fit_loop.count"] == 1
    assert entries["state_dict.w"]["values"] == [1.0, 1.0]
    of_old = contents_of_files({"a.ckpt": tmp_path / "a.ckpt"}, tmp_path, "1.9.5")["a.ckpt"]
    assert entries.keys() - of_old.keys() == {"loops.fit_loop.count"}
    assert not [name for name in entries if "version" in name or "groundwire" in name]


def test_a_file_that_is_no_checkpoint_is_told_by_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.ckpt").write_bytes(b"\xff torn")
    assert list(contents_of_files({"a.ckpt": tmp_path / "a.ckpt"}, tmp_path)["a.ckpt"]) == ["bytes"]


def test_event_files_are_told_by_their_scalars(tmp_path: Path) -> None:
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("loss", 0.5, 3)
        writer.add_scalar("loss", 0.25, 4)
    (path,) = tmp_path.iterdir()
    contents = contents_of_files({f"tb/{path.name}": path}, tmp_path)
    assert contents["tb/events.out.tfevents"]["loss row 2 at step 4"] == 0.25


def test_a_checkpoint_that_differs_is_found(usual: Record, tmp_path: Path) -> None:
    other = recorded(tmp_path)
    assert other.files is not None
    name = next(name for name in other.files if name.endswith(".ckpt"))
    other.files[name]["global_step"] += 1
    (difference,) = compare(usual, other).differences
    assert (difference.kind, difference.what, difference.largest) == ("files", f"{name} global_step", 1.0)
