"""Subclasses of the default callbacks that call nothing of what they override, as pytorch-accelerated shows them."""

import pytest
from tests.groundwire.runs import data, trainer_for

from groundwire import NonFiniteLossError
from groundwire.callbacks import (
    LogMetricsCallback,
    PrintProgressCallback,
    ProgressBarCallback,
    TerminateOnNaNCallback,
)

DEFAULT = [LogMetricsCallback, PrintProgressCallback, ProgressBarCallback, TerminateOnNaNCallback]


class Logs(LogMetricsCallback):
    def __init__(self):
        self.logged = []

    def on_training_run_start(self, trainer, **kwargs):
        self.logged.append("a run")

    def log_metrics(self, trainer, metrics):
        self.logged.append(sorted(metrics))


def test_a_logger_that_calls_no_super_hears_of_each_run():
    logs = Logs()
    trainer = trainer_for(callbacks=[logs])
    for _ in range(2):
        trainer.train(data(2), 1, eval_dataset=data(2))
    trainer.train(data(2), 1, eval_dataset=data(2), reset_run_history=False)
    assert logs.logged == ["a run", ["train_loss_epoch"], ["eval_loss_epoch"]] * 3


@pytest.mark.parametrize("base", DEFAULT)
def test_a_default_callback_need_not_be_constructed(base, capsys):
    class Mine(base):
        def __init__(self):
            self.mine = True

    trainer = trainer_for(callbacks=[Mine])
    trainer.train(data(4), 2, eval_dataset=data(2))
    trainer.evaluate(data(2))
    assert len(trainer.run_history.get_metric_values("evaluation_loss")) == 1


@pytest.mark.parametrize("base", DEFAULT)
@pytest.mark.parametrize(
    "event",
    ["on_training_run_start", "on_train_epoch_start", "on_train_step_end", "on_train_epoch_end", "on_eval_epoch_start"],
)
def test_any_event_of_a_default_callback_may_be_replaced(base, event, capsys):
    seen = []
    mine = type("Mine", (base,), {event: lambda self, trainer, **kwargs: seen.append(event)})
    trainer_for(callbacks=[mine]).train(data(4), 2, eval_dataset=data(2))
    assert seen


def test_a_loss_that_is_not_finite_is_noticed_by_a_callback_that_was_not_constructed():
    class Mine(TerminateOnNaNCallback):
        def __init__(self):
            """Construct nothing."""

    with pytest.raises(NonFiniteLossError, match="step 0 of epoch 1"):
        Mine().check_for_nan_after_batch({"loss": float("nan")})


def test_bars_may_be_of_ones_own_kind(capsys):
    class Mine(ProgressBarCallback):
        def on_train_epoch_start(self, trainer, **kwargs):
            self.count = 0

        def on_train_step_end(self, trainer, **kwargs):
            super().on_train_step_end(trainer, **kwargs)
            self.count += 1

    mine = Mine()
    trainer_for(callbacks=[mine]).train(data(4), 1, per_device_batch_size=2, eval_dataset=data(2))
    assert mine.count == 2
