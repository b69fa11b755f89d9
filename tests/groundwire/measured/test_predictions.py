import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import accelerate.utils
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.utils.data import IterableDataset, TensorDataset

from groundwire import GroundwireError, StopTrainingError, Trainer, TrainerCallback
from groundwire.data.loaders import Share
from groundwire.measured.predictions import joined, of_all_processes, on_cpu
from groundwire.tables.hooks import HOOKS


class Twice(nn.Module):
    def __init__(self):
        super().__init__()
        self.factor = nn.Parameter(torch.tensor(2.0))
        self.drop = nn.Dropout(0.5)

    def forward(self, x):
        return self.drop(self.factor * x)


def new_trainer(callbacks=(), kind=Trainer):
    model = Twice()
    return kind(model, nn.MSELoss(), torch.optim.SGD(model.parameters(), lr=0.1), callbacks=callbacks)


def numbers(size=10):
    return TensorDataset(torch.arange(float(size)).unsqueeze(1), torch.zeros(size, 1))


DOUBLED = (2 * torch.arange(10.0)).unsqueeze(1)


class Diary(TrainerCallback):
    """Writes down every event, and what comes with the predictions."""

    def __init__(self):
        self.heard = []
        self.predictions = []

    def on_prediction_step_end(self, trainer, batch, predictions, **kwargs):
        self.heard.append("on_prediction_step_end")
        self.predictions.append((kwargs["step"], batch[0], predictions))


for _event in HOOKS:
    if _event.startswith("on_") and _event not in vars(Diary):
        setattr(Diary, _event, lambda self, trainer, _event=_event, **kwargs: self.heard.append(_event))


def test_predictions_come_back_in_the_order_of_the_data_each_once():
    trainer = new_trainer()
    found = trainer.predict(numbers(), per_device_batch_size=4, collect=True)
    assert torch.equal(found, DOUBLED)
    assert trainer._predictions is None
    assert not found.requires_grad


def test_callbacks_get_each_batch_and_nothing_is_kept():
    diary = Diary()
    trainer = new_trainer([diary])
    assert trainer.predict(numbers(), per_device_batch_size=4) is None
    assert [step for step, *_ in diary.predictions] == [0, 1, 2]
    assert all(torch.equal(predictions, 2 * batch) for _, batch, predictions in diary.predictions)
    assert trainer._predictions is None


def test_a_prediction_run_has_events_of_its_own():
    diary = Diary()
    new_trainer([diary]).predict(numbers(5), per_device_batch_size=4)
    step = ["on_prediction_step_start", "on_prediction_step_end"]
    assert diary.heard == ["on_init_end", "on_prediction_run_start", *step, *step, "on_prediction_run_end"]


def test_what_a_prediction_is_can_be_overridden():
    class Named(Trainer):
        def calculate_predictions(self, batch):
            doubled = super().calculate_predictions(batch)
            return {"doubled": doubled, "pair": (batch[0], doubled + 1), "names": [str(x.item()) for x in batch[0]]}

    found = new_trainer(kind=Named).predict(numbers(), 4, collect=True)
    assert torch.equal(found["doubled"], DOUBLED)
    assert torch.equal(found["pair"][1], DOUBLED + 1)
    assert found["names"] == [str(float(number)) for number in range(10)]


def test_the_loader_is_that_of_create_eval_dataloader():
    class Own(Trainer):
        def create_eval_dataloader(self, batch_size, eval_dl_kwargs=None):
            return [torch.ones(2, 1), torch.zeros(1, 1)]

    assert new_trainer(kind=Own).predict(collect=True).flatten().tolist() == [2.0, 2.0, 0.0]


def test_no_entry_point_calls_another():
    class Watched(Trainer):
        def evaluate(self, *args, **kwargs):
            raise AssertionError

        train = evaluate

    new_trainer(kind=Watched).predict(numbers())


def test_neither_optimizer_nor_loss_is_needed():
    assert torch.equal(Trainer(Twice(), None, None, callbacks=[]).predict(numbers(), collect=True), DOUBLED)


def test_a_run_history_is_left_alone():
    trainer = new_trainer()
    trainer.train(numbers(), num_epochs=1)
    before, place = trainer.run_history.to_dict(), trainer.at
    trainer.predict(numbers())
    assert trainer.run_history.to_dict() == before
    assert trainer.at is place


def test_training_goes_on_after_a_prediction_within_it():
    class Predicts(TrainerCallback):
        def __init__(self):
            self.modes = []

        def on_train_update_end(self, trainer, **kwargs):
            trainer.predict(numbers(3))
            self.modes.append((trainer.model.training, trainer.at.phase, trainer.at.step))

    predicts = Predicts()
    trainer = new_trainer([predicts])
    trainer.train(numbers(), num_epochs=1, per_device_batch_size=5)
    assert predicts.modes == [(True, "train", 0), (True, "train", 1)]
    assert trainer.at.update == 2


def test_a_callback_can_end_a_prediction_run_in_order():
    class Stops(Diary):
        def on_prediction_step_end(self, trainer, batch, predictions, **kwargs):
            raise StopTrainingError("enough")

    stops = Stops()
    new_trainer([stops]).predict(numbers(), per_device_batch_size=4)
    assert stops.heard[-2:] == ["on_stop_training_error", "on_prediction_run_end"]


@pytest.mark.parametrize("arguments", [{"collect": 1}, {"dataset": None}, {"per_device_batch_size": 0}])
def test_arguments_are_checked_before_data_is_read(arguments):
    with pytest.raises((TypeError, ValueError), match=next(iter(arguments))):
        new_trainer().predict(**{"dataset": numbers(), **arguments})


# joining


@pytest.mark.parametrize(
    ("batches", "whole"),
    [
        ([[1, "a"], [2]], [1, "a", 2]),
        ([({"x": [1]}, None), ({"x": [2]}, None)], ({"x": [1, 2]}, None)),
        ([], None),
    ],
)
def test_batches_are_joined_as_they_are_made(batches, whole):
    assert joined(batches) == whole


def test_a_list_has_one_entry_a_sample():
    boxes = [[torch.zeros(2, 4), torch.zeros(0, 4)], [torch.zeros(5, 4)]]
    assert [len(box) for box in joined(boxes)] == [2, 0, 5]


@pytest.mark.parametrize(
    ("batches", "why"),
    [
        ([1.0, 2.0], "returned float"),
        ([torch.tensor(1.0), torch.tensor(2.0)], "first dimension is the samples"),
        ([torch.zeros(1, 2), torch.zeros(1, 3)], "2 batches cannot be joined"),
        ([{"a": torch.zeros(1)}, {}], "cannot be joined"),
    ],
)
def test_what_cannot_be_joined_says_what_to_do_instead(batches, why):
    with pytest.raises(GroundwireError, match=f"{why}.*on_prediction_step_end"):
        joined(batches)


def test_what_is_kept_holds_no_graph():
    kept = on_cpu({"a": (torch.ones(1, requires_grad=True) * 2, ["b"]), "c": None})
    assert kept == {"a": (torch.tensor([2.0]), ["b"]), "c": None}
    assert not kept["a"][0].requires_grad


# several processes


@given(batches=st.integers(0, 12), processes=st.integers(2, 5))
def test_batches_dealt_out_to_processes_come_back_in_order(batches, processes):
    hands = [list(Share(range(batches), turn, processes)) for turn in range(processes)]
    assert [len(hand) for hand in hands] == [len(Share(range(batches), turn, processes)) for turn in range(processes)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accelerate.utils, "gather_object", lambda own: hands)
        assert of_all_processes(SimpleNamespace(num_processes=processes), hands[0]) == list(range(batches))


class Stream(IterableDataset):
    def __init__(self, size):
        self.size = size

    def __iter__(self):
        return iter(torch.arange(float(self.size)).unsqueeze(1))


def predict_in_every_way(folder):
    """Runs in each of two processes: map-style data, a stream, and loaders of one batch for two processes."""
    found = {}
    for name, data in {"tensors": numbers(11), "stream": Stream(11), "few": numbers(3)}.items():
        diary = Diary()
        trainer = new_trainer([diary])
        collected = trainer.predict(data, per_device_batch_size=4, collect=True)
        own = [value for _, _, predictions in diary.predictions for value in predictions.flatten().tolist()]
        found[name] = {"collected": collected.flatten().tolist(), "own": own}
    Path(folder, f"{trainer._accelerator.process_index}.json").write_text(json.dumps(found))
    trainer._accelerator.end_training()


@pytest.mark.slow
def test_two_processes_predict_each_sample_once_and_in_order(tmp_path):
    program = (
        f"from tests.groundwire.measured.test_predictions import predict_in_every_way as run; run({str(tmp_path)!r})"
    )
    (tmp_path / "program.py").write_text(program)
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    settings = {"ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join([".", *sys.path])}
    ran = subprocess.run(
        [*launch, str(tmp_path / "program.py")],
        env={**os.environ, **settings},
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    first, second = (json.loads((tmp_path / f"{rank}.json").read_text()) for rank in range(2))
    for name, size in {"tensors": 11, "stream": 11, "few": 3}.items():
        expected = [2.0 * number for number in range(size)]
        assert first[name]["collected"] == second[name]["collected"] == expected
        assert sorted(first[name]["own"] + second[name]["own"]) == expected
