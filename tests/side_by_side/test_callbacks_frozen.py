"""Callbacks that freeze or prune weights: the weights, the rates and what they leave behind."""

import lightning
import pytest
import torch
from tests.side_by_side.test_callbacks_weights import EVERY, twins, with_callbacks
from tests.side_by_side.twins import BOTH, Optimizer
from torch import nn
from torch.optim.lr_scheduler import StepLR

import groundwire_lightning.callbacks

# parts that stand still


def backbone(self):
    return self.layers[:2]


def what_is_trained(self):
    return Optimizer(self.stage, [parameter for parameter in self.parameters() if parameter.requires_grad])


def what_is_trained_scheduled(self):
    optimizer = what_is_trained(self)
    return [optimizer], [StepLR(optimizer, 1, gamma=0.5)]


def distinct(self):
    """BatchNorm layers begin with equal values, which would be taken for one and the same."""
    for number, parameter in enumerate(self.parameters()):
        parameter.data += 0.001 * number


FROZEN = {
    **BOTH,
    "backbone": property(backbone),
    "configure_optimizers": what_is_trained,
    "on_fit_start": distinct,
}


def growing(epoch):
    return 1 + epoch / 2


def by_hand(callbacks):
    def freeze_before_training(self, module):
        self.freeze([module.layers[0], module.layers[1]], train_bn=False)

    def finetune_function(self, module, epoch, optimizer):
        if epoch == 1:
            self.unfreeze_and_add_param_group(module.layers[0], optimizer)
        if epoch == 2:
            self.unfreeze_and_add_param_group(nn.ModuleDict({"one": module.layers[1]}), optimizer, lr=0.02)

    methods = {"freeze_before_training": freeze_before_training, "finetune_function": finetune_function}
    return type("ByHand", (callbacks.BaseFinetuning,), methods)()


FINETUNING = {
    "at epoch 1": lambda c: c.BackboneFinetuning(1),
    "with a first rate": lambda c: c.BackboneFinetuning(1, backbone_initial_lr=0.03),
    "with a share": lambda c: c.BackboneFinetuning(1, backbone_initial_ratio_lr=0.7, verbose=True),
    "without an end to its rate": lambda c: c.BackboneFinetuning(
        0, lambda_func=growing, should_align=False, initial_denom_lr=3.0
    ),
    "without BatchNorm": lambda c: c.BackboneFinetuning(1, train_bn=False),
    "never": lambda c: c.BackboneFinetuning(),
    "written by hand": by_hand,
}


@EVERY
@pytest.mark.parametrize("name", FINETUNING)
def test_parts_are_frozen_and_trained_later_as_in_lightning(name, hears):
    twins(with_callbacks(lambda c: [FINETUNING[name](c)], methods=FROZEN), hears=hears)


def test_the_rate_of_the_backbone_is_multiplied_on_top_of_the_scheduler():
    methods = {**FROZEN, "configure_optimizers": what_is_trained_scheduled}
    twins(with_callbacks(lambda c: [c.BackboneFinetuning(1)], methods=methods, gradient_clip_val=0.1))


def test_a_parameter_equal_to_one_that_is_trained_is_left_out_as_in_lightning():
    methods = {name: method for name, method in FROZEN.items() if name != "on_fit_start"}
    twins(with_callbacks(lambda c: [c.BackboneFinetuning(1)], methods=methods))


@pytest.mark.parametrize("train_bn", [True, False])
def test_the_tools_of_finetuning_do_what_they_do_in_lightning(train_bn):
    found = []
    for callbacks in (lightning.pytorch.callbacks, groundwire_lightning.callbacks):
        base = callbacks.BaseFinetuning
        net = nn.ModuleDict({"a": nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)), "b": nn.ModuleList([Own()])})
        base.freeze(net, train_bn=train_bn)
        flags = [parameter.requires_grad for parameter in net.parameters()]
        names = [type(module).__name__ for module in base.flatten_modules([net, net["a"]])]
        frozen = len(list(base.filter_params(net, train_bn=train_bn, requires_grad=False)))
        base.make_trainable(net)
        found.append((flags, names, frozen, [module.track_running_stats for module in [net["a"][1]]]))
    assert found[0] == found[1]


class Own(nn.Module):
    """Holds a parameter beside a child."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))
        self.child = nn.Linear(1, 1)


def test_finetuning_without_a_backbone_is_refused_as_in_lightning():
    def scenario(stage):
        module = stage.make_module(methods={"configure_optimizers": what_is_trained})
        module.backbone = None
        callback = stage.callbacks.BackboneFinetuning()
        callback.freeze_before_training = lambda module: None
        stage.make_trainer(callbacks=[callback]).fit(module, stage.loader("train"))

    assert twins(scenario, refused=True)["answer"] == ["raised", "MisconfigurationException"]


# pruning

PRUNING = {
    "all together": lambda c: c.ModelPruning("l1_unstructured", amount=0.3),
    "at random": lambda c: c.ModelPruning("random_unstructured", parameter_names=["weight"], amount=0.2),
    "a number": lambda c: c.ModelPruning("l1_unstructured", amount=5),
    "an amount for each epoch": lambda c: c.ModelPruning("l1_unstructured", amount=[0.1, 0, 0.3, 0.2].__getitem__),
    "at some epochs": lambda c: c.ModelPruning("l1_unstructured", apply_pruning=lambda epoch: epoch == 1),
    "without first values": lambda c: c.ModelPruning("l1_unstructured", use_lottery_ticket_hypothesis=False, verbose=2),
    "with new values": lambda c: c.ModelPruning("l1_unstructured", resample_parameters=True),
    "layer by layer": lambda c: c.ModelPruning("l1_unstructured", use_global_unstructured=False, amount=0.5),
    "rows": lambda c: two_dimensional(c)(
        "ln_structured", use_global_unstructured=False, pruning_dim=0, pruning_norm=2, amount=0.5
    ),
    "a class of torch": lambda c: c.ModelPruning(torch.nn.utils.prune.L1Unstructured, amount=0.5),
    "masks that stay": lambda c: c.ModelPruning("l1_unstructured", make_pruning_permanent=False),
    "after validations": lambda c: c.ModelPruning("l1_unstructured", prune_on_train_epoch_end=False),
}


def two_dimensional(callbacks):
    def filter_parameters_to_prune(self, parameters_to_prune=()):
        return [(module, name) for module, name in parameters_to_prune if getattr(module, name).ndim > 1]

    return type("Wide", (callbacks.ModelPruning,), {"filter_parameters_to_prune": filter_parameters_to_prune})


@pytest.mark.parametrize("name", PRUNING)
def test_weights_are_pruned_as_in_lightning(name):
    twins(with_callbacks(lambda c: [PRUNING[name](c)], state=False, max_epochs=3))


REFUSED = {
    "an unknown name": lambda c: c.ModelPruning("magic"),
    "rows without a dimension": lambda c: c.ModelPruning("random_structured"),
    "rows without a norm": lambda c: c.ModelPruning("ln_structured", pruning_dim=0),
    "rows of all together": lambda c: c.ModelPruning("random_structured", pruning_dim=0),
    "a class for each layer": lambda c: c.ModelPruning(
        torch.nn.utils.prune.L1Unstructured, use_global_unstructured=False
    ),
    "an instance": lambda c: c.ModelPruning(torch.nn.utils.prune.L1Unstructured(2)),
    "a strange parameter": lambda c: c.ModelPruning("l1_unstructured", parameter_names=["gamma"]),
    "no amount": lambda c: c.ModelPruning("l1_unstructured", amount=None),
    "too much to tell": lambda c: c.ModelPruning("l1_unstructured", verbose=3),
    "SWA with a rate of 0": lambda c: c.StochasticWeightAveraging(0.0),
    "SWA with a whole rate": lambda c: c.StochasticWeightAveraging(1),
    "SWA with an empty start": lambda c: c.StochasticWeightAveraging(0.1, 0),
    "SWA with a start behind the end": lambda c: c.StochasticWeightAveraging(0.1, 1.5),
    "SWA with a strange function": lambda c: c.StochasticWeightAveraging(0.1, avg_fn="mean"),
    "SWA on a strange device": lambda c: c.StochasticWeightAveraging(0.1, device=3),
    "a strange interval of rates": lambda c: c.LearningRateMonitor("batch"),
    "a strange duration": lambda c: c.Timer("12 hours"),
    "a strange interval of time": lambda c: c.Timer(interval="batch"),
    "a strange interval of predictions": lambda c: c.BasePredictionWriter("never"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_lightning_refuses_is_refused(name):
    with pytest.raises(lightning.pytorch.utilities.exceptions.MisconfigurationException):
        REFUSED[name](lightning.pytorch.callbacks)
    with pytest.raises(groundwire_lightning.MisconfigurationException, match=r"[(:]"):
        REFUSED[name](groundwire_lightning.callbacks)


def test_pruning_what_is_not_there_is_refused_as_in_lightning():
    def scenario(stage):
        stage.make_module()
        callback = stage.callbacks.ModelPruning("l1_unstructured", [(nn.Linear(1, 1), "weight")])
        stage.make_trainer(callbacks=[callback]).fit(stage.module, stage.loader("train"))

    assert twins(scenario, refused=True)["answer"] == ["raised", "MisconfigurationException"]
