import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from groundwire.finetuning import BN_MODULES, Layer, LayerGroup, ModelFreezer


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.input = nn.Linear(4, 4)
        self.block = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Sequential(nn.Linear(4, 4), nn.Dropout()))
        self.output = nn.Linear(4, 2)

    def forward(self, x):
        return self.output(self.block(self.input(x)))


def trained(module):
    return [parameter.requires_grad for parameter in module.parameters()]


def modes(module):
    return [part.training for part in module.modules()]


def test_making_a_freezer_unfreezes_the_model():
    model = Net().requires_grad_(False)
    ModelFreezer(model)
    assert all(trained(model))


def test_groups_are_the_children_and_layers_their_leaves():
    model = Net()
    freezer = ModelFreezer(model)
    block = model.block
    assert freezer.num_groups == 3
    assert freezer.get_layer_groups() == [
        LayerGroup((0, -3), model.input, False),
        LayerGroup((1, -2), block, False),
        LayerGroup((2, -1), model.output, False),
    ]
    assert freezer.get_layers() == [
        Layer((0, -3), model.input, False),
        Layer((1, -2), block[0], False),
        Layer((1, -2), block[1], False),
        Layer((1, -2), block[2][0], False),
        Layer((1, -2), block[2][1], False),
        Layer((2, -1), model.output, False),
    ]
    assert Layer._fields == LayerGroup._fields == ("layer_group_idx", "module", "is_frozen")


def test_freezing_leaves_the_last_group_and_batch_norms():
    model = Net()
    freezer = ModelFreezer(model)
    freezer.freeze()
    assert [group.is_frozen for group in freezer.get_layer_groups()] == [True, True, False]
    assert [layer.is_frozen for layer in freezer.get_layers()] == [True, True, False, True, False, False]
    kept = [*model.block[1].parameters(), *model.output.parameters()]
    assert all(a is b for a, b in zip(freezer.get_trainable_parameters(), kept, strict=True))


def test_batch_norms_are_frozen_on_request():
    model = Net()
    ModelFreezer(model, freeze_batch_norms=True).freeze()
    assert trained(model) == [False] * 8 + [True] * 2


@pytest.mark.parametrize(
    "kind", [nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm, type("Own", (nn.BatchNorm2d,), {})]
)
def test_every_kind_of_batch_norm_is_known(kind):
    assert issubclass(kind, BN_MODULES)


def test_freezing_leaves_the_mode_alone_unless_asked():
    model = Net()
    ModelFreezer(model).freeze()
    assert all(modes(model))


def test_setting_modules_as_eval_freezes_and_puts_into_eval_mode():
    model = Net()
    ModelFreezer(model).freeze(set_modules_as_eval=True)
    assert not any(trained(model.input) + trained(model.block[0]))
    assert modes(model.input) == [False]
    # the container, Linear, BatchNorm, the inner container, Linear, Dropout
    assert modes(model.block) == [False, False, True, False, False, False]
    assert modes(model.output) == [True]


def test_what_is_already_frozen_can_still_be_put_into_eval_mode():
    model = Net()
    freezer = ModelFreezer(model, freeze_batch_norms=True)
    freezer.freeze()
    freezer.freeze(set_modules_as_eval=True)
    model.train()
    freezer.freeze(set_modules_as_eval=True)
    assert not any(modes(model.block))


@pytest.mark.parametrize("as_training", [True, False])
def test_unfreezing_unfreezes_whatever_becomes_of_the_mode(as_training):
    model = Net()
    freezer = ModelFreezer(model, freeze_batch_norms=True)
    freezer.freeze(set_modules_as_eval=True)
    freezer.unfreeze(set_modules_as_training=as_training)
    assert all(trained(model))
    assert set(modes(model.block)) == {as_training}


def test_unfreezing_returns_what_was_frozen_by_group():
    model = Net()
    freezer = ModelFreezer(model)
    freezer.freeze()
    optimizer = torch.optim.SGD(freezer.get_trainable_parameters(), lr=0.1)
    groups = freezer.unfreeze()
    assert [(index, [tuple(p.shape) for p in group["params"]]) for index, group in groups.items()] == [
        (0, [(4, 4), (4,)]),
        (1, [(4, 4), (4,), (4, 4), (4,)]),
    ]
    for group in groups.values():
        optimizer.add_param_group(group)
    assert sum(len(group["params"]) for group in optimizer.param_groups) == len(list(model.parameters()))
    assert freezer.unfreeze() == {}


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(-3, 2), st.integers(-3, 2)), max_size=6))
def test_any_sequence_of_calls_leaves_each_group_as_the_last_call_on_it_wanted(calls):
    model = Net()
    freezer = ModelFreezer(model, freeze_batch_norms=True)
    expected = [False] * 3
    for freeze, first, last in calls:
        (freezer.freeze if freeze else freezer.unfreeze)(first, last)
        for index in range(min(first % 3, last % 3), max(first % 3, last % 3) + 1):
            expected[index] = freeze
    assert [group.is_frozen for group in freezer.get_layer_groups()] == expected
    assert [set(trained(group.module)) for group in freezer.get_layer_groups()] == [{not frozen} for frozen in expected]


def test_parameters_of_a_container_are_frozen_with_it():
    model = nn.Sequential(nn.MultiheadAttention(4, 2), nn.Linear(4, 2))
    freezer = ModelFreezer(model)
    freezer.freeze()
    assert not any(trained(model[0]))
    assert len(freezer.unfreeze()[0]["params"]) == 4


def test_a_layer_of_which_a_part_is_frozen_counts_as_trained_and_can_be_frozen_and_unfrozen():
    model = Net()
    freezer = ModelFreezer(model)
    model.input.weight.requires_grad_(False)
    assert not freezer.get_layers()[0].is_frozen
    assert freezer.get_layer_groups()[0].is_frozen
    assert freezer.unfreeze()[0]["params"][0] is model.input.weight
    model.input.weight.requires_grad_(False)
    freezer.freeze(0, 0)
    assert freezer.get_layers()[0].is_frozen


def test_integer_weights_are_left_without_gradient():
    model = Net()
    model.input.weight = nn.Parameter(torch.ones(4, 4, dtype=torch.int8), requires_grad=False)
    freezer = ModelFreezer(model)
    freezer.freeze()
    freezer.unfreeze()
    assert [parameter.requires_grad for parameter in model.input.parameters()] == [False, True]


@pytest.mark.parametrize(
    ("model", "call", "message"),
    [
        (Net(), lambda freezer: freezer.freeze(0, 3), "to_index=3 names no layer group: Net has 3 .* from -3 to 2"),
        (Net(), lambda freezer: freezer.unfreeze(-4), "from_index=-4 names no layer group"),
        (nn.Sequential(nn.Linear(1, 1)), lambda freezer: freezer.freeze(), "to_index=-2 .* Sequential has 1"),
        (nn.Linear(1, 1), lambda freezer: freezer.freeze(), "Linear has no child modules"),
    ],
)
def test_a_group_that_does_not_exist_is_an_error(model, call, message):
    with pytest.raises(IndexError, match=message):
        call(ModelFreezer(model))
