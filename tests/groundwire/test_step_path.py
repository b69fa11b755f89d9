"""What a native training step costs in calls, files, depth and host reads: counted, not timed."""

import sys
from pathlib import Path

import pytest
import torch
from tests.groundwire.runs import data, trainer_for
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.data import DataLoader

import groundwire
from groundwire import DEFAULT_CALLBACKS, HOOKS, TrainerCallback
from groundwire.tables.fuse import nothing

OWN = str(Path(groundwire.__file__).parent)
WRITTEN_FOR_THE_RUN = "<groundwire plan"


class Deaf(TrainerCallback):
    """Overrides nothing."""


class Steps:
    """The calls of own functions in each training step, as ``sys.setprofile`` sees them.

    A step reaches from the entry of one ``_run_train_step`` to that of the next, so that fetching the
    next batch counts as well. Each call is a pair of its code and its depth, the entry having 1.
    """

    def __init__(self):
        self.calls = []
        self.steps = []

    def __call__(self, frame, event, argument):
        code = frame.f_code
        if event != "call" or not code.co_filename.startswith((OWN, WRITTEN_FOR_THE_RUN)):
            return
        if code.co_name == "_run_train_step":
            self.calls = []
            self.steps.append(self.calls)
        self.calls.append((code, self.depth_of(frame)))

    @staticmethod
    def depth_of(frame):
        depth = 0
        while frame is not None and frame.f_code.co_name not in ("train_epoch", "training_run_epoch"):
            depth += frame.f_code.co_filename.startswith((OWN, WRITTEN_FOR_THE_RUN))
            frame = frame.f_back
        return depth


def steps_of(callbacks, batches=12, **asked):
    """The steps in the middle of an epoch."""
    trainer, steps = trainer_for(callbacks=callbacks), Steps()
    loader = DataLoader(data(2 * batches), 2, shuffle=True)
    sys.setprofile(steps)
    try:
        trainer.train(loader, 1, **asked)
    finally:
        sys.setprofile(None)
    assert len(steps.steps) == batches
    return steps.steps[1:-1]  # before the first an epoch begins, after the last it ends


def files_of(step):
    """The files to be read in order to follow a step; what events without listeners call is not worth a look."""
    codes = {code for code, _ in step if code is not nothing.__code__}
    return {code.co_filename for code in codes if code.co_filename.startswith(OWN)}


ASKED = {
    "plain": {},
    "clipping and a scheduler": {
        "gradient_clip_norm": 1.0,
        "create_scheduler_fn": lambda optimizer: torch.optim.lr_scheduler.StepLR(optimizer, 1),
    },
    "accumulation": {"gradient_accumulation_steps": 3},
}


@pytest.mark.parametrize("callbacks", [(), DEFAULT_CALLBACKS], ids=["no callbacks", "default callbacks"])
@pytest.mark.parametrize("asked", ASKED.values(), ids=list(ASKED))
def test_a_step_is_short(callbacks, asked, capsys):
    for step in steps_of(callbacks, **asked):
        assert len(step) <= 24
        assert len(files_of(step)) <= 4
        assert max(depth for _, depth in step) <= 5


def test_the_next_batch_of_data_in_memory_is_five_more_calls_in_one_file():
    def given(dataset):
        trainer, steps = trainer_for(), Steps()
        sys.setprofile(steps)
        try:
            trainer.train(dataset, 1, per_device_batch_size=2)
        finally:
            sys.setprofile(None)
        return steps.steps[3]

    at_once, one_by_one = given(data(24)), given(DataLoader(data(24), 2))
    assert len(at_once) <= len(one_by_one) + 5 <= 24
    assert {Path(file).name for file in files_of(at_once) - files_of(one_by_one)} == {"in_batches.py"}


def test_the_count_sees_each_hook_of_a_step():
    names = [code.co_name for code, _ in steps_of((), **ASKED["clipping and a scheduler"])[0]]
    hooks = [name for name in names if name in HOOKS]
    assert hooks == [
        "_run_train_step",
        "calculate_train_batch_loss",
        "backward_step",
        "_clip_gradients",
        "optimizer_step",
        "scheduler_step",
        "optimizer_zero_grad",
    ]


def test_a_step_calls_nothing_that_was_not_asked_for():
    names = {code.co_name for code, _ in steps_of(())[0]}
    assert not names & {"_clip_gradients", "scheduler_step"}


def test_callbacks_that_listen_to_nothing_add_no_call():
    def names(callbacks):
        return [[code for code, _ in step] for step in steps_of(callbacks)]

    assert names([]) == names([Deaf() for _ in range(20)])


def test_a_callback_that_overrides_nothing_leaves_every_hook_as_it_is():
    plain, deaf = trainer_for(), trainer_for(callbacks=[Deaf])
    for trainer in (plain, deaf):
        trainer.train(data(2), 1)
    for name in HOOKS:
        one, other = getattr(plain.plan, name), getattr(deaf.plan, name)
        assert getattr(one, "__func__", one) is getattr(other, "__func__", other)
        assert (one is nothing) == HOOKS[name].is_event


def test_a_callback_that_listens_costs_one_function_written_for_the_run():
    class Listens(TrainerCallback):
        def on_train_update_end(self, trainer, **kwargs):
            """In this file, so it is not counted; only what was written for the run is."""

    deaf, listening = steps_of([])[0], steps_of([Listens])[0]
    assert len(deaf) == len(listening)  # what was written for the run stands where `nothing` stood
    assert [code.co_name for code, _ in listening if code.co_filename.startswith(WRITTEN_FOR_THE_RUN)] == [
        "on_train_update_end"
    ]


# How often the host waits for the device.

READS = {"aten::_local_scalar_dense", "aten::item", "aten::is_nonzero", "aten::equal"}


class HostReads(TorchDispatchMode):
    """Counts what makes the host wait for a value."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.count += function.name().partition(".")[0] in READS
        return function(*args, **(kwargs or {}))


def reads_of(batches, **asked):
    trainer = trainer_for(callbacks=DEFAULT_CALLBACKS)
    loader = DataLoader(data(2 * batches), 2)
    with HostReads() as reads:
        trainer.train(loader, 1, **asked)
    return reads.count


@pytest.mark.parametrize("asked", ASKED.values(), ids=list(ASKED))
def test_steps_read_no_tensor(asked, capsys):  # B13
    assert (reads_of(104, **asked) - reads_of(4, **asked)) / 100 <= 0.05


def test_a_whole_run_reads_next_to_nothing(capsys):
    assert reads_of(100) <= 5


def test_the_count_of_host_reads_sees_each():
    with HostReads() as reads:
        number = torch.ones(())
        number.item()
        bool(number > 0)
        float(number)
    assert reads.count == 3
