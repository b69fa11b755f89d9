"""The table of a model's layers, word for word as Lightning's."""

import re

import lightning
import pytest
import torch
from lightning.pytorch.utilities import model_summary as theirs
from torch import nn

import groundwire_lightning
from groundwire_lightning.utilities import model_summary as ours


class Two(nn.Module):
    """Takes two inputs, gives a pair."""

    def __init__(self):
        super().__init__()
        self.left, self.right = nn.Linear(4, 3), nn.Linear(2, 3)

    def forward(self, left, right):
        return self.left(left), [self.right(right)]


class Loose(nn.Module):
    """Has a parameter that is in no layer."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 1200)
        self.scale = nn.Parameter(torch.ones(7))
        self.idle = nn.Dropout()

    def forward(self, points):
        return self.layer(points * self.scale[:3])


def frozen():
    net = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Sequential(nn.Linear(8, 2), nn.Tanh()))
    net[0].requires_grad_(False)
    net[1].eval()
    return net


MODELS = {
    "a sequence": (frozen, None),
    "with an example": (frozen, lambda: torch.zeros(5, 4)),
    "convolutions": (lambda: nn.Sequential(nn.Conv2d(3, 8, 3), nn.Flatten()), lambda: torch.zeros(2, 3, 9, 9)),
    "recurrent layers": (lambda: nn.LSTM(4, 6, 2), lambda: torch.zeros(3, 2, 4)),
    "two inputs": (Two, lambda: (torch.zeros(2, 4), torch.zeros(2, 2))),
    "two inputs by name": (Two, lambda: {"left": torch.zeros(2, 4), "right": torch.zeros(2, 2)}),
    "a parameter in no layer": (Loose, None),
    "a parameter in no layer, with an example": (Loose, lambda: torch.zeros(1, 3)),
    "nothing": (nn.Identity, None),
    "a layer that is used twice": (lambda: nn.Sequential(*[nn.Linear(4, 4)] * 2), lambda: torch.zeros(1, 4)),
    "scripted layers": (lambda: torch.jit.script(nn.Sequential(nn.Linear(4, 4))), lambda: torch.zeros(1, 4)),
    "attention": (lambda: nn.TransformerEncoderLayer(8, 2, 16), lambda: torch.zeros(3, 2, 8)),
}


def module_of(framework, net, example):
    class Net(framework.LightningModule):
        def __init__(self):
            super().__init__()
            self.net = net
            self.example_input_array = example

        def forward(self, *args, **kwargs):
            return self.net(*args, **kwargs)

    torch.manual_seed(0)
    return Net()


@pytest.mark.parametrize("depth", [-1, 0, 1, 2, 3])
@pytest.mark.parametrize("name", MODELS)
def test_a_summary_reads_as_lightnings(name, depth):
    make, example = MODELS[name]
    told = []
    for framework, summaries in ((lightning, theirs), (groundwire_lightning, ours)):
        module = module_of(framework, make(), example and example())
        modes = [part.training for part in module.modules()]
        summary = summaries.ModelSummary(module, max_depth=depth)
        assert [part.training for part in module.modules()] == modes
        assert not any(part._forward_hooks for part in module.modules())
        names = ("layer_names", "layer_types", "in_sizes", "out_sizes", "param_nums", "training_modes")
        numbers = ("total_parameters", "trainable_parameters", "model_size", "total_flops", "total_training_modes")
        told.append((str(summary), [getattr(summary, each) for each in (*names, *numbers)]))
    assert told[0] == told[1]


@pytest.mark.parametrize("depth", [-2, 1.5])
def test_a_depth_that_is_none_is_refused_as_in_lightning(depth):
    for framework, summaries in ((lightning, theirs), (groundwire_lightning, ours)):
        with pytest.raises(ValueError, match=re.escape(str(depth))):
            summaries.summarize(module_of(framework, nn.Linear(1, 1), None), max_depth=depth)


def test_layers_that_nothing_went_through_are_not_counted():
    for framework, summaries in ((lightning, theirs), (groundwire_lightning, ours)):
        with pytest.warns(UserWarning, match=r"lazy|UninitializedParameter"):
            assert summaries.ModelSummary(module_of(framework, nn.LazyLinear(4), None)).total_parameters == 0


def test_a_summary_of_lazy_layers_warns_once():
    with pytest.warns(UserWarning, match="lazy layers") as told:
        str(ours.ModelSummary(module_of(groundwire_lightning, nn.Sequential(nn.LazyLinear(4), nn.LazyLinear(2)), None)))
    assert len([warning for warning in told if "lazy layers" in str(warning.message)]) == 1
