import pickle

import torch
from torch.utils.data import TensorDataset

from groundwire.data.seeded import Draw, SeededDataset


class Noisy:
    """A dataset of samples that are drawn."""

    size = 3

    def __len__(self):
        return self.size

    def __getitem__(self, index):
        return index, torch.rand(()).item()


def test_a_batch_is_fetched_under_its_seed():
    dataset = SeededDataset(Noisy())
    first = dataset.__getitems__(Draw(7, [0, 1]))
    torch.rand(5)
    assert dataset.__getitems__(Draw(7, [0, 1])) == first != dataset.__getitems__(Draw(8, [0, 1]))
    assert [dataset[Draw(7, 0)]] == first[:1]


def test_a_dataset_that_fetches_several_samples_at_once_still_does():
    class Many(TensorDataset):
        def __getitems__(self, indices):
            return indices

    assert SeededDataset(Many(torch.arange(3))).__getitems__(Draw(0, [2, 1])) == [2, 1]


def test_attributes_are_read_from_the_dataset_and_set_on_it():
    inner = Noisy()
    dataset = SeededDataset(inner)
    dataset.size = 5
    assert (inner.size, len(dataset), len(pickle.loads(pickle.dumps(dataset)))) == (5, 5, 5)
    assert dataset[1][0] == 1
