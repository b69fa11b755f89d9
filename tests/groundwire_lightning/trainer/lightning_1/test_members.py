"""Callbacks that arguments of Lightning 1 stood for."""

import torch
from tests.groundwire_lightning.small import LEARNING_RATE, Lit, loader, quiet

from groundwire_lightning.callbacks import StochasticWeightAveraging
from groundwire_lightning.trainer.lightning_1 import members


def weights(**arguments):
    torch.manual_seed(0)
    module = Lit()
    quiet(max_epochs=4, **arguments).fit(module, loader())
    return module.state_dict()


def test_weights_are_averaged_at_the_rate_of_then():
    old = weights(stochastic_weight_avg=True)
    new = weights(callbacks=[StochasticWeightAveraging(swa_lrs=LEARNING_RATE)])
    assert all(torch.equal(old[name], new[name]) for name in new)
    assert not all(torch.equal(old[name], value) for name, value in weights().items())


def test_the_memory_of_cards_is_all_that_is_written():
    assert members.device_stats()._cpu_stats is False


def test_accumulation_begins_with_the_first_epoch_that_it_names():
    assert members.accumulation({2: 4}).scheduling == {0: 1, 2: 4}
