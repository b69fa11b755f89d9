import pytest
import torch
from tests.side_by_side.test_closures import EVERY, configured, stepped
from tests.side_by_side.twins import BOTH, fit, loss_of, sgd, twins


class Never(torch.optim.SGD):
    """Forgets the closure."""

    def step(self, closure=None):
        return super().step()


def never(self, epoch, batch_idx, optimizer, optimizer_closure):
    """Makes no gradients."""


def steps_by_itself(self, batch, batch_idx):
    """A step within automatic optimization, which Lightning allows."""
    loss = loss_of(self, batch)
    if batch_idx == 1:
        loss.backward()
        self.optimizers().step()
        self.optimizers().zero_grad()
        loss = loss_of(self, batch)
    return loss


@EVERY
@pytest.mark.parametrize("make", [sgd, lambda self: torch.optim.SGD(self.parameters(), lr=0.1)], ids=["own", "torch"])
def test_a_module_may_step_within_a_step_of_the_trainer(make, hears):
    methods = {**BOTH, "training_step": steps_by_itself, "configure_optimizers": make}
    twins(lambda stage: fit(stage, methods=methods, gradient_clip_val=0.1), hears=hears)


WRONG = {
    "an optimizer_step that makes no gradients": stepped(never),
    "an optimizer that makes no gradients": configured(lambda self: Never(self.parameters(), lr=0.1)),
}


@pytest.mark.parametrize("case", WRONG)
def test_an_update_without_gradients_is_refused(case):
    assert twins(lambda stage: fit(stage, **WRONG[case]), hears=False)["answer"][0] == "raised"
