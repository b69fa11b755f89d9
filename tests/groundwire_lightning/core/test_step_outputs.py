import pytest
import torch

from groundwire_lightning import MisconfigurationException
from groundwire_lightning.core.step_outputs import (
    EpochSkipped,
    as_batch_output,
    as_eval_output,
    check_kind,
    check_loss,
    skip_rest,
)

LOSS = torch.tensor(0.5)
BATCH = [torch.zeros(4, 2), torch.zeros(4)]


@pytest.mark.parametrize(("returned", "loss"), [(LOSS, LOSS), ({"loss": LOSS, "a": 1}, LOSS), (None, None), ({}, None)])
def test_a_training_step_returns_a_loss_a_dictionary_with_it_or_nothing(returned, loss):
    assert as_batch_output(returned, BATCH) == {"loss": loss, "model_outputs": returned, "batch_size": 4}


@pytest.mark.parametrize("check", [check_kind, check_loss])
def test_anything_else_is_refused_by_its_type(check):
    with pytest.raises(MisconfigurationException, match="it returned float"):
        check(as_batch_output(0.5, BATCH))


def test_a_dictionary_without_a_loss_is_of_a_kind_that_a_step_by_hand_may_return():
    check_kind(as_batch_output({"a": 1}, BATCH))
    check_kind(as_batch_output(None, BATCH))


def test_a_dictionary_without_a_loss_is_refused_with_what_it_has():
    check_loss(as_batch_output(None, BATCH))
    with pytest.raises(MisconfigurationException, match=r"without 'loss'; it has \['a', 'b'\]"):
        check_loss(as_batch_output({"b": 1, "a": LOSS}, BATCH))


@pytest.mark.parametrize(
    ("returned", "loss"),
    [
        (LOSS, LOSS),
        ({"loss": LOSS}, LOSS),
        ({"a": LOSS}, None),
        (torch.zeros(2), None),
        ("anything", None),
        (None, None),
    ],
)
def test_a_validation_step_may_return_anything(returned, loss):
    output = as_eval_output(returned, BATCH)
    assert output["loss"] is loss
    assert output["model_outputs"] is returned


def test_a_minus_one_at_the_start_of_a_batch_skips_the_rest_of_the_epoch():
    skip_rest(None, BATCH, 2)
    with pytest.raises(EpochSkipped, match="at batch 2"):
        skip_rest(-1, BATCH, 2)
