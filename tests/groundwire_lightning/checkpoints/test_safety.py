"""A file runs nothing, exhausts nothing, and is noticed where a bit of it has changed."""

import enum
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import torch
from tests.groundwire.saved.pickled import renamed
from tests.groundwire_lightning.small import Lit, lit, loader, quiet

import groundwire_lightning as L
from groundwire import CheckpointError
from groundwire_lightning.checkpoints.reading import read

HERE = Path(__file__).parent
TRAP = "open('RAN', 'w').close()\ndef run(*a, **k): pass\nclass Trap: pass\nclass Dict(dict): pass\n"


def test_no_door_imports_or_calls_what_a_file_names(tmp_path):
    (tmp_path / "trap.py").write_text(TRAP)
    paths = os.pathsep.join([".", str(HERE.parents[2] / "src"), str(HERE.parents[2] / "adapters")])
    run = subprocess.run(
        [sys.executable, HERE / "every_door.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    assert run.stdout.split() == []


# what changed


def whole(tmp_path):
    trainer = quiet(max_epochs=1)
    trainer.fit(lit(), loader())
    trainer.save_checkpoint(tmp_path / "a.ckpt")
    return tmp_path / "a.ckpt"


@pytest.mark.parametrize("weights_only", [None, False])
def test_a_bit_that_changed_in_a_tensor_is_noticed(weights_only, tmp_path):
    path = whole(tmp_path)
    with zipfile.ZipFile(path) as records:
        weight = records.read(next(name for name in records.namelist() if name.endswith("/data/0")))
    data = bytearray(path.read_bytes())
    data[data.index(weight) + 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(CheckpointError, match=r"a\.ckpt is not a whole checkpoint"):
        read(path, weights_only)


GROUP = ("optimizer_states", 0, "param_groups", 0)
DAMAGED = [("loops", "fit_loop"), GROUP[:-1], (*GROUP, "lr"), (*GROUP, "params")]


@pytest.mark.parametrize("place", DAMAGED, ids=str)
def test_a_damaged_key_is_an_error_of_the_checkpoint(place, tmp_path):
    path = whole(tmp_path)
    torch.save(renamed(torch.load(path), place), path)
    with pytest.raises(CheckpointError, match=r"a\.ckpt"):
        quiet(max_epochs=2).fit(lit(), loader(), ckpt_path=path)


# objects


class Act(enum.Enum):
    RELU = "relu"
    TANH = "tanh"


class WithObjects(Lit):
    """A module that is told what only code can make."""

    def __init__(self, act=Act.RELU, rate=0.1):
        super().__init__()
        self.save_hyperparameters()


class Keeps(L.Callback):
    """A callback whose state only code can make."""

    def __init__(self):
        self.act = Act.TANH

    def state_dict(self):
        return {"act": self.act}

    def load_state_dict(self, state_dict):
        self.act = state_dict["act"]


@pytest.mark.filterwarnings("ignore")
def test_objects_in_a_file_leave_weights_and_runs_to_be_loaded(tmp_path):
    trainer = quiet(max_epochs=1, enable_checkpointing=True, default_root_dir=tmp_path)
    trainer.fit(WithObjects(Act.TANH), loader(), loader())
    path = trainer.checkpoint_callback.best_model_path
    quiet(max_epochs=2).fit(again := WithObjects(Act.TANH), loader(), ckpt_path=path)
    assert again.trainer.current_epoch == 2
    trainer.test(lit(test_step=Lit.validation_step), loader(), ckpt_path="best", verbose=False)
    with pytest.raises(
        CheckpointError, match=r"needs act \(.*\.Act\).*load_from_checkpoint\(path, act=\.\.\.\).*weights_only"
    ):
        WithObjects.load_from_checkpoint(path)
    assert WithObjects.load_from_checkpoint(path, act=Act.TANH).hparams == {"act": Act.TANH, "rate": 0.1}
    assert WithObjects.load_from_checkpoint(path, weights_only=False).hparams.act is Act.TANH


@pytest.mark.filterwarnings("ignore")
def test_the_state_of_a_callback_is_whole_or_refused(tmp_path):
    trainer = quiet(max_epochs=1, callbacks=[Keeps()])
    trainer.fit(lit(), loader())
    trainer.save_checkpoint(tmp_path / "a.ckpt")
    with pytest.raises(CheckpointError, match=r"the state of Keeps in .*a\.ckpt needs .*\.Act"):
        quiet(max_epochs=2, callbacks=[Keeps()]).fit(lit(), loader(), ckpt_path=tmp_path / "a.ckpt")
    other = Keeps()
    other.act = None
    quiet(max_epochs=2, callbacks=[other]).fit(lit(), loader(), ckpt_path=tmp_path / "a.ckpt", weights_only=False)
    assert other.act is Act.TANH


@pytest.mark.filterwarnings("ignore")
def test_what_cannot_be_written_is_left_out_by_name(tmp_path):
    trainer = quiet(max_epochs=1)
    trainer.fit(WithObjects(lambda: None), loader())
    with pytest.warns(UserWarning, match="does not hold the hyper-parameters act: they cannot be pickled"):
        trainer.save_checkpoint(tmp_path / "a.ckpt")
    assert torch.load(tmp_path / "a.ckpt")["hyper_parameters"] == {"rate": 0.1}


def test_an_override_that_returns_nothing_loads(tmp_path):
    class Own(Lit):
        def load_state_dict(self, state_dict, strict=True):
            super().load_state_dict(state_dict, strict=strict)

    assert torch.equal(
        Own.load_from_checkpoint(whole(tmp_path)).net[0].bias, read(whole(tmp_path))["state_dict"]["net.0.bias"]
    )
