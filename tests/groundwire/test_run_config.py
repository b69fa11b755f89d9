import dataclasses
import inspect

import pytest
import torch
from torch.utils.data import RandomSampler

from groundwire.run_config import TrainerRunConfig

ORDER = [
    "num_epochs",
    "train_per_device_batch_size",
    "train_dl_kwargs",
    "eval_per_device_batch_size",
    "eval_dl_kwargs",
    "gradient_accumulation_steps",
    "gradient_clip_value",
    "train_total_batch_size",
    "eval_total_batch_size",
    "num_update_steps_per_epoch",
    "num_local_update_steps_per_epoch",
    "max_num_train_steps",
    "is_local_process_zero",
    "is_world_process_zero",
    "is_distributed",
    "mixed_precision",
    "num_processes",
]


def config(**changes):
    values = [2, 8, {"shuffle": True}, None, None, 1, None, 8, None, 4, 4, None, True, True, False, "no", 1]
    return dataclasses.replace(TrainerRunConfig(*values), **changes)


def test_fields_stand_in_the_known_order_and_what_was_added_comes_last():
    names = list(inspect.signature(TrainerRunConfig).parameters)
    assert names == [*ORDER, "gradient_clip_norm"]
    assert config().gradient_clip_norm is None


def test_it_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        config().num_epochs = 3


def test_to_dict_works_without_evaluation_data():
    told = config().to_dict()
    assert list(told) == [*ORDER, "gradient_clip_norm"]
    assert told["eval_dl_kwargs"] is None
    assert told["train_dl_kwargs"] == {"shuffle": True}


def test_to_dict_keeps_the_sampler_in_both_and_shares_no_dictionary():
    sampler = RandomSampler(range(4), generator=torch.Generator())
    made = config(train_dl_kwargs={"sampler": sampler})
    told = made.to_dict()
    assert told["train_dl_kwargs"]["sampler"] is sampler
    told["train_dl_kwargs"].clear()
    assert made.train_dl_kwargs == {"sampler": sampler}
