import inspect
import itertools
import math
from types import SimpleNamespace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from groundwire.schedulers.placeholders import TrainerPlaceholderValues, replace_trainer_placeholder_values
from groundwire.schedulers.wsd_scheduler import WSDLrScheduler, estimate_checkpoint_steps


def optimizer_of(*rates):
    return torch.optim.SGD([{"params": [torch.nn.Parameter(torch.zeros(1))], "lr": rate} for rate in rates], lr=1.0)


def scheduler_of(base=0.1, **settings):
    return WSDLrScheduler(optimizer_of(base), **settings)


def stepped(scheduler, steps):
    taken = []
    for _ in range(steps):
        scheduler.step()
        taken.append(scheduler.optimizer.param_groups[0]["lr"])
    return taken


WARMED = {"total_steps": 12, "decay_phase_ratio": 0.5, "lr_min": 0.1, "num_warmup_steps": 3, "warmup_starting_lr": 0.01}
TOP = [0.01, 0.04, 0.07, 0.1, 0.1, 0.1, 0.1]


@pytest.mark.parametrize(
    ("use_sqrt", "decay"),
    [
        (True, [0.06325765385825233, 0.048038475772933686, 0.03636038969321072, 0.026515307716504656]),
        (False, [0.04, 0.025, 0.018181818181818184, 0.014285714285714289]),
    ],
)
def test_curves_with_one_checkpoint_have_their_reference_values(use_sqrt, decay):
    taken = stepped(scheduler_of(**WARMED, use_inverse_sqrt_decay=use_sqrt), 14)
    assert taken[:11] == pytest.approx(TOP + decay, rel=1e-15)
    assert taken[12:] == pytest.approx([0.01, 0.01])


@settings(deadline=None)
@given(
    total=st.integers(16, 60),
    checkpoints=st.integers(1, 4),
    ratio=st.floats(0, 1 / 3),
    warmup=st.integers(0, 5),
    low=st.floats(0.001, 1),
    use_sqrt=st.booleans(),
)
def test_every_phase_follows_the_formula_for_every_group(total, checkpoints, ratio, warmup, low, use_sqrt):
    bases = (0.1, 0.02)
    scheduler = WSDLrScheduler(
        optimizer_of(*bases),
        total_steps=total,
        num_warmup_steps=warmup,
        decay_phase_ratio=ratio,
        lr_min=low,
        warmup_starting_lr=0.001,
        use_inverse_sqrt_decay=use_sqrt,
        num_checkpoints=checkpoints,
    )
    ends = [total // 2**halvings for halvings in range(checkpoints)][::-1]

    def factor(update):
        end = min((end for end in ends if update < end), default=total)
        begin = max((other for other in ends if other < end), default=0)
        decay = int((end - begin) * ratio)
        if not decay or update < end - decay:
            return 1.0
        part = min(1.0, (update - end + decay) / decay)
        return low + (1 - low) * (1 - part**0.5) if use_sqrt else 1 / (part / low + 1 - part)

    for update in range(total + 3):
        scheduler.step()
        rates = [group["lr"] for group in scheduler.optimizer.param_groups]
        if update < warmup:
            expected = [0.001 + (base - 0.001) * update / warmup for base in bases]
        else:
            expected = [base * factor(update) for base in bases]
        assert rates == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("total", "count", "expected"),
    [
        (100, 1, [100]),
        (100_000, 2, [50_000, 100_000]),
        (200_000, 3, [50_000, 100_000, 200_000]),
        (200_000, 4, [25_000, 50_000, 100_000, 200_000]),
        (7, 3, [1, 3, 7]),
    ],
)
def test_checkpoints_double_up_to_the_last_update(total, count, expected):
    assert estimate_checkpoint_steps(total, count) == expected
    assert scheduler_of(total_steps=total, num_checkpoints=count).get_checkpoint_steps() == expected


@settings(deadline=None)
@given(st.integers(1, 10**6), st.integers(1, 20))
def test_checkpoints_rise_end_at_the_total_and_are_as_many_as_asked_for_or_refused(total, count):
    if 2 ** (count - 1) > total:
        with pytest.raises(ValueError, match=f"num_checkpoints={count} do not fit into total_steps={total}"):
            estimate_checkpoint_steps(total, count)
        return
    steps = estimate_checkpoint_steps(total, count)
    assert len(steps) == count
    assert steps[0] >= 1
    assert steps[-1] == total
    assert all(later // 2 == earlier for earlier, later in itertools.pairwise(steps))
    assert steps == sorted(set(steps))


def test_with_two_checkpoints_the_rate_is_up_again_after_the_first():
    taken = stepped(scheduler_of(total_steps=100, num_checkpoints=2, lr_min=0.01), 101)
    assert [update for update, rate in enumerate(taken) if rate < 0.1] == [*range(46, 50), *range(96, 101)]
    assert taken[100] == pytest.approx(0.001)


def test_periods_describe_the_curve():
    scheduler = scheduler_of(total_steps=100, num_checkpoints=2)
    periods = [
        {"period_start": 0, "period_end": 50, "decay_steps": 5, "pre_decay_step": 45},
        {"period_start": 50, "period_end": 100, "decay_steps": 5, "pre_decay_step": 95},
    ]
    assert scheduler.get_decay_info() == periods
    found = [periods.index(scheduler.get_phase_info(update)) for update in (0, 1, 50, 51, 100, 101)]
    assert found == [0, 0, 0, 1, 1, 1]


def test_what_the_periods_are_asked_for_is_a_copy():
    scheduler = scheduler_of(total_steps=100)
    scheduler.get_decay_info()[0]["period_end"] = 1
    scheduler.get_phase_info(3)["period_end"] = 1
    scheduler.get_checkpoint_steps().append(1)
    assert scheduler.get_phase_info(3)["period_end"] == 100
    assert scheduler.get_checkpoint_steps() == [100]


def test_the_current_step_is_the_number_of_updates_whose_rate_is_in_force():
    scheduler = scheduler_of(total_steps=100, num_checkpoints=2)
    seen = [scheduler.get_current_step()]
    for _ in range(60):
        scheduler.step()
        seen.append(scheduler.get_current_step())
    assert seen == [*range(-1, 60)]
    assert scheduler.get_current_phase_info() == scheduler.get_decay_info()[1]


def test_the_previous_checkpoint_step_is_the_last_one_before_a_decay():
    scheduler = scheduler_of(total_steps=100, num_checkpoints=2)
    seen = {}
    for _ in range(100):
        scheduler.step()
        seen[scheduler.get_current_step()] = scheduler.previous_checkpoint_step
    assert (seen[43], seen[44], seen[93], seen[94], seen[99]) == (None, 44, 44, 94, 94)


def test_without_a_decay_the_base_rate_stays():
    assert stepped(scheduler_of(total_steps=10, decay_phase_ratio=0), 14) == [0.1] * 14


def test_warmup_is_a_hundredth_when_it_is_left_open():
    assert scheduler_of(total_steps=1000, num_warmup_steps=None).num_warmup_steps == 10


def test_the_first_update_already_takes_the_rate_that_warmup_starts_with():
    scheduler = scheduler_of(total_steps=100, num_warmup_steps=10, warmup_starting_lr=0.01)
    assert scheduler.optimizer.param_groups[0]["lr"] == 0.01


def test_a_state_in_the_middle_of_a_decay_goes_on_with_the_decay():
    settings = {"total_steps": 100, "lr_min": 1e-6}
    scheduler = scheduler_of(1.0, **settings)
    stepped(scheduler, 95)
    resumed = scheduler_of(1.0, **settings)
    resumed.load_state_dict(scheduler.state_dict())
    expected = 1e-6 + (1 - 1e-6) * (1 - math.sqrt(0.5))
    assert stepped(resumed, 1) == stepped(scheduler, 1) == [pytest.approx(expected)]


def test_a_state_without_a_count_is_refused_unless_it_is_continued():
    state = scheduler_of(total_steps=100).state_dict()
    del state["num_updates"]
    with pytest.raises(ValueError, match="does not say how many updates"):
        scheduler_of(total_steps=100).load_state_dict(state)
    scheduler_of(total_steps=100, is_continuation_from_checkpoint=True).load_state_dict(state)


@pytest.mark.parametrize("earlier_steps", [0, 50, 91, 100])
def test_a_continuation_begins_a_stable_phase_over_its_own_length(earlier_steps):
    earlier = scheduler_of(total_steps=100, num_warmup_steps=30, decay_phase_ratio=0.2, lr_min=0.1)
    stepped(earlier, earlier_steps)
    optimizer = optimizer_of(0.1)
    optimizer.load_state_dict(earlier.optimizer.state_dict())
    continued = WSDLrScheduler(optimizer, total_steps=50, decay_phase_ratio=0.5, is_continuation_from_checkpoint=True)
    continued.load_state_dict(earlier.state_dict())
    assert optimizer.param_groups[0]["lr"] == 0.1
    assert continued.is_continuation_from_checkpoint
    assert (continued.total_steps, continued.decay_phase_ratio) == (50, 0.2)
    assert continued.get_decay_info() == [
        {"period_start": 0, "period_end": 50, "decay_steps": 10, "pre_decay_step": 40}
    ]
    taken = stepped(continued, 51)
    assert taken[:41] == [0.1] * 41
    assert taken[41] < 0.1
    assert taken[50] == pytest.approx(0.01)


def test_an_interrupted_continuation_resumes_where_it_was():
    first = scheduler_of(total_steps=100, num_warmup_steps=10, lr_min=0.1)
    stepped(first, 60)
    continued = scheduler_of(total_steps=40, is_continuation_from_checkpoint=True)
    continued.load_state_dict(first.state_dict())
    stepped(continued, 38)
    resumed = scheduler_of(total_steps=40)
    resumed.load_state_dict(continued.state_dict())
    assert stepped(resumed, 4) == stepped(continued, 4)


def test_a_continuation_can_be_continued():
    first = scheduler_of(total_steps=40, is_continuation_from_checkpoint=True)
    stepped(first, 36)
    second = scheduler_of(total_steps=40, is_continuation_from_checkpoint=True)
    second.load_state_dict(first.state_dict())
    assert stepped(second, 37) == [0.1] * 37


RUN = SimpleNamespace(
    run_config=SimpleNamespace(num_epochs=8, num_update_steps_per_epoch=5, num_local_update_steps_per_epoch=5)
)


@pytest.mark.parametrize(
    ("given_settings", "total", "warmup"),
    [
        ({}, 40, 0),
        ({"num_warmup_epochs": 2}, 40, 10),
        ({"num_warmup_epochs": 0.5}, 40, 2),
        ({"num_warmup_epochs": TrainerPlaceholderValues.NUM_EPOCHS // 4}, 40, 10),
        ({"total_num_epochs": 2, "num_update_steps_per_epoch": 100}, 200, 2),
        ({"total_num_epochs": 2, "num_update_steps_per_epoch": 100, "num_warmup_epochs": 1}, 200, 100),
    ],
)
def test_the_factory_takes_what_it_is_not_told_from_the_run(given_settings, total, warmup):
    factory = WSDLrScheduler.create_scheduler_fn(**given_settings)
    scheduler = replace_trainer_placeholder_values(RUN, factory)(optimizer_of(0.1))
    assert (scheduler.total_steps, scheduler.num_warmup_steps) == (total, warmup)


def test_the_factory_has_the_parameters_of_the_class_with_the_length_in_epochs():
    offered = inspect.signature(WSDLrScheduler.create_scheduler_fn).parameters
    made = inspect.signature(WSDLrScheduler).parameters
    assert list(offered)[:3] == ["total_num_epochs", "num_update_steps_per_epoch", "num_warmup_epochs"]
    assert list(offered)[3:] == list(made)[5:]
    assert all(offered[name].default == made[name].default for name in list(offered)[3:])


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({}, ValueError, "either as num_epochs and num_update_steps_per_epoch or as total_steps"),
        ({"num_epochs": 3}, ValueError, "num_epochs=3, num_update_steps_per_epoch=None, total_steps=None"),
        ({"num_epochs": 3, "total_steps": 5}, ValueError, "either as"),
        ({"num_epochs": 1, "num_update_steps_per_epoch": 4, "total_steps": 4}, ValueError, "either as"),
        ({"total_steps": 0}, AssertionError, "total_steps must be at least 1, not 0"),
        ({"total_steps": "many"}, TypeError, "total_steps must be a number, not 'many'"),
        (
            {"total_steps": 9, "decay_phase_ratio": 1.5},
            AssertionError,
            "decay_phase_ratio must be .* at most 1, not 1.5",
        ),
        ({"total_steps": 9, "decay_phase_ratio": 0.5, "num_checkpoints": 2}, ValueError, "0.5 is above 1/3"),
        ({"total_steps": 9, "lr_min": -0.1}, AssertionError, "lr_min must be at least 0"),
        ({"total_steps": 9, "lr_min": 0, "use_inverse_sqrt_decay": False}, ValueError, "lr_min must be above 0"),
        ({"total_steps": 9, "num_checkpoints": 0}, ValueError, "num_checkpoints must be at least 1"),
        ({"total_steps": 9, "num_checkpoints": 5}, ValueError, "at most 4 do"),
        ({"total_steps": 9, "num_warmup_steps": 10}, ValueError, "num_warmup_steps must be .* at most 9, not 10"),
        ({"total_steps": 9, "num_warmup_steps": 2, "warmup_starting_lr": 0.2}, ValueError, "is above 0.1"),
    ],
)
def test_settings_that_make_no_schedule_are_refused(settings, error, message):
    with pytest.raises(error, match=message):
        scheduler_of(**settings)


def test_the_rate_that_warmup_starts_with_does_not_matter_without_warmup():
    assert stepped(scheduler_of(1e-7, total_steps=10), 1) == [1e-7]
