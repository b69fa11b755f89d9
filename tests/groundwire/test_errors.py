import functools
import inspect
import pickle
from pathlib import Path

import pytest
import torch
from torch.utils.data import TensorDataset

from groundwire import Trainer, TrainerCallback
from groundwire.errors import (
    GroundwireError,
    HookMapError,
    NonFiniteLossError,
    StopTrainingError,
    did_you_mean,
    place_of,
    rank_zero_warn,
)


@pytest.mark.parametrize("error", [HookMapError, StopTrainingError, NonFiniteLossError])
def test_every_error_of_ours_can_be_caught_at_once(error):
    assert issubclass(error, GroundwireError)


def test_a_loss_that_is_not_finite_is_named_by_epoch_and_step():
    error = NonFiniteLossError(epoch=2, step=17)
    assert (error.epoch, error.step) == (2, 17)
    assert "step 17 of epoch 2" in str(error)
    assert "TerminateOnNaNCallback" in str(error)


def test_it_reaches_another_process_whole():
    error = pickle.loads(pickle.dumps(NonFiniteLossError(2, 17)))
    assert (error.epoch, error.step, str(error)) == (2, 17, str(NonFiniteLossError(2, 17)))


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("on_train_strat", " Did you mean 'on_train_start'?"),
        ("on_train_start", " Did you mean 'on_train_start'?"),
        ("zzz", ""),
    ],
)
def test_the_nearest_name_is_offered_if_there_is_one(name, hint):
    assert did_you_mean(name, iter(["on_train_start", "on_fit_end"])) == hint


def test_nothing_is_offered_where_nothing_is_known():
    assert did_you_mean("anything", ()) == ""


def _here():
    return None


class Somewhere:
    def method(self):
        return None


def _wrapped():
    @functools.wraps(_here)
    def outer():
        return _here()

    return outer


@pytest.mark.parametrize(
    ("thing", "written"),
    [
        (_here, _here),
        (Somewhere, Somewhere),
        (Somewhere().method, Somewhere.method),
        (functools.partial(_here), _here),
        (_wrapped(), _here),
    ],
)
def test_a_place_is_a_file_and_a_line(thing, written):
    file, _, line = place_of(thing).rpartition(":")
    assert Path(file).name == "test_errors.py"
    assert int(line) == inspect.getsourcelines(written)[1]


@pytest.mark.parametrize("thing", [len, "text", 3, eval("lambda: 0")])  # noqa: S307  # a function without a file
def test_what_has_no_source_has_no_place(thing):
    assert place_of(thing) == ""


def test_a_warning_needs_no_process_group(monkeypatch):
    from lightning_utilities.core.rank_zero import rank_zero_only

    monkeypatch.setenv("RANK", "0")
    monkeypatch.setattr(rank_zero_only, "rank", None, raising=False)
    with pytest.warns(RuntimeWarning, match="mind the gap"):
        rank_zero_warn("mind the gap", RuntimeWarning)


def test_a_warning_points_at_the_program_however_deep_in_a_run_it_is_given():
    class Misspelt(TrainerCallback):
        def on_train_epoch_ent(self, trainer):
            """Nothing calls it."""

    model = torch.nn.Linear(1, 1)
    data = TensorDataset(torch.ones(4, 1), torch.ones(4, 1))
    trainer = Trainer(model, torch.nn.MSELoss(), torch.optim.SGD(model.parameters(), lr=0.1), callbacks=[Misspelt])
    with pytest.warns(UserWarning, match="on_train_epoch_end") as warned:
        trainer.train(data, num_epochs=1)
    assert [warning.filename for warning in warned] == [__file__]


def test_a_warning_under_a_call_of_torch_points_at_the_program():
    code = compile("def forward(self, x):\n    warn('mind the gap')\n    return x", "own.py", "exec")
    space = {"__name__": "groundwire_of_a_test", "warn": rank_zero_warn}
    exec(code, space)  # noqa: S102  # a module that stands for one of an adapter
    module = type("Module", (torch.nn.Module,), {"forward": space["forward"]})()
    with pytest.warns(UserWarning, match="mind the gap") as warned:
        module(1)
    assert [warning.filename for warning in warned] == [__file__]


def test_only_the_first_process_warns(monkeypatch, recwarn):
    from lightning_utilities.core.rank_zero import rank_zero_only

    monkeypatch.setenv("RANK", "1")
    monkeypatch.setattr(rank_zero_only, "rank", None, raising=False)
    rank_zero_warn("not from here")
    assert not recwarn.list
