"""Where a native callback stands in a run of the Lightning-shaped Trainer: it goes on where the run before ended."""

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tests.groundwire_lightning.small import BATCHES, Lit, loader, quiet

from groundwire import TrainerCallback
from groundwire_tensorboard import TensorBoardCallback


class Places(TrainerCallback):
    """Writes down where each update and each epoch end stands."""

    def __init__(self):
        self.updates, self.epochs = [], []

    def on_train_update_end(self, trainer, **kwargs):
        self.updates.append(trainer.at.update)

    def on_train_epoch_end(self, trainer, **kwargs):
        self.epochs.append(trainer.at.epoch)


@pytest.fixture(params=["a checkpoint", "the same trainer"])
def went_on(request, tmp_path):
    """Two epochs and a third one, which comes from a file, or out of a second call."""

    def go_on(*callbacks):
        trainer = quiet(max_epochs=2, callbacks=list(callbacks))
        trainer.fit(Lit(), loader())
        if request.param == "the same trainer":
            trainer.max_epochs = 3
            return trainer.fit(trainer.lightning_module, loader())
        trainer.save_checkpoint(tmp_path / "two.ckpt")
        return quiet(max_epochs=3, callbacks=list(callbacks)).fit(Lit(), loader(), ckpt_path=tmp_path / "two.ckpt")

    return go_on


def test_updates_and_epochs_count_on(went_on):
    places = Places()
    went_on(places)
    assert places.updates == list(range(1, 3 * BATCHES + 1))
    assert places.epochs == [1, 2, 3]


@pytest.mark.parametrize(("x_axis", "of_epochs"), [("step", [3, 6, 9]), ("epoch", [1, 2, 3])])
def test_tensorboard_shows_one_curve(went_on, tmp_path, x_axis, of_epochs):
    went_on(TensorBoardCallback(tmp_path / "events", x_axis=x_axis))
    events = EventAccumulator(str(tmp_path / "events")).Reload()
    assert [event.step for event in events.Scalars("train_loss_epoch")] == of_epochs
