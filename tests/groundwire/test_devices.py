import os
from types import SimpleNamespace

import pytest
import torch
from accelerate import Accelerator
from accelerate.optimizer import AcceleratedOptimizer
from accelerate.state import AcceleratorState
from hypothesis import given
from hypothesis import strategies as st
from tests.groundwire.runs import data, equal, network, trainer_for, weights
from torch import nn
from torch.utils.data import DataLoader, IterableDataset, SequentialSampler, Subset

from groundwire import GroundwireError, TrainerCallback, devices
from groundwire.data import loaders


def sgd(model, **kwargs):
    return torch.optim.SGD(model.parameters(), lr=0.1, **kwargs)


# Accelerators.


def test_an_accelerator_has_a_precision_of_its_own_and_leaves_others_theirs():
    one = devices.own_accelerator(lambda: Accelerator(cpu=True))
    half = devices.own_accelerator(lambda: Accelerator(mixed_precision="bf16", cpu=True))
    other = devices.own_accelerator(lambda: Accelerator(cpu=True))
    assert [each.mixed_precision for each in (one, half, other)] == ["no", "bf16", "no"]


def test_a_trainer_of_another_precision_leaves_those_alone_that_a_program_makes_by_hand():
    trainer_for(accelerator=devices.own_accelerator(lambda: Accelerator(cpu=True)))
    devices.own_accelerator(lambda: Accelerator(mixed_precision="bf16", cpu=True))
    assert Accelerator(mixed_precision="no", cpu=True).mixed_precision == "no"


def test_what_is_made_by_hand_after_a_trainer_is_not_refused():
    trainer_for()
    assert Accelerator(cpu=True).state._shared_state is AcceleratorState._shared_state


def test_wrappers_are_used_where_they_do_something():
    plain = devices.own_accelerator(lambda: Accelerator(cpu=True))
    half = devices.own_accelerator(lambda: Accelerator(mixed_precision="bf16", cpu=True))
    assert not devices.wraps(plain)
    assert devices.wraps(half)


# Arguments of loaders.

DEFAULTS = {"shuffle": True, "batch_size": 8, "num_workers": 0}


@given(
    st.dictionaries(st.sampled_from(["shuffle", "batch_size", "num_workers", "drop_last", "timeout"]), st.integers())
)
def test_what_is_given_stands_and_all_else_is_the_default(given_by_user):
    assert loaders.merged_dl_kwargs(data(2), DEFAULTS, given_by_user) == {**DEFAULTS, **given_by_user}


class Stream(IterableDataset):
    def __iter__(self):
        return iter(data(4))


@pytest.mark.parametrize(
    ("dataset", "given_by_user", "kept"),
    [
        (data(2), None, {"shuffle", "batch_size", "num_workers"}),
        (data(2), {"sampler": "mine"}, {"sampler", "batch_size", "num_workers"}),
        (data(2), {"sampler": None}, {"sampler", "shuffle", "batch_size", "num_workers"}),
        (data(2), {"batch_sampler": "mine"}, {"batch_sampler", "num_workers"}),  # B19
        (Stream(), None, {"batch_size", "num_workers"}),  # B17
        (Stream(), {"shuffle": False}, {"shuffle", "batch_size", "num_workers"}),
    ],
)
def test_defaults_that_contradict_what_is_given_are_left_out(dataset, given_by_user, kept):
    assert set(loaders.merged_dl_kwargs(dataset, DEFAULTS, given_by_user)) == kept


def test_what_the_user_gave_is_not_changed():
    given_by_user = {"sampler": None}
    made = loaders.merged_dl_kwargs(data(2), DEFAULTS, given_by_user)
    made["shuffle"] = "changed"
    assert given_by_user == {"sampler": None}
    assert DEFAULTS["shuffle"] is True


# Data.


class Guess(Stream):
    def __len__(self):
        return 99


class NotSaying(DataLoader):
    def __len__(self):
        raise NotImplementedError


LENGTHS = [
    ([1, 2], 2, 2),
    (iter([1]), None, None),
    (DataLoader(data(5), 2), 3, 3),
    (DataLoader(data(5), 2, drop_last=True), 2, 2),
    (DataLoader(Stream(), 2), None, None),
    (DataLoader(Guess(), 3), 33, None),
    (NotSaying(data(5), 2), None, None),
    (3, None, None),
]


@pytest.mark.parametrize(("loader", "length", "promised"), LENGTHS)
def test_a_length_is_what_the_loader_says_and_a_stream_promises_none(loader, length, promised):
    assert loaders.length_of(loader) == length
    assert loaders.promised_length(loader) == promised


@pytest.mark.parametrize(
    ("given_data", "holds"),
    [
        (data(2), True),
        (Stream(), True),
        (Subset(data(2), [0]), True),
        ([(1, 2)], True),
        (DataLoader(data(2)), False),
        (iter([]), False),
        (SequentialSampler(range(3)), False),
    ],
)
def test_a_dataset_is_batched_and_what_gives_batches_is_not(given_data, holds):
    assert loaders.holds_samples(given_data) == holds


@pytest.mark.parametrize("loader", [DataLoader(data(2)), [1], iter([]), DataLoader(Stream()), None])
def test_a_loader_that_may_give_batches_is_taken(loader):
    assert loaders.check_loader("create_train_dataloader", loader) is loader


@pytest.mark.parametrize(
    ("loader", "error", "said"),
    [
        (3, TypeError, "^made returned int, which gives no batches"),
        ([], ValueError, "^made returned a loader without a batch: .* nothing of its samples"),
        (DataLoader(data(3), 4, drop_last=True), ValueError, "drop_last leaves nothing of 3 samples"),
    ],
)
def test_a_loader_that_cannot_is_refused(loader, error, said):
    with pytest.raises(error, match=said):
        loaders.check_loader("made", loader)


# Model and optimizer.


def test_where_nothing_is_to_be_done_model_and_optimizer_stay_what_they_are():
    model = network()
    optimizer = sgd(model)
    accelerator = devices.own_accelerator(lambda: Accelerator(cpu=True))
    placed = devices.placed(accelerator, model, optimizer, training=True)
    assert placed == (model, optimizer)
    assert accelerator._models == accelerator._optimizers == []


def test_an_optimizer_is_not_wrapped_twice():
    model = network()
    optimizer = sgd(model)
    accelerator = devices.own_accelerator(lambda: Accelerator(mixed_precision="bf16", cpu=True))
    _, wrapped = devices.placed(accelerator, model, optimizer, training=True)
    assert isinstance(wrapped, AcceleratedOptimizer)
    _, again = devices.placed(accelerator, model, wrapped, training=True)
    assert again.optimizer is optimizer
    plain = devices.own_accelerator(lambda: Accelerator(cpu=True))
    assert devices.placed(plain, model, again, training=True)[1] is optimizer


def test_the_state_of_an_optimizer_follows_its_parameters():
    model = nn.Linear(1, 1, device="meta")
    optimizer = torch.optim.Adam(model.parameters())
    optimizer.state[model.weight] = {"exp_avg": torch.zeros(1, 1), "step": torch.tensor(1.0)}
    accelerator = SimpleNamespace(
        num_processes=1,
        mixed_precision="no",
        scaler=None,
        device=torch.device("meta"),
        state=SimpleNamespace(dynamo_plugin=SimpleNamespace(backend=SimpleNamespace(value="NO"))),
        distributed_type=SimpleNamespace(value="NO"),
    )
    devices.placed(accelerator, model, optimizer, training=True)
    places = {name: value.device.type for name, value in optimizer.state[model.weight].items()}
    assert places == {"exp_avg": "meta", "step": "cpu"}


def test_training_in_half_precision_keeps_whole_weights():
    accelerator = devices.own_accelerator(lambda: Accelerator(mixed_precision="bf16", cpu=True))
    trainer = trainer_for(accelerator=accelerator)
    before = weights(trainer.model)
    trainer.train(data(4), 2, eval_dataset=data(2), gradient_clip_value=0.5, gradient_accumulation_steps=2)
    assert {parameter.dtype for parameter in trainer.model.parameters()} == {torch.float32}
    assert not equal(before, weights(trainer.model))
    assert type(trainer.model) is nn.Sequential


# Batches.


def test_a_batch_is_moved_however_it_is_made():
    device = torch.device("meta")
    batch = {"x": torch.ones(2), "more": [torch.ones(1), ("text", 3)]}
    moved = devices.moved(batch, device)
    assert moved["x"].device == moved["more"][0].device == device
    assert moved["more"][1] == ("text", 3)
    assert devices.moved(torch.ones(2), device).device == device
    assert devices.moved("text", device) == "text"


def test_in_one_process_a_loader_stays_as_it_is():
    accelerator = SimpleNamespace(num_processes=1)
    for loader in (DataLoader(data(2)), [1, 2], None):
        assert loaders.shared_out(accelerator, loader, even=True) is loader


def test_several_processes_train_on_a_loader_whose_samples_can_be_shared_out():
    with pytest.raises(TypeError, match=r"with 2 processes a DataLoader is due, .* got list"):
        loaders.shared_out(SimpleNamespace(num_processes=2), [1, 2], even=True)


@pytest.mark.parametrize("even", [True, False])
def test_a_loader_is_shared_out_by_accelerate(even):
    loader = DataLoader(data(2))
    asked = {}

    def prepare_data_loader(given_loader, device_placement):
        asked.update(loader=given_loader, device_placement=device_placement)
        return "shared"

    accelerator = SimpleNamespace(num_processes=2, prepare_data_loader=prepare_data_loader)
    assert loaders.shared_out(accelerator, loader, even) == "shared"
    assert asked == {"loader": loader, "device_placement": False}
    assert accelerator.even_batches == even


# The configuration.


def config_of(**asked):
    trainer = trainer_for()
    trainer.train(**{"train_dataset": data(9), "num_epochs": 2, "per_device_batch_size": 2, **asked})
    return trainer.run_config


def test_the_configuration_tells_what_was_asked_and_what_it_came_to():
    config = config_of(eval_dataset=data(3), gradient_accumulation_steps=2, gradient_clip_norm=1.0)
    values = config.to_dict()
    assert (values.pop("train_dl_kwargs")["shuffle"], values.pop("eval_dl_kwargs")["shuffle"]) == (True, False)
    assert values == {
        "num_epochs": 2,
        "train_per_device_batch_size": 2,
        "eval_per_device_batch_size": 2,
        "gradient_accumulation_steps": 2,
        "gradient_clip_value": None,
        "train_total_batch_size": 4,
        "eval_total_batch_size": 2,
        "num_update_steps_per_epoch": 3,
        "num_local_update_steps_per_epoch": 3,
        "max_num_train_steps": 6,  # B44
        "is_local_process_zero": True,
        "is_world_process_zero": True,
        "is_distributed": False,
        "mixed_precision": "no",
        "num_processes": 1,
        "gradient_clip_norm": 1.0,
    }


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"train_dataset": Stream()}, (2, None, None, None)),
        ({"train_dataset": DataLoader(data(6), 3)}, (3, None, 2, 4)),
        ({"train_dataset": DataLoader(data(6), batch_sampler=[[0, 1], [2]])}, (2, None, 2, 4)),
        ({"max_num_train_steps": 3}, (2, None, 5, 3)),
        ({"eval_dataset": data(1), "eval_dataloader_kwargs": {"batch_size": 7}}, (2, 7, 5, 10)),
    ],
)
def test_what_the_data_does_not_tell_is_none(asked, expected):
    config = config_of(**asked)
    assert (
        config.train_per_device_batch_size,
        config.eval_per_device_batch_size,
        config.num_update_steps_per_epoch,
        config.max_num_train_steps,
    ) == expected


# Several processes.


def launched(monkeypatch, **settings):
    for name in ("WORLD_SIZE", "RANK", "LOCAL_RANK", "ACCELERATE_USE_CPU"):
        monkeypatch.delenv(name, raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)


def test_an_accelerator_that_is_alone_among_launched_processes_is_refused(monkeypatch):
    launched(monkeypatch, WORLD_SIZE="2", LOCAL_RANK="0")
    for create in (devices.own_accelerator, lambda create: devices.own_accelerator(create, users=create())):
        with pytest.raises(GroundwireError, match=r"2 processes were launched .* ACCELERATE_USE_CPU=true"):
            create(lambda: SimpleNamespace(device="cpu", num_processes=1))


def test_processes_on_a_cpu_are_told_to_join_while_the_accelerator_is_made(monkeypatch):
    def create():
        return SimpleNamespace(device="cpu", num_processes=2, told=os.environ.get("ACCELERATE_USE_CPU"))

    launched(monkeypatch, WORLD_SIZE="2", LOCAL_RANK="0")
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: False)
    assert devices.own_accelerator(create).told == "true"
    assert "ACCELERATE_USE_CPU" not in os.environ
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: True)
    assert devices.own_accelerator(create).told is None


@pytest.mark.parametrize("settings", [{}, {"WORLD_SIZE": "2"}, {"WORLD_SIZE": "1", "LOCAL_RANK": "0"}])
def test_a_process_that_nobody_launched_beside_others_may_be_alone(monkeypatch, settings):
    launched(monkeypatch, **settings)
    assert devices.own_accelerator(lambda: SimpleNamespace(device="cpu", num_processes=1)).num_processes == 1


def test_a_prepared_loader_knows_its_device():
    told = []

    class Asks(TrainerCallback):
        def on_train_epoch_start(self, trainer, **kwargs):
            told.append(trainer._train_dataloader.device)

        def on_eval_epoch_start(self, trainer, **kwargs):
            told.append(trainer._eval_dataloader.device)

    trainer = trainer_for(callbacks=[Asks])
    trainer.train(data(2), 1, eval_dataset=DataLoader(data(2)))
    assert told == [trainer.device] * 2
