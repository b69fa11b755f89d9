"""Callbacks that average, freeze or prune weights: the weights, the rates and what they leave behind."""

import copy

import pytest
import torch
from tests.side_by_side import twins as stages
from tests.side_by_side.twins import BOTH, Optimizer
from torch import nn
from torch.optim.lr_scheduler import StepLR
from torch.optim.swa_utils import get_ema_avg_fn

EVERY = pytest.mark.parametrize("hears", [True, False], ids=["heard", "unheard"])


def twins(scenario, *, refused=False, **kwargs):
    """The record of a scenario that both play alike, to its end or, where that is what is tested, to an error."""
    record = stages.twins(scenario, **kwargs)
    answer = record["answer"]
    assert (isinstance(answer, list) and answer[:1] == ["raised"]) == refused, answer
    return record


def with_callbacks(make, *, methods=None, state=True, **arguments):
    """A fit with the callbacks that ``make`` makes of Lightning's or our ``callbacks``; answers with their state."""

    def scenario(stage):
        made = make(stage.callbacks)
        module = stage.make_module(methods=BOTH if methods is None else methods)
        listener = stage.make_callback("behind")
        trainer = stage.make_trainer(callbacks=[*made, listener], **{"max_epochs": 3, **arguments})
        trainer.fit(module, stage.loader("train"), stage.loader("val", samples=10))
        return [copy.deepcopy(callback.state_dict()) for callback in made] if state else None

    return scenario


def scheduled(self):
    optimizer = Optimizer(self.stage, self.parameters())
    return [optimizer], [StepLR(optimizer, 1, gamma=0.5)]


def reads_norm(self):
    self.log("norm", sum(parameter.norm() for parameter in self.parameters()))


AVERAGES = {
    "every step": lambda c: [c.WeightAveraging()],
    "without buffers": lambda c: [c.WeightAveraging(use_buffers=False)],
    "on a device": lambda c: [c.WeightAveraging(device="cpu")],
    "a function of torch": lambda c: [c.WeightAveraging(avg_fn=get_ema_avg_fn(0.5))],
    "once an epoch": lambda c: [at_epochs(c)],
    "EMA": lambda c: [c.EMAWeightAveraging(decay=0.9)],
    "EMA every third step": lambda c: [c.EMAWeightAveraging(decay=0.9, update_every_n_steps=3)],
    "EMA from a step on": lambda c: [c.EMAWeightAveraging(decay=0.9, update_starting_at_step=5)],
    "EMA at epochs": lambda c: [c.EMAWeightAveraging(decay=0.9, update_every_n_steps=0, update_starting_at_epoch=1)],
}


def at_epochs(callbacks):
    def should_update(self, step_idx=None, epoch_idx=None):
        return epoch_idx is not None and epoch_idx > 0

    return type("AtEpochs", (callbacks.WeightAveraging,), {"should_update": should_update})()


@EVERY
@pytest.mark.parametrize("name", AVERAGES)
def test_an_average_is_validated_and_kept_as_in_lightning(name, hears):
    twins(with_callbacks(AVERAGES[name]), hears=hears)


@pytest.mark.parametrize("accumulate", [1, 3])
def test_the_module_sees_its_own_weights_at_the_end_of_a_validation(accumulate):
    methods = {**BOTH, "on_validation_epoch_end": reads_norm}
    scenario = with_callbacks(AVERAGES["EMA"], methods=methods, accumulate_grad_batches=accumulate)
    twins(scenario)


def test_a_module_that_makes_its_layers_late_is_averaged():
    def configure_model(self):
        if not hasattr(self, "late"):
            torch.manual_seed(1)
            self.late = nn.Linear(2, 2)

    twins(with_callbacks(AVERAGES["EMA"], methods={**BOTH, "configure_model": configure_model}))


# an average of the last epochs

SWA = {
    "from the second epoch on": ({"swa_epoch_start": 2}, {}),
    "from the first epoch on": ({"swa_epoch_start": 1}, {}),
    "a share of the epochs": ({"swa_epoch_start": 0.5}, {}),
    "no epoch at all": ({"swa_epoch_start": 0.0}, {}),
    "the last epoch": ({"swa_epoch_start": 3}, {}),
    "later than there are epochs": ({"swa_epoch_start": 9}, {}),
    "linear": ({"swa_epoch_start": 2, "annealing_strategy": "linear", "annealing_epochs": 2}, {}),
    "a function of its own": ({"swa_epoch_start": 2, "avg_fn": lambda mean, new, n: 0.9 * mean + 0.1 * new}, {}),
    "where the module is": ({"swa_epoch_start": 2, "device": None}, {}),
    "with accumulation": ({"swa_epoch_start": 2}, {"accumulate_grad_batches": 3}),
    "without a limit of epochs": ({"swa_epoch_start": 2}, {"max_epochs": -1, "max_steps": 20}),
    "with steps that end it": ({"swa_epoch_start": 2}, {"max_steps": 17}),
}


def plain_layers():
    return nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 2))


def batches_are_counted(self, outputs, batch, batch_idx):
    self.log("seen", float(batch_idx), on_step=True)


@pytest.mark.parametrize("name", ["from the second epoch on", "with accumulation", "with steps that end it"])
def test_without_batch_norm_no_statistics_are_measured(name, monkeypatch):
    monkeypatch.setattr("tests.side_by_side.twins.layers", plain_layers)
    twins(averaging(name))


@pytest.mark.parametrize("name", SWA)
def test_the_last_epochs_are_averaged_as_in_lightning(name):
    twins(averaging(name))


def averaging(name):
    options, arguments = SWA[name]
    methods = {**BOTH, "configure_optimizers": scheduled, "on_train_batch_end": batches_are_counted}

    def make(callbacks):
        return [callbacks.StochasticWeightAveraging(swa_lrs=0.05, **options)]

    return with_callbacks(make, methods=methods, **arguments)


def test_an_average_without_a_scheduler_brings_one():
    twins(with_callbacks(lambda c: [c.StochasticWeightAveraging([0.03], 2)]), hears=False)


def test_an_average_of_several_optimizers_is_refused_as_in_lightning():
    def two(self):
        return [Optimizer(self.stage, part.parameters()) for part in (self.layers[0], self.layers[4])]

    methods = {
        "configure_optimizers": two,
        "training_step": lambda self, batch, batch_idx: None,
        "on_fit_start": lambda self: None,
    }

    def scenario(stage):
        module = stage.make_module(methods=methods)
        module.automatic_optimization = False
        stage.make_trainer(callbacks=[stage.callbacks.StochasticWeightAveraging(0.1)]).fit(module, stage.loader())

    assert twins(scenario, refused=True)["answer"] == ["raised", "MisconfigurationException"]


def test_a_share_of_epochs_that_are_not_limited_is_refused_as_in_lightning():
    scenario = with_callbacks(lambda c: [c.StochasticWeightAveraging(0.1, 0.5)], max_epochs=-1, max_steps=5)
    assert twins(scenario, refused=True)["answer"] == ["raised", "MisconfigurationException"]
