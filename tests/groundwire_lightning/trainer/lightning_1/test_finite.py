"""Runs that end once something is not finite."""

import pytest
import torch
from tests.groundwire_lightning.small import Lit, loader, quiet


class Spoilt(Lit):
    """Its loss, or a parameter, is spoilt at the second batch."""

    def __init__(self, loss=None, parameter=None):
        super().__init__()
        self.loss, self.parameter = loss, parameter

    def training_step(self, batch, batch_idx):
        loss = super().training_step(batch, batch_idx)
        if batch_idx == 1 and self.parameter is not None:
            self.net[0].bias.data[0] = self.parameter
        return loss * self.loss if batch_idx == 1 and self.loss is not None else loss


@pytest.mark.parametrize(
    ("spoilt", "message"),
    [
        ({"loss": torch.nan}, "training_step returned the loss nan"),
        ({"loss": torch.inf}, "training_step returned the loss inf"),
        ({"parameter": torch.nan}, "the parameter net.0.bias has values that are not finite"),
    ],
)
def test_a_run_ends_once_a_number_is_not_finite(spoilt, message):
    trainer = quiet(terminate_on_nan=True)
    with pytest.raises(ValueError, match=message):
        trainer.fit(Spoilt(**spoilt), loader())
    assert trainer.global_step == 1


def test_a_run_of_finite_numbers_goes_to_its_end():
    trainer = quiet(terminate_on_nan=True)
    trainer.fit(Spoilt(), loader())
    assert trainer.terminate_on_nan
    assert not quiet().terminate_on_nan
