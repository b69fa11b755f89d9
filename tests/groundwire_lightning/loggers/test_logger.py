import pickle

import pytest
from lightning.pytorch.loggers import logger as lightning_logger
from tests.groundwire_lightning.loggers.written_by_both import both, without_times

import groundwire_lightning.loggers
from groundwire_lightning.loggers import logger as our_logger


@pytest.mark.parametrize("kind", ["CSVLogger", "TensorBoardLogger"])
def test_a_logger_can_be_pickled_and_goes_on(tmp_path, kind):
    def write(loggers, place):
        logger = getattr(loggers, kind)(place)
        logger.log_metrics({"a": 1.0}, 0)
        logger.save()
        pickle.loads(pickle.dumps(logger)).log_metrics({"a": 2.0}, 1)

    theirs, ours = both(tmp_path, write)
    assert without_times(theirs) == without_times(ours)


def test_dictionaries_are_merged_as_lightning_merges_them():
    dicts = [{"a": 1.7, "b": 2.0, "c": 1, "d": {"x": 1, "z": 3}}, {"a": 1.1, "v": 1, "d": {"x": 2}}, {"v": 2.3}]
    functions = {"a": max, "d": {"x": sum}}
    for arguments in ((), (functions,), (functions, min)):
        assert our_logger.merge_dicts(dicts, *arguments) == lightning_logger.merge_dicts(dicts, *arguments)


def test_a_dummy_logger_takes_every_call():
    logger = our_logger.DummyLogger()
    assert (logger.name, logger.version) == ("", "")
    logger.experiment.add_image("a", None)
    logger[0].experiment[1].add_figure()
    logger.watch(None)
    assert logger.log_metrics({"a": 1}) is None
    assert pickle.loads(pickle.dumps(logger)).name == ""


def test_other_processes_write_nothing(tmp_path, monkeypatch):
    from lightning_utilities.core.rank_zero import rank_zero_only

    monkeypatch.setattr(rank_zero_only, "rank", 1)
    for kind in ("CSVLogger", "TensorBoardLogger"):
        logger = getattr(groundwire_lightning.loggers, kind)(tmp_path)
        logger.log_hyperparams({"a": 1})
        logger.log_metrics({"a": 1.0}, 0)
        logger.save()
        logger.experiment.add_image("a", None)
        logger.finalize("success")
    assert not list(tmp_path.iterdir())
