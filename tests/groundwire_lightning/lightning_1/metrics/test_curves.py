"""Metrics that look at every threshold: each batch and all together are what Lightning 1.2.10 made of them."""

from __future__ import annotations

import pytest
import torch
from tests.groundwire_lightning.lightning_1.metrics.rows import ROWS, assert_alike, of_1_2_10, values_of

from groundwire_lightning.pytorch import metrics

THEIRS = of_1_2_10()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("key", [key for key, (room, *_) in ROWS.items() if room == "curves"])
def test_a_metric_says_what_it_said(key: str) -> None:
    _, name, kwargs, data = ROWS[key]
    assert_alike(values_of(getattr(metrics, name), kwargs, data), THEIRS[key])


def test_targets_of_one_class_have_no_curve() -> None:
    with pytest.raises(ValueError, match="one class alone"):
        metrics.ROC()(torch.rand(4), torch.ones(4))


def test_batches_of_two_kinds_are_refused() -> None:
    metric = metrics.AUROC(num_classes=2)
    metric.update(torch.tensor([0.1, 0.9]), torch.tensor([0, 1]))
    with pytest.raises(ValueError, match="takes one kind"):
        metric.update(torch.eye(2), torch.tensor([0, 1]))


def test_an_area_takes_points_in_either_direction() -> None:
    x, y = torch.tensor([0.0, 1.0, 3.0]), torch.tensor([1.0, 1.0, 2.0])
    assert metrics.AUC()(x, y) == metrics.AUC()(x.flip(0), y.flip(0)) == 4
    with pytest.raises(ValueError, match="reorder=True"):
        metrics.AUC()(x[[1, 0, 2]], y)
    assert metrics.AUC(reorder=True)(x[[1, 0, 2]], y[[1, 0, 2]]) == 4
