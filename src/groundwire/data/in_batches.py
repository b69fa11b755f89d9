"""Tensors in memory, fetched a batch at a time: the same batches as sample by sample, sooner.

The loader, its sampler and its random draws stay torch's. Only the dataset's answer to "give me
these samples" changes, and only where it is known to give the very same batch.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    RandomSampler,
    SequentialSampler,
    Subset,
    TensorDataset,
    default_collate,
)


class Rows(Sequence[Any]):
    """Samples that were fetched as one batch; :func:`collate` takes the batch, anybody else sees samples.

    Args:
        columns: One tensor for each tensor of the dataset, the samples along its first dimension.
    """

    def __init__(self, columns: list[Tensor]) -> None:
        self.columns = columns

    def __len__(self) -> int:
        return len(self.columns[0])

    def __getitem__(self, index: Any) -> Any:
        return tuple(column[index] for column in self.columns)

    def __iter__(self) -> Iterator[Any]:
        return iter(zip(*self.columns, strict=True))


class InBatches(Dataset[Any]):
    """A dataset of tensors that is asked for several samples at once.

    Args:
        dataset: A ``TensorDataset``, or a ``Subset`` of one.
    """

    def __init__(self, dataset: Any) -> None:
        self.dataset = dataset
        self._is_subset = type(dataset) is Subset
        self._tensors: tuple[Tensor, ...] = _tensors_of(dataset)

    def __getattr__(self, name: str) -> Any:
        # without this guard, unpickling would look for `dataset` in `dataset` for ever
        if name == "dataset" or name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.dataset, name)

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: Any) -> Any:
        return self.dataset[index]

    def __getitems__(self, indices: list[int]) -> Any:
        """The samples at ``indices``."""
        if _tensors_of(self.dataset) is not self._tensors:  # others were put in their place since
            return [self.dataset[index] for index in indices]
        try:
            rows = [self.dataset.indices[index] for index in indices] if self._is_subset else indices
            chosen = torch.tensor(rows)
            return Rows([tensor.index_select(0, chosen) for tensor in self._tensors])
        except (IndexError, RuntimeError, TypeError, ValueError):  # from the end, or of a kind that only datasets know
            return [self.dataset[index] for index in indices]


def collate(samples: Any) -> Any:
    """Collate as torch does by default, which is nothing where the samples came as a batch."""
    return samples.columns if isinstance(samples, Rows) else default_collate(samples)


def in_batches(loader: Any) -> Any:
    """A loader that gives the same batches and fetches each at once; the loader itself where it cannot.

    That is an exact ``DataLoader`` without workers, with the default collate function, over an
    exact ``TensorDataset`` (or a ``Subset`` of one) of plain dense tensors that need no gradient.

    Args:
        loader: Any loader; it is not changed.
    """
    if type(loader) is not DataLoader or loader.num_workers or loader.collate_fn is not default_collate:
        return loader
    if loader.batch_sampler is None or not _is_in_memory(loader.dataset):
        return loader
    other = copy.copy(loader)
    # a DataLoader refuses another dataset, since its sampler may depend on it; this one has the same samples
    vars(other).update(dataset=InBatches(loader.dataset), collate_fn=collate)
    return other


def draws_from_torch_alone(loader: Any) -> bool:
    """True where everything that gives the batches is torch's own, which asks no generator of Python or NumPy."""
    if type(loader) is not DataLoader or loader.collate_fn not in (default_collate, collate):
        return False
    dataset = loader.dataset.dataset if type(loader.dataset) is InBatches else loader.dataset
    if type(dataset.dataset if type(dataset) is Subset else dataset) is not TensorDataset:
        return False
    batches = loader.batch_sampler
    return type(batches) is BatchSampler and type(batches.sampler) in (RandomSampler, SequentialSampler)


def _is_in_memory(dataset: Any) -> bool:
    inner = dataset.dataset if type(dataset) is Subset else dataset
    return type(inner) is TensorDataset and bool(inner.tensors) and all(map(_is_plain, inner.tensors))


def _is_plain(tensor: Any) -> bool:
    return (
        type(tensor) is Tensor
        and tensor.layout is torch.strided
        and tensor.device.type == "cpu"
        and not tensor.requires_grad
        and not tensor.is_quantized
        and tensor.is_contiguous()
    )


def _tensors_of(dataset: Any) -> tuple[Tensor, ...]:
    inner: Any = dataset.dataset if type(dataset) is Subset else dataset
    tensors: tuple[Tensor, ...] = inner.tensors
    return tensors
