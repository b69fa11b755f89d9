"""Metrics of Lightning 1 with arguments and data; of_1_2_10.json has what Lightning 1.2.10 made of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch


def numbers(count: int, step: float, *shape: int) -> torch.Tensor:
    """Numbers from 0 to 1 that look like chance."""
    return (torch.arange(count, dtype=torch.float32) * step % 1).reshape(*shape)


def labels(count: int, step: float, classes: int, *shape: int) -> torch.Tensor:
    return (numbers(count, step, count) * classes).long().reshape(*shape)


def shares(scores: torch.Tensor) -> torch.Tensor:
    """Scores of classes that add up to 1."""
    return scores / scores.sum(dim=1, keepdim=True)


Batches = list[tuple[torch.Tensor, torch.Tensor]]
DATA: dict[str, Batches] = {
    "two classes": [(numbers(8, step, 8).mul(4).round() / 4, labels(8, 0.41, 2, 8)) for step in (0.37, 0.61)],
    "scores": [(shares(numbers(24, step, 8, 3) + 0.1), labels(8, 0.43, 3, 8)) for step in (0.37, 0.61)],
    "labels": [(labels(8, step, 3, 8), labels(8, 0.43, 3, 8)) for step in (0.37, 0.61)],
    "many labels": [(numbers(24, step, 8, 3), labels(24, 0.41, 2, 8, 3)) for step in (0.37, 0.61)],
    "parts": [(shares(numbers(48, step, 4, 3, 4) + 0.1), labels(16, 0.43, 3, 4, 4)) for step in (0.37, 0.61)],
    "values": [(numbers(10, step, 10), numbers(10, 0.43, 10)) for step in (0.37, 0.61)],
    "images": [(numbers(288, step, 2, 1, 12, 12), numbers(288, 0.43, 2, 1, 12, 12)) for step in (0.37, 0.61)],
}
COUNTS: list[tuple[str, dict[str, Any], str]] = [
    ("Accuracy", {}, "two classes,scores,labels,parts,many labels"),
    ("Accuracy", {"threshold": 0.75}, "two classes"),
    ("Accuracy", {"top_k": 2}, "scores"),
    ("Accuracy", {"subset_accuracy": True}, "parts,many labels"),
    ("Accuracy", {"compute_on_step": False}, "scores"),
    ("Precision", {}, "two classes,many labels"),
    ("Precision", {"num_classes": 3, "average": "macro"}, "scores,labels"),
    ("Precision", {"num_classes": 3, "average": "macro", "mdmc_average": "global"}, "parts"),
    ("Recall", {"num_classes": 3, "average": "weighted"}, "scores"),
    ("Recall", {"num_classes": 3, "average": "none"}, "labels"),
    ("F1", {"num_classes": 1}, "two classes"),
    ("F1", {"num_classes": 3}, "scores"),
    ("F1", {"num_classes": 3, "average": "macro"}, "labels"),
    ("F1", {"num_classes": 3, "multilabel": True, "average": "none"}, "many labels"),
    ("FBeta", {"num_classes": 3, "beta": 0.5, "average": "weighted"}, "scores"),
    ("StatScores", {}, "two classes,scores"),
    ("StatScores", {"reduce": "macro", "num_classes": 3}, "labels"),
    ("HammingDistance", {}, "many labels,scores"),
    ("ConfusionMatrix", {"num_classes": 3}, "scores,labels,parts"),
    ("ConfusionMatrix", {"num_classes": 3, "normalize": "true"}, "labels"),
    ("ConfusionMatrix", {"num_classes": 2, "normalize": "pred"}, "two classes"),
    ("IoU", {"num_classes": 3}, "labels"),
    ("IoU", {"num_classes": 3, "ignore_index": 0, "reduction": "none"}, "labels"),
]
CURVES: list[tuple[str, dict[str, Any], str]] = [
    ("AUROC", {}, "two classes"),
    ("AUROC", {"max_fpr": 0.5}, "two classes"),
    ("AUROC", {"num_classes": 3}, "scores,many labels,parts"),
    ("AUROC", {"num_classes": 3, "average": "weighted"}, "scores"),
    ("ROC", {}, "two classes,many labels"),
    ("ROC", {"num_classes": 3}, "scores"),
    ("PrecisionRecallCurve", {}, "two classes"),
    ("PrecisionRecallCurve", {"num_classes": 3}, "scores"),
    ("AveragePrecision", {}, "two classes"),
    ("AveragePrecision", {"num_classes": 3}, "scores"),
]
REGRESSION: list[tuple[str, dict[str, Any], str]] = [
    ("MeanAbsoluteError", {}, "values"),
    ("MeanSquaredError", {}, "values"),
    ("MeanSquaredLogError", {}, "values"),
    ("ExplainedVariance", {}, "values"),
    ("R2Score", {}, "values"),
    ("PSNR", {}, "images"),
    ("PSNR", {"data_range": 1.0, "dim": (1, 2, 3), "reduction": "none"}, "images"),
    ("SSIM", {}, "images"),
    ("SSIM", {"data_range": 2.0, "kernel_size": (5, 7), "sigma": (1.0, 2.0)}, "images"),
]
ROWS = {
    f"{name}({', '.join(f'{one}={value}' for one, value in kwargs.items())}) of {data}": (room, name, kwargs, data)
    for room, rows in (("counts", COUNTS), ("curves", CURVES), ("regression", REGRESSION))
    for name, kwargs, kinds in rows
    for data in DATA
    if data in kinds.split(",")
}
PAIR, SCORED = DATA["labels"][0], DATA["scores"][0]
WORDS = (
    [["the", "cat", "is", "on", "the", "mat"]],
    [[["a", "cat", "is", "on", "the", "mat"], ["there", "is", "a", "cat"]]],
)
FUNCTIONS: dict[str, tuple[str, tuple[Any, ...], dict[str, Any]]] = {
    "accuracy of scores": ("accuracy", SCORED, {}),
    "auc": ("auc", (torch.tensor([0.0, 1.0, 2.0]), torch.tensor([0.0, 1.0, 1.5])), {}),
    "auroc": ("auroc", DATA["two classes"][0], {}),
    "average_precision": ("average_precision", DATA["two classes"][0], {}),
    "bleu_score": ("bleu_score", WORDS, {}),
    "confusion_matrix": ("confusion_matrix", PAIR, {"num_classes": 3}),
    "dice_score": ("dice_score", SCORED, {}),
    "embedding_similarity": ("embedding_similarity", (DATA["scores"][0][0],), {"reduction": "mean"}),
    "f1": ("f1", SCORED, {"num_classes": 3}),
    "hamming_distance": ("hamming_distance", DATA["many labels"][0], {}),
    "image_gradients": ("image_gradients", (DATA["images"][0][0],), {}),
    "iou": ("iou", PAIR, {}),
    "mean_squared_error": ("mean_squared_error", DATA["values"][0], {}),
    "precision": ("precision", SCORED, {}),
    "precision_recall": ("precision_recall", SCORED, {"num_classes": 3, "average": "macro"}),
    "psnr": ("psnr", DATA["images"][0], {}),
    "recall": ("recall", PAIR, {"num_classes": 3, "average": "macro"}),
    "ssim": ("ssim", DATA["images"][0], {}),
    "stat_scores": ("stat_scores", SCORED, {}),
    "to_categorical": ("to_categorical", (SCORED[0],), {}),
    "to_onehot": ("to_onehot", (torch.tensor([[0, 2], [1, 0]]),), {}),
}


def plain(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.tolist()
    return [plain(part) for part in value] if isinstance(value, (list, tuple)) else value


def values_of(metric: Any, kwargs: dict[str, Any], data: str) -> list[Any]:
    """What a metric says of each batch, and of all."""
    made = metric(**kwargs)
    return [plain(made(preds, target)) for preds, target in DATA[data]] + [plain(made.compute())]


def assert_alike(ours: object, theirs: object) -> None:
    """Numbers, or lists of them, are equal but for the last digits."""
    if isinstance(theirs, list):
        assert isinstance(ours, list)
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs, strict=True):
            assert_alike(one, other)
    else:
        assert ours is theirs or ours == pytest.approx(theirs, rel=1e-5, abs=1e-6)


def of_1_2_10() -> Any:
    """What Lightning 1.2.10 says."""
    return json.loads(Path(__file__).with_name("of_1_2_10.json").read_text("utf-8"))
