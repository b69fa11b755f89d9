"""A process that is killed while it writes a checkpoint: what was there is whole, what is torn is refused by name."""

import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from tests.groundwire_lightning.small import equal, lit, loader, quiet

import groundwire_lightning as L
from groundwire import CheckpointError
from groundwire_lightning.callbacks import ModelCheckpoint
from groundwire_lightning.checkpoints.reading import read

ROOT = Path(__file__).parents[3]


def kill_at_save(number):
    """Let this process die in the middle of one of its files."""
    save, done = torch.save, []

    def dying(state, file):
        whole = io.BytesIO()
        save(state, whole)
        done.append(whole.getvalue())
        if len(done) < number:
            file.write(done[-1])
            return
        file.write(done[-1][: len(done[-1]) // 2])
        file.flush()
        os.kill(os.getpid(), signal.SIGKILL)

    torch.save = dying


def keep_last(folder):
    """A run that writes ``last.ckpt`` over and over, and a file of its own for each epoch."""
    kept = ModelCheckpoint(folder, filename="{epoch}", save_last=True, save_top_k=-1)
    return quiet(callbacks=[kept], enable_checkpointing=True, max_epochs=3)


def save_by_hand(folder):
    """A run that writes one file at the end of each epoch."""

    class Saves(L.Callback):
        def on_train_epoch_end(self, trainer, pl_module):
            trainer.save_checkpoint(folder / "mine.ckpt")

    return quiet(callbacks=[Saves()], max_epochs=3)


RUNS = {
    "ModelCheckpoint": (keep_last, 4, "last.ckpt", {"epoch=0.ckpt", "epoch=1.ckpt", "last.ckpt"}),
    "save_checkpoint": (save_by_hand, 2, "mine.ckpt", {"mine.ckpt"}),
    "a new file": (keep_last, 3, "last.ckpt", {"epoch=0.ckpt", "last.ckpt"}),
}
"""Name of a run to its trainer, the number of the save in which it dies, the file to go on from, and what is left."""


def die(name, folder):
    trainer, number, *_ = RUNS[name]
    kill_at_save(number)
    trainer(folder).fit(lit(), loader(), loader())


@pytest.mark.filterwarnings("ignore:the folder of checkpoints")
@pytest.mark.skipif(os.name != "posix", reason="there is no SIGKILL")
@pytest.mark.parametrize("name", RUNS)
def test_who_is_killed_in_a_save_leaves_whole_files_and_a_torn_one_that_is_refused(name, tmp_path):
    code = f"import pathlib; from {__name__} import die; die({name!r}, pathlib.Path({str(tmp_path)!r}))"
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    make, _, before, left = RUNS[name]
    (workplace,) = (path for path in tmp_path.iterdir() if path.name not in left)
    (torn,) = workplace.iterdir()
    for whole in left:
        assert read(tmp_path / whole)["state_dict"]
    with pytest.raises(CheckpointError, match=rf"{torn.name} is not a whole checkpoint"):
        quiet().fit(lit(), loader(), loader(), ckpt_path=torn)
    assert read(tmp_path / before)["epoch"] == 0
    trainer = make(tmp_path)
    again, never = lit(), lit()
    trainer.fit(again, loader(), loader(), ckpt_path="last" if trainer.checkpoint_callback else tmp_path / before)
    assert str(trainer.ckpt_path) == str(tmp_path / before)
    quiet(max_epochs=3).fit(never, loader(), loader())
    assert equal(again, never)
    assert not workplace.exists()  # the next save of this file has cleared it away
