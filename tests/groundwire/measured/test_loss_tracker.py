import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from groundwire.measured.ledger import FOLD_AFTER
from groundwire.measured.loss_tracker import LossTracker

LOSSES = st.lists(st.tuples(st.floats(-1e3, 1e3), st.integers(1, 64)), min_size=1, max_size=FOLD_AFTER + 3)


@given(LOSSES, st.booleans())
def test_the_average_is_that_of_losses_weighted_by_batch_sizes(batches, as_tensors):
    tracker = LossTracker()
    for loss, size in batches:
        tracker.update(torch.tensor(loss, dtype=torch.float64) if as_tensors else loss, size)
    total, count = sum(loss * size for loss, size in batches), sum(size for _, size in batches)
    assert math.isclose(tracker.average, total / count, rel_tol=1e-9, abs_tol=1e-9)
    assert tracker.running_count == count


@given(LOSSES, st.data())
def test_a_state_goes_on_to_the_same_bits(batches, data):
    cut = data.draw(st.integers(0, len(batches)))
    whole, first, second = LossTracker(), LossTracker(), LossTracker()
    for index, (loss, size) in enumerate(batches):
        if index == cut:
            second.load_state_dict(first.state_dict())
        whole.update(loss, size)
        (first if index < cut else second).update(loss, size)
    if cut == len(batches):
        second.load_state_dict(first.state_dict())
    assert torch.equal(second.totals(), whole.totals())


@pytest.mark.parametrize("at", [0, 3])
def test_the_first_loss_that_is_not_finite_is_known(at):
    tracker = LossTracker()
    for step in range(6):
        tracker.update(math.nan if step >= at else 1.0)
    assert tracker.first_non_finite == at
