import pytest
from tests.groundwire_lightning.loops.test_saved import Keeps
from tests.groundwire_lightning.small import lit, loader, quiet
from tests.side_by_side.twins import twins

import groundwire_lightning as L
import groundwire_lightning.callbacks
from groundwire_lightning.callbacks import EarlyStopping, ModelCheckpoint

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
