"""Metrics as functions, with the arguments that Lightning 1.0 to 1.2 gave them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from groundwire_lightning.lightning_1.metrics import counts, curves, regression
from groundwire_lightning.lightning_1.metrics.metric import OldMetric
from groundwire_lightning.lightning_1.metrics.reduction import class_reduce, reduce

__all__ = [
    "accuracy",
    "auc",
    "auroc",
    "average_precision",
    "bleu_score",
    "class_reduce",
    "confusion_matrix",
    "dice_score",
    "embedding_similarity",
    "explained_variance",
    "f1",
    "fbeta",
    "get_num_classes",
    "hamming_distance",
    "image_gradients",
    "iou",
    "mean_absolute_error",
    "mean_squared_error",
    "mean_squared_log_error",
    "precision",
    "precision_recall",
    "precision_recall_curve",
    "psnr",
    "r2score",
    "recall",
    "reduce",
    "roc",
    "ssim",
    "stat_scores",
    "to_categorical",
    "to_onehot",
]


def _as_function(metric: type[OldMetric], *needs: str) -> Callable[..., Any]:
    """The function that a metric is when it sees one batch.

    Args:
        metric: Its class; the function takes its arguments behind the two tensors.
        *needs: What a sentence of the documentation says besides.
    """

    def value(preds: Tensor, target: Tensor, *args: Any, **kwargs: Any) -> Any:
        return metric(*args, **kwargs)(preds, target)

    value.__name__ = value.__qualname__ = metric.__name__
    value.__doc__ = (
        f"{metric.__doc__}\n\nIt is called with predictions and targets, and then the arguments above. {''.join(needs)}"
    )
    return value


def accuracy(
    preds: Tensor,
    target: Tensor,
    threshold: float = 0.5,
    top_k: int | None = None,
    subset_accuracy: bool = False,
    num_classes: int | None = None,
    class_reduction: str = "micro",
) -> Tensor:
    """The share of predictions that are right.

    Args:
        preds: Scores or labels.
        target: Labels.
        threshold: The least score that is a one, where predictions have the shape of the targets.
        top_k: How many classes with the highest scores count as predicted; by default the highest alone.
        subset_accuracy: All labels or parts of a sample have to be right for it to count.
        num_classes: The number of classes, as 1.0 took it for the averages over classes.
        class_reduction: ``"micro"`` for all together; ``"macro"``, ``"weighted"`` or ``"none"`` by class.
    """
    if class_reduction == "micro":
        return counts.Accuracy(threshold, top_k, subset_accuracy)(preds, target)  # type: ignore[no-any-return]
    classes = num_classes or get_num_classes(preds, target)
    return counts.Recall(classes, threshold, class_reduction)(preds, target)  # type: ignore[no-any-return]


hamming_distance = _as_function(counts.HammingDistance)
f1 = _as_function(counts.F1)
fbeta = _as_function(counts.FBeta)
confusion_matrix = _as_function(counts.ConfusionMatrix)
auroc = _as_function(curves.AUROC)
average_precision = _as_function(curves.AveragePrecision)
precision_recall_curve = _as_function(curves.PrecisionRecallCurve)
roc = _as_function(curves.ROC)
explained_variance = _as_function(regression.ExplainedVariance)
mean_absolute_error = _as_function(regression.MeanAbsoluteError)
mean_squared_error = _as_function(regression.MeanSquaredError)
mean_squared_log_error = _as_function(regression.MeanSquaredLogError)
r2score = _as_function(regression.R2Score)
ssim = _as_function(regression.SSIM)


def psnr(preds: Tensor, target: Tensor, data_range: float | None = None, *args: Any, **kwargs: Any) -> Tensor:
    """The ratio of the strongest signal to the noise, in decibels.

    Args:
        preds: The signal with noise.
        target: The signal.
        data_range: The range of the values; by default that of the targets.
        *args: Further arguments of the class of that name.
        **kwargs: Likewise.
    """
    span = float(target.max() - target.min()) if data_range is None else data_range
    return regression.PSNR(span, *args, **kwargs)(preds, target)  # type: ignore[no-any-return]


def precision(preds: Tensor, target: Tensor, average: str | None = "micro", **kwargs: Any) -> Tensor:
    """The share of what was predicted that was there.

    Args:
        preds: Scores or labels.
        target: Labels.
        average: One of :data:`groundwire_lightning.lightning_1.metrics.reduction.AVERAGES`.
        **kwargs: Arguments of the class of that name.
    """
    return counts.Precision(average=average, **kwargs)(preds, target)  # type: ignore[no-any-return]


def recall(preds: Tensor, target: Tensor, average: str | None = "micro", **kwargs: Any) -> Tensor:
    """The share of what was there that was predicted.

    Args:
        preds: Scores or labels.
        target: Labels.
        average: One of :data:`groundwire_lightning.lightning_1.metrics.reduction.AVERAGES`.
        **kwargs: Arguments of the class of that name.
    """
    return counts.Recall(average=average, **kwargs)(preds, target)  # type: ignore[no-any-return]


def precision_recall(
    preds: Tensor, target: Tensor, average: str | None = "micro", **kwargs: Any
) -> tuple[Tensor, Tensor]:
    """Precision and recall; arguments as there."""
    return precision(preds, target, average, **kwargs), recall(preds, target, average, **kwargs)


def stat_scores(preds: Tensor, target: Tensor, reduce: str = "micro", **kwargs: Any) -> Tensor:
    """True positives, false positives, true negatives, false negatives, and how many were there.

    Args:
        preds: Scores or labels.
        target: Labels.
        reduce: ``"micro"`` for all together, ``"macro"`` for each class.
        **kwargs: Arguments of the class of that name.
    """
    return counts.StatScores(reduce=reduce, **kwargs)(preds, target)  # type: ignore[no-any-return]


def iou(
    pred: Tensor,
    target: Tensor,
    ignore_index: int | None = None,
    absent_score: float = 0.0,
    threshold: float = 0.5,
    num_classes: int | None = None,
    reduction: str = "elementwise_mean",
) -> Tensor:
    """The intersection of what was predicted and what was there, as a share of their union.

    Args:
        pred: Scores or labels.
        target: Labels.
        ignore_index: A class that is left out of the mean.
        absent_score: The score of a class that was neither there nor predicted.
        threshold: The least score that is a one.
        num_classes: The number of classes; by default the highest label and one.
        reduction: ``"elementwise_mean"``, ``"sum"`` or ``"none"``.
    """
    classes = num_classes or get_num_classes(pred, target)
    metric = counts.IoU(classes, ignore_index, absent_score, threshold, reduction)
    return metric(pred, target)  # type: ignore[no-any-return]  # torchmetrics says nothing of what a call returns


def dice_score(
    pred: Tensor,
    target: Tensor,
    bg: bool = False,
    nan_score: float = 0.0,
    no_fg_score: float = 0.0,
    reduction: str = "elementwise_mean",
) -> Tensor:
    """Twice the intersection of what was predicted and what was there, as a share of their sizes.

    Args:
        pred: Scores of classes.
        target: Labels.
        bg: Count the class 0 too.
        nan_score: The score of a class that is nowhere but by chance.
        no_fg_score: The score of a class that is not there.
        reduction: ``"elementwise_mean"``, ``"sum"`` or ``"none"``.
    """
    chosen = to_categorical(pred)
    scores = torch.zeros(pred.shape[1] - (0 if bg else 1), device=pred.device)
    for place, label in enumerate(range(0 if bg else 1, pred.shape[1])):
        there, picked = target == label, chosen == label
        both = (there & picked).sum().float()
        sizes = there.sum() + picked.sum()
        score = 2 * both / sizes if bool(sizes > 0) else torch.tensor(nan_score)
        scores[place] = score if bool(there.any()) else no_fg_score
    return reduce(scores, reduction)


def auc(x: Tensor, y: Tensor, reorder: bool = False) -> Tensor:
    """The area below a curve.

    Args:
        x: Where the points are.
        y: How high.
        reorder: Sort the points first.
    """
    return curves.area(x, y, reorder)


def bleu_score(
    translate_corpus: Sequence[Sequence[str]],
    reference_corpus: Sequence[Sequence[Sequence[str]]],
    n_gram: int = 4,
    smooth: bool = False,
) -> Tensor:
    """The likeness of translations, which are lists of words, to references.

    Args:
        translate_corpus: The translations.
        reference_corpus: The references of each.
        n_gram: The longest run of words that is compared.
        smooth: Add one to each count.
    """
    from torchmetrics.functional.text import bleu_score as today

    translations = [" ".join(words) for words in translate_corpus]
    references = [[" ".join(words) for words in each] for each in reference_corpus]
    return today(translations, references, n_gram=n_gram, smooth=smooth)


def embedding_similarity(
    batch: Tensor, similarity: str = "cosine", reduction: str = "none", zero_diagonal: bool = True
) -> Tensor:
    """The likeness of each row to each other row.

    Args:
        batch: The rows.
        similarity: ``"cosine"``, or ``"dot"`` for products.
        reduction: ``"none"``, or ``"sum"`` or ``"mean"`` of each row.
        zero_diagonal: Leave the likeness to itself out.
    """
    rows = batch / torch.norm(batch, p=2, dim=1).reshape(-1, 1) if similarity == "cosine" else batch
    likeness = rows @ rows.transpose(0, 1)
    if zero_diagonal:
        likeness = likeness.fill_diagonal_(0)
    return {"mean": likeness.mean(dim=-1), "sum": likeness.sum(dim=-1)}.get(reduction, likeness)


def image_gradients(img: Tensor) -> tuple[Tensor, Tensor]:
    """The differences of each point of images to the next one below, and to the next one to the right.

    Args:
        img: Images, as batch, channels, height and width.
    """
    from torchmetrics.functional.image import image_gradients as today

    return today(img)


def to_onehot(tensor: Tensor, num_classes: int | None = None) -> Tensor:
    """Labels as ones and zeros, with the classes in the second dimension.

    Args:
        tensor: The labels.
        num_classes: The number of classes; by default the highest label and one.
    """
    classes = int(tensor.max()) + 1 if num_classes is None else num_classes
    return torch.nn.functional.one_hot(tensor.long(), classes).movedim(-1, 1).to(tensor.dtype)


def to_categorical(tensor: Tensor, argmax_dim: int = 1) -> Tensor:
    """The class with the highest score.

    Args:
        tensor: Scores.
        argmax_dim: The dimension of the classes.
    """
    return tensor.argmax(dim=argmax_dim)


def get_num_classes(pred: Tensor, target: Tensor, num_classes: int | None = None) -> int:
    """The number of classes: what is given, or the highest label and one.

    Args:
        pred: Labels.
        target: Labels.
        num_classes: What is given.
    """
    return num_classes or int(torch.max(pred.max(), target.max())) + 1
