from groundwire import HOOKS
from groundwire_tensorboard import TENSORBOARD, TensorBoardCallback
from groundwire_tensorboard.map import Moments


def moments():
    return [name for name, value in vars(Moments).items() if callable(value) and not name.startswith("_")]


def test_every_moment_has_a_row_and_every_row_a_moment():
    assert TENSORBOARD.sources() == {f"TensorBoardCallback.{name}" for name in moments()}


def test_the_callback_brings_every_moment():
    assert {name for name in moments() if name in vars(TensorBoardCallback)} == set(moments())


def test_one_row_alone_runs_at_every_batch_unless_the_graph_is_asked_for():
    often = [line.source for line in TENSORBOARD.rows if HOOKS[line.hook].every == "batch"]
    assert often == ["TensorBoardCallback.write_step", "TensorBoardCallback.write_graph"]
    assert TensorBoardCallback().write_graph is None
