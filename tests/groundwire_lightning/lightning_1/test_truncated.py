"""The state that is carried from one part of a batch to the next."""

from collections import namedtuple

import pytest
import torch
from tests.groundwire_lightning.small import lit, quiet
from torch.utils.data import DataLoader, TensorDataset

from groundwire_lightning.errors import MisconfigurationException
from groundwire_lightning.lightning_1.truncated import Hidden

Pair = namedtuple("Pair", "h c")


def returning(hiddens):
    return {"loss": None, "model_outputs": {"loss": None, "hiddens": hiddens}}


def test_what_is_carried_has_no_graph_whatever_holds_it():
    hidden, state = Hidden(is_cut=True), torch.ones(1, requires_grad=True) * 2
    assert hidden.passed == (None,)
    hidden.take(returning(Pair(state, [state, {"word": "x"}])))
    (carried,) = hidden.passed
    assert isinstance(carried, Pair)
    assert carried.c[1] == {"word": "x"}
    assert not any(tensor.requires_grad for tensor in (carried.h, carried.c[0]))


def test_nothing_is_passed_where_batches_are_whole():
    hidden = Hidden(is_cut=False)
    hidden.take({"loss": None, "model_outputs": None})
    assert hidden.passed == ()


@pytest.mark.parametrize("returned", [None, torch.ones(1), {"loss": torch.ones(1)}], ids=["None", "Tensor", "loss"])
def test_a_step_that_returns_no_state_is_refused(returned):
    with pytest.raises(MisconfigurationException, match=r"truncated_bptt_steps is set.*'hiddens'"):
        Hidden(is_cut=True).take({"loss": None, "model_outputs": returned})


def sequences():
    return DataLoader(TensorDataset(torch.randn(4, 6, 1)), batch_size=2)


@pytest.mark.parametrize(
    "training_step",
    [
        lambda self, batch, batch_idx, hiddens: told(self, batch, hiddens),
        lambda self, batch, batch_idx, state: told(self, batch, state),
        lambda self, *args: told(self, args[0], args[2]),
    ],
    ids=["by name", "by place", "by any"],
)
def test_hiddens_go_by_their_place(training_step):
    module = lit(training_step=training_step)
    module.truncated_bptt_steps = 4
    quiet(limit_train_batches=1).fit(module, sequences())
    assert module.seen == [(4, None), (2, "carried")]


def told(self, batch, hiddens):
    self.seen.append((batch[0].shape[1], hiddens))
    return {"loss": self.net(batch[0]).mean(), "hiddens": "carried"}


def test_an_attribute_of_that_name_means_nothing_to_a_step_without_hiddens():
    module = lit(training_step=lambda self, batch, batch_idx: told(self, batch, "none")["loss"])
    module.truncated_bptt_steps = 4
    quiet(limit_train_batches=1).fit(module, sequences())
    assert module.seen == [(6, "none")]
