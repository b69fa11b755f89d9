"""Which loggers, folders and paths a Trainer takes, and what it says of those that it does not."""

from pathlib import Path

import pytest

import groundwire_lightning as L
from groundwire_lightning import MisconfigurationException
from groundwire_lightning.core.boring_classes import BoringModel
from groundwire_lightning.loggers import CSVLogger, TensorBoardLogger


def trainer(**arguments):
    off = {"enable_progress_bar": False, "enable_model_summary": False, "enable_checkpointing": False}
    return L.Trainer(accelerator="cpu", max_epochs=1, **{**off, **arguments})


class Duck:
    """Nobody's subclass."""

    def log_metrics(self, metrics, step):
        pass


@pytest.mark.parametrize(
    ("logger", "said"),
    [
        ("tensorboard", "did you mean groundwire_lightning.loggers.TensorBoardLogger"),
        ("CSVLogger", "did you mean groundwire_lightning.loggers.CSVLogger"),
        ("logs", "due is an object with log_metrics"),
        (["csv"], "did you mean groundwire_lightning.loggers.CSVLogger"),
        ([Duck(), None], "None is no logger"),
        ({"csv": Duck()}, "is no logger"),
        (CSVLogger, r"did you mean CSVLogger\(...\)"),
        (3.5, "3.5 is no logger"),
        (1, "1 is no logger"),
    ],
)
@pytest.mark.parametrize("short", [False, True])
def test_what_is_no_logger_is_refused_by_name(logger, said, short):
    with pytest.raises(MisconfigurationException, match=rf"(?s)Trainer\(logger=.*{said}"):
        trainer(logger=logger, fast_dev_run=short)


@pytest.mark.parametrize(("logger", "count"), [(False, 0), ([], 0), (0, 0), (Duck(), 1), ((Duck(), Duck()), 2)])
def test_loggers_are_taken_as_one_or_several(logger, count):
    assert len(trainer(logger=logger).loggers) == count


@pytest.mark.parametrize(
    ("folder", "taken"),
    [
        ("s3://bucket/run", "s3://bucket/run"),
        (Path("memory:") / "run", "memory:/run"),
        ("file:///a/./b", "/a/b"),
    ],
)
def test_a_root_folder_is_a_path_or_a_url(folder, taken):
    assert trainer(logger=False, default_root_dir=folder).default_root_dir == taken


@pytest.mark.parametrize("folder", [5, []])
def test_what_is_no_root_folder_is_refused(folder):
    with pytest.raises(MisconfigurationException, match=r"default_root_dir.*a path is due"):
        trainer(logger=False, default_root_dir=folder)


@pytest.mark.parametrize("kind", [CSVLogger, TensorBoardLogger])
def test_loggers_write_below_the_home_folder(tmp_path, monkeypatch, kind):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    logger = kind("~/logs", name="", version="v")
    logger.log_metrics({"a": 1.0}, 0)
    logger.finalize("success")
    assert logger.save_dir == str(tmp_path / "logs")
    assert any((tmp_path / "logs/v").iterdir())
    assert not Path("~").exists()


def test_the_root_folder_and_checkpoints_stand_below_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert trainer(logger=False, default_root_dir="~/root").default_root_dir == str(tmp_path / "root")
    fitted = trainer(logger=False)
    fitted.fit(BoringModel())
    fitted.save_checkpoint("~/a.ckpt")
    assert (tmp_path / "a.ckpt").is_file()
    assert not Path("~").exists()
    fitted.test(BoringModel(), ckpt_path="~/a.ckpt", verbose=False)
