from types import SimpleNamespace

import pytest
import torch
from torch import nn
from torch.utils.data import TensorDataset

from groundwire.callbacks import TrainerCallback, WSDCheckpointCallback
from groundwire.request import TrainRequest
from groundwire.schedulers import CosineLrScheduler, WSDLrScheduler
from groundwire.trainer import Trainer

DATA = TensorDataset(torch.zeros(10, 1), torch.zeros(10, 1))


def trainer_with(*callbacks):
    model = nn.Linear(1, 1, bias=False)
    nn.init.ones_(model.weight)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, weight_decay=1.0)
    return Trainer(model, nn.MSELoss(), optimizer, callbacks)


def train(*callbacks, scheduler, epochs=4, **arguments):
    trainer = trainer_with(*callbacks)
    arguments = {"per_device_batch_size": 2, "create_scheduler_fn": scheduler, **arguments}
    trainer.train(DATA, epochs, **arguments)
    return trainer


def wsd(**arguments):
    return WSDLrScheduler.create_scheduler_fn(decay_phase_ratio=0.25, num_warmup_epochs=0, **arguments)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def read(path):
    return torch.load(path / "training_state.pt" if path.is_dir() else path, weights_only=True)


class Recorder(TrainerCallback):
    """The weight, and the learning rate it was updated with, after each update."""

    def __init__(self):
        self.weights, self.rates, self.steps = [], [], 0

    def on_train_step_start(self, trainer, **kwargs):
        self.steps += 1
        self.rates.append(trainer.optimizer.param_groups[0]["lr"])

    def on_train_update_end(self, trainer, **kwargs):
        self.weights.append(trainer.model.weight.item())


@pytest.mark.parametrize(
    ("checkpoints", "saved"),
    [
        (1, ["checkpoint_15_wsd_pre_decay", "checkpoint_20_wsd_post_decay.pt"]),
        (
            2,
            [
                "checkpoint_10_wsd_post_decay.pt",
                "checkpoint_18_wsd_pre_decay",
                "checkpoint_20_wsd_post_decay.pt",
                "checkpoint_8_wsd_pre_decay",
            ],
        ),
    ],
)
@pytest.mark.parametrize("accumulate", [1, 2])
def test_it_saves_before_and_after_each_decay(tmp_path, checkpoints, saved, accumulate):  # B08, B21
    recorder = Recorder()
    size = {1: 2, 2: 1}[accumulate]  # five updates an epoch either way
    train(
        recorder,
        WSDCheckpointCallback(tmp_path),
        scheduler=wsd(num_checkpoints=checkpoints),
        per_device_batch_size=size,
        gradient_accumulation_steps=accumulate,
    )
    assert names(tmp_path) == saved
    for name in saved:
        state, updates = read(tmp_path / name), int(name.split("_")[1])
        assert state["model_state_dict"]["weight"].item() == recorder.weights[updates - 1]
        about = state.get("extras", state)
        assert (about["step"], about["total_steps"], about["decay_fraction"]) == (updates, 20, 0.25)
        assert about["checkpoint_type"] in name


def test_without_a_decay_phase_both_are_saved_at_the_checkpoint(tmp_path):
    train(WSDCheckpointCallback(tmp_path), scheduler=WSDLrScheduler.create_scheduler_fn(decay_phase_ratio=0))
    assert names(tmp_path) == ["checkpoint_20_wsd_post_decay.pt", "checkpoint_20_wsd_pre_decay"]


@pytest.mark.parametrize("kept", [True, False])
def test_the_file_holds_optimizer_and_scheduler_on_request(tmp_path, kept):
    train(WSDCheckpointCallback(tmp_path, save_optimizer=kept, save_scheduler=kept), scheduler=wsd())
    state = read(tmp_path / "checkpoint_20_wsd_post_decay.pt")
    assert ("optimizer_state_dict" in state, "scheduler_state_dict" in state) == (kept, kept)


@pytest.mark.parametrize(
    ("name", "start"), [("checkpoint_15_wsd_pre_decay", 15), ("checkpoint_20_wsd_post_decay.pt", 20)]
)
def test_training_goes_on_from_a_checkpoint_in_a_stable_phase(tmp_path, name, start):
    first, second = Recorder(), Recorder()
    train(first, WSDCheckpointCallback(tmp_path), scheduler=wsd())
    before = {path: read(tmp_path / path)["model_state_dict"]["weight"].item() for path in names(tmp_path)}
    again = WSDCheckpointCallback(tmp_path, initial_checkpoint=tmp_path / name)
    train(second, again, scheduler=wsd(is_continuation_from_checkpoint=True))
    assert second.weights[0] == pytest.approx(first.weights[start - 1] * (1 - 0.1 * 0.1 / 0.1))
    assert second.rates[:15] == [0.1] * 15
    # names count on, so that nothing of the first run is overwritten
    new = {f"checkpoint_{start + 15}_wsd_pre_decay", f"checkpoint_{start + 20}_wsd_post_decay.pt"}
    assert set(names(tmp_path)) == {*before, *new}
    assert all(read(tmp_path / path)["model_state_dict"]["weight"].item() == value for path, value in before.items())
    assert again.last_checkpoint_step == start + 20


def test_a_schedule_that_goes_on_with_its_own_count_keeps_its_numbers(tmp_path):
    train(WSDCheckpointCallback(tmp_path / "first"), scheduler=wsd())
    again = WSDCheckpointCallback(
        tmp_path / "second", initial_checkpoint=tmp_path / "first/checkpoint_15_wsd_pre_decay"
    )
    train(again, scheduler=wsd(), epochs=1)
    assert names(tmp_path / "second") == ["checkpoint_20_wsd_post_decay.pt"]


def test_a_resumed_run_does_not_load_the_initial_checkpoint_again(tmp_path):
    def continued():
        return WSDCheckpointCallback(tmp_path, initial_checkpoint=tmp_path / "checkpoint_15_wsd_pre_decay")

    train(WSDCheckpointCallback(tmp_path), scheduler=wsd())
    whole = train(continued(), scheduler=wsd(is_continuation_from_checkpoint=True))
    saved = names(tmp_path)
    resumed = train(continued(), scheduler=wsd(), resume_from=tmp_path / "checkpoint_30_wsd_pre_decay")
    assert names(tmp_path) == saved
    assert torch.equal(resumed.model.weight, whole.model.weight)


@pytest.mark.parametrize(
    ("scheduler", "found"),
    [
        (None, "there is none"),
        (CosineLrScheduler.create_scheduler_fn(), "CosineLrScheduler without get_checkpoint_steps"),
    ],
)
def test_a_scheduler_that_does_not_say_when_it_decays_is_refused_before_the_first_batch(tmp_path, scheduler, found):
    recorder = Recorder()
    with pytest.raises(ValueError, match=f"WSDCheckpointCallback: .*a WSDLrScheduler.*{found}"):
        train(recorder, WSDCheckpointCallback(tmp_path), scheduler=scheduler)
    assert recorder.steps == 0


def test_a_checkpoint_that_does_not_exist_is_refused_before_the_first_batch(tmp_path):
    recorder = Recorder()
    with pytest.raises(ValueError, match=r"initial_checkpoint: there is no checkpoint at .*nowhere"):
        train(recorder, WSDCheckpointCallback(tmp_path, initial_checkpoint=tmp_path / "nowhere"), scheduler=wsd())
    assert recorder.steps == 0


def test_a_checkpoint_that_tells_no_step_counts_from_zero(tmp_path):
    train(WSDCheckpointCallback(tmp_path / "a"), scheduler=wsd())
    trainer_with().save_checkpoint(tmp_path / "plain.pt")
    train(WSDCheckpointCallback(tmp_path / "b", initial_checkpoint=tmp_path / "plain.pt"), scheduler=wsd())
    assert names(tmp_path / "a") == names(tmp_path / "b")


def test_its_state_goes_on_where_it_was(tmp_path):
    callback, other = WSDCheckpointCallback(tmp_path), WSDCheckpointCallback(tmp_path)
    train(callback, scheduler=wsd())
    other.load_state_dict(callback.state_dict())
    trainer = SimpleNamespace(scheduler=SimpleNamespace(get_checkpoint_steps=0, get_phase_info=0, get_current_step=0))
    trainer._request = TrainRequest(train_dataset=None, num_epochs=1, resume_from="states/step_3")
    other.on_training_run_start(trainer)
    assert other.state_dict() == {"last_checkpoint_step": 20, "earlier": 0}
