from collections import namedtuple

import pytest
import torch
from torchmetrics import MeanMetric

from groundwire_torchmetrics import MetricsCallback
from groundwire_torchmetrics.inputs import Finder, Input

# inputs


Pair = namedtuple("Pair", "inputs labels")
BATCH = {"x": torch.zeros(2), "nested": [torch.ones(2), {"y": torch.tensor([0, 1])}]}
OUTPUT = {"model_outputs": Pair(torch.zeros(1), torch.tensor([2.0, 3.0])), "loss": torch.tensor(0.5)}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("loss", 0.5),
        ("batch_output.loss", 0.5),
        ("model_outputs.labels", [2.0, 3.0]),
        ("model_outputs.1", [2.0, 3.0]),
        ("batch_output.model_outputs.-1", [2.0, 3.0]),
        ("nested.0", [1.0, 1.0]),
        ("batch.nested.1.y", [0, 1]),
        (lambda batch, batch_output: batch["x"], [0.0, 0.0]),
    ],
)
def test_an_input_is_found_by_its_path_or_function(source, expected):
    callback = MetricsCallback(MeanMetric(), preds=source, target=None)
    callback.feed_train(BATCH, OUTPUT)
    assert callback.metrics["train"].compute()["MeanMetric"] == torch.tensor(expected).float().mean()


def test_an_input_is_looked_for_anew_where_a_batch_is_made_otherwise():
    Pair = namedtuple("Pair", "inputs targets")
    find = Finder(Input.of("target", "batch.1"))
    for batch in ([0, 1], [0, 2], (0, 3), Pair(0, 4), {"1": 5}, [0, 6], [0, 7]):
        expected = batch["1"] if isinstance(batch, dict) else batch[1]
        assert find(batch, {}) == expected
    for batch in ([0], torch.zeros(2, 2), {"2": 0}):
        with pytest.raises(LookupError, match="'1' is not there; batch is"):
            find(batch, {})


def test_what_the_output_holds_comes_before_the_batch_whichever_was_found_first():
    find = Finder(Input.of("preds", "logits"))
    assert [find({"logits": 1}, {}), find({"logits": 1}, {"logits": 2}), find({"logits": 1}, {})] == [1, 2, 1]


def test_a_number_is_a_position_in_the_batch():
    callback = MetricsCallback(MeanMetric(), preds=-1, target=None)
    callback.feed_eval((torch.zeros(2), torch.ones(2)), OUTPUT)
    assert callback.metrics["eval"].compute() == {"MeanMetric": torch.tensor(1.0)}


@pytest.mark.parametrize(
    ("inputs", "batch", "said"),
    [
        ({}, {"x": 1, "y": 2}, ["target='batch.1'", "batch is a dict with the keys 'x', 'y'"]),
        ({}, (1,), ["target='batch.1'", "batch is a tuple of 1"]),
        ({}, torch.zeros(3, 2), ["target='batch.1'", "one Tensor of shape (3, 2)"]),
        ({"preds": "logits"}, (1, 2), ["preds='logits'", "'model_outputs', 'loss'", "batch is a tuple of 2"]),
        ({"preds": "model_outputs.logits"}, (1, 2), ["'logits' is not there", "batch_output.model_outputs is a Pair"]),
        ({"preds": "loss.0"}, (1, 2), ["'0' is not there", "one Tensor of shape ()"]),
    ],
)
def test_an_input_that_cannot_be_found_is_named_with_what_there_is(inputs, batch, said):
    with pytest.raises(LookupError) as error:
        MetricsCallback(MeanMetric(), **inputs).feed_train(batch, OUTPUT)
    for words in said:
        assert words in str(error.value)


@pytest.mark.parametrize("source", [True, "", "batch..1", 1.5, None])
def test_an_input_that_is_neither_path_nor_function_is_refused(source):
    with pytest.raises(TypeError, match=r"preds=.*a path such as"):
        MetricsCallback(MeanMetric(), preds=source)
