"""Modules and data that learn nothing in particular, to write tests with.

Names, shapes, defaults and the order in which random numbers are drawn are Lightning's, so that a test
that counts on its numbers gets them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset, IterableDataset, Subset

from groundwire_lightning.core.datamodule import LightningDataModule
from groundwire_lightning.core.module import LightningModule

__all__ = [
    "BoringDataModule",
    "BoringDataModuleNoLen",
    "BoringModel",
    "DemoModel",
    "IterableBoringDataModule",
    "ManualOptimBoringModel",
    "Net",
    "RandomDataset",
    "RandomDictDataset",
    "RandomIterableDataset",
    "RandomIterableDatasetWithLen",
]

SIZE = 32
"""Features of a sample."""
SAMPLES = 64
"""Samples in each phase."""


class RandomDataset(Dataset[Tensor]):
    """Vectors drawn once.

    Args:
        size: Features of a vector.
        length: Number of vectors.
    """

    def __init__(self, size: int, length: int) -> None:
        self.len = length
        self.data = torch.randn(length, size)

    def __getitem__(self, index: int) -> Tensor:
        return self.data[index]

    def __len__(self) -> int:
        return self.len


class RandomDictDataset(Dataset[dict[str, Tensor]]):
    """Vectors drawn once, each as ``"a"`` and, two higher, as ``"b"``.

    Args:
        size: Features of a vector.
        length: Number of vectors.
    """

    def __init__(self, size: int, length: int) -> None:
        self.len = length
        self.data = torch.randn(length, size)

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        vector = self.data[index]
        return {"a": vector, "b": vector + 2}

    def __len__(self) -> int:
        return self.len


class RandomIterableDataset(IterableDataset[Tensor]):
    """Vectors drawn as they are read; it has no ``len()``.

    Args:
        size: Features of a vector.
        count: Number of vectors.
    """

    def __init__(self, size: int, count: int) -> None:
        self.count = count
        self.size = size

    def __iter__(self) -> Iterator[Tensor]:
        return (torch.randn(self.size) for _ in range(self.count))


class RandomIterableDatasetWithLen(RandomIterableDataset):
    """Vectors drawn as they are read, with a ``len()``."""

    def __len__(self) -> int:
        return self.count


class BoringModel(LightningModule):
    """One linear layer that learns to say one; made to be subclassed."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(SIZE, 2)

    def forward(self, x: Tensor) -> Tensor:
        """The output of the layer."""
        output: Tensor = self.layer(x)
        return output

    def loss(self, preds: Tensor, labels: Tensor | None = None) -> Tensor:
        """The mean squared distance of ``preds`` from ``labels``, or from ones where there are no labels."""
        return F.mse_loss(preds, torch.ones_like(preds) if labels is None else labels)

    def step(self, batch: Any) -> Tensor:
        """The loss of a batch in any phase."""
        return self.loss(self(batch))

    def training_step(self, batch: Any, batch_idx: int) -> Any:
        """The loss, in a dictionary."""
        return {"loss": self.step(batch)}

    def validation_step(self, batch: Any, batch_idx: int) -> Any:
        """The loss as ``"x"``."""
        return {"x": self.step(batch)}

    def test_step(self, batch: Any, batch_idx: int) -> Any:
        """The loss as ``"y"``."""
        return {"y": self.step(batch)}

    def configure_optimizers(self) -> Any:
        """SGD whose learning rate shrinks to a tenth in each epoch."""
        optimizer = torch.optim.SGD(self.parameters(), lr=0.1)
        return [optimizer], [torch.optim.lr_scheduler.StepLR(optimizer, step_size=1)]

    def train_dataloader(self) -> Any:
        """A loader over random vectors, one in each batch."""
        return DataLoader(RandomDataset(SIZE, SAMPLES))

    def val_dataloader(self) -> Any:
        """A loader over random vectors, one in each batch."""
        return DataLoader(RandomDataset(SIZE, SAMPLES))

    def test_dataloader(self) -> Any:
        """A loader over random vectors, one in each batch."""
        return DataLoader(RandomDataset(SIZE, SAMPLES))

    def predict_dataloader(self) -> Any:
        """A loader over random vectors, one in each batch."""
        return DataLoader(RandomDataset(SIZE, SAMPLES))


class ManualOptimBoringModel(BoringModel):
    """:class:`BoringModel` that makes its updates itself."""

    def __init__(self) -> None:
        super().__init__()
        self.automatic_optimization = False

    def training_step(self, batch: Any, batch_idx: int) -> Any:
        """The loss, after the update that it led to."""
        optimizer: Any = self.optimizers()
        loss = self.step(batch)
        optimizer.zero_grad()
        self.manual_backward(loss)
        optimizer.step()
        return loss


class DemoModel(LightningModule):
    """One linear layer behind a ReLU, with arguments.

    Args:
        out_dim: Features of the output.
        learning_rate: The rate of Adam.
    """

    def __init__(self, out_dim: int = 10, learning_rate: float = 0.02) -> None:
        super().__init__()
        self.l1 = nn.Linear(SIZE, out_dim)
        self.learning_rate = learning_rate

    def forward(self, x: Tensor) -> Tensor:
        """The output of the layer for a batch, cut off at zero."""
        return torch.relu(self.l1(x.view(x.size(0), -1)))

    def training_step(self, batch: Any, batch_nb: int) -> Any:
        """The sum of the outputs, as the loss."""
        return self(batch).sum()

    def configure_optimizers(self) -> Any:
        """Adam."""
        return torch.optim.Adam(self.parameters(), lr=self.learning_rate)


class Net(nn.Module):
    """A small convolutional network for 28 by 28 pictures in ten classes."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3, 1)
        self.conv2 = nn.Conv2d(32, 64, 3, 1)
        self.dropout1 = nn.Dropout(0.25)
        self.dropout2 = nn.Dropout(0.5)
        self.fc1 = nn.Linear(9216, 128)
        self.fc2 = nn.Linear(128, 10)

    def forward(self, x: Tensor) -> Tensor:
        """Log-probabilities of the classes."""
        x = F.max_pool2d(F.relu(self.conv2(F.relu(self.conv1(x)))), 2)
        x = F.relu(self.fc1(torch.flatten(self.dropout1(x), 1)))
        return F.log_softmax(self.fc2(self.dropout2(x)), dim=1)


class _ByPhase(LightningDataModule):
    """A data module that keeps the data of each phase in an attribute; a subclass makes it in ``of``."""

    kept_as = "random_{}"

    def __init__(self) -> None:
        super().__init__()

    def setup(self, stage: str) -> None:
        """Make the data of a stage; fitting needs that of validation too."""
        for phase, stages in BORING_PHASES.items():
            if stage in stages:
                setattr(self, self.kept_as.format(phase), self.of(phase))

    def of(self, phase: str) -> Any:
        """The data of a phase."""
        raise NotImplementedError

    def _loader(self, phase: str) -> Any:
        data = getattr(self, self.kept_as.format(phase))
        return [DataLoader(part) for part in data] if isinstance(data, list) else DataLoader(data)

    def train_dataloader(self) -> Any:
        """A loader, or several, with one sample in each batch."""
        return self._loader("train")

    def val_dataloader(self) -> Any:
        """A loader, or several, with one sample in each batch."""
        return self._loader("val")

    def test_dataloader(self) -> Any:
        """A loader, or several, with one sample in each batch."""
        return self._loader("test")

    def predict_dataloader(self) -> Any:
        """A loader, or several, with one sample in each batch."""
        return self._loader("predict")


BORING_PHASES: dict[str, Sequence[str]] = {
    "train": ("fit",),
    "val": ("fit", "validate"),
    "test": ("test",),
    "predict": ("predict",),
}
"""Phase to the stages that need its data."""


class BoringDataModule(_ByPhase):
    """Vectors drawn once, a quarter for each phase."""

    def __init__(self) -> None:
        super().__init__()
        self.random_full = RandomDataset(SIZE, SAMPLES * len(BORING_PHASES))

    def of(self, phase: str) -> Any:
        """The quarter of the vectors that belongs to a phase."""
        first = SAMPLES * list(BORING_PHASES).index(phase)
        return Subset(self.random_full, indices=range(first, first + SAMPLES))


class BoringDataModuleNoLen(_ByPhase):
    """Vectors drawn as they are read, without a ``len()``."""

    def of(self, phase: str) -> Any:
        """A stream of as many vectors as the phase has in Lightning."""
        return RandomIterableDataset(SIZE, {"train": 512, "val": 128, "test": 256, "predict": 64}[phase])


class IterableBoringDataModule(_ByPhase):
    """Two datasets a phase, one with a length and one without."""

    kept_as = "{}_datasets"

    def of(self, phase: str) -> Any:
        """Both datasets, equally long."""
        length = {"train": 16, "val": 32, "test": 64, "predict": 128}[phase]
        kinds: Sequence[Callable[[int, int], Any]] = (RandomDataset, RandomIterableDataset)
        return [kind(4, length) for kind in kinds]
