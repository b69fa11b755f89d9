from types import SimpleNamespace

import pytest

from groundwire.callbacks import LogMetricsCallback, PrintMetricsCallback, PrintProgressCallback
from groundwire.tracking import InMemoryRunHistory


class Said(SimpleNamespace):
    def __init__(self):
        super().__init__(run_history=InMemoryRunHistory(), lines=[])

    def print(self, *words):
        self.lines.append(" ".join(map(str, words)))

    def record(self, **metrics):
        for name, value in metrics.items():
            self.run_history.update_metric(name, value)

    def heard(self):
        lines, self.lines = self.lines, []
        return lines


@pytest.fixture
def trainer():
    return Said()


def test_progress_is_said_in_lines(trainer):
    callback = PrintProgressCallback()
    trainer.run_history._set_epoch(3)
    events = ["on_training_run_start", "on_train_epoch_start", "on_eval_epoch_start", "on_training_run_end"]
    for event in [*events, "on_evaluation_run_start", "on_evaluation_run_end"]:
        getattr(callback, event)(trainer)
    assert trainer.heard() == [
        "Training starts",
        "Epoch 3",
        "Evaluation",
        "Training is done",
        "Evaluation run starts",
        "Evaluation run is done",
    ]


def test_metrics_are_logged_by_when_they_were_recorded_and_not_by_name(trainer):
    callback = LogMetricsCallback()
    trainer.record(earlier_run=1)
    callback.on_training_run_start(trainer)
    for loss in (2.0, 1.0):
        trainer.record(train_loss_epoch=loss, lr=0.1)
        callback.on_train_epoch_end(trainer)
        assert trainer.heard() == ["lr: 0.1", f"train_loss_epoch: {loss}"]
        trainer.record(eval_loss_epoch=loss + 1, constraint_violation=3)
        callback.on_eval_epoch_end(trainer)
        assert trainer.heard() == ["constraint_violation: 3", f"eval_loss_epoch: {loss + 1}"]
        trainer.record(seconds=5)
        callback.on_training_run_epoch_end(trainer)
        assert trainer.heard() == ["seconds: 5"]


def test_a_metric_recorded_several_times_is_logged_once_with_its_latest_value(trainer):
    callback = LogMetricsCallback()
    trainer.record(loss=3)
    trainer.record(loss=2)
    callback.on_train_epoch_end(trainer)
    callback.on_eval_epoch_end(trainer)
    assert trainer.heard() == ["loss: 2"]


def test_a_metric_that_was_deleted_and_recorded_anew_is_logged(trainer):
    callback = LogMetricsCallback()
    trainer.record(loss=3)
    trainer.record(loss=2)
    callback.on_train_epoch_end(trainer)
    trainer.run_history.delete_metric("loss")
    callback.on_eval_epoch_end(trainer)
    trainer.record(loss=1)
    callback.on_training_run_epoch_end(trainer)
    assert trainer.heard() == ["loss: 2", "loss: 1"]


def test_an_evaluation_run_logs_what_it_recorded(trainer):
    callback = LogMetricsCallback()
    trainer.record(train_loss_epoch=1)
    trainer.run_history.reset()
    callback.on_evaluation_run_start(trainer)
    trainer.record(eval_loss_epoch=2)
    callback.on_eval_epoch_end(trainer)
    assert trainer.heard() == ["eval_loss_epoch: 2"]


def test_metrics_can_be_logged_somewhere_else(trainer):
    logged = []

    class Elsewhere(PrintMetricsCallback):
        def log_metrics(self, trainer, metrics):
            logged.append(metrics)

    callback = Elsewhere()
    callback.on_train_epoch_end(trainer)
    trainer.record(loss=1)
    callback.on_train_epoch_end(trainer)
    assert logged == [{"loss": 1}]
    assert trainer.heard() == []
