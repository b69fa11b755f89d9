"""One process among itself; two of them are in tests/groundwire_lightning/logged/test_across_processes.py."""

import pytest
import torch

from groundwire.measured.reduce import BLOCK, reduce_together


@pytest.fixture
def alone(tmp_path):
    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/store", rank=0, world_size=1)
    yield
    torch.distributed.destroy_process_group()


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("number", [0, 1, BLOCK - 2, BLOCK - 1, 3 * BLOCK])
def test_any_number_of_values_travels_and_keeps_its_type(number):
    kinds = ["mean", "sum", "min", "max"]
    values = {f"v{index}": (kinds[index % 4], torch.tensor(index * 0.1)) for index in range(number)}
    values["whole"] = ("sum", torch.tensor(2**40))
    reduced = reduce_together(values)
    assert list(reduced) == list(values)
    for name, (_, value) in values.items():
        assert reduced[name].dtype is value.dtype
        assert torch.equal(reduced[name], value)
