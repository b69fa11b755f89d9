"""Functions between processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from groundwire_lightning.utilities.distributed import (
    ReduceOp,
    distributed_available,
    gather_all_tensors,
    rank_zero_only,
    sync_ddp,
    sync_ddp_if_available,
)


@pytest.fixture
def group(tmp_path: Path) -> Iterator[None]:
    torch.distributed.init_process_group("gloo", f"file://{tmp_path}/store", rank=0, world_size=1)
    yield
    torch.distributed.destroy_process_group()


def test_one_process_alone_has_its_own_value() -> None:
    value = torch.ones(2)
    assert not distributed_available()
    assert sync_ddp_if_available(value) is value
    assert rank_zero_only(lambda: 3)() == 3


@pytest.mark.usefixtures("group")
@pytest.mark.parametrize("how", [None, "sum", "mean", "AVG", "max", ReduceOp.SUM])
def test_a_group_of_one_has_its_own_value(how: object) -> None:
    assert distributed_available()
    assert sync_ddp_if_available(torch.ones(2), reduce_op=how).tolist() == [1, 1]
    assert sync_ddp(torch.ones(2), None, how).tolist() == [1, 1]
    assert len(gather_all_tensors(torch.ones(2))) == 1
