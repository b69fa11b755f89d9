"""What predictions and targets are taken for."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from groundwire_lightning.lightning_1.metrics.inputs import Task, one_hots, task_of

LABELS = torch.tensor([0, 1, 1])
KINDS = {
    "scores of one class": (torch.rand(3), LABELS, Task.BINARY),
    "labels": (LABELS, LABELS, Task.MULTICLASS),
    "scores of classes": (torch.rand(3, 4), LABELS, Task.MULTICLASS),
    "scores of classes of one sample": (torch.rand(1, 4), LABELS[:1], Task.MULTICLASS),
    "scores of labels": (torch.rand(3, 2), torch.ones(3, 2, dtype=torch.long), Task.MULTILABEL),
    "with a dimension of one": (torch.rand(3, 1), LABELS[:, None], Task.BINARY),
    "parts of samples": (torch.rand(3, 4, 2), torch.ones(3, 2, dtype=torch.long), Task.MULTICLASS),
}


@pytest.mark.parametrize(("preds", "target", "task"), KINDS.values(), ids=KINDS)
def test_shapes_and_types_say_what_inputs_are(preds: Tensor, target: Tensor, task: Task) -> None:
    assert task_of(preds, target) is task


def test_a_score_at_the_threshold_is_a_one() -> None:
    assert one_hots(torch.tensor([0.5, 0.49]), torch.tensor([1, 1])).preds.tolist() == [[1], [0]]


def test_parts_of_samples_are_rows() -> None:
    inputs = one_hots(torch.rand(3, 4, 2), torch.ones(3, 2, dtype=torch.long))
    assert inputs.preds.shape == (6, 4)
    assert inputs.samples == 3
    assert inputs.arguments == "task='multiclass', num_classes=4"


@pytest.mark.parametrize("preds", [torch.rand(3), LABELS])
def test_the_highest_scores_need_scores_of_classes(preds: Tensor) -> None:
    with pytest.raises(ValueError, match="top_k=2"):
        one_hots(preds, LABELS, top_k=2)


def test_shapes_that_do_not_go_together_are_named() -> None:
    with pytest.raises(ValueError, match=r"\(2, 2\).*\(3,\)"):
        task_of(torch.rand(2, 2).long(), LABELS)
