import contextlib
import copy
import random
import sys

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils.data import Dataset, IterableDataset, TensorDataset

from groundwire import CheckpointError, StopTrainingError, Trainer
from groundwire.callbacks import LimitBatchesCallback, TrainerCallback
from groundwire.saved.training_state import FILE, POSITION
from groundwire.tables.hooks import HOOKS


class Noisy(Dataset):
    """Samples that draw from each of the default generators as they are fetched."""

    def __init__(self, size):
        generator = torch.Generator().manual_seed(size)
        self.x = torch.randn(size, 4, generator=generator)
        self.y = self.x.sum(dim=1, keepdim=True)

    def __len__(self):
        return len(self.x)

    def __getitem__(self, index):
        noise = torch.randn(4) + random.random() + float(np.random.rand())
        return self.x[index] + 0.1 * noise, self.y[index]


class Killed(Exception):  # noqa: N818  # what happens to the run
    """A run ends here without any order."""


class Diary(TrainerCallback):
    """Writes down every event and the loss of every batch, and keeps a state of its own."""

    def __init__(self):
        self.heard = []
        self.batches = 0

    def on_train_step_end(self, trainer, batch, batch_output, **kwargs):
        self.batches += 1
        self.heard.append(("on_train_step_end", kwargs["step"], batch_output["loss"].item(), self.batches))

    def state_dict(self):
        return {"batches": self.batches}

    def load_state_dict(self, state_dict):
        self.batches = state_dict["batches"]


def _writes(event):
    def write(self, trainer, **kwargs):
        self.heard.append((event, trainer.at.epoch, trainer.at.step, trainer.at.update))

    return write


for _event in HOOKS:
    if _event.startswith("on_") and _event not in vars(Diary) and "predict" not in _event and "eval_step" not in _event:
        setattr(Diary, _event, _writes(_event))


class SavesAndStops(TrainerCallback):
    """Saves at the given occurrence of an event, and kills the run there."""

    def __init__(self, event, occurrence, folder, how=Killed):
        self.left, self.folder, self.how = occurrence, folder, how
        setattr(self, event, self.heard)

    def heard(self, trainer, **kwargs):
        self.left -= 1
        if self.left == 0:
            trainer.save_training_state(self.folder)
            if self.how is not None:
                raise self.how("here")


def new_trainer(callbacks=(), seed=None, kind=Trainer):
    torch.manual_seed(0)
    random.seed(0)
    np.random.seed(0)
    model = nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5), nn.Dropout(0.3), nn.Linear(5, 1))
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.05)
    return kind(model, nn.MSELoss(), optimizer, callbacks=list(callbacks), seed=seed)


def scheduler(optimizer):
    return torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.8)


RUN_EVENTS = ("on_training_run_start", "on_training_run_end", "on_init_end", "on_exception", "on_stop_training_error")


def of_epochs(heard):
    return [line for line in heard if line[0] not in RUN_EVENTS]


def outcome(trainer):
    weights = {name: tensor.clone() for name, tensor in trainer.get_model().state_dict().items()}
    return weights, trainer.run_history.to_dict(), copy.deepcopy(trainer.optimizer.state_dict()), torch.rand(3)


def same(one, other):
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


def check_resume(folder, event, occurrence, how=Killed, seed=None, kind=Trainer, others=list, **kwargs):
    """Run through, run until the event and kill the run there, resume in a new Trainer; compare all three."""
    kwargs = {"create_scheduler_fn": scheduler, **kwargs}
    whole = Diary()
    uninterrupted = new_trainer([whole, *others()], seed, kind)
    uninterrupted.train(**kwargs)
    expected = outcome(uninterrupted)

    first, second = Diary(), Diary()
    killed = new_trainer([first, *others(), SavesAndStops(event, occurrence, folder, how)], seed, kind)
    with contextlib.suppress(Killed):
        killed.train(**kwargs)
    resumed = new_trainer([second, *others()], seed, kind)
    torch.rand(7), random.random(), np.random.rand()
    resumed.train(**kwargs, resume_from=folder)

    assert of_epochs(first.heard) + of_epochs(second.heard) == of_epochs(whole.heard)
    assert same(outcome(resumed), expected)
    assert resumed.run_history.current_epoch == uninterrupted.run_history.current_epoch
    assert [getattr(resumed.at, name) for name in POSITION] == [getattr(uninterrupted.at, name) for name in POSITION]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    size=st.integers(4, 17),
    batch_size=st.integers(2, 5),
    accumulation=st.integers(1, 3),
    shuffle=st.booleans(),
    seed=st.sampled_from([None, 3]),
    data=st.data(),
)
def test_a_run_that_was_killed_after_any_update_goes_on_as_if_it_had_not_been(
    tmp_path, size, batch_size, accumulation, shuffle, seed, data
):
    batches = -(-size // batch_size)
    updates = 2 * -(-batches // accumulation)
    check_resume(
        tmp_path / "state",
        "on_train_update_end",
        data.draw(st.integers(1, updates)),
        seed=seed,
        train_dataset=Noisy(size + (size % batch_size == 1)),
        eval_dataset=Noisy(5),
        num_epochs=2,
        per_device_batch_size=batch_size,
        gradient_accumulation_steps=accumulation,
        train_dataloader_kwargs={"shuffle": shuffle},
    )


@pytest.mark.parametrize("occurrence", [1, 2])
@pytest.mark.parametrize(
    "event",
    [
        "on_training_run_start",
        "on_train_epoch_end",
        "on_eval_epoch_end",
        "on_training_run_epoch_end",
        "on_training_run_end",
    ],
)
def test_a_run_can_be_resumed_from_between_its_parts(tmp_path, event, occurrence):
    occurrence = 1 if "_run_start" in event or event == "on_training_run_end" else occurrence
    check_resume(
        tmp_path,
        event,
        occurrence,
        train_dataset=Noisy(10),
        eval_dataset=Noisy(5),
        num_epochs=2,
        per_device_batch_size=4,
    )


TEN = {"train_dataset": Noisy(10), "num_epochs": 2, "per_device_batch_size": 2}


@pytest.mark.parametrize("seed", [None, 1])
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.slow
def test_it_goes_on_exactly_with_workers_too(tmp_path, workers, seed):
    check_resume(tmp_path, "on_train_update_end", 7, seed=seed, train_dataloader_kwargs={"num_workers": workers}, **TEN)


class EndsBetweenBatches(Trainer):
    """Saves when a batch is done that completes no update."""

    def _run_train_step(self, batch, step):
        output = super()._run_train_step(batch, step)
        if not self.at.is_update:
            self.callback_handler.call_event("between", self)
        return output


@pytest.mark.parametrize("occurrence", [1, 2, 3, 4, 5, 6])
def test_gradients_survive_in_the_middle_of_an_update(tmp_path, occurrence):
    check_resume(tmp_path, "between", occurrence, kind=EndsBetweenBatches, gradient_accumulation_steps=3, **TEN)


class CountsItems(EndsBetweenBatches):
    def calculate_train_batch_loss(self, batch):
        return {**super().calculate_train_batch_loss(batch), "num_items_in_batch": batch[1].abs().sum().ceil()}


def test_items_counted_in_the_middle_of_an_update_survive(tmp_path):
    check_resume(tmp_path, "between", 3, kind=CountsItems, gradient_accumulation_steps=3, **TEN)


def test_the_loss_of_a_long_epoch_adds_up_to_the_same_bits(tmp_path):
    check_resume(tmp_path, "on_train_update_end", 300, train_dataset=Noisy(640), num_epochs=1, per_device_batch_size=2)


@pytest.mark.parametrize("seed", [None, 1])
def test_a_generator_of_the_loader_goes_on_where_it_was(tmp_path, seed):
    def train_kwargs():
        return {"generator": torch.Generator().manual_seed(5)}

    class OwnGenerator(Trainer):
        def get_default_train_dl_kwargs(self, batch_size):
            return {**super().get_default_train_dl_kwargs(batch_size), **train_kwargs()}

    check_resume(tmp_path, "on_train_update_end", 3, kind=OwnGenerator, seed=seed, **{**TEN, "num_epochs": 3})


@pytest.mark.parametrize("seed", [None, 1])
@pytest.mark.parametrize("occurrence", [2, 3, 4])
def test_a_limit_on_batches_holds_for_the_rest_of_an_epoch(tmp_path, occurrence, seed):
    check_resume(
        tmp_path,
        "on_train_update_end",
        occurrence,
        how=StopTrainingError,
        others=lambda: [LimitBatchesCallback(3)],
        seed=seed,
        **TEN,
    )


@pytest.mark.parametrize("occurrence", [2, 3, 7])
def test_the_limit_on_updates_counts_from_the_first_beginning(tmp_path, occurrence):
    check_resume(tmp_path, "on_train_update_end", occurrence, max_num_train_steps=7, **{**TEN, "num_epochs": 4})


def test_a_list_of_batches_can_be_entered_in_its_middle(tmp_path):
    batches = [(torch.randn(3, 4), torch.randn(3, 1)) for _ in range(5)]

    class OfBatches(Trainer):
        def create_train_dataloader(self, batch_size, train_dl_kwargs=None):
            return batches

    check_resume(tmp_path, "on_train_update_end", 3, kind=OfBatches, **TEN)


class Freezes(TrainerCallback):
    """Changes what the start of the epoch set, once."""

    def on_train_epoch_start(self, trainer, **kwargs):
        trainer.model[0].weight.requires_grad_(False)
        trainer.model[1].eval()


def test_an_epoch_goes_on_with_the_modes_and_frozen_layers_that_it_had(tmp_path):
    check_resume(tmp_path, "on_train_update_end", 3, others=lambda: [Freezes()], **TEN)


@pytest.mark.parametrize("moment", ["during", "after"])
def test_num_epochs_is_the_total(tmp_path, moment):
    whole, short = new_trainer(), new_trainer()
    whole.train(Noisy(10), num_epochs=4)
    expected = outcome(whole)
    short = new_trainer([SavesAndStops("on_training_run_epoch_end", 2, tmp_path, None)])
    short.train(Noisy(10), num_epochs=2)
    if moment == "after":
        short.save_training_state(tmp_path)
    resumed = new_trainer()
    resumed.train(Noisy(10), num_epochs=4, resume_from=tmp_path)
    assert same(outcome(resumed), expected)
    assert len(resumed.run_history.get_metric_values("train_loss_epoch")) == 4
    again = new_trainer()
    again.train(Noisy(10), num_epochs=2, resume_from=tmp_path)
    assert len(again.run_history.get_metric_values("train_loss_epoch")) == 2


def test_a_run_stopped_in_order_is_saved_afterwards_and_goes_on(tmp_path):
    whole = new_trainer()
    whole.train(**TEN)
    expected = outcome(whole)

    class Stop(TrainerCallback):
        def on_train_update_end(self, trainer, **kwargs):
            if trainer.at.update == 3:
                raise StopTrainingError("enough")

    stopped, resumed = new_trainer([Stop()]), new_trainer()
    stopped.train(**TEN)
    state = torch.get_rng_state()
    stopped.predict(TensorDataset(torch.zeros(4, 4)))  # another run in between
    torch.set_rng_state(state)
    stopped.save_training_state(tmp_path)
    resumed.train(**TEN, resume_from=tmp_path)
    assert same(outcome(resumed), expected)


@pytest.mark.parametrize(
    ("event", "what"),
    [
        ("on_train_step_start", "middle of a batch"),
        ("on_train_step_end", "middle of a batch"),
        ("on_train_epoch_start", "start of an epoch"),
        ("on_eval_epoch_start", "middle of an evaluation"),
        ("on_eval_step_end", "middle of an evaluation"),
    ],
)
def test_a_moment_that_cannot_be_gone_on_from_is_refused_with_those_that_can(tmp_path, event, what):
    trainer = new_trainer([SavesAndStops(event, 2, tmp_path / "state")])
    with pytest.raises(CheckpointError, match=f"{what}.*on_train_update_end"):
        trainer.train(**TEN, eval_dataset=Noisy(5))
    assert not (tmp_path / "state").exists()


def test_a_run_within_a_run_is_no_moment_to_save(tmp_path):
    class Evaluates(TrainerCallback):
        def on_train_update_end(self, trainer, **kwargs):
            trainer.evaluate(Noisy(4))

        def on_evaluation_run_start(self, trainer, **kwargs):
            trainer.save_training_state(tmp_path)

    with pytest.raises(CheckpointError, match="another run"):
        new_trainer([Evaluates()]).train(**TEN)


def test_a_run_that_was_stopped_within_a_batch_says_that_the_batch_counts_twice(tmp_path):
    trainer = new_trainer([SavesAndStops("on_train_step_end", 3, tmp_path, None)])
    trainer.callback_handler.callbacks[0].heard = lambda trainer, **kwargs: None

    class Stop(TrainerCallback):
        def on_train_step_end(self, trainer, batch, batch_output, **kwargs):
            if trainer.at.step == 2:
                raise StopTrainingError("enough")

    trainer = new_trainer([Stop()])
    trainer.train(**TEN)
    with pytest.warns(UserWarning, match="part of it twice"):
        trainer.save_training_state(tmp_path)
    resumed = new_trainer()
    resumed.train(**TEN, resume_from=tmp_path)
    assert resumed.at.update == 10


class Stream(IterableDataset):
    def __init__(self):
        self.position = 0

    def __iter__(self):
        while self.position < 8:
            self.position += 1
            generator = torch.Generator().manual_seed(self.position)
            x = torch.randn(4, generator=generator)
            yield x, x.sum(dim=0, keepdim=True)
        self.position = 0


class StreamWithState(Stream):
    def state_dict(self):
        return {"position": self.position}

    def load_state_dict(self, state_dict):
        self.position = state_dict["position"]


@pytest.mark.parametrize("seed", [None, 1])
def test_a_stream_that_knows_its_place_is_entered_there(tmp_path, seed):
    class Streams(Trainer):
        def train(self, **kwargs):
            super().train(StreamWithState(), **kwargs)

    check_resume(tmp_path, "on_train_update_end", 3, kind=Streams, seed=seed, num_epochs=2, per_device_batch_size=2)


def test_a_stream_that_does_not_is_refused_before_the_first_batch(tmp_path):
    with pytest.warns(UserWarning, match="Stream is an IterableDataset"), pytest.raises(Killed):
        new_trainer([SavesAndStops("on_train_update_end", 3, tmp_path)]).train(
            Stream(), num_epochs=2, per_device_batch_size=2
        )
    diary = Diary()
    with pytest.raises(CheckpointError, match=r"Stream is an IterableDataset.*load_training_state"):
        new_trainer([diary]).train(Stream(), num_epochs=2, per_device_batch_size=2, resume_from=tmp_path)
    assert [line[0] for line in diary.heard] == ["on_init_end", "on_exception"]


def test_between_epochs_a_stream_needs_no_place(tmp_path):
    check_resume(
        tmp_path, "on_training_run_epoch_end", 1, train_dataset=Stream(), num_epochs=2, per_device_batch_size=2
    )


def test_data_without_a_stable_order_says_so_as_it_is_saved(tmp_path):
    batches = iter([(torch.randn(2, 4), torch.randn(2, 1))] * 4)
    with pytest.warns(UserWarning, match="neither a DataLoader"), pytest.raises(Killed):
        new_trainer([SavesAndStops("on_train_update_end", 2, tmp_path)]).train(batches, num_epochs=1)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"train_dataset": Noisy(14)}, "2 of 5 batches.*one of 7"),
        ({"per_device_batch_size": 4}, "other data, or another batch size"),
        ({"gradient_accumulation_steps": 2}, "gradient_accumulation_steps=1.*with 2"),
    ],
)
def test_the_middle_of_an_epoch_is_entered_with_the_arguments_it_had(tmp_path, changed, message):
    with pytest.raises(Killed):
        new_trainer([SavesAndStops("on_train_update_end", 2, tmp_path)]).train(**TEN)
    with pytest.raises(Exception, match=message):
        new_trainer().train(**{**TEN, **changed}, resume_from=tmp_path)


def test_another_seed_is_refused_in_the_middle_of_an_epoch(tmp_path):
    with pytest.raises(Killed):
        new_trainer([SavesAndStops("on_train_update_end", 2, tmp_path)], seed=1).train(**TEN)
    with pytest.raises(CheckpointError, match="seed=1"):
        new_trainer(seed=2).train(**TEN, resume_from=tmp_path)


def test_a_total_below_the_epoch_under_way_is_refused(tmp_path):
    with pytest.raises(Killed):
        new_trainer([SavesAndStops("on_train_update_end", 7, tmp_path)]).train(**TEN)
    with pytest.raises(CheckpointError, match=r"epoch 2, and num_epochs=1 is the total"):
        new_trainer().train(**{**TEN, "num_epochs": 1}, resume_from=tmp_path)


# the file


def saved(folder, trainer=None):
    (trainer or new_trainer()).save_training_state(folder, checkpoint_kwargs={"note": "mine"})
    return folder / FILE


def test_a_trainer_that_never_ran_can_be_saved(tmp_path):
    saved(tmp_path)
    whole, resumed = new_trainer(), new_trainer()
    whole.train(**TEN)
    expected = outcome(whole)
    resumed.train(**TEN, resume_from=tmp_path)
    assert same(outcome(resumed), expected)


def test_what_is_written_loads_without_running_code(tmp_path):
    trainer = new_trainer([Diary(), SavesAndStops("on_train_update_end", 3, tmp_path)])
    trainer.run_history.update_metric("score", np.float64(0.5))
    with pytest.raises(Killed):
        trainer.train(**TEN, reset_run_history=False)
    assert torch.load(tmp_path / FILE, weights_only=True)["history"]["metrics"]["score"] == [0.5]


def test_the_weights_of_a_training_state_are_a_checkpoint(tmp_path):
    one, other = new_trainer(), new_trainer()
    one.train(**TEN)
    other.load_checkpoint(saved(tmp_path, one))
    assert same(other.model.state_dict(), one.model.state_dict())


def test_loading_takes_over_all_but_the_place_and_returns_what_was_added(tmp_path):
    one, diary = new_trainer([Diary()]), Diary()
    one.train(**TEN)
    saved(tmp_path, one)
    expected = torch.rand(2)
    other = new_trainer([diary])
    assert other.load_training_state(tmp_path) == {"current_epoch": 3, "note": "mine"}
    assert torch.equal(torch.rand(2), expected)
    assert other.run_history.to_dict() == one.run_history.to_dict()
    assert same(other.optimizer.state_dict(), one.optimizer.state_dict())
    assert diary.batches == 10
    assert other.at.epoch == 0


def test_two_callbacks_of_one_class_get_each_its_own_state_back(tmp_path):
    one, two = Diary(), Diary()
    one.batches, two.batches = 1, 2
    saved(tmp_path, new_trainer([one, Freezes(), two]))
    first, second = Diary(), Diary()
    new_trainer([first, second]).load_training_state(tmp_path)
    assert (first.batches, second.batches) == (1, 2)
    with pytest.warns(UserWarning, match=r"Diary 2"):
        new_trainer([Diary()]).load_training_state(tmp_path)


def test_a_callback_gets_its_state_back_after_its_class_has_moved(tmp_path, monkeypatch):
    one, other = Diary(), Diary()
    one.batches = 3
    saved(tmp_path, new_trainer([one]))
    monkeypatch.setattr(Diary, "__module__", "elsewhere")
    new_trainer([other]).load_training_state(tmp_path)
    assert other.batches == 3


def test_a_state_key_tells_two_callbacks_of_one_class_apart(tmp_path):
    def named(key, batches=0):
        diary = Diary()
        diary.state_key, diary.batches = key, batches
        return diary

    saved(tmp_path, new_trainer([named("a", 1), named("b", 2)]))
    swapped = [named("b"), named("a")]
    new_trainer(swapped).load_training_state(tmp_path)
    assert [diary.batches for diary in swapped] == [2, 1]


def test_the_states_of_a_file_that_names_modules_are_given_back(tmp_path):
    one, two = Diary(), Diary()
    one.batches, two.batches = 1, 2
    path = saved(tmp_path, new_trainer([one, two]))
    state = torch.load(path, weights_only=True)
    state["callbacks"] = {f"{Diary.__module__}.{key}": value for key, value in state["callbacks"].items()}
    torch.save(state, path)
    first, second = Diary(), Diary()
    new_trainer([first, second]).load_training_state(tmp_path)
    assert (first.batches, second.batches) == (1, 2)


def test_nothing_is_lost_where_a_state_cannot_be_written(tmp_path):
    path = saved(tmp_path)
    before = path.read_bytes()
    trainer = new_trainer([Diary()])
    trainer.callback_handler.callbacks[0].batches = object()
    with pytest.raises(CheckpointError, match="more than tensors and plain Python values"):
        trainer.save_training_state(tmp_path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == [FILE]


def test_a_folder_keeps_what_else_is_in_it(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    saved(tmp_path)
    saved(tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["notes.txt", FILE]


def test_a_torn_a_foreign_and_a_missing_state_are_told_apart(tmp_path):
    trainer = new_trainer()
    with pytest.raises(CheckpointError, match=r"nowhere does not exist"):
        trainer.train(**TEN, resume_from=tmp_path / "nowhere")
    with pytest.raises(CheckpointError, match=r"holds no training state"):
        trainer.train(**TEN, resume_from=tmp_path)
    path = saved(tmp_path)
    with pytest.raises(CheckpointError, match=r"training_state\.pt is a file"):
        trainer.train(**TEN, resume_from=path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CheckpointError, match=r"training_state\.pt is not a whole checkpoint"):
        trainer.train(**TEN, resume_from=tmp_path)
    trainer.save_checkpoint(path)
    with pytest.raises(CheckpointError, match=r"no training state.*'model_state_dict'"):
        trainer.train(**TEN, resume_from=tmp_path)


def test_the_state_of_another_model_or_optimizer_is_refused_and_nothing_is_changed(tmp_path):
    other = nn.Sequential(nn.Linear(4, 5), nn.Linear(5, 1))
    wider = Trainer(other, nn.MSELoss(), torch.optim.AdamW(other.parameters()), callbacks=[])
    saved(tmp_path, wider)
    trainer = new_trainer()
    before = copy.deepcopy(trainer.model.state_dict())
    with pytest.raises(CheckpointError, match=r"optimizer whose groups have \[4\] parameters.*\[6\]"):
        trainer.train(**TEN, resume_from=tmp_path)
    trainer.optimizer = None
    with pytest.raises(CheckpointError, match="another model than Sequential"):
        trainer.load_training_state(tmp_path)
    assert same(dict(trainer.model.state_dict()), dict(before))


def test_a_compiled_model_and_a_plain_one_read_each_others_states(tmp_path):
    plain, compiled = new_trainer(), new_trainer()
    plain.train(**TEN)
    compiled.model = torch.compile(compiled.model, backend="eager")
    compiled.load_training_state(saved(tmp_path, plain).parent)
    assert same(dict(compiled.get_model(keep_torch_compile=False).state_dict()), dict(plain.model.state_dict()))
    saved(tmp_path / "back", compiled)
    assert torch.load(tmp_path / "back" / FILE)["model_state_dict"].keys() == plain.model.state_dict().keys()


def test_a_model_of_which_a_part_is_compiled_has_plain_names_too(tmp_path):
    plain, partly = new_trainer(), new_trainer()
    partly.model[0] = torch.compile(partly.model[0], backend="eager")
    partly.callback_handler.add_callback(SavesAndStops("on_train_update_end", 3, tmp_path))
    with pytest.raises(Killed):
        partly.train(**TEN)
    assert torch.load(tmp_path / FILE)["model_state_dict"].keys() == plain.model.state_dict().keys()
    plain.train(**TEN, resume_from=tmp_path)
    assert plain.at.update == 10


def test_several_processes_are_refused(tmp_path, monkeypatch):
    trainer = new_trainer()
    monkeypatch.setattr(type(trainer._accelerator), "num_processes", 2)
    with pytest.raises(CheckpointError, match="2 train together"):
        trainer.save_training_state(tmp_path)


def test_a_step_pays_nothing_for_all_this(tmp_path):
    calls = []

    class Watched(TensorDataset):
        pass

    def watch(frame, event, arg):
        if event == "call" and (
            "data_order" in frame.f_code.co_filename or "training_state" in frame.f_code.co_filename
        ):
            calls.append(frame.f_code.co_name)

    def count(size):
        calls.clear()
        trainer = new_trainer()
        sys.setprofile(watch)
        try:
            trainer.train(Watched(torch.randn(size, 4), torch.randn(size, 1)), num_epochs=1, per_device_batch_size=2)
        finally:
            sys.setprofile(None)
        return len(calls)

    assert count(4) == count(40)


def test_a_state_in_a_store_is_resumed_from():
    def run(epochs, **arguments):
        torch.manual_seed(0)
        model = nn.Linear(4, 1)
        trainer = Trainer(model, nn.MSELoss(), torch.optim.Adam(model.parameters()), seed=1)
        trainer.train(Noisy(8), num_epochs=epochs, per_device_batch_size=4, **arguments)
        return trainer

    run(1).save_training_state("memory://states/one")
    resumed, whole = run(2, resume_from="memory://states/one"), run(2)
    assert torch.equal(resumed.model.weight, whole.model.weight)
    with pytest.raises(CheckpointError, match="no checkpoint at memory://states/two"):
        run(2, resume_from="memory://states/two")
