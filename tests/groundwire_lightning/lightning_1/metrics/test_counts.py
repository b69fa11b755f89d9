"""Metrics that count: each batch and all together are what Lightning 1.2.10 made of them."""

from __future__ import annotations

import pytest
import torch
from tests.groundwire_lightning.lightning_1.metrics.rows import ROWS, assert_alike, of_1_2_10, values_of

from groundwire_lightning import NotSupportedYetError
from groundwire_lightning.pytorch import metrics

THEIRS = of_1_2_10()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("key", [key for key, (room, *_) in ROWS.items() if room == "counts"])
def test_a_metric_says_what_it_said(key: str) -> None:
    _, name, kwargs, data = ROWS[key]
    assert_alike(values_of(getattr(metrics, name), kwargs, data), THEIRS[key])


@pytest.mark.parametrize(
    "asked", [{"ignore_index": 1}, {"is_multiclass": True}, {"average": "samples"}, {"mdmc_average": "samplewise"}]
)
def test_what_is_not_counted_as_it_was_is_refused_by_name(asked: dict[str, object]) -> None:
    with pytest.raises(NotSupportedYetError, match=r"pl\.metrics\.Precision\(.*torchmetrics"):
        metrics.Precision(num_classes=3, **asked)


def test_logits_count_by_the_highest_as_in_1_0() -> None:
    with pytest.warns(UserWarning, match="task='multiclass', num_classes=2"):
        assert metrics.Accuracy()(torch.tensor([[-3.0, 5.0], [7.0, 6.0]]), torch.tensor([1, 1])) == 0.5


def test_an_average_of_classes_needs_their_number() -> None:
    with pytest.raises(ValueError, match="num_classes="):
        metrics.Recall(average="macro")
