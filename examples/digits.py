"""The data and the network that the three programs share: scikit-learn's handwritten digits."""

from __future__ import annotations

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import TensorDataset

SEED = 7
EPOCHS = 12
BATCH_SIZE = 32
LEARNING_RATE = 2e-3


def splits() -> list[TensorDataset]:
    """Train, validation and test data: 1,797 images of 8 by 8 pixels, split once and for all."""
    images, labels = load_digits(return_X_y=True)
    inputs = torch.tensor(images / 16.0, dtype=torch.float32)
    targets = torch.tensor(labels, dtype=torch.int64)
    shuffled = torch.randperm(len(targets), generator=torch.Generator().manual_seed(0))
    return [TensorDataset(inputs[part], targets[part]) for part in shuffled.split([1197, 300, 300])]


def network() -> nn.Sequential:
    """A small classifier; its dropout draws random numbers, which an equal seed makes equal."""
    return nn.Sequential(nn.Linear(64, 96), nn.ReLU(), nn.Dropout(0.1), nn.Linear(96, 10))
