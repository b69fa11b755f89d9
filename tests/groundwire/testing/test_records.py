"""Records: golden files hold all of one, and bytes that are something else are refused."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
import torch

from groundwire.testing import Record, RecordError

EVENTS = [
    {"k": "start", "torch": "2.9"},
    {"k": "loss", "values": [float("nan")]},
    {"k": "step", "optimizer": "SGD 0", "rates": [0.1], "tensors": {}},
    {"k": "step", "optimizer": "SGD 0", "rates": [0.1], "tensors": {}},
    {"k": "call", "name": "Net.on_train_end", "args": []},
]


def test_a_golden_file_holds_all_of_a_record_and_is_the_same_each_time(tmp_path: Path) -> None:
    weights = {"a": torch.randn(3, 2).T, "b": torch.ones(2, dtype=torch.bfloat16)}
    record = Record(EVENTS, weights, {"log.txt": {"line 1": "over"}}, "Lightning")
    record.export(tmp_path / "one.zip")
    record.export(tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    again = Record.of_file(tmp_path / "one.zip")
    assert str(again.events) == str(EVENTS)
    assert (again.files, again.name) == (record.files, "Lightning")
    assert all(torch.equal(again.weights[name], weights[name]) for name in weights)


def test_a_golden_file_holds_no_pickle(tmp_path: Path) -> None:
    Record(EVENTS, {"a": torch.ones(2)}).export(tmp_path / "golden.zip")
    with zipfile.ZipFile(tmp_path / "golden.zip") as file:
        assert all(Path(name).suffix in (".json", ".jsonl", ".safetensors") for name in file.namelist())


@pytest.mark.parametrize("data", [b"", b"PK\3\4 torn", b"\x80\x04N."])
def test_bytes_that_are_no_record_are_refused(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "golden.zip").write_bytes(data)
    with pytest.raises(RecordError, match="no record of a run"):
        Record.of_file(tmp_path / "golden.zip")


def test_a_record_of_a_later_format_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "golden.zip", "w") as file:
        file.writestr("groundwire-record.json", json.dumps({"format": 2, "name": "x"}))
    with pytest.raises(RecordError, match="has format 2"):
        Record.of_file(tmp_path / "golden.zip")


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="cannot be written"):
        Record(EVENTS).export(tmp_path / "nowhere" / "golden.zip")


def test_a_torn_last_line_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").write_text('{"k": "start"}\n{"k": "loss", "val', "utf-8")
    assert Record.of_folder(tmp_path, "the run").events == [{"k": "start"}]


def test_a_record_is_cut_behind_a_step() -> None:
    record = Record(EVENTS, {"a": torch.ones(1)}, {"f": {}})
    cut = record.cut(1)
    assert [event["k"] for event in cut.events] == ["start", "loss", "step", "limit"]
    assert (cut.weights, cut.files, cut.is_cut) == ({}, None, 1)
    assert record.cut(3) is record


def test_progress_is_told_in_a_line() -> None:
    assert Record(EVENTS).progress() == "2 optimizer steps, 1 hook calls, last Net.on_train_end"
    assert Record([]).progress() == "0 optimizer steps, 0 hook calls"
