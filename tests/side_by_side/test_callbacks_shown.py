"""Callbacks that people look at: progress bars, the summary, learning rates, the clock."""

import contextlib
import datetime
import io
import re

import lightning
import pytest
import rich
import torch
from tests.side_by_side.twins import BOTH, loss_of, twins

import groundwire_lightning.callbacks
from groundwire_lightning.callbacks.progress import tqdm_progress

# the clock


class Clock:
    """A clock that is a second later each time it is looked at."""

    def __init__(self):
        self.now = 0.0

    def monotonic(self):
        self.now += 1.0
        return self.now


def timed(make, monkeypatch, **arguments):
    def scenario(stage):
        monkeypatch.setattr(f"{stage.callbacks.__name__}.timer.time", Clock())
        timer = make(stage.callbacks)
        module = stage.make_module(methods=BOTH)
        listeners = [timer, stage.make_callback()] if timer is not None else [stage.make_callback()]
        trainer = stage.make_trainer(callbacks=listeners, **arguments)
        trainer.fit(module, stage.loader("train"), stage.loader("val", samples=10))
        timer = timer or next(each for each in trainer.callbacks if type(each).__name__ == "Timer")
        asked = [timer.time_remaining() is None, timer.start_time("train") is None, timer.start_time("test") is None]
        kept = timer.state_dict()
        again = type(timer)()
        again.load_state_dict(kept)
        return [list(kept["time_elapsed"]), asked, again.time_elapsed() == kept["time_elapsed"]["train"]]

    return scenario


TIMERS = {
    "no limit": lambda c: c.Timer(),
    "a text": lambda c: c.Timer("00:00:00:12"),
    "a delta": lambda c: c.Timer(datetime.timedelta(seconds=12)),
    "a dictionary": lambda c: c.Timer({"seconds": 12}),
    "by epochs": lambda c: c.Timer("00:00:00:05", interval="epoch", verbose=False),
    "no time at all": lambda c: c.Timer({"seconds": 0}),
}


@pytest.mark.parametrize("name", TIMERS)
def test_training_ends_when_the_time_is_up_as_in_lightning(name, monkeypatch):
    twins(timed(TIMERS[name], monkeypatch, max_epochs=4))


@pytest.mark.parametrize("limit", ["00:00:00:12", {"seconds": 12}, datetime.timedelta(seconds=12)], ids=str)
def test_max_time_is_a_timer_as_in_lightning(limit, monkeypatch):
    record = twins(timed(lambda c: None, monkeypatch, max_time=limit, max_epochs=None))
    assert 0 < record["global_step"] < 20


def test_a_timer_that_was_given_takes_precedence_over_max_time(monkeypatch):
    twins(timed(TIMERS["a text"], monkeypatch, max_time="00:00:00:01"))


# functions as callbacks


def test_functions_are_called_at_their_hooks_as_in_lightning():
    names = ["setup", "on_fit_start", "on_train_batch_end", "on_validation_end", "on_before_zero_grad", "teardown"]

    def scenario(stage):
        hooks = {name: lambda *args, name=name, **kw: stage.note("function", name, *args[2:]) for name in names}
        module = stage.make_module(methods=BOTH)
        stage.make_trainer(callbacks=[stage.callbacks.LambdaCallback(**hooks)]).fit(
            module, stage.loader("train"), stage.loader("val", samples=10)
        )

    twins(scenario)


# bars

DRAWN = re.compile(r"([^:|\n]+):\s[^|]*\|[^|]*\|\s(\d+)/(\S+)\s\[[^,\]]*,\s*[^,\]]*([^\]]*)\]")


def drawn(text):
    """What a bar of tqdm showed: for each count of batches the last drawing, without times."""
    shown = {}
    for found in DRAWN.finditer(re.sub(r"\r|\x1b\[A", "\n", text)):
        said, done, total, metrics = (part.strip() for part in found.groups())
        shown[said, done, total] = metrics
    return list(shown.items())


def with_bar(make, monkeypatch, *, val=10, methods=None, train=None, **arguments):
    """A fit with a bar of tqdm that is drawn for every batch; answers with what it showed."""

    def scenario(stage):
        monkeypatch.setattr(tqdm_progress, "SECONDS_IN_A_FILE", 0.0)
        seen = []
        bar = make(stage.callbacks, seen)
        module = stage.make_module(methods={**BOTH, "training_step": logs, **(methods or {})})
        given = {"callbacks": [bar, stage.make_callback()], "enable_progress_bar": True, **arguments}
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            trainer = stage.make_trainer(**given)
            trainer.fit(module, stage.loader("train", **(train or {})), stage.loader("val", samples=val))
        assert trainer.progress_bar_callback is bar
        return [drawn(out.getvalue()), seen, [bar.refresh_rate, bar.process_position, bar.is_enabled]]

    return scenario


def logs(self, batch, batch_idx):
    loss = loss_of(self, batch)
    self.log("loss", loss, prog_bar=True)
    self.log("both", loss, prog_bar=True, on_step=True, on_epoch=True)
    return loss


def as_it_is(**arguments):
    return lambda c, seen: c.TQDMProgressBar(**arguments)


def telling(callbacks, seen):
    """A bar that tells what a bar knows at its hooks, and shows more."""

    class Bar(callbacks.TQDMProgressBar):
        def get_metrics(self, trainer, pl_module):
            metrics = super().get_metrics(trainer, pl_module)
            metrics.pop("v_num", None)
            return {**metrics, "more": 1.5, "text": "a"}

        def init_train_tqdm(self):
            bar = super().init_train_tqdm()
            bar.set_description("mine")
            return bar

        def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
            seen.append([self.total_train_batches, self.total_val_batches])

        def on_validation_batch_end(self, trainer, pl_module, outputs, batch, batch_idx, dataloader_idx=0):
            super().on_validation_batch_end(trainer, pl_module, outputs, batch, batch_idx, dataloader_idx)
            seen.append([self.total_val_batches_current_dataloader, self.val_progress_bar.n, batch_idx])

        def on_train_epoch_end(self, trainer, pl_module):
            super().on_train_epoch_end(trainer, pl_module)
            seen.append([self.train_progress_bar.n, self.train_progress_bar.total])

    return Bar()


def switched_off(callbacks, seen):
    bar = callbacks.TQDMProgressBar()
    bar.disable()
    return bar


BARS = {
    "as it is": (as_it_is(), {}),
    "every third batch": (as_it_is(refresh_rate=3), {}),
    "left on the screen": (as_it_is(leave=True), {}),
    "further down": (as_it_is(process_position=2), {}),
    "drawing nothing": (as_it_is(refresh_rate=0), {}),
    "switched off": (switched_off, {}),
    "telling what it knows": (telling, {}),
    "accumulating": (telling, {"accumulate_grad_batches": 3}),
    "validating in the middle": (as_it_is(), {"val_check_interval": 3}),
    "of steps": (telling, {"max_steps": 9, "max_epochs": -1}),
    "of data without a length": (as_it_is(), {"train": {"sized": False}}),
    "without a sanity check": (as_it_is(), {"num_sanity_val_steps": 0}),
    "every second epoch": (telling, {"check_val_every_n_epoch": 2}),
}


@pytest.mark.parametrize("name", BARS)
def test_a_bar_shows_what_lightnings_shows(name, monkeypatch):
    make, arguments = BARS[name]
    twins(with_bar(make, monkeypatch, **arguments))


@pytest.mark.parametrize("text", ["TQDM_MINITERS", "COLAB_GPU"])
def test_the_environment_says_how_often_a_bar_is_drawn_as_in_lightning(text, monkeypatch):
    monkeypatch.setenv(text, "7")
    found = [
        [callbacks.TQDMProgressBar(rate).refresh_rate for rate in (0, 1, 9)]
        for callbacks in (lightning.pytorch.callbacks, groundwire_lightning.callbacks)
    ]
    assert found[0] == found[1]


@pytest.mark.parametrize("number", [1, 12345678, 0.5, 1.25, 0.123456, 1e-9, 3.0, "a", "12", "1.2", "0.123456", "1e-9"])
def test_a_number_keeps_its_width_as_in_lightning(number):
    theirs = lightning.pytorch.callbacks.progress.tqdm_progress.Tqdm.format_num(number)
    assert tqdm_progress.Tqdm.format_num(number) == theirs


def test_several_bars_and_a_bar_that_is_not_wanted_are_refused_as_in_lightning():
    for made, wanted in ((2, True), (1, False)):

        def scenario(stage, made=made, wanted=wanted):
            stage.make_module()
            stage.trainer = stage.make_trainer()
            bars = [stage.callbacks.TQDMProgressBar() for _ in range(made)]
            stage.make_trainer(callbacks=bars, enable_progress_bar=wanted)

        assert twins(scenario, hears=False)["answer"] == ["raised", "MisconfigurationException"]


def test_values_are_read_when_the_bar_is_drawn_and_not_more_often(monkeypatch):
    monkeypatch.setattr(tqdm_progress, "SECONDS_IN_A_FILE", 3600.0)
    read = []

    class Bar(groundwire_lightning.callbacks.TQDMProgressBar):
        def get_metrics(self, trainer, pl_module):
            read.append(self.train_progress_bar.n)
            return super().get_metrics(trainer, pl_module)

    def scenario(stage):
        bar = Bar() if not stage.is_lightning else stage.callbacks.TQDMProgressBar(refresh_rate=100)
        module = stage.make_module(methods={**BOTH, "training_step": logs})
        with contextlib.redirect_stdout(io.StringIO()):
            stage.make_trainer(callbacks=[bar], enable_progress_bar=True, max_epochs=1).fit(
                module, stage.loader("train", samples=40), stage.loader("val", samples=10)
            )

    twins(scenario, hears=False)
    assert read == [1, 10, 10, 10]  # the first batch, the last one, after the validation, at the end


def test_a_bar_can_be_pickled():
    import pickle

    bar = groundwire_lightning.callbacks.TQDMProgressBar()
    bar.train_progress_bar = tqdm_progress.Tqdm(disable=True)
    assert pickle.loads(pickle.dumps(bar))._train_progress_bar is None
    with pytest.raises(TypeError, match="no bar of val yet"):
        bar.val_progress_bar  # noqa: B018


# the bar and the summary of rich


def shown_by_rich(stage, out):
    """Let rich write into ``out``."""
    return {"console_kwargs": {"file": out, "width": 120, "color_system": None}}


@pytest.mark.parametrize("leave", [False, True])
def test_the_bar_of_rich_shows_what_lightnings_shows(leave):
    def scenario(stage):
        out = io.StringIO()
        bar = stage.callbacks.RichProgressBar(leave=leave, **shown_by_rich(stage, out))
        module = stage.make_module(methods={**BOTH, "training_step": logs})
        stage.make_trainer(callbacks=[bar, stage.make_callback()], enable_progress_bar=True).fit(
            module, stage.loader("train"), stage.loader("val", samples=10)
        )
        # times differ; and so may what stands where a column was cut
        lines = [re.sub(r"\d+:\d\d:\d\d|[\d.]+it/s|━+|╸|╺", "", line).split() for line in out.getvalue().splitlines()]
        return [[word for line in lines for word in line], bar.refresh_rate, bar.is_enabled]

    twins(scenario)


class Lines:
    """A log that keeps what it is told."""

    def __init__(self):
        self.lines = []

    def info(self, text, *arguments):
        self.lines.append(text % arguments if arguments else text)


@pytest.mark.parametrize("name", ["ModelSummary", "RichModelSummary"])
def test_a_summary_is_shown_when_fitting_begins_as_in_lightning(name, monkeypatch):
    def scenario(stage):
        out, log = io.StringIO(), Lines()
        rich.reconfigure(file=out, width=100)
        monkeypatch.setattr(f"{stage.callbacks.__name__}.model_summary.log", log)
        module = stage.make_module(methods={**BOTH, "forward": lambda self, points: self.layers(points)})
        module.example_input_array = torch.zeros(2, 4)
        callbacks = [getattr(stage.callbacks, name)(max_depth=2), stage.make_callback()]
        stage.make_trainer(callbacks=callbacks, enable_model_summary=True).fit(module, stage.loader("train"))
        return [out.getvalue(), log.lines]

    assert "Trainable params" in str(twins(scenario)["answer"])
    rich.reconfigure()


# what a Trainer has without being asked


def test_a_trainer_brings_the_callbacks_of_lightning():
    def scenario(stage):
        stage.make_module()
        given = {"enable_progress_bar": True, "enable_model_summary": True, "max_time": "00:01:00:00"}
        return [type(each).__name__ for each in stage.make_trainer(**given).callbacks]

    assert twins(scenario, hears=False)["answer"] == ["Timer", "RichProgressBar", "RichModelSummary"]


def test_without_rich_they_are_those_of_plain_text(monkeypatch):
    monkeypatch.setattr("groundwire_lightning.callbacks.of_a_trainer.has_rich", lambda: False)
    callbacks = groundwire_lightning.Trainer(accelerator="cpu", enable_checkpointing=False).callbacks
    assert [type(each).__name__ for each in callbacks] == ["TQDMProgressBar", "ModelSummary"]


@pytest.mark.parametrize("name", ["RichProgressBar", "RichModelSummary"])
def test_what_needs_rich_says_so_where_it_is_missing(name, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="pip install rich"):
        getattr(groundwire_lightning.callbacks, name)()
