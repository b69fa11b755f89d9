import os
import random

import lightning
import numpy as np
import pytest
import torch
from lightning.fabric.utilities.seed import pl_worker_init_function

from groundwire_lightning import seed_everything
from groundwire_lightning.utilities import seed as ours


def drawn():
    return random.random(), float(np.random.rand()), torch.rand(1).item()


@pytest.fixture(autouse=True)
def _as_it_was(monkeypatch):
    monkeypatch.delenv("PL_GLOBAL_SEED", raising=False)
    monkeypatch.delenv("PL_SEED_WORKERS", raising=False)
    with ours.isolate_rng():
        yield


@pytest.mark.parametrize("workers", [True, False])
def test_every_generator_draws_what_it_draws_under_lightning(workers):
    outcomes = []
    for seed in (lightning.seed_everything, seed_everything):
        given = seed(7, workers=workers, verbose=False)
        outcomes.append((given, drawn(), os.environ["PL_GLOBAL_SEED"], os.environ["PL_SEED_WORKERS"]))
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize("worker", [0, 3])
def test_a_worker_draws_what_it_draws_under_lightning(worker):
    outcomes = []
    for start in (pl_worker_init_function, ours.start_worker):
        torch.manual_seed(5)
        start(worker)
        outcomes.append(drawn())
    assert outcomes[0] == outcomes[1]


def test_without_a_seed_that_of_the_environment_is_taken(monkeypatch):
    monkeypatch.setenv("PL_GLOBAL_SEED", "11")
    assert seed_everything(verbose=False) == 11
    monkeypatch.setenv("PL_GLOBAL_SEED", "eleven")
    with pytest.raises(ValueError, match="PL_GLOBAL_SEED='eleven'"):
        seed_everything()


def test_without_any_seed_it_is_0_and_said_so():
    with pytest.warns(UserWarning, match="seed set to 0"):
        assert seed_everything() == 0


@pytest.mark.parametrize("wrong", [-1, 2**32])
def test_a_seed_that_numpy_cannot_take_is_refused(wrong):
    with pytest.raises(ValueError, match=f"seed={wrong} is out of bounds"):
        seed_everything(wrong)


def test_the_seed_that_was_set_last_is_gone_back_to():
    seed_everything(3, workers=True, verbose=False)
    first = drawn()
    ours.reset_seed()
    assert drawn() == first
    assert ours.seeds_workers()


def test_without_a_seed_that_was_set_nothing_is_reset():
    torch.manual_seed(1)
    state = torch.get_rng_state()
    ours.reset_seed()
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("asks", [{}, {"include_cuda": False}])
def test_what_is_drawn_in_isolation_is_drawn_again(asks):
    seed_everything(3, verbose=False)
    with ours.isolate_rng(**asks):
        inside = drawn()
    assert drawn() == inside


def test_cards_are_left_alone_where_it_is_asked_for(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_rng_state_all", None)
    with ours.isolate_rng(include_cuda=False):
        pass
