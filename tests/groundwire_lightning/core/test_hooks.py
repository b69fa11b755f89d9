import inspect

import pytest
import torch
from torch.optim.lr_scheduler import StepLR

import groundwire_lightning as L
from groundwire_lightning.core import hooks as module_hooks

# by itself


@pytest.mark.parametrize("hooks", [module_hooks.DataHooks, module_hooks.ModelHooks], ids=lambda hooks: hooks.__name__)
def test_a_hook_returns_what_leaves_a_run_as_it_is(hooks):
    acting = {"optimizer_zero_grad", "backward", "optimizer_step", "lr_scheduler_step", "clip_gradients"}
    acting |= {"configure_gradient_clipping"}
    usual = {
        "on_before_batch_transfer": "batch",
        "transfer_batch_to_device": "batch",
        "on_after_batch_transfer": "batch",
    }
    usual |= {"configure_callbacks": []}
    for name, method in vars(hooks).items():
        if inspect.isfunction(method) and name not in acting:
            parameters = inspect.signature(method).parameters.values()
            given = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD][1:]
            assert method(L.LightningModule(), *given) == usual.get(name), name


def test_hooks_that_act_do_what_lightning_does_by_default():
    parameter = torch.nn.Parameter(torch.ones(()))
    optimizer = torch.optim.SGD([parameter], lr=0.5)
    module, scheduler = L.LightningModule(), StepLR(optimizer, 1)
    module.backward(parameter * 2)
    assert parameter.grad.item() == 2
    module.optimizer_step(0, 0, optimizer, None)
    assert parameter.item() == 0
    module.optimizer_zero_grad(0, 0, optimizer)
    assert parameter.grad is None
    module.lr_scheduler_step(scheduler, None)
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.05)
    module.on_validation_model_eval()
    assert not module.training
