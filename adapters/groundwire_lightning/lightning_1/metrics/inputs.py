"""What predictions and targets of a classification are taken for: by their shapes and types, as in Lightning 1."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

import torch
from torch import Tensor


class Task(Enum):
    """The kinds of classification, under the words of torchmetrics for them."""

    BINARY = "binary"
    MULTICLASS = "multiclass"
    MULTILABEL = "multilabel"


class Inputs(NamedTuple):
    """Predictions and targets.

    Attributes:
        preds: Ones and zeros, a row for each sample (or part of one) and a column for each class or label.
        target: Likewise.
        task: What they were taken for.
        samples: How many samples there are, which is less than there are rows where a sample has parts.
    """

    preds: Tensor
    target: Tensor
    task: Task
    samples: int

    @property
    def arguments(self) -> str:
        """The arguments by which torchmetrics is told so."""
        names = {Task.MULTICLASS: "num_classes", Task.MULTILABEL: "num_labels"}
        count = f", {names[self.task]}={self.preds.shape[1]}" if self.task in names else ""
        return f"task={self.task.value!r}{count}"


def one_hots(
    preds: Tensor, target: Tensor, threshold: float = 0.5, top_k: int | None = None, num_classes: int | None = None
) -> Inputs:
    """Predictions and targets as ones and zeros.

    Args:
        preds: Scores with a second dimension of classes, scores of the shape of the targets, or labels.
        target: Labels, or ones and zeros.
        threshold: The least score that is a one, where scores have the shape of the targets.
        top_k: How many classes with the highest scores count as predicted; by default the highest alone.
        num_classes: The number of classes; by default what the scores say, or the highest label.

    Raises:
        ValueError: The shapes do not go together, or ``top_k`` has no scores of classes to choose from.
    """
    task = task_of(preds, target)
    preds, target = without_ones(preds), without_ones(target)
    samples = target.shape[0]
    if task is not Task.MULTICLASS:
        if top_k is not None:
            raise ValueError(f"top_k={top_k}: these scores are of no classes that exclude each other")
        return Inputs((preds >= threshold).int().reshape(samples, -1), target.int().reshape(samples, -1), task, samples)
    if preds.ndim == target.ndim:
        if top_k is not None:
            raise ValueError(f"top_k={top_k}: there are labels, and no scores to choose from")
        classes = num_classes or int(max(preds.max(), target.max())) + 1
        chosen = torch.nn.functional.one_hot(preds.long(), classes)
    else:
        classes = preds.shape[1]
        scores = preds.movedim(1, -1)
        places = scores.topk(top_k or 1, dim=-1).indices
        chosen = torch.zeros_like(scores, dtype=torch.long).scatter_(-1, places, 1)
    wanted = torch.nn.functional.one_hot(target.long(), classes)
    return Inputs(chosen.int().reshape(-1, classes), wanted.int().reshape(-1, classes), task, samples)


def task_of(preds: Tensor, target: Tensor) -> Task:
    """What predictions and targets are taken for.

    Raises:
        ValueError: The shapes do not go together.
    """
    preds, target = without_ones(preds), without_ones(target)
    if preds.ndim == target.ndim + 1 and preds.is_floating_point():
        return Task.MULTICLASS
    if preds.shape != target.shape:
        raise ValueError(
            f"predictions have the shape {tuple(preds.shape)} and targets {tuple(target.shape)}: the same is due, or "
            "scores with one more dimension, of classes, behind the first"
        )
    if not preds.is_floating_point():
        return Task.MULTICLASS
    return Task.BINARY if preds.ndim == 1 else Task.MULTILABEL


def without_ones(tensor: Tensor) -> Tensor:
    """A tensor without dimensions of size 1 but the first."""
    return tensor.squeeze().unsqueeze(0) if tensor.shape[0] == 1 else tensor.squeeze()
