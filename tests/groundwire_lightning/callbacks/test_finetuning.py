import lightning
import pytest
import torch
from tests.groundwire_lightning.callbacks.on_twins import twins, with_callbacks
from tests.groundwire_lightning.callbacks.test_weight_averaging import EVERY
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
