"""The hooks of saving and loading, and the checkpoint that an entry point begins from, in both frameworks."""

import contextlib

import lightning
import pytest
import torch
from tests.groundwire_lightning.callbacks.test_model_checkpoint import LOGS, callbacks_of, tell, training_step
from tests.side_by_side.test_checkpoints import run_on, write
from tests.side_by_side.twins import BoomError, loss_of, twins


def keep_more(self, checkpoint):
    checkpoint["more"] = 1


def keep_more_by_callback(self, trainer, module, checkpoint):
    checkpoint["of the callback"] = [1]


def test_step(self, batch, batch_idx):
    self.log("test_loss", loss_of(self, batch))


test_step.__test__ = False
STATE_OF_CALLBACK = {
    "state_dict": lambda self: {"kept": 3},
    "load_state_dict": lambda self, state: setattr(self, "kept", state),
    "on_save_checkpoint": keep_more_by_callback,
    "on_load_checkpoint": lambda self, trainer, module, checkpoint: None,
}
STATE_OF_DATA = {"state_dict": lambda self: {"read": 5}, "load_state_dict": lambda self, state: None}
STATE_OF_MODULE = {
    "on_save_checkpoint": keep_more,
    "on_load_checkpoint": lambda self, checkpoint: checkpoint.pop("more"),
    "test_step": test_step,
}


def saving(path, weights_only=None):
    def on_train_epoch_end(self, trainer, module):
        trainer.save_checkpoint(path, weights_only)

    return {**STATE_OF_CALLBACK, "on_train_epoch_end": on_train_epoch_end}


def of_three(stage, methods, **arguments):
    """A module, a data module and a callback, all with something to keep."""
    data = stage.make_data(
        {**STATE_OF_DATA, "test_dataloader": lambda data: stage.loader("test", samples=4)}, samples=6
    )
    module = stage.make_module(methods={**LOGS, **STATE_OF_MODULE})
    trainer = stage.make_trainer(callbacks=[stage.make_callback(methods=methods)], **arguments)
    return module, data, trainer


@pytest.mark.parametrize("weights_only", [None, True])
@pytest.mark.parametrize("entry", ["fit", "validate", "test"])
def test_hooks_of_saving_and_loading_come_as_in_lightning(entry, weights_only, tmp_path):
    path = tmp_path / "saved.ckpt"

    def scenario(stage):
        module, data, trainer = of_three(stage, saving(path, weights_only), max_epochs=1)
        trainer.fit(module, datamodule=data)
        module, data, trainer = of_three(stage, STATE_OF_CALLBACK, max_epochs=2)
        return getattr(trainer, entry)(module, datamodule=data, ckpt_path=path)

    twins(scenario)


@pytest.mark.parametrize("ckpt_path", [None, "best", "last"])
@pytest.mark.parametrize("with_model", [True, False])
def test_test_after_fit_uses_the_weights_that_lightning_uses(ckpt_path, with_model, tmp_path):
    def scenario(stage):
        folder = tmp_path / ("theirs" if stage.is_lightning else "ours")
        kept = callbacks_of(stage).ModelCheckpoint(
            dirpath=folder, monitor="val_loss", mode="max", save_last=True, filename="{epoch}"
        )
        module = stage.make_module(methods={**LOGS, "test_step": test_step})
        trainer = stage.make_trainer(callbacks=[kept], enable_checkpointing=True, max_epochs=3)
        trainer.fit(module, stage.loader("train", samples=10), stage.loader("val", samples=4))
        data = stage.loader("val", samples=4)
        answer = trainer.test(module if with_model else None, data, ckpt_path=ckpt_path, verbose=False)
        stage.note("trainer", "began from", str(trainer.ckpt_path or "").replace(str(folder), ""))
        return answer

    twins(scenario, hears=False)


WRONG = {
    "best without a callback": ({"enable_checkpointing": False}, "best"),
    "best that was not written": ({"enable_checkpointing": True}, "best"),
    "best of fast_dev_run": ({"enable_checkpointing": True, "fast_dev_run": True}, "best"),
    "hpc": ({}, "hpc"),
    "an empty path": ({}, ""),
    "last where there is none": ({"enable_checkpointing": True}, "last"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_checkpoint_that_is_not_there_is_the_error_that_it_is_in_lightning(name, tmp_path):
    arguments, path = WRONG[name]

    def scenario(stage):
        module = stage.make_module(methods=LOGS)
        trainer = stage.make_trainer(default_root_dir=str(tmp_path), max_epochs=1, **arguments)
        trainer.validate(module, stage.loader("val", samples=4), ckpt_path=path, verbose=False)

    twins(scenario, hears=False)


def test_a_shorter_run_than_the_saved_one_is_refused_as_in_lightning(tmp_path):
    path = write(lightning, tmp_path, {}, "at the end of fitting")
    twins(lambda stage: run_on(stage, tmp_path / "x", {}, resume=path, epochs=1) and None, hears=False)


def test_a_file_of_weights_alone_is_no_run_to_go_on_with(tmp_path):
    path = tmp_path / "weights.ckpt"

    def scenario(stage):
        module, data, trainer = of_three(stage, saving(path, True), max_epochs=1)
        trainer.fit(module, datamodule=data)
        trainer.fit(module, datamodule=data, ckpt_path=path)

    twins(scenario, hears=False)


def boom(self, batch, batch_idx):
    if self.trainer.global_step == 3:
        raise BoomError
    return training_step(self, batch, batch_idx)


def test_a_file_written_at_an_error_is_equal_and_goes_on_as_in_lightning(tmp_path):
    def scenario(stage):
        folder = tmp_path / ("theirs" if stage.is_lightning else "ours")
        rescue = callbacks_of(stage).OnExceptionCheckpoint(folder, "rescued")
        module = stage.make_module(methods={**LOGS, "training_step": boom})
        trainer = stage.make_trainer(callbacks=[rescue], max_epochs=2, enable_checkpointing=True)
        with contextlib.suppress(BoomError):
            trainer.fit(module, stage.loader("train", samples=18), stage.loader("val", samples=4))
        tell(stage, "file", torch.load(rescue.ckpt_path, weights_only=True), str(folder))
        module = stage.make_module(methods=LOGS)
        trainer = stage.make_trainer(callbacks=[rescue], max_epochs=2, enable_checkpointing=True)
        trainer.fit(module, stage.loader("train", samples=18), stage.loader("val", samples=4))
        stage.note("rescue", "is there", (folder / "rescued.ckpt").exists())

    twins(scenario)


def test_the_counters_of_validate_and_test_are_kept_apart(tmp_path):
    def scenario(stage):
        module, data, trainer = of_three(stage, {}, max_epochs=1)
        trainer.fit(module, datamodule=data)
        trainer.validate(module, datamodule=data, verbose=False)
        trainer.validate(module, datamodule=data, verbose=False)
        trainer.test(module, datamodule=data, verbose=False)
        trainer.save_checkpoint(tmp_path / "a.ckpt")
        tell(stage, "file", torch.load(tmp_path / "a.ckpt", weights_only=True), str(tmp_path))

    twins(scenario, hears=False)


def predict_step(self, batch, batch_idx):
    return self.layers(batch[0])


@pytest.mark.parametrize("entry", ["validate", "test", "predict"])
def test_batches_of_the_other_entry_points_are_counted_on_from_a_file(entry, tmp_path):
    def scenario(stage):
        folder = tmp_path / stage.L.__name__
        methods = {**LOGS, "test_step": test_step, "predict_step": predict_step}
        more = {} if entry == "predict" else {"verbose": False}

        def run(module, trainer, path, samples):
            getattr(trainer, entry)(module, stage.loader("val", samples=samples), ckpt_path=path, **more)

        first, trainer = stage.make_module(methods=methods), stage.make_trainer(max_epochs=1)
        trainer.fit(first, stage.loader("train", samples=6), stage.loader("val", samples=6))
        run(first, trainer, None, 10)
        trainer.save_checkpoint(folder / "first.ckpt")
        trainer = stage.make_trainer()
        run(stage.make_module(methods=methods), trainer, folder / "first.ckpt", 6)
        run(trainer.lightning_module, trainer, None, 14)
        trainer.save_checkpoint(folder / "second.ckpt")
        for name in ("first.ckpt", "second.ckpt"):
            tell(stage, name, torch.load(folder / name, weights_only=True)["loops"], str(folder))

    twins(scenario, hears=False)
