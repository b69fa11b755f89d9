"""Metrics that compare numbers and images: each batch and all together are what Lightning 1.2.10 made of them."""

from __future__ import annotations

import pytest
from tests.groundwire_lightning.lightning_1.metrics.rows import ROWS, assert_alike, of_1_2_10, values_of

from groundwire_lightning.pytorch import metrics

THEIRS = of_1_2_10()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("key", [key for key, (room, *_) in ROWS.items() if room == "regression"])
def test_a_metric_says_what_it_said(key: str) -> None:
    _, name, kwargs, data = ROWS[key]
    assert_alike(values_of(getattr(metrics, name), kwargs, data), THEIRS[key])
