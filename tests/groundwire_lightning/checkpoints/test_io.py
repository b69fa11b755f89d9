"""Who reads, writes and deletes checkpoints where the user says so."""

import os
from pathlib import Path

import lightning.pytorch.plugins
import pytest
import torch
from tests.groundwire_lightning.callbacks.test_model_checkpoint import LOGS, callbacks_of
from tests.side_by_side.twins import BoomError, loss_of, twins

import groundwire_lightning.plugins
from groundwire_lightning.errors import MisconfigurationException


def plugins_of(stage):
    return lightning.pytorch.plugins if stage.is_lightning else groundwire_lightning.plugins


def noting(stage, folder, base="TorchCheckpointIO"):
    """A CheckpointIO that writes down what it is asked for, and does what its base does."""

    def named(path):
        return os.path.relpath(path, folder)

    class Mine(getattr(plugins_of(stage), base)):
        def save_checkpoint(self, checkpoint, path, storage_options=None):
            stage.note("files", "save", sorted(checkpoint), named(path), storage_options)
            super().save_checkpoint(checkpoint, path)

        def load_checkpoint(self, path, map_location=None, weights_only=None):
            stage.note("files", "load", named(path), map_location, weights_only)
            return super().load_checkpoint(path, map_location, weights_only)

        def remove_checkpoint(self, path):
            stage.note("files", "remove", named(path))
            super().remove_checkpoint(path)

        def teardown(self):
            stage.note("files", "teardown")

    return Mine()


def in_memory(stage, folder):
    """A CheckpointIO that has nothing to do with files."""

    class Mine(plugins_of(stage).CheckpointIO):
        kept = {}  # noqa: RUF012

        def save_checkpoint(self, checkpoint, path, storage_options=None):
            stage.note("memory", "save", os.path.relpath(path, folder), storage_options)
            self.kept[str(path)] = checkpoint

        def load_checkpoint(self, path, map_location=None, weights_only=None):
            stage.note("memory", "load", os.path.relpath(path, folder), map_location, weights_only)
            return self.kept[str(path)]

        def remove_checkpoint(self, path):
            stage.note("memory", "remove", os.path.relpath(path, folder))
            del self.kept[str(path)]

    return Mine()


def by_argument(stage, mine):
    return {"plugins": [mine]}


def by_strategy(stage, mine):
    strategies = lightning.pytorch.strategies if stage.is_lightning else groundwire_lightning.strategies
    return {"strategy": strategies.SingleDeviceStrategy(device=torch.device("cpu"), checkpoint_io=mine)}


@pytest.mark.filterwarnings("ignore:the folder of checkpoints")
@pytest.mark.parametrize("given", [by_argument, by_strategy])
@pytest.mark.parametrize("make", [noting, in_memory])
def test_a_checkpoint_io_of_ones_own_keeps_the_checkpoints(make, given, tmp_path):
    def scenario(stage):
        folder = tmp_path / stage.L.__name__
        mine = make(stage, folder)
        kept = callbacks_of(stage).ModelCheckpoint(dirpath=folder, monitor="val_loss", mode="max", save_last=True)
        methods = {**LOGS, "test_step": lambda self, batch, batch_idx: self.log("tested", loss_of(self, batch))}

        def fresh(epochs, callbacks=()):
            return stage.make_trainer(
                callbacks=[*callbacks], enable_checkpointing=bool(callbacks), max_epochs=epochs,
                default_root_dir=str(folder), **given(stage, mine),
            )  # fmt: skip

        trainer = fresh(3, [kept])
        data = stage.loader("train", 10), stage.loader("val", 6)
        trainer.fit(stage.make_module(methods=methods), *data)
        assert trainer.strategy.checkpoint_io is mine
        tested = trainer.test(dataloaders=stage.loader("test", 6), ckpt_path="best", verbose=False)
        trainer.save_checkpoint(folder / "by hand.ckpt", storage_options={"depth": 2})
        fresh(4).fit(stage.make_module(methods=methods), *data, ckpt_path=str(folder / "by hand.ckpt"))
        trainer.strategy.remove_checkpoint(folder / "by hand.ckpt")
        return tested, sorted(path.name for path in folder.glob("*"))

    twins(scenario, hears=False)


def test_it_is_told_of_the_end_of_a_run_that_fails(tmp_path):
    def fails(self, *told):
        raise BoomError

    def scenario(stage):
        trainer = stage.make_trainer(**by_argument(stage, noting(stage, tmp_path)))
        with pytest.raises(BoomError):
            trainer.fit(stage.make_module(methods={"training_step": fails}), stage.loader("train", 6))

    twins(scenario, hears=False)


def test_what_keeps_checkpoints_need_not_be_a_subclass(tmp_path):
    class Duck:
        saved = ()

        def save_checkpoint(self, checkpoint, path, storage_options=None):
            self.saved = (*self.saved, Path(path).name)

        def load_checkpoint(self, path, map_location=None):
            return self.saved

        def remove_checkpoint(self, path):
            """Nothing."""

    from tests.groundwire_lightning.small import lit, loader, quiet

    duck = Duck()
    trainer = quiet(plugins=duck)
    trainer.fit(lit(), loader(), loader())
    trainer.save_checkpoint(tmp_path / "a.ckpt")
    assert duck.saved == ("a.ckpt",)
    assert not list(tmp_path.iterdir())
    with pytest.raises(MisconfigurationException, match=r"Duck\.load_checkpoint\('a'\) returned a tuple"):
        trainer.validate(lit(), loader(), ckpt_path="a")


def test_what_lightnings_own_writer_in_a_thread_wraps_is_asked(tmp_path):
    from tests.groundwire_lightning.small import lit, loader, quiet

    class Stage:
        is_lightning, told = True, []

        def note(self, *told):
            self.told.append(told[1])

    inner = noting(Stage(), tmp_path)
    trainer = quiet(plugins=lightning.pytorch.plugins.AsyncCheckpointIO(inner))
    trainer.fit(lit(), loader(), loader())
    trainer.save_checkpoint(tmp_path / "a.ckpt")
    trainer.validate(lit(), loader(), verbose=False)  # its end waits for the thread
    assert Stage.told == ["save"]
    assert (tmp_path / "a.ckpt").is_file()
    assert quiet(plugins=lightning.pytorch.plugins.AsyncCheckpointIO()).strategy._checkpoint_io is None
