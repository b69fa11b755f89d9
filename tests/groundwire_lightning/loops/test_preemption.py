"""A signal that announces the end of the process: which hooks still run, what is saved, and how the call ends."""

import os
import signal
from pathlib import Path

import lightning.pytorch as pl
import pytest
import torch
from lightning.pytorch.demos import boring_classes
from lightning.pytorch.plugins import environments
from torch.utils.data import DataLoader

import groundwire_lightning as L
from groundwire_lightning.core.boring_classes import BoringModel
from groundwire_lightning.strategies.environments import SLURMEnvironment

BOTH = (L, pl)
SLURM_ENVIRONMENT = {L: SLURMEnvironment, pl: environments.SLURMEnvironment}
BORING = {L: BoringModel, pl: boring_classes.BoringModel}
QUIET = {"enable_progress_bar": False, "enable_model_summary": False, "logger": False, "accelerator": "cpu"}

pytestmark = [
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(os.name == "nt", reason="Windows sends no such signal"),
]
SLURM = {"SLURM_NTASKS": "1", "SLURM_JOB_NAME": "train", "SLURM_JOB_ID": "77", "SLURM_PROCID": "0"}
SLURM |= {"SLURM_LOCALID": "0", "SLURM_NODEID": "0", "SLURM_NTASKS_PER_NODE": "1", "SLURM_NNODES": "1"}


def telling(package, at, number, seen):
    """A callback that tells what runs, and sends this process a signal at the second of the moments ``at``."""

    class Tells(package.Callback):
        def tell(self, trainer, moment, *more):
            seen.append((moment, *more))
            if moment == at and sum(entry[0] == at for entry in seen) == 2:
                os.kill(os.getpid(), number)

        def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
            self.tell(trainer, "train batch", batch_idx)

        def on_validation_batch_end(self, trainer, pl_module, outputs, batch, batch_idx, dataloader_idx=0):
            self.tell(trainer, "validation batch", batch_idx)

        def on_predict_batch_end(self, trainer, pl_module, outputs, batch, batch_idx, dataloader_idx=0):
            self.tell(trainer, "predict batch", batch_idx)

        def on_train_epoch_end(self, trainer, pl_module):
            self.tell(trainer, "epoch end")

        def on_train_end(self, trainer, pl_module):
            self.tell(trainer, "train end")

        def teardown(self, trainer, pl_module, stage):
            self.tell(trainer, "teardown")

        def on_exception(self, trainer, pl_module, exception):
            self.tell(trainer, "exception", type(exception).__name__)

    return Tells()


def trainer_of(package, *callbacks, **more):
    limits = {"limit_train_batches": 3, "limit_val_batches": 2, "limit_predict_batches": 3, "max_epochs": 2}
    return package.Trainer(**{**QUIET, "enable_checkpointing": False, **limits, "callbacks": list(callbacks), **more})


def preempted(package, entry, at, number=signal.SIGTERM, **more):
    """What ran, how the call ended, and whether signals are as they were."""
    seen = []
    trainer = trainer_of(package, telling(package, at, number, seen), **more)
    before = signal.getsignal(signal.SIGTERM)
    try:
        getattr(trainer, entry)(BORING[package]())
    except SystemExit as error:
        seen.append(("raised", type(error).__name__))
    assert signal.getsignal(signal.SIGTERM) is before
    return seen, str(trainer.state.status), trainer.global_step, trainer.received_sigterm


MOMENTS = [
    ("fit", "train batch"),
    ("fit", "validation batch"),
    ("fit", "epoch end"),
    ("validate", "validation batch"),
    ("predict", "predict batch"),
    ("fit", "teardown"),
]


@pytest.mark.parametrize(("entry", "at"), MOMENTS)
@pytest.mark.parametrize("more", [{}, {"num_sanity_val_steps": 0}, {"max_epochs": 1}, {"max_steps": 2}])
def test_a_run_ends_where_lightnings_does(entry, at, more):
    ours, theirs = (preempted(package, entry, at, **more) for package in (L, pl))
    assert ours == theirs


def test_the_process_ends_with_the_status_of_a_sigterm():
    seen = []
    with pytest.raises(SystemExit) as ended:
        trainer_of(L, telling(L, "train batch", signal.SIGTERM, seen)).fit(BoringModel())
    assert ended.value.code == 143
    assert seen[-1] == ("exception", "SIGTERMException")


@pytest.mark.parametrize("package", BOTH)
def test_a_handler_of_the_users_is_called_too_and_stands_again_afterwards(package):
    told = []

    def mine(number, frame):
        told.append(number)

    before = signal.signal(signal.SIGTERM, mine)
    try:
        seen, *_ = preempted(package, "fit", "train batch")
        assert signal.getsignal(signal.SIGTERM) is mine
    finally:
        signal.signal(signal.SIGTERM, before)
    assert told == [signal.SIGTERM]
    assert seen[-1] == ("raised", "SIGTERMException")


@pytest.mark.parametrize("package", BOTH)
def test_what_saves_on_exceptions_saves(package, tmp_path):
    saves = package.callbacks.OnExceptionCheckpoint(tmp_path, filename="rescued")
    trainer = trainer_of(package, saves, telling(package, "train batch", signal.SIGTERM, []), enable_checkpointing=True)
    with pytest.raises(SystemExit):
        trainer.fit(BORING[package]())
    assert (tmp_path / "rescued.ckpt").exists()


@pytest.fixture
def job(monkeypatch, tmp_path):
    """A job of SLURM, whose ``scontrol`` writes down what it is asked."""
    for name, value in SLURM.items():
        monkeypatch.setenv(name, value)
    command = tmp_path / "bin" / "scontrol"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\n')
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{command.parent}:{os.environ['PATH']}")
    return tmp_path


@pytest.mark.parametrize("package", BOTH)
@pytest.mark.parametrize("array", [{}, {"SLURM_ARRAY_JOB_ID": "5", "SLURM_ARRAY_TASK_ID": "2"}])
def test_a_job_of_slurm_is_saved_and_queued_again_and_runs_on_till_it_is_ended(package, array, job, monkeypatch):
    for name, value in array.items():
        monkeypatch.setenv(name, value)
    seen, *_ = preempted(package, "fit", "train batch", signal.SIGUSR1, default_root_dir=str(job / "root"))
    assert [path.name for path in (job / "root").iterdir()] == ["hpc_ckpt_1.ckpt"]
    assert (job / "asked").read_text() == ("requeue 5_2\n" if array else "requeue 77\n")
    assert ("train end",) in seen


def test_the_next_job_goes_on_where_the_signal_came_and_ends_with_the_same_weights(job):
    root, data = str(job / "root"), DataLoader(torch.ones(6, 32), batch_size=2)
    whole, cut, resumed = (BoringModel() for _ in range(3))
    cut.load_state_dict(whole.state_dict())
    trainer_of(L, default_root_dir=str(job / "other")).fit(whole, data)
    ended = telling(L, "train batch", signal.SIGUSR1, [])
    last = telling(L, "train batch", signal.SIGTERM, [])
    with pytest.raises(SystemExit):
        trainer_of(L, ended, last, default_root_dir=root).fit(cut, data)
    trainer = trainer_of(L, default_root_dir=root)
    trainer.fit(resumed, data)
    assert trainer.global_step == 6
    assert whole.layer.weight.equal(resumed.layer.weight)


@pytest.mark.parametrize("package", BOTH)
def test_a_job_that_is_not_to_be_queued_again_leaves_the_signal_alone(package, job):
    came = []
    before = signal.signal(signal.SIGUSR1, lambda number, frame: came.append(number))
    try:
        environment = SLURM_ENVIRONMENT[package](auto_requeue=False)
        preempted(
            package, "fit", "train batch", signal.SIGUSR1, plugins=environment, default_root_dir=str(job / "root")
        )
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert came == [signal.SIGUSR1]
    assert not (job / "root").exists() or not list(Path(job / "root").glob("*.ckpt"))


def test_a_job_that_cannot_be_queued_again_is_told_of(job, caplog):
    (job / "bin" / "scontrol").write_text("#!/bin/sh\nexit 3\n")
    preempted(L, "fit", "train batch", signal.SIGUSR1, default_root_dir=str(job / "root"))
    assert "job 77 could not be queued again: scontrol ended with 3" in caplog.text
