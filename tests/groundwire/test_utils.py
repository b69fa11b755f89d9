import random
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.data import DataLoader, Dataset

from groundwire import ema, utils
from groundwire.utils import (
    DataLoaderSlice,
    local_process_zero_first,
    local_process_zero_only,
    remove_padding,
    worker_init_fn,
    world_process_zero_only,
)


def test_the_average_and_the_seed_are_found_here_too():
    assert utils.ModelEma is ema.ModelEma
    utils.set_seed(3)
    drawn = torch.rand(1), random.random(), np.random.rand()
    utils.set_seed(3)
    assert drawn == (torch.rand(1), random.random(), np.random.rand())


def test_importing_the_helpers_seeds_nothing():
    code = """
        import random, numpy, torch
        before = random.getstate(), numpy.random.get_state()[1].tolist(), torch.get_rng_state().tolist()
        import groundwire.utils
        assert before == (random.getstate(), numpy.random.get_state()[1].tolist(), torch.get_rng_state().tolist())
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True)


def test_the_random_state_is_drawn_from_when_the_iteration_is_asked_for():
    torch.manual_seed(0)
    before = torch.get_rng_state()
    batches = iter(DataLoaderSlice(DataLoader(range(4)), 2))
    assert not torch.equal(before, torch.get_rng_state())
    list(batches)


@pytest.mark.parametrize("decorator", [local_process_zero_only, local_process_zero_first, world_process_zero_only])
def test_in_one_process_a_decorated_function_is_as_before(decorator):
    @decorator
    def named(a, *, b):
        """Adds."""
        return a + b

    assert named(1, b=2) == 3
    assert (named.__name__, named.__doc__) == ("named", "Adds.")


class State:
    def __init__(self, local, world):
        self.local_process_index, self.process_index = local, world


@pytest.mark.parametrize(
    ("decorator", "local", "world", "order"),
    [
        (local_process_zero_only, 0, 4, ["run", "wait"]),
        (local_process_zero_only, 1, 0, ["wait"]),
        (world_process_zero_only, 1, 0, ["run", "wait"]),
        (world_process_zero_only, 0, 4, ["wait"]),
        (local_process_zero_first, 0, 4, ["run", "wait"]),
        (local_process_zero_first, 1, 5, ["wait", "run"]),
    ],
)
@pytest.mark.parametrize("fails", [False, True])
def test_who_runs_and_who_waits(monkeypatch, decorator, local, world, order, fails):
    seen = []
    monkeypatch.setattr(utils, "PartialState", lambda: State(local, world))
    monkeypatch.setattr(utils, "wait_for_everyone", lambda: seen.append("wait"))

    @decorator
    def work():
        seen.append("run")
        if fails:
            raise RuntimeError("no space left")
        return "done"

    if fails and "run" in order:
        with pytest.raises(RuntimeError, match="no space left"):
            work()
    else:
        assert work() == ("done" if "run" in order else None)
    assert seen == order


class Noise(Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, index):
        return torch.tensor([torch.rand(1).item(), random.random(), np.random.rand()])


def noise(init):
    torch.manual_seed(5)
    return torch.cat(list(DataLoader(Noise(), num_workers=1, worker_init_fn=init)))


def test_workers_draw_the_same_numbers_in_two_runs_and_those_that_torch_gives_them():
    first, second, plain = noise(worker_init_fn), noise(worker_init_fn), noise(None)
    assert torch.equal(first, second)
    assert torch.equal(first, plain)
    assert len(first.unique()) == 12


def test_called_by_hand_it_seeds_from_torch_and_leaves_torch_alone():
    def drawn(worker_id):
        torch.manual_seed(5)
        before = torch.get_rng_state()
        worker_init_fn(worker_id)
        assert torch.equal(before, torch.get_rng_state())
        return random.random(), np.random.rand()

    assert drawn(0) == drawn(0) != drawn(1)


@pytest.mark.parametrize(
    ("padded", "value", "expected"),
    [
        ([1.0, -1.0, 2.0, -1.0], -1, [1.0, 2.0]),
        ([[1.0, -1.0], [-1.0, -1.0], [0.0, 2.0]], -1, [[1.0, -1.0], [0.0, 2.0]]),
        ([[[1.0], [0.0]], [[0.0], [0.0]]], 0, [[[1.0], [0.0]]]),
        ([[float("nan"), float("nan")], [1.0, 2.0]], float("nan"), [[1.0, 2.0]]),
        ([-1.0, -1.0], -1, []),
    ],
)
def test_rows_of_nothing_but_padding_are_dropped(padded, value, expected):
    assert remove_padding(torch.tensor(padded), value).tolist() == expected


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(0, 3), min_size=2, max_size=2), max_size=6), st.integers(0, 5))
def test_rows_survive_padding_and_its_removal(rows, padding):
    tensor = torch.tensor(rows, dtype=torch.long).reshape(-1, 2)
    padded = torch.cat([tensor, torch.full((padding, 2), -100)])
    assert torch.equal(remove_padding(padded, -100), tensor)
