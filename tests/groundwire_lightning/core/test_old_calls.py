"""Calls in the words of Lightning 1 come to the same as those of today, and neither hides a mistake."""

import inspect
from types import SimpleNamespace

import pytest
import torch
from tests.groundwire_lightning.small import Lit

import groundwire_lightning as L
from groundwire_lightning.core.old_calls import also_with_index, backward_of_today, takes_index, toggling

FLAGS = (False, False, False)


class Steps:
    """Keeps the closure that it is stepped with."""

    def step(self, closure=None):
        self.closure = closure

    def zero_grad(self):
        self.cleared = True


@pytest.mark.parametrize(
    ("args", "named"),
    [
        (("closure",), {}),
        ((), {"optimizer_closure": "closure"}),
        ((0, "closure"), {}),
        ((0, "closure", *FLAGS), {}),
        ((0, "closure"), {"on_tpu": False, "using_native_amp": False, "using_lbfgs": False}),
        ((0,), {"optimizer_closure": "closure"}),
        ((0,), {"second_order_closure": "closure", "on_tpu": False}),
        ((), {"optimizer_idx": 0, "optimizer_closure": "closure", "using_lbfgs": True}),
    ],
)
def test_optimizer_step_finds_its_closure_however_it_is_passed(args, named):
    optimizer = Steps()
    L.LightningModule().optimizer_step(0, 1, optimizer, *args, **named)
    assert optimizer.closure == "closure"


def test_optimizer_step_takes_everything_by_name_as_1_0_passed_it():
    optimizer = Steps()
    L.LightningModule().optimizer_step(
        epoch=0, batch_idx=1, optimizer=optimizer, optimizer_idx=0, optimizer_closure="closure", on_tpu=False
    )
    assert optimizer.closure == "closure"


def test_clearing_and_moving_on_take_an_index():
    optimizer = Steps()
    module = L.LightningModule()
    module.optimizer_zero_grad(0, 1, optimizer, 0)
    assert optimizer.cleared
    seen = []
    scheduler = SimpleNamespace(step=lambda *metric: seen.append(metric))
    module.lr_scheduler_step(scheduler, 0, None)
    module.lr_scheduler_step(scheduler, optimizer_idx=0, metric=2.0)
    module.lr_scheduler_step(scheduler, 3.0)
    assert seen == [(), (2.0,), (3.0,)]


@pytest.mark.parametrize("args", [(0.5, "norm"), (0, 0.5, "norm")], ids=["today", "with an index"])
def test_clipping_takes_an_index(args):
    module = L.LightningModule()
    module.clip_gradients = lambda optimizer, **named: module.__dict__.update(said=(optimizer, named))
    module.configure_gradient_clipping("optimizer", *args)
    assert module.said == ("optimizer", {"gradient_clip_val": 0.5, "gradient_clip_algorithm": "norm"})
    module.configure_gradient_clipping("optimizer", 0, gradient_clip_val=0.25, gradient_clip_algorithm="value")
    assert module.said[1] == {"gradient_clip_val": 0.25, "gradient_clip_algorithm": "value"}


def test_a_hook_without_a_body_takes_an_index():
    L.LightningModule().on_before_optimizer_step("optimizer", 0)
    L.Callback().on_before_optimizer_step("trainer", "module", "optimizer", opt_idx=0)


@pytest.mark.parametrize("named", [{"closure": None}, {"optimizer": None}])
def test_a_name_that_neither_has_is_still_a_mistake(named):
    with pytest.raises(TypeError):
        L.LightningModule().optimizer_step(0, 1, Steps(), **named)


def test_too_many_arguments_are_still_a_mistake():
    with pytest.raises(TypeError):
        L.LightningModule().optimizer_step(0, 1, Steps(), 0, None, *FLAGS, "more")
    with pytest.raises(TypeError):
        L.LightningModule().optimizer_zero_grad(0, 1, Steps(), 0, False)


def test_a_signature_and_its_text_are_those_of_today():
    assert [*inspect.signature(L.LightningModule.optimizer_step).parameters][1:] == [
        "epoch",
        "batch_idx",
        "optimizer",
        "optimizer_closure",
    ]
    assert L.LightningModule.optimizer_step.__doc__ == "Make an update."
    assert not hasattr(also_with_index(1)(lambda self, optimizer: None), "__wrapped__")


@pytest.mark.parametrize(
    ("args", "named", "rest"),
    [
        ((), {}, ()),
        ((torch.ones(1), True), {}, (torch.ones(1), True)),
        ((torch.optim.SGD([torch.ones(1)]), 0), {}, ()),
        ((None, None), {}, ()),
        ((None, None, "more"), {}, ("more",)),
        ((), {"optimizer": None, "optimizer_idx": None}, ()),
        ((torch.optim.SGD([torch.ones(1)]), 0, "gradient"), {}, ("gradient",)),
    ],
)
def test_a_backward_pass_is_not_passed_an_optimizer(args, named, rest):
    assert backward_of_today("loss", args, named) == ("loss", rest, {})


def test_a_backward_pass_before_1_0_was_passed_the_trainer_first():
    trainer, optimizer = SimpleNamespace(lightning_module=None), torch.optim.SGD([torch.ones(1)])
    assert backward_of_today(trainer, ("loss", optimizer, 0), {}) == ("loss", (), {})


def two(**methods):
    module = type("Two", (Lit,), methods)()
    optimizers = [torch.optim.SGD(layer.parameters(), lr=0.1) for layer in (module.net[0], module.net[2])]
    module.trainer = SimpleNamespace(optimizers=optimizers)
    return module, optimizers


def required(module):
    return [parameter.requires_grad for parameter in module.parameters()]


@pytest.mark.parametrize("how", ["today", "with an index", "by name"])
def test_an_optimizer_is_toggled_by_itself_or_by_its_index(how):
    module, optimizers = two()
    args = {"today": (optimizers[1],), "with an index": (optimizers[1], 1), "by name": (optimizers[1],)}[how]
    module.toggle_optimizer(*args)
    assert required(module) == [False, False, True, True]
    if how == "by name":
        module.untoggle_optimizer(optimizer_idx=1)
    else:
        module.untoggle_optimizer(args[-1])
    assert all(required(module))


def test_a_module_is_asked_to_toggle_in_the_words_of_its_own():
    seen = []
    old, optimizers = two(
        toggle_optimizer=lambda self, optimizer, optimizer_idx: seen.append(optimizer_idx),
        untoggle_optimizer=lambda self, optimizer_idx: seen.append(optimizer_idx),
    )
    new, others = two(
        toggle_optimizer=lambda self, optimizer: seen.append(optimizer),
        untoggle_optimizer=lambda self, optimizer: seen.append(optimizer),
    )
    for module, own in ((old, optimizers), (new, others)):
        for call in toggling(module.toggle_optimizer, module.untoggle_optimizer):
            call(own[1], 1)
    assert seen == [1, 1, others[1], others[1]]


@pytest.mark.parametrize(
    ("method", "takes"),
    [
        (lambda optimizer: None, False),
        (lambda optimizer, optimizer_idx: None, True),
        (lambda optimizer, which: None, True),
        (lambda optimizer, opt_idx=0: None, True),
        (lambda optimizer, verbose=False: None, False),
        (lambda *args: None, False),
        (lambda optimizer, *, opt_idx: None, False),
    ],
)
def test_who_names_an_index_or_needs_one_is_passed_it(method, takes):
    assert takes_index(method, 1) is takes
