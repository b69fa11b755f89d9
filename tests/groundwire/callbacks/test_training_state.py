import shutil
from contextlib import nullcontext
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.utils.data import TensorDataset

from groundwire.callbacks import (
    EarlyStoppingCallback,
    ModelEmaCallback,
    SaveBestModelCallback,
    SaveTrainingStateCallback,
    StepBasedEvaluationCallback,
    StopTrainingError,
    TrainerCallback,
    WSDCheckpointCallback,
)
from groundwire.schedulers import WSDLrScheduler
from groundwire.trainer import Trainer

DATA = TensorDataset(torch.zeros(8, 1), torch.zeros(8, 1))
NOISE = TensorDataset(torch.randn(8, 1, generator=torch.manual_seed(1)), torch.randn(8, 1))


def told(folder):
    return torch.load(folder / "training_state.pt", weights_only=True)


def trainer_with(*callbacks):
    model = nn.Linear(1, 1, bias=False)
    nn.init.ones_(model.weight)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, weight_decay=1.0)
    return Trainer(model, nn.MSELoss(), optimizer, callbacks)


def train(*callbacks, epochs=3, trainer=None, **arguments):
    trainer = trainer_with(*callbacks) if trainer is None else trainer
    trainer.train(DATA, epochs, per_device_batch_size=2, **arguments)
    return trainer


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("arguments", "saved"),
    [
        ({}, ["final"]),
        ({"save_at_end": False}, []),
        ({"save_every_n_epochs": 2}, ["epoch_2", "final"]),
        ({"save_every_n_steps": 5, "save_at_end": False}, ["step_10", "step_5"]),
        ({"save_every_n_epochs": 1, "max_checkpoints": 2}, ["epoch_3", "final"]),
        ({"save_every_n_steps": 4, "max_checkpoints": 1}, ["final"]),
    ],
)
def test_states_are_saved_when_they_are_due(tmp_path, arguments, saved):
    train(SaveTrainingStateCallback(tmp_path, **arguments))
    assert names(tmp_path) == saved


@pytest.mark.parametrize("accumulate", [1, 2])
def test_a_step_is_an_update_and_is_saved_after_it(tmp_path, accumulate):  # B08
    train(SaveTrainingStateCallback(tmp_path, save_every_n_steps=2), gradient_accumulation_steps=accumulate)
    for step in (2, 4):
        state = told(tmp_path / f"step_{step}")
        assert state["position"]["update"] == state["extras"]["global_step"] == step
        assert state["model_state_dict"]["weight"].item() == pytest.approx(0.9**step)


def test_an_epoch_is_saved_when_it_is_over(tmp_path):  # B07
    heard = []

    class Hears(TrainerCallback):
        def on_eval_epoch_end(self, trainer, **kwargs):
            heard.append(names(tmp_path))

    train(Hears(), SaveTrainingStateCallback(tmp_path, save_every_n_epochs=1), epochs=2, eval_dataset=DATA)
    assert heard == [[], ["epoch_1"]]


def test_what_a_second_run_saves_at_its_end_is_kept(tmp_path):  # B40
    trainer = train(SaveTrainingStateCallback(tmp_path, max_checkpoints=1))
    train(trainer=trainer)
    assert names(tmp_path) == ["final"]


def test_a_stopped_run_saves_at_its_end(tmp_path):
    class Stops(TrainerCallback):
        def on_train_epoch_end(self, trainer, **kwargs):
            raise StopTrainingError("enough")

    train(Stops(), SaveTrainingStateCallback(tmp_path))
    assert told(tmp_path / "final")["position"]["update"] == 4


def test_what_others_wrote_is_left_alone(tmp_path):
    (tmp_path / "epoch_0").mkdir()
    (tmp_path / "mine.txt").write_text("")
    train(SaveTrainingStateCallback(tmp_path, save_every_n_epochs=1, save_at_end=False), epochs=1)
    train(SaveTrainingStateCallback(tmp_path, save_every_n_steps=4, save_at_end=False, max_checkpoints=1))
    assert names(tmp_path) == ["epoch_0", "epoch_1", "mine.txt", "step_12"]


@pytest.mark.parametrize("change", ["replaced", "added to", "deleted"])
def test_a_folder_that_was_changed_since_is_left_alone(tmp_path, change):
    class Changes(TrainerCallback):
        def on_train_epoch_start(self, trainer, **kwargs):
            folder = tmp_path / "epoch_1"
            if trainer.run_history.current_epoch != 2:
                return
            if change != "added to":
                shutil.rmtree(folder)
            if change != "deleted":
                folder.mkdir(exist_ok=True)
                (folder / "notes.txt").write_text("")

    train(Changes(), SaveTrainingStateCallback(tmp_path, save_every_n_epochs=1, save_at_end=False, max_checkpoints=1))
    assert names(tmp_path) == (["epoch_3"] if change == "deleted" else ["epoch_1", "epoch_3"])


def test_a_save_that_fails_deletes_nothing(tmp_path):
    class Fails(Trainer):
        def save_training_state(self, output_dir, checkpoint_kwargs=None):
            if Path(output_dir).name == "epoch_2":
                raise OSError("disk full")
            super().save_training_state(output_dir, checkpoint_kwargs)

    model = nn.Linear(1, 1, bias=False)
    saving = SaveTrainingStateCallback(tmp_path, save_every_n_epochs=1, max_checkpoints=1)
    trainer = Fails(model, nn.MSELoss(), torch.optim.SGD(model.parameters(), lr=0.1), [saving])
    with pytest.raises(OSError, match="disk full"):
        train(trainer=trainer)
    assert names(tmp_path) == ["epoch_1"]
    assert list(saving.state_dict()["written"]) == ["epoch_1"]


def test_what_cannot_be_deleted_is_said_and_training_goes_on(tmp_path, monkeypatch, capsys):
    replace = Path.replace

    def refuse(self, target):
        if self.name == "epoch_1":
            raise OSError("busy")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", refuse)
    train(SaveTrainingStateCallback(tmp_path, save_every_n_epochs=1, save_at_end=False, max_checkpoints=1), epochs=2)
    assert names(tmp_path) == ["epoch_1", "epoch_2"]
    assert "epoch_1 could not be deleted: busy" in capsys.readouterr().out


def test_what_a_killed_run_left_behind_is_cleared_away_as_the_next_one_starts(tmp_path):
    left = [f".{name}.{'0f' * 16}" for name in ("step_40", "epoch_3", "final")]
    others = [".step_40", f".cache.{'0f' * 16}", "step_7"]
    for name in (*left, *others):
        (tmp_path / name).mkdir()
        (tmp_path / name / "part").write_text("half")
    train(SaveTrainingStateCallback(tmp_path, save_at_end=False), epochs=1)
    assert names(tmp_path) == sorted(others)


def test_retention_and_names_go_on_in_a_resumed_run(tmp_path):
    def saving():
        return SaveTrainingStateCallback(tmp_path, save_every_n_steps=3, save_at_end=False, max_checkpoints=2)

    train(saving(), max_num_train_steps=7)
    assert names(tmp_path) == ["step_3", "step_6"]
    train(saving(), max_num_train_steps=10, resume_from=tmp_path / "step_6")
    assert names(tmp_path) == ["step_6", "step_9"]
    train(saving(), epochs=4, resume_from=tmp_path / "step_9")
    assert names(tmp_path) == ["step_12", "step_15"]


def test_an_earlier_state_than_the_last_can_be_resumed_from(tmp_path):
    def saving():
        return SaveTrainingStateCallback(tmp_path, save_every_n_epochs=1, save_at_end=False, max_checkpoints=2)

    train(saving())
    shutil.copytree(tmp_path / "epoch_3", tmp_path / "kept")
    train(saving(), epochs=4, resume_from=tmp_path / "epoch_2")
    # epoch_3 was written by the run that went on from epoch_2 before, and is written again
    assert names(tmp_path) == ["epoch_3", "epoch_4", "kept"]


def test_a_resumed_run_with_a_folder_of_its_own_leaves_the_first_ones_alone(tmp_path):
    train(SaveTrainingStateCallback(tmp_path / "a", save_every_n_epochs=1, max_checkpoints=2), epochs=2)
    before = names(tmp_path / "a")
    (tmp_path / "b" / "final").mkdir(parents=True)
    again = SaveTrainingStateCallback(tmp_path / "b", save_every_n_epochs=3, save_at_end=False, max_checkpoints=1)
    train(again, resume_from=tmp_path / "a" / "epoch_2")
    assert names(tmp_path / "a") == before
    assert names(tmp_path / "b") == ["epoch_3", "final"]


def test_a_finished_epoch_is_not_trained_again(tmp_path):  # B07
    train(SaveTrainingStateCallback(tmp_path, save_every_n_epochs=1))
    again = train(SaveTrainingStateCallback(tmp_path / "again"), resume_from=tmp_path / "epoch_2")
    assert told(tmp_path / "again" / "final")["position"]["update"] == 12
    assert len(again.run_history.get_metric_values("train_loss_epoch")) == 3
    assert again.model.weight.item() == pytest.approx(0.9**12)


def a_schedule(optimizer):
    return WSDLrScheduler(optimizer, total_steps=12, num_checkpoints=2, decay_phase_ratio=0.3)


def all_that_have_a_state(folder):
    """Made anew for each run, with files of their own."""
    return [
        StepBasedEvaluationCallback(3),
        SaveBestModelCallback(folder / "best.pt", load_saved_checkpoint=False),
        ModelEmaCallback(0.5, save_path=folder / "ema.pt"),
        WSDCheckpointCallback(folder / "decay"),
        EarlyStoppingCallback(early_stopping_patience=9, early_stopping_threshold=0.3, watch_metric="train_loss_epoch"),
    ]


def comparable(callbacks):
    return repr([one.state_dict() for one in callbacks])


@pytest.mark.parametrize("accumulate", [1, 2])
def test_a_run_resumed_from_any_state_ends_as_the_whole_run(tmp_path, accumulate):  # B06, B07, B08, B09
    def run(name, resume_from=None):
        torch.manual_seed(0)
        callbacks = all_that_have_a_state(tmp_path / name)
        saves = SaveTrainingStateCallback(tmp_path / name / "states", save_every_n_steps=1, save_every_n_epochs=1)
        trainer = trainer_with(*callbacks, saves)
        arguments = {"gradient_accumulation_steps": accumulate, "create_scheduler_fn": a_schedule}
        trainer.train(NOISE, 3, eval_dataset=NOISE, per_device_batch_size=2, resume_from=resume_from, **arguments)
        return trainer, comparable(callbacks)

    whole, states = run("whole")
    assert len(names(tmp_path / "whole" / "states")) == 12 // accumulate + 3 + 1
    for name in names(tmp_path / "whole" / "states"):
        again, its_states = run(f"from_{name}", resume_from=tmp_path / "whole" / "states" / name)
        assert torch.equal(again.model.weight, whole.model.weight)
        assert again.run_history.to_dict() == whole.run_history.to_dict()
        assert its_states == states


@pytest.mark.parametrize("often", [{"save_every_n_steps": 2}, {"save_every_n_epochs": 1}, {}])
def test_it_warns_of_callbacks_behind_it_whose_state_it_would_miss(tmp_path, often):
    callbacks = all_that_have_a_state(tmp_path)[:2]
    trainer = trainer_with(SaveTrainingStateCallback(tmp_path / "states", **often), *callbacks, TrainerCallback())
    behind = "stands before StepBasedEvaluationCallback, SaveBestModelCallback in callbacks="
    with pytest.warns(UserWarning, match=behind) if often else nullcontext():
        train(trainer=trainer, epochs=1, eval_dataset=DATA)


def test_two_save_at_their_own_pace(tmp_path):  # B41
    often = SaveTrainingStateCallback(tmp_path / "often", save_every_n_steps=2, save_at_end=False, max_checkpoints=2)
    train(often, SaveTrainingStateCallback(tmp_path / "end"))
    assert names(tmp_path / "often") == ["step_10", "step_12"]
    assert names(tmp_path / "end") == ["final"]


def test_two_with_one_folder_are_refused_before_the_first_batch(tmp_path):
    with pytest.raises(ValueError, match=r"save_dir=.*x' is that of another callback"):
        train(SaveTrainingStateCallback(tmp_path / "x"), SaveTrainingStateCallback(tmp_path / "x"))
    assert names(tmp_path) == []


def test_a_folder_that_cannot_be_written_is_refused_before_the_first_batch(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match=r"save_dir: a folder is due, and at .*file is a file"):
        train(SaveTrainingStateCallback(tmp_path / "file"))


def test_its_state_loads_without_running_code(tmp_path):
    saving = SaveTrainingStateCallback(tmp_path, save_every_n_steps=5)
    train(saving)
    torch.save(saving.state_dict(), tmp_path / "state.pt")
    assert torch.load(tmp_path / "state.pt", weights_only=True) == saving.state_dict()
