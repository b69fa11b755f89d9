import copy
import os
import pickle

import pytest
import torch
from accelerate import Accelerator
from accelerate.state import GradientState
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

from groundwire.utils import (
    LIMIT_BATCHES_ENV_VAR,
    DataLoaderSlice,
    LimitBatches,
)


def test_a_limit_is_set_within_the_context_only(monkeypatch):
    monkeypatch.delenv(LIMIT_BATCHES_ENV_VAR, raising=False)
    with LimitBatches(3) as limit:
        assert os.environ["PT_ACC_LIMIT_BATCHES"] == "3"
        assert limit.num_batches == 3
    assert LIMIT_BATCHES_ENV_VAR not in os.environ


def test_a_limit_that_was_set_before_is_back_afterwards_also_after_an_error(monkeypatch):
    monkeypatch.setenv(LIMIT_BATCHES_ENV_VAR, "7")
    outer = LimitBatches(2)
    with pytest.raises(RuntimeError, match="stop"), outer, LimitBatches(1), outer:
        raise RuntimeError("stop")
    assert os.environ[LIMIT_BATCHES_ENV_VAR] == "7"


def test_a_limit_taken_away_inside_is_no_error(monkeypatch):
    monkeypatch.delenv(LIMIT_BATCHES_ENV_VAR, raising=False)
    with LimitBatches(2):
        del os.environ[LIMIT_BATCHES_ENV_VAR]
    assert LIMIT_BATCHES_ENV_VAR not in os.environ


@pytest.mark.parametrize("wrong", [0, -1, 1.5, "3", True, None])
def test_a_limit_below_one_batch_is_refused(wrong):
    with pytest.raises(
        (TypeError, ValueError), match=f"num_batches: a whole number of at least 1 is due, got {wrong!r}"
    ):
        LimitBatches(wrong)


@settings(deadline=None)
@given(st.integers(0, 8), st.integers(0, 12))
def test_a_slice_has_the_first_batches_and_says_how_many(length, size):
    batches = DataLoaderSlice(list(range(length)), size)
    assert list(batches) == list(batches) == list(range(min(length, size)))
    assert len(batches) == min(length, size)


class Stream(IterableDataset):
    def __iter__(self):
        return iter(range(10))


def test_a_slice_of_data_without_a_length_has_none():
    batches = DataLoaderSlice(DataLoader(Stream(), batch_size=2), 3)
    assert [batch.tolist() for batch in batches] == [[0, 1], [2, 3], [4, 5]]
    with pytest.raises(TypeError, match="has no len"):
        len(batches)


def test_a_slice_fetches_no_batch_too_many():
    fetched = []
    batches = (fetched.append(number) or number for number in range(10))
    assert list(DataLoaderSlice(batches, 3)) == fetched == [0, 1, 2]


def test_a_slice_answers_for_its_loader():
    loader = DataLoader(range(10), batch_size=2)
    batches = DataLoaderSlice(loader, 3)
    assert batches.dataset == range(10)
    assert batches.batch_size == 2
    with pytest.raises(AttributeError, match="nothing_such"):
        batches.nothing_such  # noqa: B018


def test_a_slice_can_be_pickled_and_copied():
    for again in (copy.deepcopy, lambda batches: pickle.loads(pickle.dumps(batches))):
        assert list(again(DataLoaderSlice([1, 2, 3], 2))) == [1, 2]


def test_a_slice_of_a_prepared_loader_leaves_nothing_behind():
    loader = Accelerator(cpu=True).prepare(DataLoader(TensorDataset(torch.arange(8.0)), batch_size=2))
    assert len(list(DataLoaderSlice(loader, 2))) == 2
    assert GradientState().in_dataloader is False


@pytest.mark.parametrize("wrong", [-1, 2.0, "3", None])
def test_a_slice_of_no_size_is_refused(wrong):
    with pytest.raises((TypeError, ValueError), match="slice_size: a whole number of at least 0 is due"):
        DataLoaderSlice([], wrong)
