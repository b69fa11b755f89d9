import io

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from groundwire.schedulers import CosineLrScheduler, SchedulerBase, StatefulSchedulerBase, WSDLrScheduler
from groundwire.schedulers.placeholders import TrainerPlaceholderValues
from groundwire.schedulers.scheduler_base import InvalidScheduleError, checked


def optimizer_of(*rates, kind=torch.optim.SGD, **kwargs):
    return kind([{"params": [torch.nn.Parameter(torch.zeros(1))], "lr": rate} for rate in rates], lr=1.0, **kwargs)


def rates_of(optimizer, field="lr"):
    return [group[field] for group in optimizer.param_groups]


class Given(SchedulerBase):
    """Its value is set from outside."""

    values: object = None

    def get_updated_values(self, num_updates):
        return self.values


class Counting(StatefulSchedulerBase):
    def get_updated_values(self, num_updates):
        return num_updates


def test_the_base_value_of_each_group_is_kept_as_initial():
    optimizer = optimizer_of(0.1, 0.02)
    scheduler = Given(optimizer)
    assert rates_of(optimizer, "initial_lr") == scheduler.base_lr_values == [0.1, 0.02]


def test_a_second_scheduler_starts_from_the_initial_values():
    optimizer = optimizer_of(0.1, 0.02)
    scheduler = Given(optimizer)
    scheduler.values = 0.5
    scheduler.step_update(1)
    Given(optimizer)
    assert rates_of(optimizer) == [0.1, 0.02]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (0.5, [0.5, 0.5]),
        ([0.5, 0.4], [0.5, 0.4]),
        ((0.5, 0.4), [0.5, 0.4]),
        ((value for value in (0.5, 0.25)), [0.5, 0.25]),
        (torch.tensor([0.5, 0.25]), [0.5, 0.25]),
        (torch.tensor(0.5), [0.5, 0.5]),
        (None, [0.1, 0.02]),
    ],
    ids=["number", "list", "tuple", "generator", "tensor", "scalar tensor", "none"],
)
def test_one_value_goes_to_all_groups_and_several_go_one_to_each(values, expected):
    scheduler = Given(optimizer_of(0.1, 0.02))
    scheduler.values = values
    scheduler.step_update(1)
    assert rates_of(scheduler.optimizer) == expected


def test_a_wrong_number_of_values_is_an_error():
    scheduler = Given(optimizer_of(0.1, 0.02))
    scheduler.values = [0.5]
    with pytest.raises(ValueError, match="Given gave 1 values of 'lr' for an optimizer with 2 parameter groups"):
        scheduler.step_update(1)


def test_any_field_of_a_group_can_be_scheduled():
    optimizer = optimizer_of(0.1, momentum=0.9)
    scheduler = Given(optimizer, "momentum")
    scheduler.values = 0.8
    scheduler.step_update(1)
    assert rates_of(optimizer, "momentum") == [0.8]
    assert rates_of(optimizer, "initial_momentum") == [0.9]
    assert rates_of(optimizer) == [0.1]


def test_a_field_of_pairs_keeps_its_pairs():
    optimizer = optimizer_of(0.1, 0.2, kind=torch.optim.Adam)
    scheduler = Given(optimizer, "betas")
    scheduler.values = [(0.8, 0.9), (0.7, 0.9)]
    scheduler.step_update(1)
    assert rates_of(optimizer, "betas") == [(0.8, 0.9), (0.7, 0.9)]


def test_a_missing_field_names_group_and_field():
    with pytest.raises(KeyError, match=r"param_groups\[0\] of SGD has no 'betas'"):
        Given(optimizer_of(0.1), "betas")


def test_a_rate_held_in_a_tensor_is_written_into_that_tensor():
    rate = torch.tensor(0.1)
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=rate)
    scheduler = CosineLrScheduler(optimizer, 1, 4, lr_min=0.0)
    for _ in range(3):
        scheduler.step()
    assert optimizer.param_groups[0]["lr"] is rate
    assert rate.item() == pytest.approx(0.05)
    assert scheduler.base_lr_values == pytest.approx([0.1])


def test_a_group_added_later_is_scheduled_from_its_own_rate():
    scheduler = CosineLrScheduler(optimizer_of(0.1), 1, 4, lr_min=0.0)
    scheduler.step()
    scheduler.optimizer.add_param_group({"params": [torch.nn.Parameter(torch.zeros(1))], "lr": 0.01})
    scheduler.step()
    scheduler.step()
    assert rates_of(scheduler.optimizer) == pytest.approx([0.05, 0.005])


def test_a_stateful_scheduler_counts_from_zero():
    scheduler = Counting(optimizer_of(0.1, 0.02))
    seen = [rates_of(scheduler.optimizer)]
    for _ in range(2):
        scheduler.step()
        seen.append(rates_of(scheduler.optimizer))
    assert seen == [[0.1, 0.02], [0, 0], [1, 1]]


def test_the_value_for_no_updates_is_in_force_for_the_first_two_updates():
    scheduler = CosineLrScheduler(optimizer_of(0.1), 1, 4, lr_min=0.0)
    used = []
    for _ in range(4):
        used += rates_of(scheduler.optimizer)
        scheduler.step()
    assert used == pytest.approx([0.1, 0.1, 0.08535533905932738, 0.05])


def test_a_stateless_scheduler_restores_all_but_its_optimizer():
    scheduler = Given(optimizer_of(0.1))
    scheduler.values = [0.3]
    state = scheduler.state_dict()
    other = Given(optimizer_of(0.2))
    own = other.optimizer
    other.load_state_dict(state)
    assert "optimizer" not in state
    assert (other.values, other.optimizer) == ([0.3], own)


def test_a_state_is_a_copy():
    scheduler = Given(optimizer_of(0.1))
    scheduler.values = [0.3]
    state = scheduler.state_dict()
    scheduler.values.append(0.4)
    other = Given(optimizer_of(0.1))
    other.load_state_dict(state)
    state["values"].append(0.5)
    assert other.values == [0.3]


def test_a_subclass_may_keep_a_state_of_its_own():
    class Own(Counting):
        def state_dict(self):
            return {"mine": self._num_updates}

        def load_state_dict(self, state_dict):
            self._num_updates = state_dict["mine"]

    scheduler = Own(optimizer_of(0.1))
    scheduler.load_state_dict({"mine": 4})
    scheduler.step()
    assert rates_of(scheduler.optimizer) == [5]


SCHEDULERS = {
    "counting": Counting,
    "cosine": lambda optimizer: CosineLrScheduler(optimizer, 5, 4, num_warmup_epochs=1, num_cooldown_epochs=1),
    "wsd": lambda optimizer: WSDLrScheduler(optimizer, total_steps=20, num_warmup_steps=3, num_checkpoints=2),
    "wsd continued": lambda optimizer: WSDLrScheduler(
        optimizer, total_steps=20, num_warmup_steps=3, decay_phase_ratio=0.3, is_continuation_from_checkpoint=True
    ),
}
FRESH = {**SCHEDULERS, "wsd continued": lambda optimizer: WSDLrScheduler(optimizer, total_steps=7)}


def remaining(scheduler, steps=6):
    rates = [rates_of(scheduler.optimizer)]
    for _ in range(steps):
        scheduler.step()
        rates.append(rates_of(scheduler.optimizer))
    return rates


@pytest.mark.parametrize("kind", SCHEDULERS)
@pytest.mark.parametrize("steps", range(24))
def test_a_state_goes_on_exactly_from_every_step(kind, steps):
    scheduler = SCHEDULERS[kind](optimizer_of(0.1, 0.02))
    for _ in range(steps):
        scheduler.step()
    file = io.BytesIO()
    torch.save(scheduler.state_dict(), file)
    file.seek(0)
    resumed = FRESH[kind](optimizer_of(0.1, 0.02))
    resumed.load_state_dict(torch.load(file, weights_only=True))
    assert remaining(resumed) == remaining(scheduler)


@settings(deadline=None)
@given(st.integers(0, 30), st.integers(0, 30))
def test_stepping_is_the_same_as_naming_the_update(steps, further):
    stepped, named = (CosineLrScheduler(optimizer_of(0.1), 5, 4, num_warmup_epochs=2) for _ in range(2))
    for _ in range(steps + further + 1):
        stepped.step()
    named.step_update(steps + further)
    assert rates_of(stepped.optimizer) == rates_of(named.optimizer)


def test_a_state_without_a_count_is_refused():
    with pytest.raises(ValueError, match=r"CosineLrScheduler does not say how many updates.*'total_iterations'"):
        CosineLrScheduler(optimizer_of(0.1), 1, 4).load_state_dict({"total_iterations": 4})


def test_numpy_numbers_do_not_reach_a_state():
    import numpy as np

    optimizer = optimizer_of(np.float64(0.1))
    scheduler = WSDLrScheduler(
        optimizer, total_steps=np.int64(20), lr_min=np.float32(0.25), num_checkpoints=np.int32(2)
    )
    kinds = {type(value) for value in scheduler.state_dict().values()} | {type(scheduler.base_lr_values[0])}
    assert kinds <= {int, float, bool, str, list}


@pytest.mark.parametrize(
    ("value", "options", "error", "message"),
    [
        ("3", {}, TypeError, "steps must be a number, not '3'"),
        (True, {}, TypeError, "steps must be a number, not True"),
        (2.5, {"whole": True}, TypeError, "steps must be a whole number, not 2.5"),
        (-1, {}, InvalidScheduleError, "steps must be at least 0, not -1"),
        (0, {"above": True}, InvalidScheduleError, "steps must be above 0, not 0"),
        (2, {"high": 1}, InvalidScheduleError, "steps must be at least 0 and at most 1, not 2"),
        (float("nan"), {}, InvalidScheduleError, "not nan"),
        (float("inf"), {}, InvalidScheduleError, "not inf"),
        (
            TrainerPlaceholderValues.NUM_EPOCHS * 2,
            {},
            TypeError,
            r"steps is still .*NUM_EPOCHS \* 2.*create_scheduler_fn",
        ),
    ],
)
def test_a_parameter_out_of_bounds_is_named_with_what_is_allowed(value, options, error, message):
    with pytest.raises(error, match=message):
        checked("steps", value, 0, **options)


def test_an_impossible_schedule_is_a_value_error_and_still_an_assertion_error():
    assert issubclass(InvalidScheduleError, ValueError)
    assert issubclass(InvalidScheduleError, AssertionError)
