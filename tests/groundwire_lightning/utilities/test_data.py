from dataclasses import dataclass

import lightning.pytorch.utilities.data as theirs
import pytest
import torch
from torch.utils.data import DataLoader, IterableDataset

from groundwire_lightning import MisconfigurationException
from groundwire_lightning.utilities.data import extract_batch_size, has_len


@dataclass
class Pair:
    inputs: torch.Tensor
    targets: torch.Tensor


FOUR = torch.zeros(4, 2)
BATCHES = {
    "a tensor": FOUR,
    "a scalar": torch.tensor(1.0),
    "a pair": [FOUR, torch.zeros(4)],
    "a dictionary": {"a": "text", "b": {"c": FOUR}},
    "nested": [["text"], (FOUR,)],
    "a dataclass": Pair(FOUR, FOUR),
}


@pytest.mark.parametrize("which", BATCHES)
def test_a_batch_has_the_size_that_lightning_finds(which):
    batch = BATCHES[which]
    assert extract_batch_size(batch) == theirs.extract_batch_size(batch)


def test_a_batch_without_a_tensor_has_no_size_to_weigh_with():
    with pytest.raises(MisconfigurationException, match="told from a list"):
        extract_batch_size(["text", 3])


@pytest.mark.parametrize("batch", [[FOUR, torch.zeros(3)], {"a": FOUR, "b": torch.zeros(3)}])
def test_tensors_of_several_lengths_are_warned_of(batch):
    with pytest.warns(UserWarning, match="the first, 4, weighs"):
        assert extract_batch_size(batch) == 4


class Stream(IterableDataset):
    def __iter__(self):
        return iter(range(3))


@pytest.mark.parametrize(("dataset", "sized"), [(range(4), True), (Stream(), False)])
def test_a_loader_says_how_many_batches_it_has_where_its_data_does(dataset, sized):
    assert has_len(DataLoader(dataset)) is sized
