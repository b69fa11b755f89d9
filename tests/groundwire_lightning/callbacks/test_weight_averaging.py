import pytest
import torch
from tests.groundwire_lightning.callbacks.on_twins import twins, with_callbacks
from tests.side_by_side.twins import BOTH
from torch import nn
from torch.optim.swa_utils import get_ema_avg_fn

EVERY = pytest.mark.parametrize("hears", [True, False], ids=["heard", "unheard"])


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
