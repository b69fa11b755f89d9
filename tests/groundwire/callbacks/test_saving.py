from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import TensorDataset

from groundwire.callbacks import SaveBestModelCallback, StopTrainingError, TrainerCallback
from groundwire.trainer import Trainer

DATA = TensorDataset(torch.arange(4.0)[:, None], torch.arange(4.0)[:, None])


class Scores(TrainerCallback):
    """Records the scores it was given, and the epoch as the model's weight."""

    def __init__(self, scores, name="score"):
        self.scores = iter(scores)
        self.name = name

    def on_train_epoch_end(self, trainer, **kwargs):
        score = next(self.scores)
        if score is not None:
            trainer.run_history.update_metric(self.name, score)
        nn.init.constant_(trainer.get_model().weight, trainer.run_history.current_epoch)


def train(callbacks, epochs, trainer=None, **arguments):
    if trainer is None:
        model = nn.Linear(1, 1)
        trainer = Trainer(model, nn.MSELoss(), torch.optim.SGD(model.parameters(), lr=0.0, momentum=0.5), callbacks)
    trainer.train(DATA, epochs, per_device_batch_size=2, **arguments)
    return trainer


def watching(tmp_path, **arguments):
    return SaveBestModelCallback(**{"save_path": tmp_path / "best.pt", "watch_metric": "score", **arguments})


def a_step(optimizer):
    return torch.optim.lr_scheduler.StepLR(optimizer, 1)


@pytest.mark.parametrize(
    ("greater", "scores", "best"),
    [
        (False, [3, 1, 2, 1], 2),
        (True, [3, 1, 4, 4], 3),
        (False, [float("nan"), 2, 3, float("nan")], 2),
        (False, [float("inf"), float("inf"), 5, 6], 3),
        (True, [torch.tensor(0.5), torch.tensor([0.75]), np.float32(0.25), 0], 2),
    ],
)
def test_the_best_epoch_is_saved_and_loaded_at_the_end(tmp_path, greater, scores, best):
    saving = watching(tmp_path, greater_is_better=greater)
    trainer = train([Scores(scores), saving], 4)
    assert trainer.model.weight.item() == best
    assert saving.best_metric_epoch == best
    assert torch.load(tmp_path / "best.pt", weights_only=True)["model_state_dict"]["weight"].item() == best


@pytest.mark.parametrize("scores", [[5.0], [5.0, 4.0]])
def test_the_file_names_the_metric_whenever_it_was_written(tmp_path, scores):  # B32
    train([Scores(scores), watching(tmp_path)], len(scores), create_scheduler_fn=a_step)
    state = torch.load(tmp_path / "best.pt", weights_only=True)
    assert state["score"] == scores[-1]
    assert set(state) == {"model_state_dict", "optimizer_state_dict", "scheduler_state_dict", "score"}


@pytest.mark.parametrize("scores", [[5.0], [5.0, 4.0]])
def test_what_is_left_out_is_left_out_whenever_it_was_written(tmp_path, scores):  # B32
    saving = watching(tmp_path, save_optimizer=False, save_scheduler=False)
    train([Scores(scores), saving], len(scores), create_scheduler_fn=a_step)
    assert set(torch.load(tmp_path / "best.pt", weights_only=True)) == {"model_state_dict", "score"}


@pytest.mark.parametrize("score", [np.float64(0.5), np.float32(0.5), torch.tensor(0.5), torch.tensor([0.5])])
def test_any_kind_of_number_can_be_saved_and_loaded(tmp_path, score):  # B33
    saving = watching(tmp_path)
    train([Scores([score]), saving], 1)
    assert type(saving.best_metric) is float
    assert saving.best_metric == 0.5


class StopAtOnce(TrainerCallback):
    def on_train_step_end(self, trainer, batch, batch_output, **kwargs):
        raise StopTrainingError("enough")


def test_a_run_stopped_in_its_first_epoch_loads_nothing(tmp_path):  # B48
    train([StopAtOnce, watching(tmp_path)], 1)
    assert not (tmp_path / "best.pt").exists()


def test_a_run_stopped_in_its_first_epoch_loads_no_file_of_an_older_run(tmp_path):  # B48
    saving = watching(tmp_path)
    trainer = train([Scores([1.0]), saving], 1)
    trainer.callback_handler.add_callback(StopAtOnce)
    nn.init.constant_(trainer.model.weight, 7.0)
    train(None, 1, trainer)
    assert trainer.model.weight.item() == 7.0


def test_the_model_can_be_left_as_the_last_epoch_made_it(tmp_path):
    trainer = train([Scores([1, 2]), watching(tmp_path, load_saved_checkpoint=False)], 2)
    assert trainer.model.weight.item() == 2


@pytest.mark.parametrize(("reset", "saved"), [(True, 5.0), (False, 1.0)])
def test_the_best_of_earlier_runs_counts_on_request(tmp_path, reset, saved):
    trainer = train([Scores([1.0, 5.0]), watching(tmp_path, reset_on_train=reset)], 1)
    train(None, 1, trainer, reset_run_history=False)
    assert torch.load(tmp_path / "best.pt", weights_only=True)["score"] == saved


def test_two_watch_two_metrics(tmp_path):  # B41
    other = SaveBestModelCallback(tmp_path / "other.pt", watch_metric="other", load_saved_checkpoint=False)
    train([Scores([1, 2]), Scores([2, 1], "other"), watching(tmp_path), other], 2)
    states = [torch.load(tmp_path / name, weights_only=True) for name in ("best.pt", "other.pt")]
    assert [state["model_state_dict"]["weight"].item() for state in states] == [1, 2]


class Steps(TrainerCallback):
    def __init__(self):
        self.steps = 0

    def on_train_step_start(self, trainer, **kwargs):
        self.steps += 1


def test_two_with_one_path_are_refused_before_the_first_batch(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    steps = Steps()
    with pytest.raises(ValueError, match=r"save_path='.*best\.pt' is that of another SaveBestModelCallback"):
        train([steps, watching(tmp_path), watching(tmp_path, save_path="best.pt")], 1)
    assert steps.steps == 0


@pytest.mark.parametrize(("path", "said"), [(".", "is a folder"), ("file/best.pt", "is a file")])
def test_a_path_that_cannot_be_written_is_refused_before_the_first_batch(tmp_path, path, said):
    (tmp_path / "file").write_text("")
    steps = Steps()
    with pytest.raises(ValueError, match=f"save_path: .*{said}"):
        train([steps, watching(tmp_path, save_path=tmp_path / path)], 1)
    assert steps.steps == 0


def test_its_state_goes_on_where_it_was(tmp_path):
    saving, other = watching(tmp_path), watching(tmp_path)
    train([Scores([3, 1, 2]), saving], 3)
    other.load_state_dict(saving.state_dict())
    assert (other.best_metric, other.best_metric_epoch) == (1.0, 2)


def test_the_best_epoch_is_kept_in_a_store():
    trainer = train([Scores([3.0, 1.0, 2.0]), watching(Path(), save_path="memory://best/model.pt")], 3)
    assert trainer.get_model().weight.item() == 2.0
    with pytest.raises(ValueError, match="that of another SaveBestModelCallback"):
        train([Scores([1.0]), *(watching(Path(), save_path="memory://best/model.pt") for _ in range(2))], 1)
