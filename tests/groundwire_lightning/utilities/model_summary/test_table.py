import pytest
from lightning.pytorch.utilities import model_summary as theirs

from groundwire_lightning.utilities.model_summary.table import get_human_readable_count


@pytest.mark.parametrize("number", [0, 7, 123, 999, 1000, 1234, 99_949, 2e6, 123_456_789, 3e9, 4e14, 5e15])
def test_a_number_reads_as_lightnings(number):
    assert get_human_readable_count(number) == theirs.get_human_readable_count(number)
