"""A dataset whose batches are fetched under seeds of their own, in whichever process that happens."""

from __future__ import annotations

from typing import Any, NamedTuple

from groundwire.data.random_state import seed_all

__all__ = ["Draw", "SeededDataset"]


class Draw(NamedTuple):
    """The indices of a batch, and the seed to fetch it under: what the sampler of a seeded epoch yields."""

    seed: int
    indices: Any


class SeededDataset:
    """Stands before the dataset of a loader for a seeded epoch, in its workers too: a batch is fetched under its seed.

    Attributes are those of the dataset, also when they are set, as in a ``worker_init_fn``.
    """

    def __init__(self, dataset: Any) -> None:
        vars(self)["_dataset"] = dataset

    def __getitems__(self, draw: Draw) -> Any:
        seed_all(draw.seed)
        dataset = self._dataset
        many = getattr(dataset, "__getitems__", None)
        return many(draw.indices) if many else [dataset[index] for index in draw.indices]

    def __getitem__(self, draw: Any) -> Any:
        if not isinstance(draw, Draw):
            return self._dataset[draw]
        seed_all(draw.seed)
        return self._dataset[draw.indices]

    def __len__(self) -> int:
        return len(self._dataset)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "_dataset":
            raise AttributeError(name)
        return getattr(self._dataset, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._dataset, name, value)
