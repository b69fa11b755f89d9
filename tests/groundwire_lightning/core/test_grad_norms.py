"""The norms of gradients that ``track_grad_norm=`` logs; their values are compared in tests/lightning_1."""

import pytest
import torch
from tests.groundwire_lightning.small import Lit, data, loader, quiet
from torch.utils.data import DataLoader


class Norms(Lit):
    def __init__(self):
        super().__init__()
        self.norms = []

    def log_grad_norm(self, grad_norm_dict):
        self.norms.append(grad_norm_dict)


class Pair(Norms):
    """Two optimizers, of which each makes an update a batch."""

    def __init__(self):
        super().__init__()
        self.automatic_optimization = False

    def training_step(self, batch, batch_idx):
        for optimizer in self.optimizers():
            optimizer.zero_grad()
            self.manual_backward(super().training_step(batch, batch_idx))
            optimizer.step()

    def configure_optimizers(self):
        return [torch.optim.SGD(self.net[index].parameters(), lr=0.1) for index in (0, 2)]


class Searched(Norms):
    """An optimizer that evaluates the gradients of a batch several times."""

    def configure_optimizers(self):
        return torch.optim.LBFGS(self.parameters(), max_iter=3)


@pytest.mark.parametrize(("module", "count"), [(Norms, 3), (Pair, 3), (Searched, 9)])
def test_norms_are_told_once_for_each_evaluation_of_the_first_optimizer(module, count):
    module = module()
    quiet(track_grad_norm=1).fit(module, loader())
    assert len(module.norms) == count
    assert [*module.norms[0]][-1] == "grad_1.0_norm_total"


def test_norms_are_rounded_numbers_of_python():
    module = Norms()
    quiet(track_grad_norm="inf", max_steps=1).fit(module, DataLoader(data(), batch_size=4))
    assert all(type(value) is float and value == round(value, 4) for value in module.norms[0].values())


def test_nothing_runs_where_nobody_asked():
    module, trainer = Norms(), quiet()
    trainer.fit(module, loader())
    assert module.norms == []
    hooks = trainer.explain("json", module)["hooks"]
    assert not any("log_norms" in str(line) for line in hooks)
    assert any("log_norms" in str(line) for line in quiet(track_grad_norm=2).explain("json", module)["hooks"])
