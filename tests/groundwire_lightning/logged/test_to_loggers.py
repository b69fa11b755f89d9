import argparse
import errno
import os
import warnings

import pytest
import torch
from tests.side_by_side.test_loggers import GIVEN, PARAMETERS, Duck, logged_fit, recorder, run_with
from tests.side_by_side.twins import BOTH, loss_of, sgd, twins

import groundwire_lightning.loggers


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


@pytest.mark.parametrize("parameters", PARAMETERS)
def test_hyper_parameters_are_sent_as_lightning_sends_them(parameters):
    twins(lambda stage: run_with(stage, **PARAMETERS[parameters]) and None, hears=False)


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
