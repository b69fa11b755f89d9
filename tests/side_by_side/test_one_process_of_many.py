"""A strategy for several processes that runs one: Lightning shares its samples out, and seeds anew, all the same."""

import pytest
import torch
from tests.side_by_side.twins import twins
from torch import nn
from torch.utils.data import Sampler


class Drawn(Sampler):
    """A sampler of one's own."""

    def __init__(self, number):
        self.number = number

    def __iter__(self):
        return iter(torch.randperm(self.number).tolist())

    def __len__(self):
        return self.number


LOADERS = {
    "in order": {},
    "shuffled": {"shuffle": True},
    "by a sampler": {"sampler": Drawn(26)},
    "the last dropped": {"shuffle": True, "drop_last": True},
}


def with_noise(module, batch, batch_idx):
    inputs = nn.functional.dropout(batch[0], 0.5)
    return nn.functional.cross_entropy(module.layers(inputs), batch[1])


@pytest.mark.parametrize("arguments", [{}, {"use_distributed_sampler": False}, {"overfit_batches": 3}], ids=str)
@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("strategy", ["ddp", "auto"])
def test_reads_what_lightning_reads(strategy, loader, arguments, monkeypatch):
    monkeypatch.setenv("PL_GLOBAL_SEED", "5")

    def scenario(stage):
        module = stage.make_module(methods={"training_step": with_noise})
        trainer = stage.make_trainer(strategy=strategy, devices=1, **arguments)
        trainer.fit(module, stage.loader(**LOADERS[loader]))
        return trainer.distributed_sampler_kwargs, trainer._accelerator_connector.is_distributed

    twins(scenario)
