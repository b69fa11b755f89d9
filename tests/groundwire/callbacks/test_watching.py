import math
from types import SimpleNamespace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.utils.data import TensorDataset

from groundwire.callbacks import EarlyStoppingCallback, ModelEmaCallback, SaveBestModelCallback, TrainerCallback
from groundwire.callbacks.watching import MetricWatcher, is_resumed
from groundwire.request import TrainRequest
from groundwire.tracking import InMemoryRunHistory
from groundwire.trainer import Trainer

DATA = TensorDataset(torch.zeros(4, 1), torch.zeros(4, 1))


def trainer_with(*callbacks):
    model = nn.Linear(1, 1)
    return Trainer(model, nn.MSELoss(), torch.optim.SGD(model.parameters(), lr=0.1), callbacks)


def in_process(index, of, recorded=None):
    history = InMemoryRunHistory()
    if recorded is not None:
        history.update_metric("score", recorded)
    accelerator = SimpleNamespace(num_processes=of, is_main_process=index == 0)
    return SimpleNamespace(_accelerator=accelerator, run_history=history, device=torch.device("cpu"))


@given(st.lists(st.floats(), min_size=1), st.booleans())
def test_the_best_of_a_list_is_its_first_extreme_value(values, greater):
    watcher = MetricWatcher("score", greater, reset_on_train=True)
    history = InMemoryRunHistory()
    for value in values:
        watcher.keep_if_better(SimpleNamespace(run_history=history), value)
        history._increment_epoch()
    numbers = [value for value in values if not math.isnan(value)]
    best = None if not numbers else max(numbers) if greater else min(numbers)
    assert watcher.best_metric == best
    assert watcher.best_metric_epoch == (None if best is None else values.index(best) + 1)


@pytest.mark.parametrize("kind", [SaveBestModelCallback, EarlyStoppingCallback])
def test_a_metric_that_was_not_recorded_is_an_error_that_lists_what_was(tmp_path, monkeypatch, kind):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"'eval_los_epoch' was not .* mean 'eval_loss_epoch'\? .*'train_loss_epoch'"):
        trainer_with(kind(watch_metric="eval_los_epoch")).train(DATA, 1, eval_dataset=DATA)


@pytest.mark.parametrize("kind", [SaveBestModelCallback, EarlyStoppingCallback, ModelEmaCallback])
def test_the_evaluation_loss_without_data_to_evaluate_on_is_refused_before_the_first_batch(tmp_path, monkeypatch, kind):
    monkeypatch.chdir(tmp_path)

    class Steps(TrainerCallback):
        def on_train_step_start(self, trainer, **kwargs):
            pytest.fail("a batch was read")

    with pytest.raises(ValueError, match=f"{kind.__name__}: .*eval_dataset"):
        trainer_with(Steps, kind()).train(DATA, 1)


@pytest.mark.parametrize("value", ["0.5", None, torch.zeros(2), [1.0], 1j])
def test_what_is_no_number_cannot_be_compared(value):
    watcher = MetricWatcher("score", greater_is_better=False, reset_on_train=True)
    trainer = in_process(0, 1)
    trainer.run_history.update_metric("score", value)
    with pytest.raises(TypeError, match=r"MetricWatcher: the latest 'score' is .*only a number"):
        watcher.latest(trainer)


@pytest.mark.parametrize("index", [0, 1])
def test_every_process_judges_by_the_value_of_the_main_one(monkeypatch, index):
    sent = []

    def broadcast(tensor):
        sent.append(tensor.item())
        return torch.tensor(0.25, dtype=torch.float64)

    monkeypatch.setattr("accelerate.utils.broadcast", broadcast)
    trainer = in_process(index, 2, recorded=0.25 if index == 0 else None)
    assert MetricWatcher("score", greater_is_better=False, reset_on_train=True).latest(trainer) == 0.25
    assert sent == [0.25 if index == 0 else 0.0]


def test_a_resumed_run_keeps_what_was_given_back():
    watcher = MetricWatcher("score", greater_is_better=False, reset_on_train=True)
    trainer = SimpleNamespace(_request=TrainRequest(train_dataset=None, num_epochs=1, resume_from="states/epoch_1"))
    watcher.load_state_dict({"best_metric": 1.0, "best_metric_epoch": 3})
    assert is_resumed(trainer)
    watcher.on_training_run_start(trainer)
    assert watcher.best_metric == 1.0
    trainer._request = TrainRequest(train_dataset=None, num_epochs=1)
    watcher.on_training_run_start(trainer)
    assert watcher.best_metric is None
