import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.groundwire.runs import data, equal, trainer_for, weights
from torch.utils.data import DataLoader, Dataset, Subset, TensorDataset, default_collate

from groundwire.data.in_batches import InBatches, Rows, collate, in_batches

DTYPES = [torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.uint8, torch.bool]
SHAPES = [(), (3,), (2, 3), (1, 4, 4), (0,)]


def batches_of(loader):
    torch.manual_seed(3)
    return [*loader], torch.get_rng_state()


@settings(max_examples=60, deadline=None)
@given(
    samples=st.integers(1, 23),
    batch_size=st.integers(1, 9),
    columns=st.lists(st.tuples(st.sampled_from(DTYPES), st.sampled_from(SHAPES)), min_size=1, max_size=3),
    shuffle=st.booleans(),
    drop_last=st.booleans(),
    subset=st.booleans(),
)
def test_batches_are_the_same_in_value_type_layout_and_order(samples, batch_size, columns, shuffle, drop_last, subset):
    tensors = [torch.randint(0, 2, (samples, *shape)).to(dtype) for dtype, shape in columns]
    dataset = TensorDataset(*tensors)
    if subset:
        dataset = Subset(dataset, list(range(0, samples, 2)))
    loader = DataLoader(dataset, batch_size, shuffle=shuffle, drop_last=drop_last)
    (expected, after), (got, after_ours) = batches_of(loader), batches_of(in_batches(loader))
    assert isinstance(in_batches(loader).dataset, InBatches)
    assert len(expected) == len(got)
    assert torch.equal(after, after_ours)
    for one, other in zip(expected, got, strict=True):
        assert type(one) is type(other)
        for left, right in zip(one, other, strict=True):
            assert left.dtype == right.dtype
            assert left.stride() == right.stride()
            assert torch.equal(left, right)
            assert not right.requires_grad


def test_the_loader_itself_is_not_changed():
    dataset = TensorDataset(torch.arange(4))
    loader = DataLoader(dataset, 2)
    in_batches(loader)
    assert loader.dataset is dataset
    assert loader.collate_fn is default_collate


def test_what_asks_for_samples_still_gets_them():
    dataset = in_batches(DataLoader(TensorDataset(torch.arange(6), torch.arange(6) * 2), 2)).dataset
    assert len(dataset) == 6
    assert dataset[3] == (torch.tensor(3), torch.tensor(6))
    assert torch.equal(dataset.tensors[0], torch.arange(6))
    again = [batch[1].tolist() for batch in DataLoader(dataset, 3)]
    assert again == [[0, 2, 4], [6, 8, 10]]


def test_rows_look_like_samples():
    rows = Rows([torch.arange(3), torch.arange(3) + 1])
    assert len(rows) == 3
    assert rows[1] == (torch.tensor(1), torch.tensor(2))
    assert [int(left) for left, _ in rows] == [0, 1, 2]
    assert all(torch.equal(one, other) for one, other in zip(default_collate(rows), collate(rows), strict=True))


def test_indices_from_the_end_are_fetched_one_by_one():
    loader = DataLoader(TensorDataset(torch.arange(5)), batch_sampler=[[-1, 0], [-2, 1]])
    assert [batch[0].tolist() for batch in in_batches(loader)] == [[4, 0], [3, 1]]


class Mine(TensorDataset):
    pass


class Squares(Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, index):
        return torch.tensor(index**2)


def own_collate(samples):
    return samples


DATA = TensorDataset(torch.arange(4.0))


@pytest.mark.parametrize(
    "loader",
    [
        [1, 2],
        DataLoader(Mine(torch.arange(4))),
        DataLoader(Squares()),
        DataLoader(DATA, collate_fn=own_collate),
        DataLoader(DATA, batch_size=None),
        DataLoader(DATA, num_workers=1),
        DataLoader(TensorDataset(torch.ones(4, requires_grad=True))),
        DataLoader(TensorDataset(torch.ones(4, 4).t())),
        DataLoader(TensorDataset(torch.eye(4).to_sparse())),
        DataLoader(TensorDataset(torch.nn.Parameter(torch.ones(4)))),
        DataLoader(Subset(Mine(torch.arange(4)), [0])),
    ],
    ids=["iterable", "subclass", "own dataset", "own collate", "no batches", "workers", "gradient", "strides", "sparse",
         "parameter", "subset of a subclass"],
)  # fmt: skip
def test_everything_else_is_left_alone(loader):
    assert in_batches(loader) is loader


def test_tensors_that_were_put_in_place_of_others_are_seen():
    dataset = TensorDataset(torch.arange(4))
    loader = in_batches(DataLoader(dataset, 2))
    dataset.tensors = (torch.arange(4) + 10,)
    assert [batch[0].tolist() for batch in loader] == [[10, 11], [12, 13]]


@pytest.mark.parametrize("seed", [None, 3])
def test_a_trainer_fetches_what_it_is_given_at_once_and_trains_to_the_same_bits(seed):
    ends = []
    for dataset in (data(10), Mine(*data(10).tensors)):
        torch.manual_seed(7)
        trainer = trainer_for(seed=seed)
        trainer.train(dataset, 2, eval_dataset=dataset, per_device_batch_size=4)
        ends.append((weights(trainer.model), trainer.run_history.to_dict()))
        in_memory = type(dataset) is TensorDataset
        assert isinstance(trainer._train_dataloader.dataset, InBatches) == in_memory
        assert isinstance(trainer._eval_dataloader.dataset, InBatches) == in_memory
    assert equal(ends[0][0], ends[1][0])
    assert ends[0][1] == ends[1][1]


def test_a_loader_that_the_trainer_is_given_stays_as_it_is():
    loader = DataLoader(data(4), 2)
    trainer = trainer_for()
    trainer.train(loader, 1)
    assert trainer._train_dataloader is loader
