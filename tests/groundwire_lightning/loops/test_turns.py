"""Whose turn a batch is."""

from hypothesis import given
from hypothesis import strategies as st

from groundwire_lightning.loops.turns import active


def test_without_frequencies_all_use_every_batch():
    assert [*active(3, (), 7)] == [0, 1, 2]


@given(frequencies=st.lists(st.integers(1, 4), min_size=1, max_size=4), batch=st.integers(0, 40))
def test_frequencies_are_rows_of_batches_that_come_around(frequencies, batch):
    row = [index for index, length in enumerate(frequencies) for _ in range(length)]
    assert active(len(frequencies), frequencies, batch) == (row[batch % len(row)],)
