"""Metrics of classification that look at every threshold: curves, and the areas below them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from groundwire_lightning.lightning_1.metrics.inputs import Task, task_of
from groundwire_lightning.lightning_1.metrics.metric import OldMetric

Curve = tuple[Tensor, Tensor, Tensor]


class _Gathering(OldMetric):
    """Gathers all predictions and targets.

    Args:
        num_classes: The number of classes or labels, where there are several.
        pos_label: The label that counts as one, where there are two classes.
        **kwargs: Arguments of every metric.
    """

    preds: list[Tensor]
    target: list[Tensor]

    def __init__(self, num_classes: int | None = None, pos_label: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.num_classes, self.pos_label = num_classes, 1 if pos_label is None else pos_label
        self.task: Task | None = None
        self.add_state("preds", [], dist_reduce_fx="cat")
        self.add_state("target", [], dist_reduce_fx="cat")

    def update(self, preds: Tensor, target: Tensor) -> None:
        """Add a batch.

        Raises:
            ValueError: It is of another kind than the batches before.
        """
        task = self.kind(preds, target)
        if self.task not in (None, task):
            raise ValueError(f"a batch is {task.value}, and those before it were {self.task}; a metric takes one kind")
        self.task = task
        self.tell(f"task={task.value!r}")
        if task is Task.BINARY:
            preds, target = preds.flatten(), target.flatten()
        else:
            preds = preds.movedim(1, -1).reshape(-1, preds.shape[1])
            target = target.movedim(1, -1).reshape(preds.shape) if task is Task.MULTILABEL else target.flatten()
        self.preds.append(preds)
        self.target.append(target)

    def kind(self, preds: Tensor, target: Tensor) -> Task:
        """What a batch is taken for: two classes where both have one shape, whatever it is."""
        return Task.BINARY if preds.ndim == target.ndim else task_of(preds, target)

    def pairs(self) -> list[tuple[Tensor, Tensor]]:
        """Scores, and where they should be high: one pair, or one for each class."""
        preds, target = torch.cat([*self.preds]), torch.cat([*self.target])
        if self.task is Task.BINARY:
            return [(preds, target == self.pos_label)]
        if self.task is Task.MULTILABEL:
            return [(preds[:, label], target[:, label] == 1) for label in range(preds.shape[1])]
        return [(preds[:, label], target == label) for label in range(preds.shape[1])]


class ROC(_Gathering):
    """The shares of false and of true positives at each threshold, and the thresholds."""

    def compute(self) -> Any:
        """The curve so far, or the curves of all classes as three lists."""
        return _one_or_lists([roc_points(*pair) for pair in self.pairs()], self.task)


class PrecisionRecallCurve(_Gathering):
    """Precision and recall at each threshold, and the thresholds."""

    def compute(self) -> Any:
        """The curve so far, or the curves of all classes as three lists."""
        return _one_or_lists([precision_recall_points(*pair) for pair in self.pairs()], self.task)


class AveragePrecision(_Gathering):
    """The mean of precisions, each with the recall that it adds."""

    def compute(self) -> Any:
        """The mean so far, or a list of one for each class."""
        curves = [precision_recall_points(*pair) for pair in self.pairs()]
        means = [-((recall[1:] - recall[:-1]) * precision[:-1]).sum() for precision, recall, _ in curves]
        return means[0] if self.task is Task.BINARY else means


class AUROC(_Gathering):
    """The area below the curve of :class:`ROC`.

    Args:
        num_classes: The number of classes or labels, where there are several.
        pos_label: The label that counts as one, where there are two classes.
        average: ``"macro"`` for the mean of all classes, ``"weighted"`` by how many there were, None for a list.
        max_fpr: The share of false positives at which the area ends, where there are two classes.
        **kwargs: Arguments of every metric.
    """

    def __init__(
        self,
        num_classes: int | None = None,
        pos_label: int | None = None,
        average: str | None = "macro",
        max_fpr: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(num_classes, pos_label, **kwargs)
        if average not in ("macro", "weighted", "none", None):
            raise ValueError(f"AUROC(average={average!r}): there are 'macro', 'weighted' and None")
        self.average, self.max_fpr = average, max_fpr

    def kind(self, preds: Tensor, target: Tensor) -> Task:
        """What a batch is taken for: several labels where both have one shape with a second dimension."""
        return task_of(preds, target)

    def compute(self) -> Any:
        """The area so far."""
        pairs = self.pairs()
        curves = [roc_points(*pair) for pair in pairs]
        if self.task is Task.BINARY:
            return _area_to(self.max_fpr, curves[0]) if self.max_fpr not in (None, 1) else area(*curves[0][:2])
        if self.max_fpr not in (None, 1):
            raise ValueError(f"AUROC(max_fpr={self.max_fpr}): an area ends early only where there are two classes")
        areas = [area(false, true) for false, true, _ in curves]
        if self.average == "macro":
            return torch.stack(areas).mean()
        if self.average == "weighted":
            support = torch.stack([there.sum() for _, there in pairs])
            return (torch.stack(areas) * support / support.sum()).sum()
        return areas


class AUC(OldMetric):
    """The area below a curve of one's own.

    Args:
        reorder: Sort the points first.
        **kwargs: Arguments of every metric.
    """

    now = "functional.auc"
    x: list[Tensor]
    y: list[Tensor]

    def __init__(self, reorder: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.reorder = reorder
        self.add_state("x", [], dist_reduce_fx="cat")
        self.add_state("y", [], dist_reduce_fx="cat")

    def update(self, x: Tensor, y: Tensor) -> None:
        """Add points."""
        self.x.append(x)
        self.y.append(y)

    def compute(self) -> Tensor:
        """The area so far."""
        return area(torch.cat([*self.x]), torch.cat([*self.y]), self.reorder)


def area(x: Tensor, y: Tensor, reorder: bool = False) -> Tensor:
    """The area below a curve, by trapezoids.

    Args:
        x: Where the points are.
        y: How high.
        reorder: Sort the points first.

    Raises:
        ValueError: The points go back and forth.
    """
    if reorder:
        x, order = x.sort(stable=True)
        y = y[order]
    steps = x[1:] - x[:-1]
    if bool((steps < 0).any()) and not bool((steps <= 0).all()):
        raise ValueError("x goes back and forth; reorder=True sorts the points")
    sign = -1.0 if bool((steps < 0).any()) else 1.0
    return sign * torch.trapezoid(y, x)


def counts_at(preds: Tensor, target: Tensor) -> Curve:
    """How many are wrongly and rightly taken for ones at each threshold, from the highest on, and the thresholds."""
    order = preds.argsort(descending=True)
    preds, target = preds[order], target[order].long()
    ends = torch.cat([torch.where(preds[1:] - preds[:-1])[0], torch.tensor([len(preds) - 1], device=preds.device)])
    right = target.cumsum(dim=0)[ends]
    return 1 + ends - right, right, preds[ends]


def roc_points(preds: Tensor, target: Tensor) -> Curve:
    """The shares of false and of true positives at each threshold, and the thresholds.

    Args:
        preds: Scores.
        target: True where they should be high.

    Raises:
        ValueError: They should be so everywhere, or nowhere.
    """
    wrong, right, thresholds = counts_at(preds, target)
    if not bool(wrong[-1] > 0) or not bool(right[-1] > 0):
        raise ValueError("there are targets of one class alone, so that a share of the other means nothing")
    zero = torch.zeros(1, dtype=right.dtype, device=right.device)
    wrong, right = torch.cat([zero, wrong]), torch.cat([zero, right])
    return wrong / wrong[-1], right / right[-1], torch.cat([thresholds[:1] + 1, thresholds])


def precision_recall_points(preds: Tensor, target: Tensor) -> Curve:
    """Precision and recall at each threshold, from the lowest on that reaches all, and the thresholds.

    Args:
        preds: Scores.
        target: True where they should be high.
    """
    wrong, right, thresholds = counts_at(preds, target)
    kept = int(torch.where(right == right[-1])[0][0]) + 1
    precision, recall = (right / (right + wrong))[:kept].flip(0), (right / right[-1])[:kept].flip(0)
    one, zero = precision.new_ones(1), recall.new_zeros(1)
    return torch.cat([precision, one]), torch.cat([recall, zero]), thresholds[:kept].flip(0)


def _area_to(limit: float | None, curve: Curve) -> Tensor:
    """The area up to a share of false positives, scaled so that chance has 0.5."""
    false, true, _ = curve
    end = torch.tensor(limit, device=false.device)
    stop = torch.bucketize(end, false, out_int32=True, right=True)
    weight = (end - false[stop - 1]) / (false[stop] - false[stop - 1])
    last = torch.lerp(true[stop - 1], true[stop], weight)
    partial = area(torch.cat([false[:stop], end.view(1)]), torch.cat([true[:stop], last.view(1)]))
    least = 0.5 * end**2
    return 0.5 * (1 + (partial - least) / (end - least))


def _one_or_lists(curves: list[Curve], task: Task | None) -> Any:
    return curves[0] if task is Task.BINARY else tuple(list(parts) for parts in zip(*curves, strict=True))
