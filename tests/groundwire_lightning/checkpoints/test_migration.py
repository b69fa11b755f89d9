import pytest
import torch
from tests.groundwire_lightning.checkpoints.test_reading import WEIGHTS, written
from tests.groundwire_lightning.small import lit, loader, quiet

from groundwire_lightning.checkpoints.reading import read
from groundwire_lightning.loops import saved_counters
from groundwire_lightning.loops.progress import Progress

# older files


def of_1_5(epoch=3, step=12):
    """What Lightning 1.5 wrote of a run; loops and keys of callbacks were others."""
    return {
        "epoch": epoch,
        "global_step": step,
        "pytorch-lightning_version": "1.5.10",
        "callbacks": {
            "ModelCheckpoint{'monitor': None, 'mode': 'min', 'every_n_train_steps': 0, 'every_n_epochs': 1, "
            "'train_time_interval': None, 'save_on_train_epoch_end': None}": {"best_model_path": "old.ckpt"}
        },
        "optimizer_states": [],
        "lr_schedulers": [],
    }


def theirs(state):
    """The same file as Lightning's own migration leaves it."""
    from copy import deepcopy

    from lightning.pytorch.utilities.migration.utils import migrate_checkpoint

    return migrate_checkpoint(deepcopy(state))[0]


def test_a_file_of_lightning_1_is_brought_up_to_date_as_lightning_does_it(tmp_path):
    path = written(tmp_path / "old.ckpt", **of_1_5())
    found, due = read(path), theirs({"state_dict": WEIGHTS, **of_1_5()})
    progress = Progress(), Progress()
    for one, state in zip(progress, (found, due), strict=True):
        saved_counters.taken(one, state.pop("loops")["fit_loop"], automatic=True)
    assert progress[0] == progress[1]
    assert (progress[0].epochs, progress[0].steps) == (3, 12)
    assert {**found, "state_dict": None} == {**due, "state_dict": None}


def test_a_file_of_lightning_1_is_taken_up(tmp_path):
    first = quiet(max_epochs=1)
    first.fit(lit(), loader())
    first.save_checkpoint(tmp_path / "new.ckpt")
    new = torch.load(tmp_path / "new.ckpt", weights_only=True)
    del new["loops"]
    path = written(tmp_path / "old.ckpt", **{**new, **of_1_5(1, 3), "optimizer_states": new["optimizer_states"]})
    trainer = quiet(max_epochs=3)
    with pytest.warns(UserWarning, match="states of callbacks that this trainer does not have"):
        trainer.fit(lit(), loader(), ckpt_path=path)
    assert (trainer.current_epoch, trainer.global_step) == (3, 12)


def test_a_newer_file_is_read_with_a_warning(tmp_path):
    path = written(tmp_path / "new.ckpt", **{"pytorch-lightning_version": "3.0.0"})
    with pytest.warns(UserWarning, match=r"written by Lightning 3\.0\.0, which is newer"):
        read(path)
