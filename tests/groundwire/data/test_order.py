import pickle
import random

import numpy as np
import pytest
import torch
from torch.utils.data import (
    DataLoader,
    Dataset,
    IterableDataset,
    Sampler,
    TensorDataset,
    get_worker_info,
)

from groundwire.data.order import DataOrder, Place, SeededDataset, why_not
from groundwire.data.random_state import random_state
from groundwire.utils import DataLoaderSlice


class Drawn(Dataset):
    """Each sample is its index and what the three default generators gave as it was fetched."""

    def __init__(self, size=8):
        self.size = size
        self.fetched = []

    def __len__(self):
        return self.size

    def __getitem__(self, index):
        self.fetched.append(index)
        return torch.tensor([index, torch.rand(()), random.random(), np.random.rand()], dtype=torch.float64)


class Lazy(Sampler):
    """Draws batch by batch, as samplers of users do."""

    def __init__(self, batches=4):
        self.batches = batches

    def __iter__(self):
        return (
            [random.randrange(8), int(torch.randint(8, ())), int(np.random.randint(8))] for _ in range(self.batches)
        )

    def __len__(self):
        return self.batches


class Stream(IterableDataset):
    def __iter__(self):
        return (torch.rand(2) for _ in range(4))


def epoch_of(loader, seed=3, epoch=1, done=0, rank=0, order=None):
    """The batches of an epoch, each with what its step would draw, and what is drawn after the last."""
    order = order or DataOrder(seed, rank)
    batches = [(batch, torch.rand(2), random.random()) for batch in order.of_epoch(loader, epoch, done)]
    return [*batches, torch.rand(2)]


def same(one, other):
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    return len(one) == len(other) and all(map(same, one, other)) if isinstance(one, (list, tuple)) else one == other


# a seed


@pytest.mark.parametrize(
    "kwargs",
    [{"batch_size": 3}, {"batch_size": 3, "shuffle": True}, {"batch_size": None, "shuffle": True}, {"lazy": True}],
    ids=str,
)
def test_batches_and_steps_do_not_depend_on_the_number_of_workers(kwargs):
    def loader(workers):
        given = {"batch_sampler": Lazy()} if "lazy" in kwargs else kwargs
        return DataLoader(Drawn(), num_workers=workers, **given)

    expected = epoch_of(loader(0))
    assert same(epoch_of(loader(1)), expected)
    assert same(epoch_of(loader(2)), expected)


def test_persistent_workers_make_no_difference_either():
    order, persistent = DataOrder(3), DataLoader(Drawn(), 3, shuffle=True, num_workers=1, persistent_workers=True)
    for epoch in (1, 2, 3):
        found = epoch_of(persistent, epoch=epoch, order=order)
        assert same(found, epoch_of(DataLoader(Drawn(), 3, shuffle=True), epoch=epoch))
    order.close()


@pytest.mark.parametrize("other", [{"seed": 4}, {"epoch": 2}, {"rank": 1}])
def test_seed_epoch_and_process_each_make_another_draw(other):
    loader = DataLoader(Drawn(), 4)
    assert not same(epoch_of(loader, **other), epoch_of(loader))


def test_the_order_of_samples_is_that_of_all_processes_and_differs_between_epochs():
    loader = DataLoader(Drawn(), 8, shuffle=True)

    def order(**given):
        return epoch_of(loader, **given)[0][0][:, 0].tolist()

    assert order(rank=1) == order()
    assert order(epoch=2) != order()


def test_no_two_batches_draw_the_same():
    drawn = [tuple(row[1:].tolist()) for batch, *_ in epoch_of(DataLoader(Drawn(), 2))[:-1] for row in batch]
    assert len(set(drawn)) == 8


def test_what_ran_before_makes_no_difference():
    first = epoch_of(DataLoader(Drawn(), 3, shuffle=True))
    torch.rand(5), random.random(), np.random.rand()
    assert same(epoch_of(DataLoader(Drawn(), 3, shuffle=True)), first)


@pytest.mark.parametrize(
    "loader",
    [
        lambda: DataLoader(Drawn(), 2, shuffle=True),
        lambda: DataLoaderSlice(DataLoader(Drawn(), 2, shuffle=True), 3),
        lambda: DataLoader(Drawn(), 2, generator=torch.Generator().manual_seed(1), shuffle=True),
        lambda: DataLoader(Drawn(), batch_sampler=Lazy()),
        lambda: [torch.rand(2), torch.rand(2), torch.rand(2)],
    ],
)
@pytest.mark.parametrize("done", [1, 2, 3])
def test_the_middle_of_a_seeded_epoch_is_entered_as_it_would_have_been_reached(loader, done):
    torch.manual_seed(0)
    whole, halved = loader(), DataOrder(3)
    torch.manual_seed(0)
    again = loader()
    before = random_state(torch.device("cpu"), again)
    expected = epoch_of(whole)
    halved.place = Place(before, len(again), None, random_state(torch.device("cpu"), whole))
    assert same(epoch_of(again, done=done, order=halved), expected[done:])


def test_nothing_is_fetched_to_enter_the_middle_of_a_seeded_epoch():
    dataset, order = Drawn(), DataOrder(3)
    order.place = Place(random_state(torch.device("cpu")), 4, None, random_state(torch.device("cpu")))
    epoch_of(DataLoader(dataset, 2), done=3, order=order)
    assert dataset.fetched == [6, 7]


def test_a_generator_that_was_given_is_not_seeded():
    loader = DataLoader(Drawn(), 8, shuffle=True, generator=torch.Generator().manual_seed(1))
    first = [epoch_of(loader, epoch=1)[0][0][:, 0].tolist() for _ in range(2)]
    assert first[0] != first[1]


def test_a_stream_begins_from_the_seed_in_each_epoch():
    assert same(epoch_of(DataLoader(Stream(), 2)), epoch_of(DataLoader(Stream(), 2)))
    assert not same(epoch_of(DataLoader(Stream(), 2), epoch=2), epoch_of(DataLoader(Stream(), 2)))
    two_workers = [epoch_of(DataLoader(Stream(), 2, num_workers=2)) for _ in range(2)]
    assert same(*two_workers)


def test_the_loader_of_the_user_stays_as_it_was():
    loader = DataLoader(Drawn(), 2, shuffle=True)
    before = dict(vars(loader))
    epoch = DataOrder(3).of_epoch(loader, 1)
    list(epoch)
    assert vars(loader) == before
    assert epoch.dataset is loader.dataset
    assert len(epoch) == 4


def set_in_worker(_):
    get_worker_info().dataset.told = 7


class Told(Drawn):
    told = 0

    def __getitem__(self, index):
        return torch.tensor(self.told)


def test_a_worker_init_fn_reaches_the_dataset():
    loader = DataLoader(Told(2), 2, num_workers=1, worker_init_fn=set_in_worker)
    assert epoch_of(loader)[0][0].tolist() == [7, 7]


def test_a_seeded_dataset_can_be_pickled_and_answers_like_the_dataset():
    dataset = pickle.loads(pickle.dumps(SeededDataset(Drawn(3))))
    assert (len(dataset), dataset.size, dataset[1][0].item()) == (3, 3, 1)
    assert not hasattr(dataset, "anything_else")


def test_a_dataset_that_gives_several_samples_at_once_is_asked_for_them():
    class Many(TensorDataset):
        def __getitems__(self, indices):
            return [(torch.rand(()), len(indices))] * len(indices)

    batches = epoch_of(DataLoader(Many(torch.zeros(4)), 4))
    assert batches[0][0][1].tolist() == [4] * 4


# without a seed


@pytest.mark.parametrize("workers", [0, 2])
def test_without_a_seed_the_epochs_are_those_of_torch(workers):
    loader, order = DataLoader(Drawn(), 3, shuffle=True, num_workers=workers), DataOrder()
    torch.manual_seed(0)
    expected = [[(batch, torch.rand(2)) for batch in loader] for _ in range(2)]
    random.seed(0), np.random.seed(0)
    torch.manual_seed(0)
    random.seed(0), np.random.seed(0)
    found = [[(batch, torch.rand(2)) for batch in order.of_epoch(loader, epoch)] for epoch in (1, 2)]
    assert same(
        [[(b[:, :2], step) for b, step in e] for e in found], [[(b[:, :2], step) for b, step in e] for e in expected]
    )


def test_numpy_and_random_are_seeded_in_workers():
    loader = DataLoader(Drawn(), 4, num_workers=2)

    def epoch():
        torch.manual_seed(5)
        return list(DataOrder().of_epoch(loader, 1))

    first, second = epoch(), epoch()
    assert same(first, second)
    assert len({row[2].item() for batch in first for row in batch}) == 8
    assert len({row[3].item() for batch in first for row in batch}) == 8


def test_the_iterator_is_torchs_own_so_that_a_batch_costs_nothing_more():
    loader = DataLoader(Drawn(), 2)
    assert type(iter(DataOrder().of_epoch(loader, 1))) is type(iter(loader))


# what cannot be entered in its middle


class Knows(Stream):
    def state_dict(self):
        return {}

    def load_state_dict(self, state_dict):
        pass


@pytest.mark.parametrize(
    ("loader", "seeded", "why"),
    [
        (DataLoader(Drawn(), 2), False, None),
        (DataLoader(Drawn(), 2, num_workers=2), False, None),
        (DataLoaderSlice(DataLoader(Drawn(), 2), 2), False, None),
        ([1, 2], False, None),
        (DataLoader(Knows(), 2), False, None),
        (DataLoader(Stream(), 2), True, "Stream is an IterableDataset"),
        (DataLoader(Knows(), 2, num_workers=1), False, "Knows is an IterableDataset"),
        (DataLoader(Drawn(), 2, num_workers=1, in_order=False), True, "in_order=False"),
        (DataLoader(Drawn(), 2, num_workers=1, persistent_workers=True), False, "persistent workers"),
        (DataLoader(Drawn(), 2, num_workers=1, persistent_workers=True), True, None),
        (iter([1]), True, "neither a DataLoader nor a sequence"),
    ],
)
def test_what_has_no_place_to_go_back_to_says_why(loader, seeded, why):
    found = why_not(loader, seeded)
    assert found is None if why is None else why in found
