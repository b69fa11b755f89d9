"""What all metrics of Lightning 1 share."""

from __future__ import annotations

import warnings

import pytest
import torch
import torchmetrics

from groundwire_lightning.pytorch import metrics


def test_a_metric_is_one_of_torchmetrics_and_says_once_what_it_is_called_there() -> None:
    metric = metrics.F1(num_classes=1)
    assert isinstance(metric, torchmetrics.Metric)
    with pytest.warns(UserWarning, match=r"torchmetrics\.F1Score\(task='binary'\)"):
        metric(torch.tensor([0.9]), torch.tensor([1]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        metric(torch.tensor([0.9]), torch.tensor([1]))
        metrics.F1(num_classes=1)(torch.tensor([0.9]), torch.tensor([1]))


@pytest.mark.filterwarnings("ignore")
def test_a_call_that_is_not_to_compute_only_counts() -> None:
    metric = metrics.MeanSquaredError(compute_on_step=False)
    assert metric(torch.ones(2), torch.zeros(2)) is None
    assert metric.compute() == 1


@pytest.mark.filterwarnings("ignore")
def test_metrics_can_be_collected_and_added() -> None:
    both = metrics.MetricCollection([metrics.Accuracy(), metrics.Precision()])
    assert both(torch.tensor([0.9, 0.1]), torch.tensor([1, 0])) == {"Accuracy": 1, "Precision": 1}
    assert (metrics.Accuracy() + 1)(torch.tensor([0.9]), torch.tensor([1])) == 2


def test_both_meanings_of_counting_after_compute_are_named_once() -> None:
    metric, ones = metrics.Accuracy(), torch.ones(3, dtype=torch.long)
    metric.tell("task='binary'")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        metric(ones, ones)
        metric(ones, ones)
        metric.compute()
        metric.reset()
        metric(ones, ones)
        assert metric.compute() == 1
    with pytest.warns(UserWarning, match=r"counts on after compute\(\).*1\.0 and 1\.1 began anew"):
        metric(1 - ones, ones)
    assert metric.compute() == 0.5
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        metric(ones, ones)
