import dataclasses
import re
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.groundwire.runs import data, network, step_lr
from torch.utils.data import DataLoader, IterableDataset, Subset

from groundwire import Trainer
from groundwire.request import EvaluateRequest, TrainRequest

DATA = data(2)


class Stream(IterableDataset):
    def __iter__(self):
        return iter(())


def train(**asked):
    return TrainRequest(**{"train_dataset": DATA, "num_epochs": 1, **asked})


# Strange values of every kind, each an object whose repr can be found in a message.
TEXT = st.text(max_size=5)
NOTHING_LIKE_IT = st.one_of(TEXT, st.binary(max_size=3), st.lists(st.integers(), max_size=2), st.complex_numbers())
NUMBERS = st.one_of(st.floats(), st.integers())
FLAGS = st.booleans()
WHOLE = st.integers(min_value=1, max_value=2**40)

NO_WHOLE = st.one_of(st.integers(max_value=0), st.floats(), FLAGS, NOTHING_LIKE_IT, st.none())
NO_LIMIT = st.one_of(st.integers(max_value=0), st.floats(max_value=0.0), st.just(float("nan")), FLAGS, NOTHING_LIKE_IT)
NO_FUNCTION = st.one_of(NUMBERS, FLAGS, NOTHING_LIKE_IT)
NO_KEYWORDS = st.one_of(
    NUMBERS, FLAGS, NOTHING_LIKE_IT, st.dictionaries(st.integers(), st.integers(), min_size=1, max_size=2)
)
NO_FLAG = st.one_of(NUMBERS, NOTHING_LIKE_IT, st.none())
NO_PATH = st.one_of(NUMBERS, FLAGS, st.lists(st.integers(), max_size=2))

WRONG = {
    "num_epochs": NO_WHOLE,
    "per_device_batch_size": NO_WHOLE.filter(lambda value: value is not None),
    "max_num_train_steps": NO_WHOLE.filter(lambda value: value is not None),
    "gradient_accumulation_steps": NO_WHOLE,
    "gradient_clip_value": NO_LIMIT,
    "gradient_clip_norm": NO_LIMIT,
    "create_scheduler_fn": NO_FUNCTION,
    "collate_fn": NO_FUNCTION,
    "train_dataloader_kwargs": NO_KEYWORDS,
    "eval_dataloader_kwargs": NO_KEYWORDS,
    "reset_run_history": NO_FLAG,
    "resume_from": NO_PATH,
}
WRONG_TO_EVALUATE = {
    "per_device_batch_size": WRONG["per_device_batch_size"],
    "dataloader_kwargs": NO_KEYWORDS,
    "collate_fn": NO_FUNCTION,
    "collect": NO_FLAG,
}


def refused(make, name, value):
    with pytest.raises((TypeError, ValueError), match=rf"^{name}\b") as caught:
        make(**{name: value})
    assert f"got {value!r}" in str(caught.value)


@given(st.data())
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_value_is_refused_by_the_name_of_its_parameter(name, data):
    refused(train, name, data.draw(WRONG[name]))


@given(st.data())
@pytest.mark.parametrize("name", WRONG_TO_EVALUATE)
def test_a_wrong_value_for_an_evaluation_is_refused_likewise(name, data):
    refused(EvaluateRequest, name, data.draw(WRONG_TO_EVALUATE[name]))


def test_every_parameter_is_either_checked_or_data():
    fields = {field.name for field in dataclasses.fields(TrainRequest)}
    assert fields == {*WRONG, "train_dataset", "eval_dataset"}
    assert {field.name for field in dataclasses.fields(EvaluateRequest)} == {*WRONG_TO_EVALUATE, "dataset"}


NO_DATA = st.one_of(NUMBERS, FLAGS, TEXT, st.binary(max_size=3), st.just(torch.zeros(3)), st.just(object()))
NAMES_OF_DATA = [(train, "train_dataset"), (train, "eval_dataset"), (EvaluateRequest, "dataset")]


@given(st.data())
@pytest.mark.parametrize(("make", "name"), NAMES_OF_DATA)
def test_what_is_no_data_is_refused_by_its_type(make, name, data):
    value = data.draw(NO_DATA)
    kind = type(value).__name__
    with pytest.raises(
        TypeError, match=rf"^{name}: a dataset, a DataLoader or an iterable of batches is due, got {kind}"
    ):
        make(**{name: value})


@pytest.mark.parametrize(("make", "name"), NAMES_OF_DATA)
@pytest.mark.parametrize(
    "empty", [[], {}, Subset(DATA, []), DataLoader(Subset(DATA, [])), DataLoader(DATA, 4, drop_last=True)]
)
def test_empty_data_is_refused(make, name, empty):
    with pytest.raises(ValueError, match=rf"^{name} is empty"):
        make(**{name: empty})


@pytest.mark.parametrize(
    "kind",
    [DATA, [(1, 2)], DataLoader(DATA), Stream(), DataLoader(Stream()), iter([1]), range(3), np.ones((2, 3))],
    ids=lambda kind: type(kind).__name__,
)
@pytest.mark.parametrize(("make", "name"), NAMES_OF_DATA)
def test_data_of_every_kind_is_taken(make, name, kind):  # B17 among them
    assert getattr(make(**{name: kind}), name) is kind


def test_an_iterator_serves_one_epoch_and_no_more():
    with pytest.raises(
        ValueError, match=r"^train_dataset: an iterator can be read once and num_epochs=2 asks for more"
    ):
        train(train_dataset=iter([1]), num_epochs=2)
    with pytest.raises(ValueError, match=r"^eval_dataset: an iterator can be read once"):
        train(eval_dataset=iter([1]), num_epochs=2)


@given(WHOLE, WHOLE, st.none() | WHOLE, st.none() | WHOLE, st.none() | st.floats(min_value=1e-9), FLAGS)
def test_right_values_are_kept_as_they_are(epochs, steps, size, limit, clip, reset):
    asked = {
        "num_epochs": epochs,
        "gradient_accumulation_steps": steps,
        "per_device_batch_size": size,
        "max_num_train_steps": limit,
        "gradient_clip_norm": clip,
        "reset_run_history": reset,
        "create_scheduler_fn": step_lr,
        "train_dataloader_kwargs": {"shuffle": False},
        "resume_from": Path("there"),
    }
    request = train(**asked)
    assert {name: getattr(request, name) for name in asked} == asked


@pytest.mark.parametrize("number", [np.int64(3), np.uint8(3)])
def test_whole_numbers_of_numpy_are_whole_numbers(number):
    assert train(num_epochs=number).num_epochs == 3


def test_two_ways_of_clipping_exclude_each_other():
    said = re.escape("gradient_clip_value=0.5 and gradient_clip_norm=1.0 exclude each other")
    with pytest.raises(ValueError, match=said):
        train(gradient_clip_value=0.5, gradient_clip_norm=1.0)


@pytest.mark.parametrize(
    "scheduler", [torch.optim.lr_scheduler.StepLR, torch.optim.lr_scheduler.ReduceLROnPlateau, None]
)
def test_a_scheduler_where_a_factory_is_due_says_how_to_make_one(scheduler):
    class Mine:
        def __init__(self, optimizer):
            self.optimizer = optimizer

        def step(self): ...

        def __call__(self, optimizer): ...

    kind = Mine if scheduler is None else scheduler
    optimizer = torch.optim.SGD(network().parameters(), lr=0.1)
    made = kind(optimizer, step_size=1) if kind.__name__ == "StepLR" else kind(optimizer)
    with pytest.raises(TypeError, match=rf"instance of {kind.__name__}.*functools.partial\({kind.__name__}, \.\.\.\)"):
        train(create_scheduler_fn=made)


@pytest.mark.parametrize("factory", [step_lr, partial(torch.optim.lr_scheduler.StepLR, step_size=7), Trainer])
def test_any_callable_may_make_a_scheduler(factory):
    assert train(create_scheduler_fn=factory).create_scheduler_fn is factory


def test_a_request_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        train().num_epochs = 2


def test_what_a_run_holds_of_a_request():
    request = train(collate_fn=list, train_dataloader_kwargs={"shuffle": True})
    assert request.of_run() == {
        "request": request,
        "train_dataset": DATA,
        "eval_dataset": None,
        "collate_fn": list,
        "create_scheduler_fn": None,
        "train_dl_kwargs": {"shuffle": True},
        "eval_dl_kwargs": None,
    }
    assert EvaluateRequest(dataset=DATA).of_run().keys() == request.of_run().keys()
