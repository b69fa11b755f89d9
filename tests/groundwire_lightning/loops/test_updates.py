import pytest
from tests.side_by_side.test_closures import EVERY, OPTIMIZERS, STEPS
from tests.side_by_side.twins import fit, twins


@EVERY
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_an_optimizer_evaluates_the_loss_as_under_lightning(optimizer, hears):
    twins(lambda stage: fit(stage, **OPTIMIZERS[optimizer]), hears=hears)


@EVERY
@pytest.mark.parametrize("step", STEPS)
def test_an_optimizer_step_of_a_module_is_called_as_under_lightning(step, hears):
    twins(lambda stage: fit(stage, **STEPS[step]), hears=hears)
