import pytest
import torch
from tests.side_by_side.test_logging import BOTH_LEVELS, fit, logs, logs_value
from tests.side_by_side.twins import twins

REDUCTIONS = ("mean", "sum", "min", "max", "avg", "MEAN", torch.mean, torch.sum, torch.min, torch.max, sum, min, max)


@pytest.mark.parametrize("reduce_fx", REDUCTIONS, ids=lambda reduce: getattr(reduce, "__name__", reduce))
def test_values_are_reduced_as_lightning_reduces_them(reduce_fx):
    twins(lambda stage: fit(stage, methods=logs(**BOTH_LEVELS, reduce_fx=reduce_fx)))


VALUES = {
    "a number": lambda self, loss, n: n + 0.25,
    "a whole number": lambda self, loss, n: n,
    "a large whole number": lambda self, loss, n: 2**24 + n,
    "true or false": lambda self, loss, n: n % 2 == 0,
    "a tensor with a graph": lambda self, loss, n: loss,
    "a tensor of one element": lambda self, loss, n: loss.reshape(1, 1),
    "whole numbers in a tensor": lambda self, loss, n: torch.tensor(n),
    "half precision": lambda self, loss, n: loss.half(),
    "brain floats": lambda self, loss, n: loss.bfloat16(),
    "double precision": lambda self, loss, n: loss.double() * 0.1,
    "a changing precision": lambda self, loss, n: loss.double() if n % 2 else loss,
    "not a number": lambda self, loss, n: float("nan") if n == 2 else 1.0,
    "infinite": lambda self, loss, n: float("inf") if n == 2 else 1.0,
    "truth in a tensor": lambda self, loss, n: loss > 0.5,
}


@pytest.mark.parametrize("reduce_fx", ["mean", "max", "sum"])
@pytest.mark.parametrize("value", VALUES)
def test_values_of_every_kind_are_kept_as_lightning_keeps_them(value, reduce_fx):
    methods = logs_value(VALUES[value], reduce_fx=reduce_fx, prog_bar=True, **BOTH_LEVELS)
    twins(lambda stage: fit(stage, methods=methods))


WRONG_VALUES = {
    "a name": "a",
    "a vector": torch.ones(2),
    "nothing": None,
    "a list": [1.0],
    "a dictionary": {"a": 1.0},
    "a function": print,
    "an empty tensor": torch.ones(0),
}


@pytest.mark.parametrize("value", WRONG_VALUES)
def test_values_that_lightning_cannot_log_are_refused(value):
    methods = logs_value(lambda self, loss, n: WRONG_VALUES[value])
    assert twins(lambda stage: fit(stage, methods=methods), hears=False)["answer"][0] == "raised"


BATCHES = {
    "a tensor": lambda batch: batch[0],
    "a dictionary": lambda batch: {"x": batch[0], "y": batch[1]},
    "a dictionary in a list": lambda batch: [{"x": batch[0][:2]}, batch[1]],
    "a name before the tensor": lambda batch: ("name", batch[0]),
    "a scalar tensor": lambda batch: batch[0].sum(),
    "sizes that differ": lambda batch: (batch[0][:1], batch[1]),
    "no tensor": lambda batch: ["a", "b"],
    "names": lambda batch: "name",
    "an empty tensor": lambda batch: batch[0][:0],
}


@pytest.mark.parametrize("batch", BATCHES)
def test_the_size_of_a_batch_is_the_one_lightning_finds(batch):
    def step(self, batch, batch_idx):
        self.log("x", float(batch_idx), on_epoch=True, on_step=True)
        return self.layers(torch.ones(2, 4)).mean()

    def scenario(stage):
        collate = lambda samples: BATCHES[batch](torch.utils.data.default_collate(samples))  # noqa: E731
        fit(
            stage,
            methods={"training_step": step, "validation_step": step},
            train={"samples": 14, "collate_fn": collate},
        )

    twins(scenario, hears=False)
