"""Callbacks that are driven by hand, with a stand-in for the Trainer, as unit tests of programs that use them do."""

from types import SimpleNamespace
from unittest.mock import MagicMock, Mock

import pytest
import torch
from torch import nn

from groundwire import StopTrainingError
from groundwire.callbacks import (
    EarlyStoppingCallback,
    LimitBatchesCallback,
    LimitEvalStepsCallback,
    LogMetricsCallback,
    MoveModulesToDeviceCallback,
    PrintProgressCallback,
    ProgressBarCallback,
    SaveBestModelCallback,
    SaveTrainingStateCallback,
    TerminateOnNaNCallback,
)
from groundwire.tracking import InMemoryRunHistory

KINDS = [Mock, MagicMock, SimpleNamespace]


def stand_in(kind, **attributes):
    """A Trainer to a callback: it has the public API, and what it does is written down."""
    return kind(
        run_history=InMemoryRunHistory(),
        print=Mock(),
        save_checkpoint=Mock(),
        load_checkpoint=Mock(),
        save_training_state=Mock(),
        device=torch.device("cpu"),
        **attributes,
    )


def epochs(callback, trainer, losses, metric="eval_loss_epoch"):
    callback.on_training_run_start(trainer)
    for loss in losses:
        trainer.run_history.update_metric(metric, loss)
        callback.on_training_run_epoch_end(trainer)
        trainer.run_history._increment_epoch()


@pytest.mark.parametrize("kind", KINDS)
def test_early_stopping_stops(kind):
    with pytest.raises(StopTrainingError):
        epochs(EarlyStoppingCallback(early_stopping_patience=2), stand_in(kind), [1.0, 0.5, 0.5, 0.5, 0.1])


@pytest.mark.parametrize("kind", KINDS)
def test_early_stopping_forgets_with_each_run(kind):
    callback = EarlyStoppingCallback(early_stopping_patience=3)
    for _ in range(2):
        epochs(callback, stand_in(kind), [1.0, 1.0, 1.0])
        assert callback.early_stopping_patience_counter == 2


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("greater", "saves", "best"), [(False, 2, 0.25), (True, 2, 2.0)])
def test_the_best_model_is_saved_and_loaded(kind, greater, saves, best):
    trainer, callback = stand_in(kind), SaveBestModelCallback(save_path="m.pt", greater_is_better=greater)
    epochs(callback, trainer, [1.0, 0.25, 2.0])
    callback.on_training_run_end(trainer)
    assert trainer.save_checkpoint.call_count == saves
    assert trainer.save_checkpoint.call_args.kwargs["checkpoint_kwargs"] == {"eval_loss_epoch": best}
    trainer.load_checkpoint.assert_called_once_with("m.pt")


@pytest.mark.parametrize("kind", KINDS)
def test_metrics_are_logged(kind):
    trainer, callback = stand_in(kind), LogMetricsCallback()
    trainer.run_history.update_metric("train_loss_epoch", 0.5)
    callback.on_train_epoch_end(trainer)
    trainer.print.assert_called_once_with("train_loss_epoch: 0.5")


@pytest.mark.parametrize("kind", KINDS)
def test_progress_is_printed(kind):
    trainer, callback = stand_in(kind), PrintProgressCallback()
    for event in ("on_training_run_start", "on_train_epoch_start", "on_eval_epoch_start", "on_training_run_end"):
        getattr(callback, event)(trainer)
    assert trainer.print.call_count == 4


@pytest.mark.parametrize("kind", KINDS)
def test_a_bar_is_drawn(kind, capsys):
    trainer, callback = stand_in(kind, _train_dataloader=[1, 2], _eval_dataloader=[1]), ProgressBarCallback()
    callback.on_train_epoch_start(trainer)
    callback.on_train_step_end(trainer, batch=None, batch_output={})
    callback.on_train_epoch_end(trainer)
    callback.on_eval_epoch_start(trainer)
    callback.on_eval_step_end(trainer, batch=None, batch_output={})
    callback.on_eval_epoch_end(trainer)


@pytest.mark.parametrize("kind", KINDS)
def test_modules_are_moved(kind):
    loss = nn.Linear(1, 1)
    trainer = stand_in(kind, model=nn.Linear(1, 1), loss_func=loss)
    trainer.device = torch.device("meta")
    MoveModulesToDeviceCallback().on_training_run_start(trainer)
    assert loss.weight.device.type == "meta"
    assert trainer.model.weight.device.type == "cpu"


@pytest.mark.parametrize("kind", KINDS)
def test_batches_are_limited(kind):
    trainer = stand_in(kind, _train_dataloader=[1, 2, 3], _eval_dataloader=[4, 5])
    LimitBatchesCallback(1).on_training_run_start(trainer)
    assert (list(trainer._train_dataloader), list(trainer._eval_dataloader)) == ([1], [4])


@pytest.mark.parametrize("kind", KINDS)
def test_evaluation_steps_are_limited(kind):
    trainer, callback = stand_in(kind, _eval_dataloader=[4, 5]), LimitEvalStepsCallback(1)
    callback.on_training_run_start(trainer)
    callback.on_eval_epoch_start(trainer, is_intermediate=True)
    assert list(trainer._eval_dataloader) == [4]


@pytest.mark.parametrize("kind", KINDS)
def test_training_states_are_saved(kind, tmp_path):
    trainer, callback = stand_in(kind), SaveTrainingStateCallback(tmp_path, save_every_n_epochs=2)
    epochs(callback, trainer, [1.0, 1.0, 1.0, 1.0])
    callback.on_training_run_end(trainer)
    names = [call.args[0].name for call in trainer.save_training_state.call_args_list]
    assert names == ["epoch_2", "epoch_4", "final"]


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_is_found(loss):
    with pytest.raises(StopTrainingError, match="step 3"):
        TerminateOnNaNCallback().check_for_nan_after_batch({"loss": torch.tensor(loss)}, step=3)
    TerminateOnNaNCallback().check_for_nan_after_batch({"loss": torch.tensor(1.0)})
