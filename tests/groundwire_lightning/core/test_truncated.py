"""The parts of a batch along its time."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.groundwire_lightning.small import Lit

from groundwire_lightning.errors import MisconfigurationException


@given(steps=st.integers(1, 9), size=st.integers(1, 10))
def test_the_parts_of_a_batch_are_the_batch_in_order(steps, size):
    batch = torch.arange(2.0 * steps).reshape(2, steps), [[*range(steps)]] * 2
    parts = Lit().tbptt_split_batch(batch, size)
    assert torch.equal(torch.cat([part[0] for part in parts], 1), batch[0])
    assert [[step for part in parts for step in part[1][sample]] for sample in (0, 1)] == batch[1]
    assert all(part[0].shape[1] == size for part in parts[:-1])


@pytest.mark.parametrize(
    ("batch", "said"),
    [
        ({"x": torch.ones(2, 3)}, "dict"),
        ([torch.ones(2, 3), 4], "list"),
        ([], "list"),
        ([torch.ones(2, 3), torch.ones(2, 4)], r"\[3, 4\]"),
    ],
)
def test_a_batch_of_which_it_is_not_known_what_time_is_names_the_method_that_knows(batch, said):
    with pytest.raises(MisconfigurationException, match=rf"Lit.tbptt_split_batch.*{said}.*override it"):
        Lit().tbptt_split_batch(batch, 2)


def test_nothing_is_truncated_unless_a_module_says_so():
    assert Lit().truncated_bptt_steps == 0
