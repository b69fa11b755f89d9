import contextlib

import lightning
import pytest
import torch
from tests.groundwire_lightning.callbacks.test_model_checkpoint import LOGS, callbacks_of, tell, training_step
from tests.groundwire_lightning.core.test_state_methods import of_three, saving, test_step
from tests.groundwire_lightning.loops.test_resume import run_on, write
from tests.side_by_side.twins import BoomError, twins


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
