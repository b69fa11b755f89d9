import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from groundwire.ema import ModelEma


def model_of(value=0.0):
    model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    for tensor in [*model.parameters(), model[1].running_mean, model[1].running_var]:
        tensor.data.fill_(value)
    return model


def test_the_average_is_an_eval_copy_without_gradients():
    model = model_of()
    average = ModelEma(model)
    assert not average.module.training
    assert model.training
    assert not any(parameter.requires_grad for parameter in average.parameters())
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert average.module[0].weight is not model[0].weight


@settings(deadline=None)
@given(st.floats(0, 1), st.lists(st.floats(-4, 4, width=32), min_size=1, max_size=5))
def test_weights_and_running_statistics_follow_the_formula(decay, values):
    average, expected = ModelEma(model_of(1.0), decay=decay), 1.0
    for value in values:
        average.update(model_of(value))
        expected = decay * expected + (1 - decay) * value
    for tensor in [*average.module.parameters(), average.module[1].running_mean]:
        torch.testing.assert_close(tensor, torch.full_like(tensor, expected), rtol=1e-5, atol=1e-5)


def test_a_model_that_stands_still_is_its_own_average_to_the_bit():
    model = nn.Linear(8, 8)
    average = ModelEma(model, decay=0.9)
    for _ in range(50):
        average.update(model)
    assert torch.equal(average.module.weight, model.weight)


def test_integer_and_boolean_buffers_are_copied():
    model = model_of()
    model.register_buffer("mask", torch.tensor([False, True]))
    average = ModelEma(model, decay=0.999)
    for _ in range(3):
        model(torch.randn(4, 3))
    model.mask = torch.tensor([True, True])
    average.update(model)
    assert average.module[1].num_batches_tracked.item() == 3
    assert average.module.mask.tolist() == [True, True]
    assert average.module.mask.dtype == torch.bool


def test_complex_and_half_weights_are_averaged_in_their_own_type():
    model = nn.Module()
    model.wave = nn.Parameter(torch.tensor([1 + 1j]))
    model.short = nn.Parameter(torch.tensor([1.0], dtype=torch.bfloat16))
    average = ModelEma(model, decay=0.5)
    with torch.no_grad():
        model.wave.mul_(3)
        model.short.mul_(3)
    average.update(model)
    assert (average.module.wave.item(), average.module.short.item()) == (2 + 2j, 2.0)
    assert average.module.short.dtype == torch.bfloat16


def test_shared_weights_are_averaged_once_and_stay_shared():
    model = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False))
    model[1].weight = model[0].weight
    model[0].weight.data.fill_(0.0)
    average = ModelEma(model, decay=0.5)
    model[0].weight.data.fill_(1.0)
    average.update(model)
    assert average.module[0].weight is average.module[1].weight
    assert average.module[0].weight.unique().tolist() == [0.5]


def test_set_makes_the_average_equal():
    model = model_of(2.0)
    model(torch.randn(4, 3))
    average = ModelEma(model_of(0.0))
    average.set(model)
    for name, tensor in model.state_dict().items():
        assert torch.equal(average.module.state_dict()[name], tensor), name


def test_the_decay_can_change_between_updates():
    average = ModelEma(model_of(0.0), decay=1.0)
    average.update(model_of(4.0))
    average.decay = 0.75
    average.update(model_of(4.0))
    assert average.module[0].weight.unique().tolist() == [1.0]


class Maximum(ModelEma):
    def update_fn(self, ema_model_weights, updated_model_weights):
        return torch.maximum(ema_model_weights, updated_model_weights)


def test_a_subclass_may_average_by_its_own_rule():
    average = Maximum(model_of(1.0))
    average.update(model_of(-1.0))
    assert average.module[0].weight.unique().tolist() == [1.0]
    average.update(model_of(3.0))
    assert average.module[0].weight.unique().tolist() == [3.0]


def test_the_rule_can_be_called_by_itself():
    assert ModelEma(model_of(), decay=0.75).update_fn(torch.tensor(4.0), torch.tensor(8.0)).item() == 5.0


class Wrapper(nn.Module):
    def __init__(self, module):
        super().__init__()
        self.module = module


def test_a_wrapped_model_is_averaged_like_the_bare_one():
    average = ModelEma(model_of(0.0), decay=0.5)
    average.update(Wrapper(model_of(1.0)))
    assert average.module[0].weight.unique().tolist() == [0.5]


def test_an_average_is_saved_and_loaded_whole():
    average = ModelEma(model_of(0.0), decay=0.5)
    average.update(model_of(1.0))
    other = ModelEma(model_of(9.0), decay=0.5)
    other.load_state_dict(copy.deepcopy(average.state_dict()))
    for ours in (average, other):
        ours.update(model_of(2.0))
    assert all(torch.equal(a, b) for a, b in zip(average.buffers(), other.buffers(), strict=True))
    assert all(torch.equal(a, b) for a, b in zip(average.parameters(), other.parameters(), strict=True))


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (nn.Linear(3, 2), r"Sequential does not fit the model \(Linear\): 1.weight \(2,\) against nothing"),
        (nn.Sequential(nn.Linear(5, 2), nn.BatchNorm1d(2)), r"0.weight \(2, 3\) against 0.weight \(2, 5\)"),
        (
            nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2), nn.PReLU()),
            r"1.running_mean \(2,\) against 2.weight \(1,\)",
        ),
    ],
)
def test_another_model_is_refused_and_nothing_is_changed(other, message):
    average = ModelEma(model_of(0.0))
    with pytest.raises(ValueError, match=message):
        average.update(other)
    assert average.module[0].weight.unique().tolist() == [0.0]


@pytest.mark.parametrize("decay", [-0.1, 1.1, float("nan")])
def test_a_decay_outside_0_to_1_is_refused(decay):
    with pytest.raises(ValueError, match="decay must be between 0 and 1, not"):
        ModelEma(model_of(), decay=decay)
