import multiprocessing
import os

import pytest
import torch
from torch.utils.data import Dataset, IterableDataset, Subset, TensorDataset

from groundwire import Trainer
from groundwire.data import loaders


class OfFiles(Dataset):
    def __init__(self, entries):
        self.entries = entries

    def __len__(self):
        return len(self.entries)

    def __getitem__(self, index):
        return self.entries[index]


class Stream(IterableDataset):
    def __iter__(self):
        return iter(range(5000))


@pytest.fixture(autouse=True)
def eight_cores(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.setattr(multiprocessing, "get_start_method", lambda allow_none=False: "fork")
    monkeypatch.delenv("LOCAL_WORLD_SIZE", raising=False)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "sample.txt"
    path.write_text("sample")
    return path


@pytest.mark.parametrize(
    "dataset",
    [
        TensorDataset(torch.zeros(5000)),
        OfFiles(["a text. Not a path"] * 5000),
        OfFiles(["x" * 5000] * 5000),
        OfFiles(["nowhere/sample.png"] * 5000),
        OfFiles([(1, 2)] * 5000),
        OfFiles([()] * 5000),
        OfFiles([]),
        Stream(),
        [1] * 5000,
        None,
    ],
)
def test_data_in_memory_and_of_unknown_kind_is_read_without_workers(dataset):
    assert loaders.default_workers(dataset) == 0


def test_many_files_are_read_by_workers(path):
    assert loaders.default_workers(OfFiles([path] * 1000)) == 4
    assert loaders.default_workers(OfFiles([(str(path), 3)] * 1000)) == 4
    assert loaders.default_workers(Subset(OfFiles([path] * 1000), [1, 2])) == 4


def test_few_files_are_read_before_workers_would_have_started(path):
    assert loaders.default_workers(OfFiles([path] * 999)) == 0


@pytest.mark.parametrize(("processes", "workers"), [("2", 4), ("4", 2), ("8", 0)])
def test_the_processes_of_a_machine_share_its_cores(path, monkeypatch, processes, workers):
    monkeypatch.setenv("LOCAL_WORLD_SIZE", processes)
    assert loaders.default_workers(OfFiles([path] * 1000)) == workers


def test_where_workers_start_slowly_there_are_none(path, monkeypatch):
    monkeypatch.setattr(multiprocessing, "get_start_method", lambda allow_none=False: "spawn")
    assert loaders.default_workers(OfFiles([path] * 1000)) == 0


def test_the_default_is_that_of_the_dataset_of_the_run(path):
    trainer = Trainer(None, None, None, callbacks=[])
    trainer.train_dataset, trainer.eval_dataset = OfFiles([path] * 1000), TensorDataset(torch.zeros(4))
    assert trainer.get_default_train_dl_kwargs(2)["num_workers"] == 4
    assert trainer.get_default_eval_dl_kwargs(2)["num_workers"] == 0
