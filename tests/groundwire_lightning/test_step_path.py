"""What a training step of a Lightning module costs in calls, files and depth: counted, not timed."""

import gc
import sys
from pathlib import Path

import pytest
import torch
from tests.groundwire_lightning.small import Lit, lit, loss_of, quiet
from torch.utils.data import DataLoader, TensorDataset

import groundwire
import groundwire_lightning as L
from groundwire.tables.fuse import Attached, nothing

OWN = (str(Path(groundwire.__file__).parent), str(Path(L.__file__).parent))
WRITTEN_FOR_THE_RUN = "<groundwire plan"
BATCHES = 12


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
        if event != "call" or not code.co_filename.startswith((*OWN, WRITTEN_FOR_THE_RUN)):
            return
        if code.co_name == "_run_train_step" and code.co_filename.startswith(OWN):
            self.calls = []
            self.steps.append(self.calls)
        self.calls.append((code, self.depth_of(frame)))

    @staticmethod
    def depth_of(frame):
        depth = 0
        while frame is not None and frame.f_code.co_name not in ("train_epoch", "epoch"):
            depth += frame.f_code.co_filename.startswith((*OWN, WRITTEN_FOR_THE_RUN))
            frame = frame.f_back
        return depth


def data():
    inputs = torch.linspace(-1, 1, 2 * BATCHES).reshape(-1, 1)
    return TensorDataset(inputs, 2 * inputs + 1)


def steps_of(module, **arguments):
    """The steps in the middle of an epoch."""
    steps, trainer = Steps(), quiet(logger=False, enable_checkpointing=False, enable_model_summary=False, **arguments)
    batches = DataLoader(data(), 2, shuffle=True)
    sys.setprofile(steps)
    try:
        trainer.fit(module, batches)
    finally:
        sys.setprofile(None)
    assert len(steps.steps) == BATCHES
    return steps.steps[1:-1]  # before the first an epoch begins, after the last it ends


def files_of(step):
    codes = {code for code, _ in step if code is not nothing.__code__}
    return {code.co_filename for code in codes if code.co_filename.startswith(OWN)}


def logs(self, batch, batch_idx):
    loss = loss_of(self, batch)
    self.log("train_loss", loss)
    return loss


class Listens(L.Callback):
    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        """In this file, so it is not counted."""


def test_a_step_that_logs_with_a_callback_that_listens_is_short():
    for step in steps_of(lit(training_step=logs), callbacks=[Listens()]):
        assert len(step) <= 25
        assert len(files_of(step)) <= 9
        assert max(depth for _, depth in step) <= 8


BARE = {
    "bare": {},
    "clipping": {"gradient_clip_val": 1.0},
    "accumulation": {"accumulate_grad_batches": 2},
}


@pytest.mark.parametrize("case", BARE)
def test_a_bare_step_is_shorter(case):
    for step in steps_of(Lit(), **BARE[case]):
        assert len(step) <= 34
        assert len(files_of(step)) <= 10
        assert max(depth for _, depth in step) <= 7


def test_callbacks_that_listen_to_nothing_add_no_call():
    def names(callbacks):
        return [[code for code, _ in step] for step in steps_of(Lit(), callbacks=callbacks)]

    assert names([]) == names([L.Callback() for _ in range(20)])


def test_forward_and_backward_pass_are_nested_only_where_somebody_asks_for_it():
    def names(module):
        return [code.co_name for code, _ in steps_of(module)[0]]

    def passes_on(self, epoch, batch_idx, optimizer, optimizer_closure):
        optimizer.step(closure=optimizer_closure)

    assert "train_step" in names(Lit())
    assert "nested_step" in names(lit(optimizer_step=passes_on))


# How much happens before the first step.


class Before:
    """The calls of own functions before the first training step."""

    def __init__(self):
        self.codes = []
        self.is_over = False

    def __call__(self, frame, event, argument):
        code = frame.f_code
        self.is_over = self.is_over or code.co_name == "_run_train_step"
        if code.co_name == "find_spec":  # asked of each module of others that is imported for the first time
            return
        if event == "call" and not self.is_over and code.co_filename.startswith((*OWN, WRITTEN_FOR_THE_RUN)):
            self.codes.append(code)


def test_a_fit_comes_to_its_first_step_soon(tmp_path):
    calls, logger = Before(), L.loggers.CSVLogger(tmp_path)
    callbacks = [Listens(), L.Callback(), L.Callback()]
    trainer = quiet(logger=logger, enable_model_summary=False, log_every_n_steps=1, callbacks=callbacks)
    module, batches = lit(training_step=logs), DataLoader(data(), 2 * BATCHES)
    gc.collect()  # the profilers of trainers before have a __del__
    sys.setprofile(calls)
    try:
        trainer.fit(module, batches)
    finally:
        sys.setprofile(None)
    assert calls.is_over
    assert len(calls.codes) <= 3200
    own = {Path(code.co_filename) for code in calls.codes if code.co_filename.startswith(OWN)}
    # a test before may have dropped a module that is imported anew here: the search for it is no part of fit()
    assert len([path for path in own if path.name not in ("paths.py", "finder.py", "lazily.py")]) <= 57


def test_what_a_stage_found_of_a_method_is_not_looked_for_again_in_the_next(monkeypatch):
    looked, check = [], Attached.check
    monkeypatch.setattr(Attached, "check", lambda row, player: looked.append((row, player)) or check(row, player))
    trainer = quiet(logger=False, enable_checkpointing=False, enable_model_summary=False, callbacks=[Listens()])
    trainer.fit(Lit(), DataLoader(data(), 2))
    assert looked
    assert len(looked) == len({(id(row), id(player)) for row, player in looked})


def test_a_method_that_changes_between_two_stages_is_looked_at_again():
    seen = []

    def setup(self, stage):
        self.on_train_start = lambda: seen.append("late")

    module = lit(setup=setup, on_train_start=lambda self: seen.append("early"))
    quiet(logger=False, enable_checkpointing=False, enable_model_summary=False).fit(module, DataLoader(data(), 2))
    assert seen == ["late"]
