"""What TensorBoard shows of a run that was stopped anywhere and resumed: the points of one that never was."""

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import nn
from torch.utils.data import TensorDataset

from groundwire import Trainer, TrainerCallback
from groundwire.callbacks import SaveTrainingStateCallback
from groundwire_tensorboard import TensorBoardCallback

EPOCHS, UPDATES = 3, 5  # of each epoch
SELDOM = {"save_every_n_epochs": 100}


def samples(number=20):
    generator = torch.Generator().manual_seed(0)
    return TensorDataset(torch.randn(number, 4, generator=generator), torch.randn(number, 1, generator=generator))


def shown(directory):
    """Tag to (step, value) pairs as TensorBoard shows them; of what takes time, only where it stands."""
    accumulated = EventAccumulator(str(directory), size_guidance={"scalars": 0}).Reload()
    return {
        tag: [(event.step, event.value if "/" not in tag else None) for event in accumulated.Scalars(tag)]
        for tag in accumulated.Tags()["scalars"]
    }


class DiesError(Exception):
    """Ends a run."""


class Records(TrainerCallback):
    """Records something in the middle of an epoch, and something at its very end; may end the run."""

    def __init__(self, dies_at=None, in_evaluation=False):
        self.dies_at, self.in_evaluation = dies_at, in_evaluation

    def on_train_update_end(self, trainer, **kwargs):
        if trainer.at.update == self.dies_at and not self.in_evaluation:
            raise DiesError
        if trainer.at.update % UPDATES == 2:
            trainer.run_history.update_metric("in_the_middle", float(trainer.at.update))

    def on_eval_epoch_start(self, trainer, **kwargs):
        if trainer.at.update == self.dies_at and self.in_evaluation:
            raise DiesError


def run(place, *callbacks, axis="step", resume_from=None, epochs=EPOCHS, saves=None, every=1, **arguments):
    torch.manual_seed(0)
    model = nn.Linear(4, 1)
    board = TensorBoardCallback(place / "tb", every_n_steps=every, x_axis=axis)
    saving = SaveTrainingStateCallback(place / "states", save_at_end=False, **(saves or {"save_every_n_steps": 1}))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    trainer = Trainer(model, nn.MSELoss(), optimizer, callbacks=[*callbacks, board, saving])
    trainer.train(
        samples(), num_epochs=epochs, eval_dataset=samples(8), per_device_batch_size=4, resume_from=resume_from,
        **arguments,
    )  # fmt: skip
    return trainer


@pytest.mark.parametrize("axis", ["step", "epoch", "sample"])
@pytest.mark.parametrize(
    ("dies_at", "in_evaluation", "saved"),
    [
        (4, False, "step_2"),
        (7, False, "step_5"),  # the last update of an epoch, whose values at 5 are in the files already
        (7, False, "step_6"),
        (5, True, "step_5"),
        (12, False, "epoch_2"),
        (12, False, "step_3"),
    ],
)
def test_a_resumed_run_shows_every_point_once(tmp_path, axis, dies_at, in_evaluation, saved):
    kind, _, number = saved.partition("_")
    saves = {f"save_every_n_{kind}s": int(number)}
    run(tmp_path / "whole", Records(), axis=axis, saves=SELDOM)
    place = tmp_path / "resumed"
    with pytest.raises(DiesError):
        run(place, Records(dies_at, in_evaluation), axis=axis, saves=saves)
    run(place, Records(), axis=axis, saves=saves, resume_from=place / "states" / saved)
    whole, resumed = shown(tmp_path / "whole/tb"), shown(place / "tb")
    assert set(whole) == set(resumed)
    assert resumed == whole


def test_a_run_resumed_twice_shows_every_point_once(tmp_path):
    run(tmp_path / "whole", Records(), saves=SELDOM)
    for dies_at, saved in ((7, None), (9, "step_5"), (None, "step_8")):
        resume_from = None if saved is None else tmp_path / "resumed/states" / saved
        if dies_at is None:
            run(tmp_path / "resumed", Records(), resume_from=resume_from)
        else:
            with pytest.raises(DiesError):
                run(tmp_path / "resumed", Records(dies_at), resume_from=resume_from)
    assert shown(tmp_path / "resumed/tb") == shown(tmp_path / "whole/tb")


def test_a_longer_run_goes_on_behind_what_was_written(tmp_path):
    run(tmp_path / "whole", saves=SELDOM)
    run(tmp_path / "resumed", epochs=2, saves={"save_every_n_epochs": 2})
    run(tmp_path / "resumed", saves=SELDOM, resume_from=tmp_path / "resumed/states/epoch_2")
    assert shown(tmp_path / "resumed/tb") == shown(tmp_path / "whole/tb")


def test_a_callback_that_the_saved_run_did_not_have_hides_only_later_points(tmp_path):
    class Stateless(TensorBoardCallback):
        state_dict = load_state_dict = None

    model = nn.Linear(4, 1)
    for resume_from in (None, tmp_path / "states/step_7"):
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        callbacks = [Stateless(tmp_path / "tb", every_n_steps=1)]
        callbacks += [SaveTrainingStateCallback(tmp_path / "states", save_every_n_steps=7, save_at_end=False)]
        trainer = Trainer(model, nn.MSELoss(), optimizer, callbacks=callbacks)
        trainer.train(samples(), num_epochs=2, per_device_batch_size=4, resume_from=resume_from)
    assert [step for step, _ in shown(tmp_path / "tb")["train_loss_step"]] == list(range(1, 11))


def test_a_second_run_counts_on_after_the_saved_one_was_resumed(tmp_path):
    trainer = run(tmp_path, epochs=1)
    trainer.train(samples(), num_epochs=1, per_device_batch_size=4)
    assert [step for step, _ in shown(tmp_path / "tb")["train_loss_step"]] == list(range(1, 11))
    (later,) = [path for path in (tmp_path / "states").iterdir() if path.name == "step_3"]
    with pytest.raises(DiesError):
        run(tmp_path, Records(5), resume_from=later)  # the third update of the second run
    assert [step for step, _ in shown(tmp_path / "tb")["train_loss_step"]] == list(range(1, 11))


def test_a_state_loaded_between_two_runs_hides_nothing(tmp_path):
    trainer = run(tmp_path, epochs=1)
    trainer.load_training_state(tmp_path / "states/step_5")
    trainer.train(samples(), num_epochs=1, per_device_batch_size=4)
    assert [step for step, _ in shown(tmp_path / "tb")["train_loss_step"]] == list(range(1, 11))
