"""Steps, accumulation, clipping and schedulers: the weights and when they change."""

import pytest
import torch
from tests.side_by_side.twins import BOTH, Optimizer, fit, loss_of, sgd, twins
from torch.optim.lr_scheduler import ReduceLROnPlateau, StepLR

EVERY = pytest.mark.parametrize("hears", [True, False], ids=["heard", "unheard"])


def with_methods(**methods):
    return {"methods": {**BOTH, **methods}}


def returns(make):
    """A module whose training step returns what ``make`` makes of its loss."""
    return with_methods(training_step=lambda self, batch, batch_idx: make(self, loss_of(self, batch), batch_idx))


def none_at(*batches):
    return returns(lambda self, loss, batch_idx: None if batch_idx in batches else loss)


def keeps_clipping(self, optimizer, gradient_clip_val=None, gradient_clip_algorithm=None):
    self.clip_gradients(optimizer, gradient_clip_val, gradient_clip_algorithm)


def clips_by_itself(self, optimizer, gradient_clip_val=None, gradient_clip_algorithm=None):
    assert gradient_clip_val == 0.1
    self.clip_gradients(optimizer, gradient_clip_val=gradient_clip_val, gradient_clip_algorithm="norm")


def to_none(self, epoch, batch_idx, optimizer):
    optimizer.zero_grad(set_to_none=False)


def scaled_backward(self, loss):
    (loss * 2).backward()


def backward_with_more(self, loss, *args, **kwargs):
    loss.backward(*args, **kwargs)


def changes_gradients(self):
    for parameter in self.parameters():
        parameter.grad.mul_(0.5)


def looks_at_gradients(self, optimizer):
    self.log("norm", sum(parameter.grad.norm() for parameter in self.parameters()))


def optimizers(self):
    found = self.optimizers()
    assert found.param_groups
    assert self.lr_schedulers() is None


def adam(self):
    return torch.optim.Adam(self.parameters(), lr=0.01)


def groups(self):
    return Optimizer(
        self.stage, [{"params": self.layers[0].parameters()}, {"params": self.layers[4].parameters(), "lr": 0.01}]
    )


def part_frozen(self):
    self.layers[0].requires_grad_(False)
    return Optimizer(self.stage, [parameter for parameter in self.parameters() if parameter.requires_grad])


class Extra:
    """Something that is no tensor."""


STEPS = {
    "accumulation of 1": {"accumulate_grad_batches": 1},
    "accumulation of 3 with a shorter last window": {"accumulate_grad_batches": 3},
    "accumulation of 7, the whole epoch": {"accumulate_grad_batches": 7},
    "accumulation above an epoch": {"accumulate_grad_batches": 10},
    "accumulation with clipping": {"accumulate_grad_batches": 2, "gradient_clip_val": 0.1},
    "clipping by norm": {"gradient_clip_val": 0.1, "gradient_clip_algorithm": "norm"},
    "clipping by norm unless it is said": {"gradient_clip_val": 0.1},
    "clipping by a whole number": {"gradient_clip_val": 1},
    "clipping by value": {"gradient_clip_val": 0.01, "gradient_clip_algorithm": "value"},
    "clipping to 0": {"gradient_clip_val": 0},
    "a clipping of its own": {**with_methods(configure_gradient_clipping=keeps_clipping), "gradient_clip_val": 0.1},
    "another clipping of its own": {
        **with_methods(configure_gradient_clipping=clips_by_itself),
        "gradient_clip_val": 0.1,
    },
    "no clipping at all": {
        **with_methods(configure_gradient_clipping=lambda self, *args, **kwargs: None),
        "gradient_clip_val": 0.1,
    },
    "a zero_grad of its own": with_methods(optimizer_zero_grad=to_none),
    "a zero_grad of its own with accumulation": {
        **with_methods(optimizer_zero_grad=to_none),
        "accumulate_grad_batches": 2,
    },
    "a backward of its own": with_methods(backward=scaled_backward),
    "a backward that passes on": with_methods(backward=backward_with_more),
    "a backward of its own with accumulation": {**with_methods(backward=scaled_backward), "accumulate_grad_batches": 3},
    "gradients changed after backward": with_methods(on_after_backward=changes_gradients),
    "gradients looked at before a step": with_methods(on_before_optimizer_step=looks_at_gradients),
    "the optimizer asked for": with_methods(on_train_epoch_start=optimizers),
    "a dictionary from training_step": returns(lambda self, loss, _: {"loss": loss}),
    "a dictionary with more": returns(
        lambda self, loss, n: {"loss": loss, "logits": loss * 2, "number": n, "list": [loss], "name": "a", "x": Extra()}
    ),
    "a loss with one element": returns(lambda self, loss, _: loss.reshape(1)),
    "None at the first batch": none_at(0),
    "None at the last batch": none_at(6),
    "None with accumulation": {**none_at(1, 2, 4), "accumulate_grad_batches": 2},
    "None for a whole window": {**none_at(2, 3), "accumulate_grad_batches": 2},
    "None always": none_at(*range(7)),
    "Adam": with_methods(configure_optimizers=adam),
    "Adam with accumulation": {**with_methods(configure_optimizers=adam), "accumulate_grad_batches": 2},
    "groups of parameters": with_methods(configure_optimizers=groups),
    "a frozen part": with_methods(configure_optimizers=part_frozen),
    "an optimizer in a list": with_methods(configure_optimizers=lambda self: [sgd(self)]),
    "an optimizer in a tuple": with_methods(configure_optimizers=lambda self: (sgd(self),)),
    "an optimizer in a dictionary": with_methods(configure_optimizers=lambda self: {"optimizer": sgd(self)}),
    "anomalies detected": {"detect_anomaly": True},
}


@EVERY
@pytest.mark.parametrize("step", STEPS)
def test_steps_are_made_as_under_lightning(step, hears):
    twins(lambda stage: fit(stage, **STEPS[step]), hears=hears)


def scheduled(make, **entry):
    """``configure_optimizers`` with one scheduler, in a dictionary where it needs more than its name."""

    def configure_optimizers(self):
        optimizer = sgd(self)
        scheduler = make(optimizer)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, **entry} if entry else scheduler}

    return {"configure_optimizers": configure_optimizers}


def halving(optimizer):
    return StepLR(optimizer, 1, gamma=0.5)


def plateau(optimizer):
    return ReduceLROnPlateau(optimizer, factor=0.5, patience=0, threshold=10.0)


class Waits:
    """A scheduler that torch does not know."""

    def __init__(self, optimizer):
        self.optimizer, self.moves = optimizer, 0

    def state_dict(self):
        return {"moves": self.moves}

    def load_state_dict(self, state):
        self.moves = state["moves"]
