import torch
from torch import nn
from torch.utils.data import TensorDataset

from groundwire import callbacks
from groundwire.callbacks import DEFAULT_CALLBACKS, ProgressBarCallback, get_default_callbacks


def test_the_default_callbacks_stand_in_their_order():
    names = [one.__name__ for one in DEFAULT_CALLBACKS]
    assert names == [
        "MoveModulesToDeviceCallback",
        "TerminateOnNaNCallback",
        "PrintProgressCallback",
        "ProgressBarCallback",
        "LogMetricsCallback",
    ]
    assert get_default_callbacks() == DEFAULT_CALLBACKS


def test_the_progress_bar_can_be_left_out():
    assert get_default_callbacks(progress_bar=False) == tuple(
        one for one in DEFAULT_CALLBACKS if one is not ProgressBarCallback
    )


def test_everything_offered_exists():
    assert all(hasattr(callbacks, name) for name in callbacks.__all__)


def test_a_run_with_the_defaults_says_what_it_did(capfd, monkeypatch):
    from groundwire.trainer import Trainer

    monkeypatch.setattr("groundwire.callbacks.progress.SECONDS_IN_A_FILE", 0)
    torch.manual_seed(0)
    model = nn.Linear(2, 1)
    data = TensorDataset(torch.randn(8, 2), torch.randn(8, 1))
    trainer = Trainer(model, nn.MSELoss(), torch.optim.SGD(model.parameters(), lr=0.01))
    trainer.train(data, num_epochs=2, eval_dataset=data, per_device_batch_size=4)
    said, bars = capfd.readouterr()
    losses = trainer.run_history.get_metric_values("train_loss_epoch")
    evals = trainer.run_history.get_metric_values("eval_loss_epoch")
    times = trainer.run_history.epoch_times
    assert said.split("\n") == [
        "Training starts",
        "Epoch 1",
        f"train_loss_epoch: {losses[0]}",
        "Evaluation",
        f"eval_loss_epoch: {evals[0]}",
        f"Time of {times[0]}",
        "Epoch 2",
        f"train_loss_epoch: {losses[1]}",
        "Evaluation",
        f"eval_loss_epoch: {evals[1]}",
        f"Time of {times[1]}",
        "Training is done",
        "",
    ]
    assert "train: 100%" in bars
    assert "eval: 100%" in bars
