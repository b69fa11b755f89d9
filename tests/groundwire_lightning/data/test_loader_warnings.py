import os

import pytest
from tests.groundwire_lightning.small import Lit, loader, quiet
from tests.groundwire_lightning.test_messages import warned
from torch.utils.data import DataLoader

from groundwire_lightning.errors import PossibleUserWarning


@pytest.mark.parametrize("cores", [1, 8])
def test_few_workers_are_a_possible_mistake_where_there_are_cores_for_more(cores, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(cores), raising=False)
    said = [w for w in warned(lambda: quiet().fit(Lit(), loader(), loader())) if "num_workers=7" in w[1]]
    assert [(w[0], w[1].split(" ")[1]) for w in said] == (
        [(PossibleUserWarning, "train_dataloader"), (PossibleUserWarning, "val_dataloader")] if cores > 1 else []
    )


def test_a_loader_without_a_batch_is_warned_of():
    empty = DataLoader([], batch_size=1)
    said = [w for w in warned(lambda: quiet().fit(Lit(), empty, loader())) if "has no batch" in w[1]]
    assert [w[0] for w in said] == [UserWarning]
