"""What reaches the loggers, when, and at which x; and the files that a run leaves behind."""

import argparse
import errno
import os
import signal
import warnings

import pytest
import torch
from tests.groundwire_lightning.small import lit, quiet
from tests.groundwire_lightning.small import loader as small_loader
from tests.side_by_side.test_logger_files import events, same_files, without_times
from tests.side_by_side.twins import BOTH, fit, loss_of, plain, sgd, twins

import groundwire_lightning.loggers


def recorder(stage, name="recorder"):
    """A logger that writes down its calls, among those of the hooks."""
    base = stage.L.pytorch.loggers.Logger if stage.is_lightning else groundwire_lightning.loggers.Logger

    class Recorder(base):
        name, version, save_dir = "recorded", 3, "there"

        def log_metrics(self, metrics, step=None):
            note("log_metrics", metrics, step)

        def log_hyperparams(self, params, *args, **kwargs):
            note("log_hyperparams", params, *args, **kwargs)

        def log_graph(self, model, input_array=None):
            note("log_graph", type(model).__name__)

        def save(self):
            note("save")

        def finalize(self, status):
            note("finalize", status)

    def note(what, *args, **kwargs):
        kind = {key: type(value).__name__ for key, value in args[0].items()} if what == "log_metrics" else None
        stage.calls.append(
            {"call": f"{name}: {what}", "args": plain(args), "kwargs": plain(kwargs), "types": str(kind)}
        )

    return Recorder()


SHORT = {"train": {"samples": 14}, "val": {"samples": 6}}


def logged_fit(stage, loggers=1, **arguments):
    arguments = {"log_every_n_steps": 1, **SHORT, **arguments}
    fit(stage, logger=[recorder(stage, f"recorder {number}") for number in range(loggers)], **arguments)


def step_at(**levels):
    def step(self, batch, batch_idx):
        loss = loss_of(self, batch)
        self.log("x", loss, **levels)
        self.log("n", batch_idx, **levels)
        return loss

    return step


def everywhere(**levels):
    return {"training_step": step_at(**levels), "validation_step": step_at(**levels)}


def at_ends(self):
    self.log("at_end", self.current_epoch * 2.0)


def own_x(self, batch, batch_idx):
    loss = loss_of(self, batch)
    self.log("x", loss, on_epoch=True)
    self.log("step", batch_idx * 10.0, on_epoch=True, on_step=False)
    return loss


def own_epoch(self, batch, batch_idx):
    self.log("epoch", 7.0, on_epoch=True)
    return loss_of(self, batch)


def rarely(self, batch, batch_idx):
    loss = loss_of(self, batch)
    if batch_idx == 1:
        self.log("rare", loss, on_epoch=True)
    return None if batch_idx == 2 else loss


def by_hand(self, batch, batch_idx):
    one, two = self.optimizers()
    for optimizer in (one, two, one):
        optimizer.zero_grad()
        loss = loss_of(self, batch)
        self.manual_backward(loss)
        optimizer.step()
    self.log("loss", loss, on_epoch=True)
    self.log("steps", float(self.global_step))


def two_optimizers(self):
    return [sgd(self), sgd(self)]


def manual(stage):
    methods = {"training_step": by_hand, "configure_optimizers": two_optimizers, "validation_step": step_at()}
    module = stage.make_module(methods=methods)
    module.automatic_optimization = False
    trainer = stage.make_trainer(logger=recorder(stage), log_every_n_steps=2)
    trainer.fit(module, stage.loader("train", 14), stage.loader("val", 6))


def stops(callback, trainer, module, outputs, batch, batch_idx):
    trainer.should_stop = True


METHODS = {
    "the default levels": everywhere(),
    "both levels": everywhere(on_step=True, on_epoch=True),
    "steps": everywhere(on_step=True, on_epoch=False),
    "epochs": everywhere(on_step=False, on_epoch=True),
    "for no logger": everywhere(on_step=True, on_epoch=True, logger=False),
    "at the ends of epochs": {**BOTH, "on_train_epoch_end": at_ends, "on_validation_epoch_end": at_ends},
    "at the start of epochs": {**BOTH, "on_train_epoch_start": at_ends, "on_validation_epoch_start": at_ends},
    "an x of its own": {"training_step": own_x, "validation_step": own_x},
    "an epoch of its own": {"training_step": own_epoch, "validation_step": own_epoch},
    "now and then": {"training_step": rarely, "validation_step": rarely},
    "nothing": {"training_step": lambda self, batch, batch_idx: loss_of(self, batch)},
}
RUNS = {
    "every batch": {},
    "every second batch": {"log_every_n_steps": 2},
    "seldom": {"log_every_n_steps": 50},
    "never": {"log_every_n_steps": 0},
    "with accumulation": {"accumulate_grad_batches": 3},
    "with two validations an epoch": {"val_check_interval": 0.5, "log_every_n_steps": 3},
    "until a step": {"max_steps": 6},
    "validating every second epoch": {"max_epochs": 3, "check_val_every_n_epoch": 2},
    "without the check before": {"num_sanity_val_steps": 0},
    "stopping": {"callbacks": ({"on_train_batch_end": stops},), "log_every_n_steps": 50},
    "a try": {"fast_dev_run": 2},
    "with two loggers": {"loggers": 2},
}


@pytest.mark.parametrize("methods", METHODS)
def test_loggers_get_what_lightning_sends_them(methods):
    twins(lambda stage: logged_fit(stage, methods=METHODS[methods]))


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("methods", ["both levels", "at the ends of epochs"])
def test_loggers_get_it_when_lightning_sends_it(methods, run):
    twins(lambda stage: logged_fit(stage, methods=METHODS[methods], **RUNS[run]), hears=False)


def test_a_batch_in_which_several_optimizers_step_is_one_step_on_the_x_axis():
    twins(manual)


def test_an_error_is_told_to_the_loggers():
    def breaks(self, batch, batch_idx):
        raise ValueError("broken")

    twins(lambda stage: logged_fit(stage, methods={"training_step": breaks}), hears=False)


def test_an_interrupt_is_told_to_callbacks_and_loggers_and_ends_the_program():
    def interrupts(self, batch, batch_idx):
        raise KeyboardInterrupt

    def told(callback, trainer, module, exception):
        module.stage.note("test", "told", type(exception).__name__)

    def scenario(stage):
        before = signal.getsignal(signal.SIGINT)
        try:
            with pytest.raises(SystemExit) as ended:
                logged_fit(
                    stage, methods={"training_step": interrupts}, callbacks=({"on_exception": told},)
                )  # fmt: skip
        finally:
            signal.signal(signal.SIGINT, before)
        if stage.is_lightning:  # which leaves its stage as it was; ours is over, as after every other error
            stage.trainer.state.stage = None
        return ended.value.code

    assert twins(scenario, hears=False)["answer"] == 1


def test_later_runs_go_on_where_the_first_one_ended():
    def scenario(stage):
        module = stage.make_module(methods=METHODS["both levels"])
        trainer = stage.make_trainer(logger=recorder(stage), log_every_n_steps=1, max_epochs=1)
        trainer.validate(module, stage.loader("val", 6), verbose=False)
        trainer.fit(module, stage.loader("train", 14), stage.loader("val", 6))
        trainer.validate(module, stage.loader("val", 6), verbose=False)
        stage.allow_epochs(2)
        trainer.fit(module, stage.loader("train", 14), stage.loader("val", 6))

    twins(scenario)


def test_a_logger_may_be_put_in_or_taken_away_afterwards():
    def scenario(stage):
        module = stage.make_module(methods=METHODS["both levels"])
        trainer = stage.make_trainer(log_every_n_steps=1, max_epochs=1)
        first = recorder(stage, "first")
        said = [trainer.logger, list(trainer.loggers)]
        trainer.logger = first
        said += [trainer.logger is first, trainer.loggers == [first], trainer.log_dir]
        trainer.fit(module, stage.loader("train", 14))
        trainer.loggers = [recorder(stage, "second"), first]
        trainer.validate(module, stage.loader("val", 6), verbose=False)
        trainer.logger = None
        trainer.validate(module, stage.loader("val", 6), verbose=False)
        return [*said, trainer.logger, trainer.loggers]

    twins(scenario)


# hyper-parameters


def run_with(stage, of_module=None, of_data=None, logger=None, **arguments):
    """A fit of a module and a data module that keep what they were given."""

    class Net(stage.L.LightningModule):
        def __init__(self, **given):
            super().__init__()
            self.layers = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Linear(8, 2))
            if of_module is not None:
                self.save_hyperparameters(*of_module.get("args", ()), logger=of_module.get("logger", True))
            self.example_input_array = torch.ones(1, 4)

        def forward(self, points):
            return self.layers(points)

        def training_step(self, batch, batch_idx):
            loss = loss_of(self, batch)
            self.log("loss", loss, on_step=True, on_epoch=True)
            return loss

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=0.1)

    class Data(stage.L.LightningDataModule):
        def __init__(self, **given):
            super().__init__()
            if of_data is not None:
                self.save_hyperparameters(logger=of_data.get("logger", True))

        def train_dataloader(self):
            return stage.loader("train", 14)

    stage.module = Net(**(of_module or {}).get("given", {}))
    stage.module.__dict__["stage"] = stage
    loggers = recorder(stage) if logger is None else logger(stage)
    trainer = stage.make_trainer(logger=loggers, log_every_n_steps=1, **arguments)
    trainer.fit(stage.module, datamodule=Data(**(of_data or {}).get("given", {})))
    return trainer


GIVEN = {"rate": 0.1, "name": "small", "nested": {"depth": 2, "list": [1, 2]}, "nothing": None}
PARAMETERS = {
    "of the module": {"of_module": {"given": GIVEN}},
    "of the data": {"of_data": {"given": GIVEN}},
    "of both": {"of_module": {"given": {"rate": 0.1}}, "of_data": {"given": {"rate": 0.1, "size": 4}}},
    "that contradict": {"of_module": {"given": {"rate": 0.1}}, "of_data": {"given": {"rate": 0.2}}},
    "of another type": {"of_module": {"given": {"rate": 1}}, "of_data": {"given": {"rate": 1.0}}},
    "of a command line": {"of_module": {"given": {"_class_path": "a"}}, "of_data": {"given": {"_class_path": "b"}}},
    "not for loggers": {"of_module": {"given": GIVEN, "logger": False}},
    "of the data alone": {"of_module": {"given": {"a": 1}, "logger": False}, "of_data": {"given": {"b": 1}}},
    "none": {},
    "kept but none": {"of_module": {"given": {}}},
    "switched off": {"of_module": {"given": GIVEN}, "enable_autolog_hparams": False},
}


@pytest.mark.parametrize("parameters", PARAMETERS)
def test_hyper_parameters_are_sent_as_lightning_sends_them(parameters):
    twins(lambda stage: run_with(stage, **PARAMETERS[parameters]) and None, hears=False)


# files of whole runs


def files_of(place):
    return {str(path.relative_to(place)): path for path in sorted(place.rglob("*")) if path.is_file()}


def both_runs(tmp_path, scenario):
    """Run a scenario in a directory of each side; the files that it leaves there."""
    places = {}

    def within(stage):
        place = places.setdefault(stage.is_lightning, tmp_path / ("lightning" if stage.is_lightning else "groundwire"))
        place.mkdir()
        return scenario(stage, place)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        record = twins(within, hears=False)
    return record, files_of(places[True]), files_of(places[False])


KINDS = {
    "tensorboard": lambda loggers, place: loggers.TensorBoardLogger(place),
    "tensorboard with options": lambda loggers, place: loggers.TensorBoardLogger(
        place, name="n", version="v", prefix="p", sub_dir="s", default_hp_metric=False
    ),
    "csv": lambda loggers, place: loggers.CSVLogger(place),
    "csv with options": lambda loggers, place: loggers.CSVLogger(place, None, "v", "p", 2),
    "both": lambda loggers, place: [loggers.TensorBoardLogger(place / "a"), loggers.CSVLogger(place / "b")],
}


@pytest.mark.parametrize("parameters", ["of both", "none"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_run_leaves_the_files_that_lightning_leaves(tmp_path, kind, parameters):
    def scenario(stage, place):
        loggers = stage.L.pytorch.loggers if stage.is_lightning else groundwire_lightning.loggers
        trainer = run_with(stage, logger=lambda _: KINDS[kind](loggers, place), **PARAMETERS[parameters])
        return str(trainer.log_dir).replace(str(place), "")

    _, theirs, ours = both_runs(tmp_path, scenario)
    same_files(theirs, ours)
    for name in ours:
        if "tfevents" in name:
            assert events(ours[name].parent) == events(
                tmp_path / "lightning" / ours[name].parent.relative_to(tmp_path / "groundwire")
            )


@pytest.mark.parametrize("logger", [None, True])
def test_without_a_word_event_files_are_written_where_lightning_writes_them(tmp_path, logger):
    def scenario(stage, place):
        said = []
        for _ in range(2):
            trainer = run_with(stage, logger=lambda _: logger, default_root_dir=place)
            said.append(str(trainer.log_dir).replace(str(place), ""))
        return said

    record, theirs, ours = both_runs(tmp_path, scenario)
    assert record["answer"] == ["/lightning_logs/version_0", "/lightning_logs/version_1"]
    assert without_times(theirs) == without_times(ours)


def test_a_job_of_slurm_keeps_its_number(tmp_path, monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "77")
    trainer = groundwire_lightning.Trainer(default_root_dir=tmp_path, accelerator="cpu")
    assert trainer.logger.version == 77
    monkeypatch.setenv("SLURM_JOB_NAME", "bash")
    assert groundwire_lightning.Trainer(default_root_dir=tmp_path, accelerator="cpu").logger.version == 0


def test_the_graph_is_drawn_where_it_is_asked_for(tmp_path):
    def scenario(stage, place):
        loggers = stage.L.pytorch.loggers if stage.is_lightning else groundwire_lightning.loggers
        run_with(stage, logger=lambda _: loggers.TensorBoardLogger(place, log_graph=True))

    both_runs(tmp_path, scenario)
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    tags = [
        EventAccumulator(str(tmp_path / side / "lightning_logs/version_0")).Reload().Tags()
        for side in ("lightning", "groundwire")
    ]
    assert tags[0] == tags[1]
    assert tags[0]["graph"]


# loggers that are not ours


@pytest.mark.parametrize("kind", KINDS)
def test_loggers_of_the_real_lightning_write_the_same_files(tmp_path, kind):
    def scenario(stage, place):
        import lightning.pytorch.loggers

        trainer = run_with(
            stage, logger=lambda _: KINDS[kind](lightning.pytorch.loggers, place), **PARAMETERS["of both"]
        )
        return str(trainer.log_dir).replace(str(place), "")

    _, theirs, ours = both_runs(tmp_path, scenario)
    same_files(theirs, ours)


class Duck:
    """Has a logger's methods and is nobody's subclass."""

    name, version, save_dir = "duck", 0, None

    def __init__(self, breaks=()):
        self.rows, self.breaks, self.tried = [], breaks, 0

    def log_metrics(self, metrics, step):
        self.tried += 1
        if "log_metrics" in self.breaks:
            raise OSError("no space left")
        self.rows.append((step, metrics))

    def log_hyperparams(self, params):
        if "log_hyperparams" in self.breaks:
            raise ConnectionError("nobody there")

    def log_graph(self, model):
        pass

    def save(self):
        if "save" in self.breaks:
            raise OSError("no space left")

    def finalize(self, status):
        if "finalize" in self.breaks:
            raise OSError("no space left")
        self.status = status


class Ours:
    """Enough of a stage for :func:`run_with`."""

    L, is_lightning, calls = groundwire_lightning, False, []

    def make_trainer(self, **arguments):
        quiet = {"enable_progress_bar": False, "enable_checkpointing": False, "accelerator": "cpu", "max_epochs": 2}
        return groundwire_lightning.Trainer(**{**quiet, "enable_model_summary": False, **arguments})

    def loader(self, name, samples):
        data = torch.utils.data.TensorDataset(torch.ones(samples, 4), torch.zeros(samples).long())
        return torch.utils.data.DataLoader(data, batch_size=4)


def test_any_object_with_a_loggers_methods_is_a_logger():
    duck = Duck()
    run_with(Ours(), logger=lambda _: duck)
    assert [step for step, _ in duck.rows] == [0, 1, 2, 3, 3, 4, 5, 6, 7, 7]
    assert duck.status == "success"


@pytest.mark.parametrize("breaks", ["log_metrics", "log_hyperparams", "save", "finalize"])
def test_a_logger_that_fails_is_reported_once_and_the_run_goes_on(breaks):
    broken, sound = Duck([breaks]), Duck()
    with pytest.warns(UserWarning, match=rf"Duck\.{breaks} raised (OSError|ConnectionError).* The run goes on") as told:
        run_with(Ours(), of_module={"given": GIVEN}, logger=lambda _: [broken, sound])
    assert len([warning for warning in told if "The run goes on" in str(warning.message)]) == 1
    assert len(sound.rows) == 10
    assert sound.status == "success"
    if breaks == "log_metrics":
        assert 1 < broken.tried < 6  # tried again, ever more rarely


class Full(Duck):
    """A logger whose disk is full."""

    group_separator, root_dir = "/", None

    def _is_full(self, *args, **kwargs):
        self.tried += 1
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    log_metrics = log_hyperparams = log_graph = save = finalize = after_save_checkpoint = _is_full


@pytest.mark.filterwarnings("ignore:ThroughputMonitor")
def test_callbacks_that_write_themselves_go_on_without_a_logger_that_fails(tmp_path):
    callbacks = groundwire_lightning.callbacks
    writing = [
        callbacks.LearningRateMonitor(),
        callbacks.DeviceStatsMonitor(),
        callbacks.ThroughputMonitor(batch_size_fn=len, window_size=2),
        callbacks.ModelCheckpoint(tmp_path, every_n_train_steps=1),
    ]
    full, sound = Full(), Duck()
    sound.group_separator, sound.after_save_checkpoint = "/", lambda callback: None
    with pytest.warns(UserWarning, match=r"Full\.\w+ raised OSError: .*No space left.* The run goes on") as told:
        trainer = run_with(
            Ours(), of_module={"given": GIVEN}, logger=lambda _: [full, sound], callbacks=writing,
            enable_checkpointing=True,
        )  # fmt: skip
    assert len([warning for warning in told if "The run goes on" in str(warning.message)]) == 1
    assert trainer.global_step == 8
    assert sound.status == "success"
    seen = {name for _, row in sound.rows for name in row}
    assert {"lr-SGD", "train/device/batches_per_sec", "DeviceStatsMonitor.on_train_batch_start/cpu_percent"} <= seen
    assert (tmp_path / "epoch=1-step=8.ckpt").is_file()


def test_what_a_module_asks_of_a_logger_itself_is_its_own_affair():
    def training_step(self, batch, batch_idx):
        self.logger.log_metrics({"mine": 1.0}, 0)

    trainer = quiet(logger=Duck(["log_metrics"]), log_every_n_steps=1)
    with pytest.raises(OSError, match="no space left"):
        trainer.fit(lit(training_step=training_step), small_loader(), small_loader())


def test_a_value_of_several_elements_is_refused_by_name():
    from groundwire_lightning.logged.to_loggers import plain as as_numbers

    with pytest.raises(ValueError, match=r"'x' has shape \(2,\)"):
        as_numbers({"x": torch.ones(2)})


def test_hyper_parameters_may_come_in_a_namespace(tmp_path):
    logger = groundwire_lightning.loggers.TensorBoardLogger(tmp_path)
    logger.log_hyperparams(argparse.Namespace(rate=0.5))
    logger.save()
    assert (tmp_path / "lightning_logs/version_0/hparams.yaml").read_text() == "rate: 0.5\n"


@pytest.mark.parametrize(("every", "warns"), [(5, True), (4, False), (0, False)])
def test_a_number_of_steps_longer_than_an_epoch_is_warned_of(every, warns):
    stage = Ours()
    stage.make_trainer = lambda **given: Ours.make_trainer(stage, **{**given, "log_every_n_steps": every})
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        run_with(stage, logger=lambda _: Duck())
    assert any(f"log_every_n_steps={every} is more" in str(warning.message) for warning in told) is warns
