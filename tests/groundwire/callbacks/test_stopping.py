import pytest
import torch
from torch import nn
from torch.utils.data import TensorDataset

from groundwire.callbacks import EarlyStoppingCallback, StopTrainingError, TrainerCallback
from groundwire.trainer import Trainer

DATA = TensorDataset(torch.zeros(4, 1), torch.zeros(4, 1))


class Scores(TrainerCallback):
    def __init__(self, *scores, name="score"):
        self.scores = iter(scores)
        self.name = name
        self.ended = 0

    def on_train_epoch_end(self, trainer, **kwargs):
        trainer.run_history.update_metric(self.name, next(self.scores))

    def on_training_run_end(self, trainer, **kwargs):
        self.ended += 1


def train(callbacks, epochs=6):
    model = nn.Linear(1, 1)
    trainer = Trainer(model, nn.MSELoss(), torch.optim.SGD(model.parameters(), lr=0.1), callbacks)
    trainer.train(DATA, epochs, per_device_batch_size=4)
    return trainer


def epochs_of(trainer):
    return len(trainer.run_history.get_metric_values("train_loss_epoch"))


@pytest.mark.parametrize(
    ("scores", "arguments", "epochs"),
    [
        ([5, 4, 4, 3, 2, 1], {}, 3),
        ([5, 4, 4, 3, 3, 3], {"early_stopping_patience": 2}, 6),
        ([5, 4.995, 4.985, 4, 3, 2], {"early_stopping_patience": 2}, 6),
        ([5, 4.995, 4.99, 4, 3, 2], {"early_stopping_patience": 2}, 3),
        ([5, 4.995, 4.99, 4.985, 4.98, 4.975], {"early_stopping_threshold": 0}, 6),
        ([1, 2, 3, 2, 5, 6], {"greater_is_better": True}, 4),
        ([float("nan"), 1, 1, 1, 1, 1], {"early_stopping_patience": 2}, 4),
        ([1, float("nan"), float("nan"), 0, 0, 0], {"early_stopping_patience": 2}, 3),
        ([float("inf"), 1, 0.5, 0.5, 0, 0], {}, 4),
    ],
)
def test_a_run_ends_after_enough_epochs_without_improvement(scores, arguments, epochs):
    told = Scores(*scores)
    trainer = train([told, EarlyStoppingCallback(watch_metric="score", **arguments)])
    assert epochs_of(trainer) == epochs
    assert told.ended == 1


def test_each_run_starts_with_all_the_patience():
    stopping = EarlyStoppingCallback(watch_metric="score")
    trainer = train([Scores(1, 2, 5, 6), stopping])
    assert stopping.early_stopping_patience_counter == 1
    trainer.train(DATA, 6)
    assert epochs_of(trainer) == 2


def test_patience_may_last_over_runs():
    stopping = EarlyStoppingCallback(watch_metric="score", reset_on_train=False)
    trainer = train([Scores(1, 2, 5, 6), stopping])
    trainer.train(DATA, 6)
    assert epochs_of(trainer) == 1


def test_two_watch_two_metrics():  # B41
    patient = EarlyStoppingCallback(early_stopping_patience=9, watch_metric="score")
    other = EarlyStoppingCallback(watch_metric="other")
    trainer = train([Scores(*[1] * 6), Scores(3, 2, 2, 2, name="other"), patient, other])
    assert epochs_of(trainer) == 3
    assert patient.early_stopping_patience_counter == 2


def test_its_state_goes_on_where_it_was():
    stopping, other = (EarlyStoppingCallback(early_stopping_patience=3, watch_metric="score") for _ in range(2))
    trainer = train([Scores(1, 2, 2), stopping], epochs=3)
    other.load_state_dict(stopping.state_dict())
    assert other.state_dict() == {"best_metric": 1.0, "best_metric_epoch": 1, "early_stopping_patience_counter": 2}
    with pytest.raises(StopTrainingError, match=r"score is 2\.0, no better than 1\.0: 3 of 3 epochs"):
        other.on_training_run_epoch_end(trainer)
