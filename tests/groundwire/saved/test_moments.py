from types import SimpleNamespace

import pytest

from groundwire import CheckpointError, RunState
from groundwire.request import EvaluateRequest
from groundwire.saved.moments import check_moment, check_processes


def at(running=True, resumed=None, request=None, length=4, **position):
    return SimpleNamespace(
        at=RunState(**position),
        _is_running=running,
        _resumed=resumed,
        _request=request,
        _data_order=SimpleNamespace(length=length),
    )


@pytest.mark.parametrize(
    "trainer",
    [
        at(running=False),
        at(ahead="train", phase="train", done=3, step=2),
        at(ahead="eval", phase="train"),
        at(ahead="end", phase="eval"),
    ],
)
def test_a_run_can_be_continued_from_between_two_things(trainer):
    check_moment(trainer)


@pytest.mark.parametrize(
    ("trainer", "middle"),
    [
        (at(resumed={}), "the start of a resumed run"),
        (at(request=EvaluateRequest()), "another run"),
        (at(ahead="eval", phase="eval"), "the middle of an evaluation"),
        (at(ahead="train", phase="train", done=2, step=2), "the middle of a batch"),
        (at(ahead="train", phase="train", done=3, step=2, is_update=False, length=None), "fetched as a whole"),
    ],
)
def test_the_middle_of_something_is_refused(trainer, middle):
    with pytest.raises(CheckpointError, match=middle):
        check_moment(trainer)


def test_a_run_that_stopped_in_the_middle_of_a_batch_is_warned_of():
    with pytest.warns(UserWarning, match="would do part of it twice"):
        check_moment(at(running=False, ahead="train", done=2, step=2))


def test_several_processes_are_refused():
    with pytest.raises(CheckpointError, match="2 train together"):
        check_processes(SimpleNamespace(_accelerator=SimpleNamespace(num_processes=2)))
