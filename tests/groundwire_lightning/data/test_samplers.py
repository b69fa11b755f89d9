"""Which samples each of several processes reads: Lightning's shares, sample for sample."""

import pytest
import torch
from lightning.pytorch.overrides.distributed import UnrepeatedDistributedSamplerWrapper
from lightning.pytorch.trainer.connectors.data_connector import _get_distributed_sampler
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    DistributedSampler,
    IterableDataset,
    WeightedRandomSampler,
)

from groundwire_lightning.data.samplers import loader_share


class Numbers(Dataset):
    def __init__(self, number):
        self.number = number

    def __len__(self):
        return self.number

    def __getitem__(self, index):
        return index


class Stream(IterableDataset):
    def __iter__(self):
        return iter(range(5))


class Backwards:
    def __init__(self, number):
        self.number = number

    def __iter__(self):
        return iter(range(self.number - 1, -1, -1))

    def __len__(self):
        return self.number


def read(loader, epoch=0):
    sampler = getattr(loader.batch_sampler, "sampler", loader.sampler)
    if hasattr(sampler, "set_epoch"):
        sampler.set_epoch(epoch)
    return [index for batch in loader for index in batch.tolist()]


LOADERS = {
    "in order": lambda data: DataLoader(data, batch_size=2),
    "shuffled": lambda data: DataLoader(data, batch_size=2, shuffle=True),
    "the last dropped": lambda data: DataLoader(data, batch_size=2, drop_last=True),
    "a sampler": lambda data: DataLoader(data, batch_size=2, sampler=Backwards(len(data))),
    "a batch sampler": lambda data: DataLoader(data, batch_sampler=BatchSampler(Backwards(len(data)), 2, False)),
}


@pytest.mark.parametrize("number", [10, 11])
@pytest.mark.parametrize("name", LOADERS)
def test_the_shares_are_lightnings(name, number, monkeypatch):
    monkeypatch.setenv("PL_GLOBAL_SEED", "7")
    data = Numbers(number)
    for rank in range(3):
        loader = LOADERS[name](data)
        ours = loader_share(loader, 3, rank)
        theirs = _get_distributed_sampler(loader, name == "shuffled", 0, num_replicas=3, rank=rank)
        for epoch in (0, 1):
            theirs.set_epoch(epoch)
            expected = list(theirs)
            assert read(ours, epoch) == (expected[: len(expected) // 2 * 2] if "dropped" in name else expected)
        assert loader.sampler is not ours.sampler


@pytest.mark.parametrize("name", ["in order", "a sampler"])
def test_what_is_predicted_is_predicted_once(name):
    data, found = Numbers(11), []
    for rank in range(3):
        loader = LOADERS[name](data)
        ours = loader_share(loader, 3, rank, repeats=False)
        assert read(ours) == list(UnrepeatedDistributedSamplerWrapper(loader.sampler, 3, rank, shuffle=False))
        assert sum(1 for _ in ours) == len(ours)
        found += read(ours)
    assert sorted(found) == list(range(11))


def test_random_samples_are_drawn_anew_for_each_pass():
    data = Numbers(8)
    loader = loader_share(DataLoader(data, sampler=WeightedRandomSampler(torch.ones(8), 8), batch_size=2), 2, 0)
    assert len({tuple(read(loader)) for _ in range(6)}) > 1


@pytest.mark.parametrize(
    "loader",
    [
        DataLoader(Numbers(4), sampler=DistributedSampler(Numbers(4), 2, 0)),
        DataLoader(Stream()),
        [torch.zeros(2)],
    ],
    ids=["shared out already", "a stream", "no loader"],
)
def test_what_cannot_or_need_not_be_shared_out_is_left_alone(loader):
    assert loader_share(loader, 2, 1) is loader


def test_one_process_reads_all_in_the_order_of_several():
    data = Numbers(12)
    ours = loader_share(DataLoader(data, shuffle=True), 1, 0)
    theirs = DistributedSampler(data, 1, 0, shuffle=True, seed=0)
    assert read(ours) == list(theirs)
    assert sorted(read(ours)) == list(range(12))


@pytest.mark.parametrize("name", LOADERS)
def test_what_is_to_be_shuffled_is_shuffled_whatever_the_loader_does(name, monkeypatch):
    monkeypatch.setenv("PL_GLOBAL_SEED", "7")
    loader = LOADERS[name](Numbers(10))
    expected = list(_get_distributed_sampler(loader, True, 0, num_replicas=2, rank=1))
    assert read(loader_share(loader, 2, 1, shuffles=True)) == (expected[:4] if "dropped" in name else expected)
