"""Callbacks of the real Lightning that ours stand in for."""

import lightning
import lightning.pytorch
import pytest
import pytorch_lightning
from tests.groundwire_lightning.loops.test_saved import Keeps
from tests.groundwire_lightning.small import Lit, lit, loader, quiet
from tests.side_by_side.twins import twins

import groundwire_lightning as L
import groundwire_lightning.callbacks
from groundwire_lightning import NotSupportedYetError
from groundwire_lightning.callbacks import EarlyStopping, ModelCheckpoint, of_a_trainer

HERE = [row for row in of_a_trainer.SUBSTITUTES if row.name in L.callbacks.__all__]
GIVEN = {
    "StochasticWeightAveraging": {"swa_lrs": 0.01, "swa_epoch_start": 1, "annealing_strategy": "linear"},
    "ThroughputMonitor": {"batch_size_fn": len, "window_size": 7},
    "LearningRateFinder": {"num_training_steps": 5, "mode": "linear"},
    "BatchSizeFinder": {"mode": "binsearch", "init_val": 3},
}


@pytest.mark.parametrize("package", [lightning.pytorch, pytorch_lightning], ids=lambda package: package.__name__)
@pytest.mark.parametrize("row", HERE, ids=lambda row: row.name)
def test_ours_is_made_with_the_arguments_of_theirs(row, package):
    theirs = getattr(package.callbacks, row.name)(**GIVEN[row.name])
    (ours,), (said,) = of_a_trainer.substituted([theirs])
    assert type(ours) is getattr(L.callbacks, row.name)
    assert said.startswith(f"{row.name} of {package.__name__}.")
    for kept in row.arguments.values():
        assert getattr(ours, kept) == getattr(theirs, kept)
    if row.more:
        assert getattr(ours, row.more) == getattr(theirs, row.more)


@pytest.mark.parametrize("row", HERE, ids=lambda row: row.name)
def test_a_subclass_of_theirs_is_refused_with_the_class_to_take_instead(row):
    theirs = type("Mine", (getattr(lightning.pytorch.callbacks, row.name),), {})(**GIVEN[row.name])
    with pytest.raises(
        NotSupportedYetError, match=rf"Mine is a {row.name} .*groundwire_lightning\.callbacks\.{row.name}"
    ):
        quiet(callbacks=[theirs])


def test_explain_says_who_stands_in_for_whom():
    theirs = lightning.pytorch.callbacks.StochasticWeightAveraging(0.01)
    trainer = quiet(callbacks=[theirs, lightning.pytorch.callbacks.Timer()])
    (said,) = trainer.explain(format="json", model=Lit())["substituted"]
    assert "StochasticWeightAveraging" in said
    assert "Substituted:" in trainer.explain(model=Lit())
    assert "Substituted" not in quiet().explain(model=Lit())


def test_callbacks_that_a_module_brings_are_looked_at_too():
    def configure_callbacks(self):
        return lightning.pytorch.callbacks.StochasticWeightAveraging(0.01)

    trainer = quiet(max_epochs=2)
    trainer.fit(lit(configure_callbacks=configure_callbacks), loader())
    assert any(type(callback) is L.callbacks.StochasticWeightAveraging for callback in trainer.callbacks)
    assert len(trainer.substituted) == 1


# what a Trainer has without being asked


def test_a_trainer_brings_the_callbacks_of_lightning():
    def scenario(stage):
        stage.make_module()
        given = {"enable_progress_bar": True, "enable_model_summary": True, "max_time": "00:01:00:00"}
        return [type(each).__name__ for each in stage.make_trainer(**given).callbacks]

    assert twins(scenario, hears=False)["answer"] == ["Timer", "RichProgressBar", "RichModelSummary"]


def test_without_rich_they_are_those_of_plain_text(monkeypatch):
    monkeypatch.setattr("groundwire_lightning.callbacks.of_a_trainer.has_rich", lambda: False)
    callbacks = groundwire_lightning.Trainer(accelerator="cpu", enable_checkpointing=False).callbacks
    assert [type(each).__name__ for each in callbacks] == ["TQDMProgressBar", "ModelSummary"]


def test_two_callbacks_with_one_state_key_are_refused():
    with pytest.raises(RuntimeError, match=r"two callbacks, Keeps and Keeps, .*'Keeps 1'"):
        quiet(callbacks=[Keeps(1), Keeps(1)])
    with pytest.raises(RuntimeError, match="two callbacks, EarlyStopping and EarlyStopping"):
        quiet(callbacks=[EarlyStopping("a"), EarlyStopping("a")])
    quiet(callbacks=[EarlyStopping("a"), EarlyStopping("b")])


def test_checkpoint_callbacks_stand_last_and_a_default_one_is_added():
    class Mine(L.Callback): ...

    kept, mine = ModelCheckpoint(), Mine()
    trainer = quiet(callbacks=[kept, mine], enable_checkpointing=True)
    assert trainer.callbacks[-1] is kept
    assert trainer.checkpoint_callback is kept
    assert [type(callback) for callback in quiet(enable_checkpointing=None).checkpoint_callbacks] == [ModelCheckpoint]
    assert quiet().checkpoint_callback is None
    with pytest.raises(L.MisconfigurationException, match="enable_checkpointing=False, and ModelCheckpoint is among"):
        quiet(callbacks=[kept], enable_checkpointing=False)


def test_a_checkpoint_callback_of_the_module_stands_last_too(tmp_path):
    def configure_callbacks(self):
        return [ModelCheckpoint(tmp_path), Keeps(5)]

    trainer = quiet(callbacks=[Keeps(6)])
    trainer.fit(lit(configure_callbacks=configure_callbacks), loader())
    assert [type(callback) for callback in trainer.callbacks] == [Keeps, ModelCheckpoint]
