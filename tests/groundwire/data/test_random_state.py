import random
import subprocess
import sys

import numpy as np
import pytest
import torch
from tests.groundwire.data.test_order import Drawn, Lazy, same
from torch import nn
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    RandomSampler,
    Subset,
    TensorDataset,
)

from groundwire import Trainer, TrainerCallback
from groundwire.data.in_batches import in_batches
from groundwire.data.order import DataOrder
from groundwire.data.random_state import random_state, seed_all, set_random_state
from groundwire.utils import DataLoaderSlice


class Augmented(Dataset):
    def __init__(self, size=12):
        generator = torch.Generator().manual_seed(0)
        self.x, self.y = torch.randn(size, 4, generator=generator), torch.randn(size, 1, generator=generator)

    def __len__(self):
        return len(self.x)

    def __getitem__(self, index):
        return self.x[index] + torch.randn(4) * random.random() + float(np.random.rand()), self.y[index]


class Keeps(TrainerCallback):
    """Keeps the batches of a run."""

    def __init__(self):
        self.batches = []

    def on_train_step_end(self, trainer, batch, batch_output, **kwargs):
        self.batches.append(batch[0].clone())


def run(seed=7, epochs=2, callbacks=(), kind=Trainer, before=0, **kwargs):
    """Weights after a run with dropout, shuffled and augmented data, whatever was drawn before it."""
    torch.manual_seed(1)
    model = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.5), nn.Linear(8, 1))
    torch.manual_seed(before), random.seed(before), np.random.seed(before)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    trainer = kind(model, nn.MSELoss(), optimizer, callbacks=callbacks, seed=seed)
    trainer.train(Augmented(), num_epochs=epochs, per_device_batch_size=4, **kwargs)
    return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])


def test_two_runs_with_one_seed_are_equal_to_the_last_bit():
    assert torch.equal(run(before=1), run(before=2))
    assert not torch.equal(run(), run(seed=8))


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("accumulation", [1, 2])
def test_the_number_of_workers_makes_no_difference(workers, accumulation):
    expected = run(gradient_accumulation_steps=accumulation)
    loading = {"num_workers": workers}
    assert torch.equal(run(gradient_accumulation_steps=accumulation, train_dataloader_kwargs=loading), expected)


def test_evaluating_makes_no_difference_to_training():
    assert torch.equal(run(eval_dataset=Augmented(5)), run())


def test_augmentation_and_order_differ_between_epochs():
    keeps = Keeps()
    run(callbacks=[keeps])
    assert not torch.equal(torch.cat(keeps.batches[:3]), torch.cat(keeps.batches[3:]))


def test_a_second_run_that_counts_epochs_on_draws_anew_and_one_that_does_not_draws_the_same():
    keeps = Keeps()
    model = nn.Linear(4, 1)
    trainer = Trainer(model, nn.MSELoss(), torch.optim.SGD(model.parameters(), lr=0.1), [keeps], seed=1)
    for reset in (True, True, False):
        trainer.train(Augmented(), num_epochs=1, per_device_batch_size=12, reset_run_history=reset)
    first, again, further = keeps.batches
    assert torch.equal(again, first)
    assert not torch.equal(further, first)


def test_an_evaluation_by_itself_begins_from_the_seed():
    model = nn.Sequential(nn.Linear(4, 1))
    trainer = Trainer(model, nn.MSELoss(), None, callbacks=[], seed=3)
    losses = []
    for _ in range(2):
        trainer.evaluate(Augmented())
        losses.append(trainer.run_history.get_latest_metric("evaluation_loss"))
    assert losses[0] == losses[1]


def test_without_a_seed_nothing_is_seeded():
    states = []

    class Looks(TrainerCallback):
        def on_training_run_start(self, trainer, **kwargs):
            states.append((torch.get_rng_state(), random.getstate()))

    torch.manual_seed(5), random.seed(5)
    expected = torch.get_rng_state(), random.getstate()
    model = nn.Linear(4, 1)
    torch.set_rng_state(expected[0])
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    Trainer(model, nn.MSELoss(), optimizer, [Looks()]).train(Augmented(), num_epochs=1)
    assert torch.equal(states[0][0], expected[0])
    assert states[0][1] == expected[1]


def test_constructing_a_trainer_seeds_nothing():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    Trainer(None, None, None, callbacks=[], seed=3)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("seed", [1.0, "1", True])
def test_a_seed_is_a_whole_number(seed):
    trainer = Trainer(nn.Linear(4, 1), nn.MSELoss(), None, callbacks=[], seed=seed)
    with pytest.raises(TypeError, match=r"seed: a whole number or None is due, got"):
        trainer.evaluate(Augmented())


@pytest.mark.parametrize("seed", [-1, 0, 2**70, np.int64(3)])
def test_any_whole_number_will_do(seed):
    assert torch.equal(run(seed=seed, epochs=1), run(seed=seed, epochs=1))


def test_importing_groundwire_draws_and_seeds_nothing():
    program = """
import random, numpy, torch
torch.manual_seed(1), random.seed(1), numpy.random.seed(1)
import accelerate
before = torch.get_rng_state(), random.getstate(), numpy.random.get_state()[1]
import groundwire, groundwire.trainer, groundwire.callbacks, groundwire.utils
assert torch.equal(torch.get_rng_state(), before[0])
assert random.getstate() == before[1]
assert (numpy.random.get_state()[1] == before[2]).all()
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


# states


def test_a_random_state_is_put_back_with_the_generators_of_loaders():
    loader = DataLoader(Drawn(), sampler=RandomSampler(Drawn(), generator=torch.Generator().manual_seed(2)))

    def drawn():
        return torch.rand(2), random.random(), np.random.rand(), np.random.randn(), list(loader.sampler)

    np.random.randn()  # NumPy keeps the second of a pair
    state = random_state(torch.device("cpu"), loader)
    first = drawn()
    drawn()
    set_random_state(state, torch.device("cpu"), loader)
    assert same(drawn(), first)


@pytest.mark.parametrize(
    ("loader", "torch_alone"),
    [
        (DataLoader(TensorDataset(torch.arange(8)), 2, shuffle=True), True),
        (DataLoader(Subset(TensorDataset(torch.arange(8)), [1, 2, 5]), 2), True),
        (in_batches(DataLoader(TensorDataset(torch.arange(8)), 2, shuffle=True)), True),
        (DataLoaderSlice(DataLoader(TensorDataset(torch.arange(8)), 2, shuffle=True), 2), True),
        (DataLoader(Drawn(), 2), False),
        (DataLoader(Subset(Drawn(), [1, 2]), 2), False),
        (DataLoader(TensorDataset(torch.arange(8)), batch_sampler=Lazy()), False),
        (DataLoader(TensorDataset(torch.arange(8)), batch_sampler=BatchSampler(Lazy(), 2, False)), False),
        (DataLoader(TensorDataset(torch.arange(8)), 2, sampler=Lazy()), False),
        (DataLoader(TensorDataset(torch.arange(8)), 2, collate_fn=list), False),
        ([torch.zeros(2)], False),
    ],
)
def test_generators_that_no_batch_can_draw_from_are_not_asked_for_their_state(loader, torch_alone):
    """NumPy alone takes fifty microseconds to tell it, a third of a short step."""
    order = DataOrder()
    order.begin(loader)
    assert ({"random", "numpy"} & set(order.before) == set()) is torch_alone
    assert {"torch", "generators"} <= set(order.before)


def test_a_random_state_loads_without_running_code(tmp_path):
    torch.save(random_state(torch.device("cpu")), tmp_path / "state")
    expected = torch.rand(2), np.random.rand(), random.random()
    set_random_state(torch.load(tmp_path / "state", weights_only=True), torch.device("cpu"))
    assert same((torch.rand(2), np.random.rand(), random.random()), expected)


def test_seeding_reaches_all_three_generators():
    drawn = []
    for _ in range(2):
        seed_all(2**64 - 1)
        drawn.append((torch.rand(2), random.random(), np.random.rand()))
    assert same(*drawn)
