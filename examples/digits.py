"""What the three programs share: scikit-learn's handwritten digits, a network, and what a run gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import TensorDataset

SEED = 7
EPOCHS = 15
BATCH_SIZE = 32
LEARNING_RATE = 2e-3


@dataclass
class Outcome:
    """What is compared: training loss and validation accuracy by epoch, and the trained network."""

    trainer: Any
    losses: list[float]
    accuracies: list[float]
    network: nn.Module


def splits() -> list[TensorDataset]:
    """Training, validation and test data: 1,797 images of 8 by 8 pixels, split once and for all."""
    images, labels = load_digits(return_X_y=True)
    inputs = torch.tensor(images / 16.0, dtype=torch.float32)
    targets = torch.tensor(labels, dtype=torch.int64)
    shuffled = torch.randperm(len(targets), generator=torch.Generator().manual_seed(0))
    return [TensorDataset(inputs[part], targets[part]) for part in shuffled.split([1197, 300, 300])]


def network() -> nn.Sequential:
    """A small classifier; its dropout draws random numbers, which one seed makes the same."""
    return nn.Sequential(nn.Linear(64, 96), nn.ReLU(), nn.Dropout(0.1), nn.Linear(96, 10))


def accuracy(model: nn.Module, data: TensorDataset) -> float:
    """The share of images that a trained network gets right."""
    inputs, targets = data.tensors
    model.eval()
    with torch.no_grad():
        return (model(inputs).argmax(dim=1) == targets).float().mean().item()
