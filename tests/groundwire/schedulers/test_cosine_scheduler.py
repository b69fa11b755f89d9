import inspect
import itertools
import math
from functools import partial
from types import SimpleNamespace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from groundwire.schedulers.cosine_scheduler import CosineLrScheduler
from groundwire.schedulers.placeholders import TrainerPlaceholderValues, replace_trainer_placeholder_values


def optimizer_of(*rates):
    return torch.optim.SGD([{"params": [torch.nn.Parameter(torch.zeros(1))], "lr": rate} for rate in rates], lr=1.0)


def curve(steps, *rates, **settings):
    scheduler = CosineLrScheduler(optimizer_of(*(rates or (0.1,))), **settings)
    taken = []
    for _ in range(steps):
        scheduler.step()
        taken.append([group["lr"] for group in scheduler.optimizer.param_groups])
    return taken if rates else [rate for (rate,) in taken]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (
            {"total_num_epochs": 2, "lr_min": 0.01, "k_decay": 1.5, "num_cooldown_epochs": 0.5},
            [
                0.1,
                0.09897582490362469,
                0.09202283457040246,
                0.0749807128146796,
                0.048753085052229576,
                0.022126259875728176,
                0.01,
            ],
        ),
        (
            {"total_num_epochs": 1, "lr_min": 0.0},
            [0.1, 0.08535533905932738, 0.05, 0.014644660940672627, 0.0],
        ),
    ],
)
def test_curves_without_warmup_have_their_reference_values(settings, expected):
    taken = curve(len(expected), num_update_steps_per_epoch=4, **settings)
    assert taken == pytest.approx(expected, rel=1e-15, abs=1e-18)


epochs = st.integers(0, 4)


@settings(deadline=None)
@given(
    warmup=epochs,
    decay=st.integers(1, 4),
    cooldown=epochs,
    steps=st.integers(1, 7),
    power=st.sampled_from([0.5, 1.0, 2.0]),
    low_ratio=st.none() | st.floats(0, 1),
    start_ratio=st.none() | st.floats(0, 1),
)
def test_every_phase_follows_the_formula_for_every_group(warmup, decay, cooldown, steps, power, low_ratio, start_ratio):
    bases, low, start = (0.1, 0.02), 1e-4, 1e-3
    total = (warmup + decay + cooldown) * steps
    taken = curve(
        total + 3,
        *bases,
        total_num_epochs=warmup + decay + cooldown,
        num_update_steps_per_epoch=steps,
        k_decay=power,
        lr_min=low,
        min_lr_ratio=low_ratio,
        num_warmup_epochs=warmup,
        warmup_starting_lr=start,
        warmup_starting_lr_ratio=start_ratio,
        num_cooldown_epochs=cooldown,
    )

    def formula(update, base):
        floor = low if low_ratio is None else low_ratio * base
        bottom = start if start_ratio is None else start_ratio * base
        if update < warmup * steps:
            part = update / (warmup * steps)
            return (1 - part) * bottom + part * base
        part = min((update - warmup * steps) / (decay * steps), 1.0)
        return floor + (base - floor) * math.cos(part**power * math.pi / 2) ** 2

    for update, rates in enumerate(taken):
        assert rates == pytest.approx([formula(update, base) for base in bases], rel=1e-9, abs=1e-12)


def test_the_decay_after_warmup_reaches_the_minimum_only_at_its_end():
    taken = curve(105, total_num_epochs=10, num_update_steps_per_epoch=10, num_warmup_epochs=3, lr_min=1e-6)
    assert max(abs(a - b) for a, b in itertools.pairwise(taken[30:])) < 0.0025
    assert taken[65] == pytest.approx(0.05, rel=1e-4)
    assert taken[99] > 2e-5
    assert taken[100:] == [1e-6] * 5


def test_warmup_from_a_ratio_rises_to_the_base_rate_and_no_higher():
    settings = {"total_num_epochs": 4, "num_update_steps_per_epoch": 10, "num_warmup_epochs": 1}
    taken = curve(40, **settings, warmup_starting_lr_ratio=0.5)
    assert taken[0] == 0.05
    assert taken[5] == pytest.approx(0.075)
    assert max(taken) == taken[10] == 0.1


@pytest.mark.parametrize(
    ("given_start", "first"),
    [({}, 1e-6), ({"warmup_starting_lr": 0.01}, 0.01), ({"warmup_starting_lr_ratio": 0.5}, 0.05)],
)
def test_the_first_update_already_takes_the_rate_that_warmup_starts_with(given_start, first):
    optimizer = optimizer_of(0.1)
    CosineLrScheduler(optimizer, 4, 10, num_warmup_epochs=1, **given_start)
    assert optimizer.param_groups[0]["lr"] == first


def test_a_state_of_pytorch_accelerated_is_read():
    state = {"total_iterations": 8, "lr_min_ratio": None, "lr_min": 0.0, "warmup_iterations": 0}
    state |= {"warmup_lr_init": 1e-6, "warmup_lr_ratio": None, "k_decay": 1.0, "num_cooldown_iterations": 0}
    scheduler = CosineLrScheduler(optimizer_of(0.1), 1, 1)
    scheduler.load_state_dict({**state, "num_updates": 3})
    scheduler.step()
    assert scheduler.optimizer.param_groups[0]["lr"] == pytest.approx(0.05)


def test_the_factory_takes_its_length_from_the_run():
    factory = CosineLrScheduler.create_scheduler_fn(num_warmup_epochs=TrainerPlaceholderValues.NUM_EPOCHS / 4)
    run = SimpleNamespace(run_config=SimpleNamespace(num_epochs=8, num_update_steps_per_epoch=5))
    assert isinstance(factory, partial)
    scheduler = replace_trainer_placeholder_values(run, factory)(optimizer_of(0.1))
    assert (scheduler.total_iterations, scheduler.warmup_iterations) == (40, 10)


def test_the_factory_has_the_parameters_of_the_class():
    made = dict(inspect.signature(CosineLrScheduler).parameters)
    offered = inspect.signature(CosineLrScheduler.create_scheduler_fn).parameters
    assert list(offered) == list(made)[1:]
    assert all(offered[name].default == made[name].default for name in list(offered)[2:])


def test_the_factory_used_without_a_trainer_says_what_is_missing():
    with pytest.raises(TypeError, match=r"total_num_epochs is still TrainerPlaceholderValues.NUM_EPOCHS"):
        CosineLrScheduler.create_scheduler_fn()(optimizer_of(0.1))


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"total_num_epochs": 0}, ValueError, "total_num_epochs must be above 0, not 0"),
        ({"num_update_steps_per_epoch": None}, TypeError, "num_update_steps_per_epoch must be a number, not None"),
        ({"k_decay": 0}, ValueError, "k_decay must be above 0"),
        ({"lr_min": -0.1}, ValueError, "lr_min must be at least 0, not -0.1"),
        ({"min_lr_ratio": 1.5}, ValueError, "min_lr_ratio must be at least 0 and at most 1, not 1.5"),
        ({"warmup_starting_lr": -1}, ValueError, "warmup_starting_lr must be at least 0"),
        ({"warmup_starting_lr_ratio": 2}, ValueError, "warmup_starting_lr_ratio must be at least 0 and at most 1"),
        ({"num_warmup_epochs": -1}, ValueError, "num_warmup_epochs must be at least 0"),
        ({"num_warmup_epochs": 6, "num_cooldown_epochs": 5}, ValueError, "6 and .*=5 are together longer than .*=10"),
    ],
)
def test_settings_that_make_no_schedule_are_refused(wrong, error, message):
    with pytest.raises(error, match=message):
        CosineLrScheduler(optimizer_of(0.1), **{"total_num_epochs": 10, "num_update_steps_per_epoch": 4, **wrong})
