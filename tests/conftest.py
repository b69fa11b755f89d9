"""Each test runs in a directory and an environment of its own: what a run leaves there is gone after it."""

import gc
import os
import tempfile
from collections.abc import Iterator

import pytest
import torch


def pytest_collection_finish() -> None:
    _set_aside()


@pytest.fixture(autouse=True, scope="module")
def _what_stays_is_set_aside() -> Iterator[None]:
    yield
    _set_aside()


def _set_aside() -> None:
    """What is there by now stays to the end, so that no search for garbage goes through it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _in_a_directory_of_its_own() -> Iterator[None]:
    before = os.getcwd()  # noqa: PTH109
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        os.chdir(place)
        yield
        os.chdir(before)


@pytest.fixture(autouse=True)
def _in_an_environment_of_its_own() -> Iterator[None]:
    """A strategy for several processes says so in the environment, and opens a process group."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


@pytest.fixture
def in_a_folder(tmp_path, monkeypatch):
    """An empty folder to run in; what arguments of a Trainer set for the whole process is taken back."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", "")
    before = torch.backends.cudnn.benchmark, torch.are_deterministic_algorithms_enabled()
    yield
    torch.backends.cudnn.benchmark = before[0]
    torch.use_deterministic_algorithms(before[1])
