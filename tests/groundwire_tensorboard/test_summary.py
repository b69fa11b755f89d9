import math

import pytest
import torch
from tests.groundwire_tensorboard.test_writer import read

from groundwire_tensorboard import EventWriter


@pytest.mark.parametrize(
    ("values", "count"),
    [
        (torch.arange(4.0), 4),
        (torch.tensor([[1.0, math.nan], [math.inf, 2.0]]), 2),
        (torch.ones(3, dtype=torch.bfloat16), 3),
        (torch.ones(2, requires_grad=True), 2),
    ],
)
def test_a_histogram_counts_the_finite_values(tmp_path, values, count):
    writer = EventWriter(tmp_path)
    writer.histogram("h", values, 1)
    writer.close()
    assert read(tmp_path).Histograms("h")[0].histogram_value.num == count


def test_a_histogram_of_nothing_finite_is_left_out(tmp_path):
    EventWriter(tmp_path / "run").histogram("h", torch.tensor([math.nan]), 1)
    assert not (tmp_path / "run").exists()
