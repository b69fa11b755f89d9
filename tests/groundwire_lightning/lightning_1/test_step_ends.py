import pytest
import torch
from tests.groundwire_lightning.small import lit, loader, quiet

from groundwire_lightning import MisconfigurationException
from groundwire_lightning.lightning_1.step_ends import STEP_ENDS, replacing

LOSS = torch.tensor(0.5)


@pytest.mark.parametrize("name", STEP_ENDS)
def test_what_an_end_returns_takes_the_place_of_what_the_step_returned(name):
    output = {"loss": None, "model_outputs": ("a", "b"), "batch_size": 4}
    replacing(name, lambda returned: {"loss": LOSS, "first": returned[0]})(output)
    assert output == {"loss": LOSS, "model_outputs": {"loss": LOSS, "first": "a"}, "batch_size": 4}


@pytest.mark.parametrize("name", STEP_ENDS)
def test_none_leaves_what_the_step_returned(name):
    output = {"loss": LOSS, "model_outputs": LOSS, "batch_size": 4}
    replacing(name, lambda returned: None)(output)
    assert output == {"loss": LOSS, "model_outputs": LOSS, "batch_size": 4}


def test_a_step_whose_end_makes_no_loss_of_its_tuple_is_refused():
    module = lit(training_step=lambda self, *_: (1, 2), training_step_end=lambda self, output: None)
    with pytest.raises(MisconfigurationException, match="or None; it returned tuple"):
        quiet(max_epochs=1).fit(module, loader())
