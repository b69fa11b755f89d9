import pytest
import torch
from torch import nn
from torch.utils.data import IterableDataset, TensorDataset

from groundwire.callbacks import StepBasedEvaluationCallback, TrainerCallback
from groundwire.trainer import Trainer

DATA = TensorDataset(torch.ones(12, 1), torch.ones(12, 1))


class Stream(IterableDataset):
    def __iter__(self):
        return iter(DATA)


class Log(TrainerCallback):
    """Batches and updates done as each evaluation began, and the modes of training steps."""

    def __init__(self):
        self.updates = self.batches = 0
        self.evaluations, self.modes = [], []

    def on_train_step_start(self, trainer, **kwargs):
        self.modes.append([module.training for module in trainer.model.modules()])

    def on_train_step_end(self, trainer, batch, batch_output, **kwargs):
        self.batches += 1

    def on_train_update_end(self, trainer, **kwargs):
        self.updates += 1

    def on_eval_epoch_start(self, trainer, is_intermediate, **kwargs):
        assert not trainer.model.training
        if is_intermediate:
            self.evaluations.append((self.batches, self.updates))


def train(*callbacks, epochs=1, data=DATA, model=None, eval_dataset=DATA, **arguments):
    model = nn.Linear(1, 1, bias=False) if model is None else model
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    trainer = Trainer(model, nn.MSELoss(), optimizer, callbacks)
    trainer.train(data, epochs, eval_dataset=eval_dataset, per_device_batch_size=2, **arguments)
    return trainer


@pytest.mark.parametrize(
    ("every", "accumulate", "at"),
    [
        (1, 1, [(1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 6)]),
        (2, 1, [(2, 2), (4, 4), (6, 6)]),
        (4, 1, [(4, 4)]),
        (6, 1, [(6, 6)]),
        (7, 1, []),
        (2, 2, [(2, 1), (4, 2), (6, 3)]),
        (3, 2, [(3, 1), (6, 3)]),
        (2, 4, [(2, 0), (4, 1), (6, 2)]),
    ],
)
@pytest.mark.parametrize("data", [DATA, Stream()], ids=lambda data: type(data).__name__)
def test_it_evaluates_after_every_so_many_batches(every, accumulate, at, data):  # B28
    log = Log()
    train(log, StepBasedEvaluationCallback(every), data=data, gradient_accumulation_steps=accumulate)
    assert log.evaluations == at


def test_each_epoch_counts_from_its_start():
    log = Log()
    train(log, StepBasedEvaluationCallback(4), epochs=2)
    assert log.evaluations == [(4, 4), (10, 10)]


def test_training_goes_on_in_train_mode():  # B27
    log = Log()
    train(log, StepBasedEvaluationCallback(2))
    assert log.modes == [[True]] * 6


def test_layers_that_are_frozen_in_eval_mode_stay_so():  # B27
    class Freezes(TrainerCallback):
        def on_train_epoch_start(self, trainer, **kwargs):
            trainer.model[0].eval()

    log = Log()
    train(Freezes(), log, StepBasedEvaluationCallback(2), model=nn.Sequential(nn.BatchNorm1d(1), nn.Linear(1, 1)))
    assert log.modes == [[True, False, True]] * 6


def test_the_updated_weights_are_evaluated_and_training_is_not_disturbed():
    weights = []

    class Weights(TrainerCallback):
        def on_eval_epoch_start(self, trainer, is_intermediate, **kwargs):
            weights.append((is_intermediate, trainer.model.weight.item()))

    def run(*callbacks):
        model = nn.Linear(1, 1, bias=False)
        nn.init.zeros_(model.weight)
        return train(*callbacks, model=model)

    trainer, plain = run(StepBasedEvaluationCallback(3), Weights()), run()
    steps = [0.0]
    for _ in range(6):  # the gradient of (w - 1)^2 is 2 (w - 1)
        steps.append(steps[-1] - 0.1 * 2 * (steps[-1] - 1))
    assert weights == [
        (True, pytest.approx(steps[3])),
        (True, pytest.approx(steps[6])),
        (False, pytest.approx(steps[6])),
    ]
    assert torch.equal(trainer.model.weight, plain.model.weight)
    history, expected = trainer.run_history, plain.run_history
    assert history.get_metric_values("train_loss_epoch") == expected.get_metric_values("train_loss_epoch")
    assert history.get_metric_values("eval_loss_epoch") == expected.get_metric_values("eval_loss_epoch")
    losses = [pytest.approx((step - 1) ** 2) for step in (steps[3], steps[6])]
    assert history.get_metric_values("intermediate_eval_loss") == losses


def test_the_last_update_of_a_run_is_evaluated_where_it_is_due():
    log = Log()
    train(log, StepBasedEvaluationCallback(2), max_num_train_steps=4)
    assert log.evaluations == [(2, 2), (4, 4)]


def test_two_of_them_evaluate_at_their_own_times():  # B41
    log = Log()
    train(log, StepBasedEvaluationCallback(2), StepBasedEvaluationCallback(5))
    assert log.evaluations == [(2, 2), (4, 4), (5, 5), (6, 6)]


def test_without_data_to_evaluate_on_it_is_refused_before_the_first_batch():
    log = Log()
    with pytest.raises(ValueError, match=r"StepBasedEvaluationCallback evaluates every 3 steps.*eval_dataset"):
        train(log, StepBasedEvaluationCallback(3), eval_dataset=None)
    assert log.batches == 0
