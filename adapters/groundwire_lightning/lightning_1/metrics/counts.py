"""Metrics of classification that count: how often what was predicted is what was there."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from groundwire_lightning.lightning_1.metrics.inputs import Inputs, Task, one_hots, without_ones
from groundwire_lightning.lightning_1.metrics.metric import OldMetric, refuse
from groundwire_lightning.lightning_1.metrics.reduction import AVERAGES, class_reduce, reduce


class Accuracy(OldMetric):
    """The share of predictions that are right.

    Args:
        threshold: The least score that is a one, where predictions have the shape of the targets.
        top_k: How many classes with the highest scores count as predicted; by default the highest alone.
        subset_accuracy: All labels or parts of a sample have to be right for it to count.
        **kwargs: Arguments of every metric.
    """

    correct: Tensor
    total: Tensor

    def __init__(
        self, threshold: float = 0.5, top_k: int | None = None, subset_accuracy: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.threshold, self.top_k, self.subset_accuracy = threshold, top_k, subset_accuracy
        self.add_state("correct", torch.tensor(0), dist_reduce_fx="sum")
        self.add_state("total", torch.tensor(0), dist_reduce_fx="sum")

    def update(self, preds: Tensor, target: Tensor) -> None:
        """Count a batch."""
        inputs = one_hots(preds, target, self.threshold, self.top_k)
        self.tell(inputs.arguments)
        if inputs.task is Task.MULTICLASS:
            right = (inputs.preds * inputs.target).sum(dim=1) > 0
        else:
            right = inputs.preds == inputs.target
        if self.subset_accuracy:
            right = right.reshape(inputs.samples, -1).all(dim=1)
        self.correct += right.sum()
        self.total += right.numel()

    def compute(self) -> Tensor:
        """The share so far."""
        return self.correct.float() / self.total


class HammingDistance(OldMetric):
    """The share of labels that are wrong.

    Args:
        threshold: The least score that is a one.
        **kwargs: Arguments of every metric.
    """

    correct: Tensor
    total: Tensor

    def __init__(self, threshold: float = 0.5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.threshold = threshold
        self.add_state("correct", torch.tensor(0), dist_reduce_fx="sum")
        self.add_state("total", torch.tensor(0), dist_reduce_fx="sum")

    def update(self, preds: Tensor, target: Tensor) -> None:
        """Count a batch."""
        inputs = one_hots(preds, target, self.threshold)
        self.tell(inputs.arguments)
        self.correct += (inputs.preds == inputs.target).sum()
        self.total += inputs.preds.numel()

    def compute(self) -> Tensor:
        """The share so far."""
        return 1 - self.correct.float() / self.total


class StatScores(OldMetric):
    """True positives, false positives, true negatives, false negatives, and how many were there.

    Args:
        threshold: The least score that is a one.
        top_k: How many classes with the highest scores count as predicted.
        reduce: ``"micro"`` for all together, ``"macro"`` for each class.
        num_classes: The number of classes, which ``"macro"`` needs.
        ignore_index: Must be None.
        mdmc_reduce: ``"global"``, or None for the same: parts of samples are counted as samples.
        is_multiclass: Must be None.
        **kwargs: Arguments of every metric.
    """

    tp: Tensor
    fp: Tensor
    tn: Tensor
    fn: Tensor

    def __init__(
        self,
        threshold: float = 0.5,
        top_k: int | None = None,
        reduce: str | None = "micro",
        num_classes: int | None = None,
        ignore_index: int | None = None,
        mdmc_reduce: str | None = None,
        is_multiclass: bool | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        sample = reduce if reduce == "samples" else None
        samplewise = mdmc_reduce if mdmc_reduce == "samplewise" else None
        name = type(self).__name__
        refuse(name, ignore_index=ignore_index, is_multiclass=is_multiclass, reduce=sample, mdmc=samplewise)
        if reduce != "micro" and not num_classes:
            raise ValueError(f"{name}({reduce!r}): how many classes? pass num_classes=")
        self.threshold, self.top_k, self.reduce, self.num_classes = threshold, top_k, reduce, num_classes
        for state in ("tp", "fp", "tn", "fn"):
            of_classes = torch.zeros(num_classes or 1, dtype=torch.long)
            self.add_state(state, torch.tensor(0) if reduce == "micro" else of_classes, dist_reduce_fx="sum")

    def update(self, preds: Tensor, target: Tensor) -> None:
        """Count a batch."""
        inputs = one_hots(preds, target, self.threshold, self.top_k, self.num_classes)
        self.tell(inputs.arguments)
        for state, count in zip(("tp", "fp", "tn", "fn"), _tallies(inputs), strict=True):
            setattr(self, state, getattr(self, state) + (count.sum() if self.reduce == "micro" else count))

    def compute(self) -> Tensor:
        """The counts so far, the five of them in the last dimension."""
        return torch.stack([self.tp, self.fp, self.tn, self.fn, self.tp + self.fn], dim=-1)


def _tallies(inputs: Inputs) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Of each class the true positives, false positives, true negatives and false negatives."""
    preds, target = inputs.preds.bool(), inputs.target.bool()
    pairs = (preds & target, preds & ~target, ~preds & ~target, ~preds & target)
    tp, fp, tn, fn = (pair.sum(dim=0) for pair in pairs)
    return tp, fp, tn, fn


class _Share(StatScores):
    """A share of two counts.

    Args:
        num_classes: The number of classes, which every average but ``"micro"`` needs.
        threshold: The least score that is a one.
        average: One of :data:`AVERAGES`.
        multilabel: Without effect: the inputs say it.
        mdmc_average: ``"global"``, or None for the same.
        ignore_index: Must be None.
        top_k: How many classes with the highest scores count as predicted.
        is_multiclass: Must be None.
        **kwargs: Arguments of every metric.
    """

    def __init__(
        self,
        num_classes: int | None = None,
        threshold: float = 0.5,
        average: str | None = "micro",
        multilabel: bool = False,
        mdmc_average: str | None = None,
        ignore_index: int | None = None,
        top_k: int | None = None,
        is_multiclass: bool | None = None,
        **kwargs: Any,
    ) -> None:
        reduce = "macro" if average in ("weighted", "none", None) else average
        super().__init__(threshold, top_k, reduce, num_classes, ignore_index, mdmc_average, is_multiclass, **kwargs)
        self.average = average

    def of(self, count: Tensor) -> Tensor:
        """The share of true positives in a count, of all classes as ``average`` says."""
        share = self.tp.float() / torch.where(count == 0, 1, count).float()
        if self.average == "weighted":
            there = (self.tp + self.fn).float()
            return (share * there / there.sum()).sum()
        return share.mean() if self.average == "macro" else share


class Precision(_Share):
    """The share of what was predicted that was there."""

    def compute(self) -> Tensor:
        """The share so far."""
        return self.of(self.tp + self.fp)


class Recall(_Share):
    """The share of what was there that was predicted."""

    def compute(self) -> Tensor:
        """The share so far."""
        return self.of(self.tp + self.fn)


class FBeta(OldMetric):
    """The weighted harmonic mean of precision and recall.

    Args:
        num_classes: The number of classes.
        beta: The weight of recall.
        threshold: The least score that is a one.
        average: One of :data:`AVERAGES`.
        multilabel: Labels are ones and zeros, and no numbers of classes.
        **kwargs: Arguments of every metric.
    """

    now = "FBetaScore"
    true_positives: Tensor
    predicted_positives: Tensor
    actual_positives: Tensor

    def __init__(
        self,
        num_classes: int = 1,
        beta: float = 1.0,
        threshold: float = 0.5,
        average: str | None = "micro",
        multilabel: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if average not in AVERAGES:
            raise ValueError(f"{type(self).__name__}(average={average!r}): there are {AVERAGES}")
        self.num_classes, self.beta, self.threshold = num_classes, beta, threshold
        self.average, self.multilabel = average, multilabel
        for state in ("true_positives", "predicted_positives", "actual_positives"):
            self.add_state(state, torch.zeros(num_classes), dist_reduce_fx="sum")

    def update(self, preds: Tensor, target: Tensor) -> None:
        """Count a batch."""
        chosen, wanted, task = self._rows(preds, target)
        self.tell(f"task={task.value!r}, beta={self.beta}" if self.now == "FBetaScore" else f"task={task.value!r}")
        self.true_positives += (chosen * wanted).sum(dim=1)
        self.predicted_positives += chosen.sum(dim=1)
        self.actual_positives += wanted.sum(dim=1)

    def _rows(self, preds: Tensor, target: Tensor) -> tuple[Tensor, Tensor, Task]:
        """Predictions and targets as ones and zeros, a row for each class."""
        task = Task.MULTILABEL if self.multilabel or preds.ndim > 1 else Task.BINARY
        if preds.ndim == target.ndim + 1:
            preds = preds.argmax(dim=1)
        if not preds.is_floating_point() and self.num_classes > 1 and not self.multilabel:
            task = Task.MULTICLASS
            preds, target = (
                torch.nn.functional.one_hot(one.long(), self.num_classes).movedim(-1, 1) for one in (preds, target)
            )
        elif preds.is_floating_point():
            preds = (preds >= self.threshold).long()
        if preds.ndim > 1:
            preds, target = preds.transpose(1, 0), target.transpose(1, 0)
        return preds.reshape(self.num_classes, -1), target.reshape(self.num_classes, -1), task

    def compute(self) -> Tensor:
        """The mean so far."""
        counts = (self.true_positives, self.predicted_positives, self.actual_positives)
        tp, predicted, actual = (count.sum() for count in counts) if self.average == "micro" else counts
        precision, recall = tp.float() / predicted, tp.float() / actual
        square = self.beta**2
        return class_reduce(
            (1 + square) * precision * recall,
            square * precision + recall,
            self.actual_positives,
            self.average,
        )


class F1(FBeta):
    """The harmonic mean of precision and recall.

    Args:
        num_classes: The number of classes.
        threshold: The least score that is a one.
        average: One of :data:`AVERAGES`.
        multilabel: Labels are ones and zeros, and no numbers of classes.
        **kwargs: Arguments of every metric.
    """

    now = "F1Score"

    def __init__(
        self,
        num_classes: int = 1,
        threshold: float = 0.5,
        average: str | None = "micro",
        multilabel: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(num_classes, 1.0, threshold, average, multilabel, **kwargs)


class ConfusionMatrix(OldMetric):
    """How often each class was predicted where each was there: a row for each that was there.

    Args:
        num_classes: The number of classes.
        normalize: ``"true"`` for shares of rows, ``"pred"`` of columns, ``"all"`` of everything; by default counts.
        threshold: The least score that is a one.
        **kwargs: Arguments of every metric.
    """

    confmat: Tensor

    def __init__(self, num_classes: int, normalize: str | None = None, threshold: float = 0.5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if normalize not in ("true", "pred", "all", "none", None):
            raise ValueError(f"ConfusionMatrix(normalize={normalize!r}): there are 'true', 'pred', 'all' and None")
        self.num_classes, self.normalize, self.threshold = num_classes, normalize, threshold
        self.add_state("confmat", torch.zeros(num_classes, num_classes), dist_reduce_fx="sum")

    def update(self, preds: Tensor, target: Tensor) -> None:
        """Count a batch."""
        inputs = one_hots(preds, target, self.threshold)
        self.tell(inputs.arguments)
        if inputs.task is Task.MULTICLASS:
            chosen, wanted = inputs.preds.argmax(dim=1), without_ones(target).reshape(-1)
        else:
            chosen, wanted = inputs.preds.reshape(-1), inputs.target.reshape(-1)
        pairs = (wanted * self.num_classes + chosen).long()
        counts = torch.bincount(pairs, minlength=self.num_classes**2)
        self.confmat += counts.reshape(self.num_classes, self.num_classes)

    def compute(self) -> Tensor:
        """The matrix so far."""
        matrix = self.confmat.float()
        if self.normalize == "true":
            return (matrix / matrix.sum(dim=1, keepdim=True)).nan_to_num(0.0)
        if self.normalize == "pred":
            return (matrix / matrix.sum(dim=0, keepdim=True)).nan_to_num(0.0)
        return (matrix / matrix.sum()).nan_to_num(0.0) if self.normalize == "all" else matrix


class IoU(ConfusionMatrix):
    """The intersection of what was predicted and what was there, as a share of their union.

    Args:
        num_classes: The number of classes.
        ignore_index: A class that is left out of the mean.
        absent_score: The score of a class that was neither there nor predicted.
        threshold: The least score that is a one.
        reduction: ``"elementwise_mean"``, ``"sum"`` or ``"none"``.
        **kwargs: Arguments of every metric.
    """

    now = "JaccardIndex"

    def __init__(
        self,
        num_classes: int,
        ignore_index: int | None = None,
        absent_score: float = 0.0,
        threshold: float = 0.5,
        reduction: str = "elementwise_mean",
        **kwargs: Any,
    ) -> None:
        super().__init__(num_classes, None, threshold, **kwargs)
        self.ignore_index, self.absent_score, self.reduction = ignore_index, absent_score, reduction

    def compute(self) -> Tensor:
        """The share so far."""
        both = self.confmat.diag()
        union = self.confmat.sum(0) + self.confmat.sum(1) - both
        scores = torch.where(union == 0, torch.tensor(self.absent_score, device=union.device), both / union)
        if self.ignore_index is not None and 0 <= self.ignore_index < self.num_classes:
            scores = torch.cat([scores[: self.ignore_index], scores[self.ignore_index + 1 :]])
        return reduce(scores, self.reduction)
