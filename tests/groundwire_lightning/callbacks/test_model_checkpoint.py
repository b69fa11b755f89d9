"""Checkpoint files of both frameworks: which there are, what is in them, and the states of the callbacks."""

import datetime
import importlib

import lightning
import pytest
import torch
from tests.side_by_side.twins import BOTH, GUESTS, BoomError, Stage, fit, loss_of, plain, twins


def tell_files(stage, folder):
    """Write down every file below a folder, and each entry of a checkpoint, in order."""
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if "tfevents" in name:  # its name is that of the machine and the second
            continue
        stage.note("file", name, str(path.readlink()) if path.is_symlink() else "")
        if path.suffix == ".ckpt":
            tell(stage, name, torch.load(path, weights_only=True), str(folder))


def tell(stage, name, value, folder):
    """Write down a value, entry by entry, without the name of the folder."""
    if isinstance(value, dict) and value:
        for key, entry in value.items():
            tell(stage, f"{name}.{key}".replace(folder, ""), entry, folder)
    elif isinstance(value, torch.Tensor) and value.numel() > 1:
        stage.note(name, "is", hash(str(plain(value))))
    else:
        stage.note(name, "is", str(plain(value)).replace(folder, ""))


def callbacks_of(stage: Stage):
    return importlib.import_module(
        "lightning.pytorch.callbacks" if stage.is_lightning else "groundwire_lightning.callbacks"
    )


def place_of(stage, tmp_path):
    return tmp_path / ("theirs" if stage.is_lightning else "ours")


def training_step(self, batch, batch_idx):
    loss = loss_of(self, batch)
    self.log("train_loss", loss, on_step=True, on_epoch=True)
    return loss


def validation_step(self, batch, batch_idx):
    loss = loss_of(self, batch)
    self.log_dict({"val_loss": loss, "val/acc": -loss, "epoch": float(self.current_epoch + 10)})


LOGS = {"training_step": training_step, "validation_step": validation_step}


def saved(stage, tmp_path, *checkpoints, methods=LOGS, **arguments):
    """Fit with checkpoint callbacks, each given by its arguments; tell what they know and what they wrote."""
    place = place_of(stage, tmp_path)
    made = [callbacks_of(stage).ModelCheckpoint(**given) for given in checkpoints]
    module = stage.make_module(methods=methods)
    trainer = stage.make_trainer(
        default_root_dir=str(place), callbacks=[*made, stage.make_callback()], enable_checkpointing=True, **arguments
    )
    val = stage.loader("val", samples=10) if "validation_step" in methods else None
    try:
        trainer.fit(module, stage.loader("train", samples=18), val)
    finally:
        for callback in trainer.checkpoint_callbacks:
            tell(stage, callback.state_key, callback.state_dict(), str(place))
        tell_files(stage, place)
        names = [type(callback).__name__ for callback in trainer.callbacks]
        stage.note("callbacks", "in order", names[-max(1, len(checkpoints)) :])


SCENARIOS = {
    "by default": ({},),
    "nothing asked for": (),
    "the best": ({"monitor": "val_loss"},),
    "the greatest": ({"monitor": "val/acc", "mode": "max", "save_top_k": 2},),
    "all": ({"save_top_k": -1},),
    "all, monitored": ({"monitor": "train_loss", "save_top_k": -1},),
    "none": ({"save_top_k": 0, "save_last": True},),
    "last": ({"monitor": "val_loss", "save_last": True},),
    "last as a link": ({"monitor": "val_loss", "save_last": "link", "save_top_k": 2},),
    "last alone": ({"save_last": True},),
    "weights only": ({"save_weights_only": True},),
    "by steps": ({"every_n_train_steps": 2, "save_top_k": -1},),
    "by steps, monitored in training": ({"every_n_train_steps": 2, "monitor": "train_loss", "save_top_k": 2},),
    "by steps, monitored in validation": ({"every_n_train_steps": 2, "monitor": "val_loss", "save_top_k": -1},),
    "by steps, the last": ({"every_n_train_steps": 3, "save_last": True},),
    "by every second epoch": ({"every_n_epochs": 2, "save_last": True, "save_top_k": -1},),
    "all the time": ({"train_time_interval": datetime.timedelta(0), "save_top_k": -1},),
    "at the end of the training epoch": ({"save_on_train_epoch_end": True, "monitor": "train_loss_epoch"},),
    "at the end of the validation": ({"save_on_train_epoch_end": False, "monitor": "val_loss", "save_top_k": -1},),
    "a template": ({"filename": "{epoch:02d}-{val/acc:.2f}-{missing}", "save_top_k": -1},),
    "a template without names": ({"filename": "e{epoch}_{val_loss:.3f}", "auto_insert_metric_name": False},),
    "one name for all": ({"filename": "only", "save_top_k": -1},),
    "one name for all, without versions": ({"filename": "only", "save_top_k": -1, "enable_version_counter": False},),
    "two callbacks": ({"monitor": "val_loss"}, {"monitor": "train_loss", "filename": "t-{epoch}"}),
}  # fmt: skip


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_same_files_are_written(name, tmp_path):
    twins(lambda stage: saved(stage, tmp_path, *SCENARIOS[name], max_epochs=3))


VARIED = {
    "no validation": {"methods": {"training_step": training_step}},
    "two validations an epoch": {"val_check_interval": 0.5},
    "a validation in every second epoch": {"check_val_every_n_epoch": 2},
    "max_steps in mid-epoch": {"max_steps": 7},
    "validations by the clock, at each batch": {"val_check_interval": "00:00:00:00"},
    "validations by the clock, none in time": {"val_check_interval": "00:01:00:00"},
    "accumulation": {"accumulate_grad_batches": 2},
    "no sanity check": {"num_sanity_val_steps": 0},
    "fast_dev_run": {"fast_dev_run": True},
    "a logger": {"logger": True},
}
KEPT = ({"monitor": "train_loss", "save_last": True, "save_top_k": 2}, {"every_n_train_steps": 2, "save_top_k": -1})


@pytest.mark.parametrize("name", VARIED)
def test_the_same_files_are_written_however_the_run_goes(name, tmp_path):
    twins(lambda stage: saved(stage, tmp_path, *KEPT, **{"max_epochs": 2, **VARIED[name]}))


class Special(lightning.pytorch.callbacks.ModelCheckpoint):
    """A user's own kind of Lightning's callback, which stays what it is on our Trainer."""


def test_a_callback_of_the_real_lightning_knows_of_validations_by_the_clock(tmp_path):
    def special(stage):
        place = place_of(stage, tmp_path)
        callback = Special(save_top_k=-1)
        trainer = stage.make_trainer(
            default_root_dir=str(place),
            callbacks=[callback],
            enable_checkpointing=True,
            val_check_interval="00:01:00:00",
        )
        trainer.fit(stage.make_module(methods=LOGS), stage.loader("train", samples=18), stage.loader("val", samples=10))
        tell_files(stage, place)

    twins(special, ours=GUESTS, hears=False)


def test_a_monitor_of_validation_is_waited_for_where_only_the_sanity_check_has_run(tmp_path):
    """Lightning warns and writes no file; whether a validation has run is asked of the last one."""
    given = {"monitor": "val_loss"}
    ours = twins(lambda stage: saved(stage, tmp_path, given, max_steps=2), hears=False)
    assert ours["answer"] is None
    twins(lambda stage: saved(stage, tmp_path, {"monitor": "val_loss", "every_n_train_steps": 2}), hears=False)


def test_a_monitor_that_does_not_exist_is_an_error_once_validation_has_run(tmp_path):
    twins(lambda stage: saved(stage, tmp_path, {"monitor": "vall_loss"}))


def boom(self):
    if self.current_epoch == 1:
        raise BoomError


@pytest.mark.parametrize("given", [{"save_on_exception": True}, {"save_on_exception": True, "monitor": "val_loss"}])
def test_an_error_leaves_the_same_file(given, tmp_path):
    twins(lambda stage: saved(stage, tmp_path, given, methods={**LOGS, "on_train_epoch_end": boom}))


def bad(stage, given):
    callbacks_of(stage).ModelCheckpoint(**given)


@pytest.mark.parametrize(
    "given",
    [
        {"save_top_k": -2},
        {"save_top_k": 2},
        {"mode": "least", "monitor": "a"},
        {"every_n_train_steps": -1},
        {"every_n_epochs": -1},
        {"every_n_epochs": 1, "every_n_train_steps": 1},
    ],
)
def test_bad_arguments_are_refused(given):
    def scenario(stage):
        fit(stage, methods=BOTH, max_epochs=1)
        bad(stage, given)

    twins(scenario, hears=False)


def test_the_best_models_are_written_into_a_file_as_in_lightning(tmp_path):
    def scenario(stage):
        made = callbacks_of(stage).ModelCheckpoint(place_of(stage, tmp_path), monitor="val_loss", save_top_k=2)
        module = stage.make_module(methods=LOGS)
        trainer = stage.make_trainer(callbacks=[made], enable_checkpointing=True)
        trainer.fit(module, stage.loader("train", samples=10), stage.loader("val", samples=4))
        made.to_yaml()
        written = (place_of(stage, tmp_path) / "best_k_models.yaml").read_text()
        stage.note("file", "holds", written.replace(str(place_of(stage, tmp_path)), ""))
        stage.note("file", "exists", made.file_exists(made.best_model_path, trainer), made.file_exists("no", trainer))

    twins(scenario, hears=False)
