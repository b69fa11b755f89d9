"""What reaches the loggers, when, and at which x; and the files that a run leaves behind."""

import signal
import warnings

import pytest
import torch
from tests.groundwire_lightning.loggers.written_by_both import events, same_files
from tests.groundwire_lightning.small import lit, quiet
from tests.groundwire_lightning.small import loader as small_loader
from tests.side_by_side.twins import fit, loss_of, plain, twins

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


def test_what_a_module_asks_of_a_logger_itself_is_its_own_affair():
    def training_step(self, batch, batch_idx):
        self.logger.log_metrics({"mine": 1.0}, 0)

    trainer = quiet(logger=Duck(["log_metrics"]), log_every_n_steps=1)
    with pytest.raises(OSError, match="no space left"):
        trainer.fit(lit(training_step=training_step), small_loader(), small_loader())
