"""Loaders with workers, samplers that shuffle by the epoch, seeds, and data of other kinds."""

import random

import numpy as np
import pytest
import torch
from tests.side_by_side.twins import BOTH, fit, twins
from torch.utils.data import DataLoader, Dataset, DistributedSampler, RandomSampler, Sampler, WeightedRandomSampler


class Augmented(Dataset):
    """Samples that are made anew from all three generators each time they are read."""

    def __len__(self):
        return 12

    def __getitem__(self, index):
        drawn = torch.tensor([random.random(), np.random.rand()], dtype=torch.float32)
        return torch.cat([drawn, torch.rand(2)]), index % 2


@pytest.mark.parametrize(("workers", "seeds_workers"), [(0, False), (0, True), (2, False), (2, True)])
def test_workers_draw_what_they_draw_under_lightning(workers, seeds_workers):
    def scenario(stage):
        stage.L.seed_everything(3, workers=seeds_workers, verbose=False)
        loader = DataLoader(Augmented(), batch_size=4, shuffle=True, num_workers=workers)
        module = stage.make_module(methods=BOTH)
        stage.make_trainer().fit(module, loader, DataLoader(Augmented(), batch_size=4, num_workers=workers))

    twins(scenario)


def test_a_worker_may_have_a_start_of_its_own():
    def start(worker):
        np.random.seed(worker + 5)
        random.seed(worker)

    def scenario(stage):
        stage.L.seed_everything(3, workers=True, verbose=False)
        loader = DataLoader(Augmented(), batch_size=4, num_workers=2, worker_init_fn=start)
        stage.make_trainer().fit(stage.make_module(), loader)

    twins(scenario, hears=False)


class ByEpoch(Sampler):
    """Shuffles by the epoch that it is told, and tells what it was told."""

    def __init__(self, stage, length):
        self.stage, self.length, self.epoch = stage, length, None

    def set_epoch(self, epoch):
        self.epoch = epoch
        self.stage.note("sampler", f"epoch {epoch}")

    def __len__(self):
        return self.length

    def __iter__(self):
        return iter(torch.randperm(self.length, generator=torch.Generator().manual_seed(self.epoch or 0)).tolist())


class InBatches(ByEpoch):
    def __iter__(self):
        return iter(torch.tensor(list(super().__iter__())).split(3))


SAMPLERS = {
    "by epoch": lambda stage: {"sampler": ByEpoch(stage, 12)},
    "by epoch, in batches": lambda stage: {
        "batch_sampler": torch.utils.data.BatchSampler(ByEpoch(stage, 12), 5, False),
        "batch_size": 1,
    },
    "at random": lambda stage: {"sampler": RandomSampler(range(12), replacement=True)},
    "by weight": lambda stage: {"sampler": WeightedRandomSampler([1.0, 2.0] * 6, 10)},
    "of one process among several": lambda stage: {"sampler": DistributedSampler(range(12), num_replicas=2, rank=1)},
    "with a generator of its own": lambda stage: {"shuffle": True, "generator": torch.Generator().manual_seed(5)},
}


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_samplers_are_told_the_epoch_when_lightning_tells_them(sampler):
    def scenario(stage):
        made = SAMPLERS[sampler]
        trainer = stage.make_trainer(max_epochs=3)
        train, val = (stage.loader(name, samples=12, **made(stage)) for name in ("train", "val"))
        trainer.fit(stage.make_module(methods=BOTH), train, val)
        trainer.validate(stage.module, val, verbose=False)

    twins(scenario)


def structured(batch):
    return {"x": batch[0], "more": [batch[1], ("name", 3)]}


def use(self, batch, batch_idx):
    loss = torch.nn.functional.cross_entropy(self.layers(batch["x"]), batch["more"][0])
    self.log("loss", loss, on_epoch=True)
    return {"loss": loss, "seen": batch["more"][1]}


def test_batches_of_any_structure_reach_steps_and_hooks_as_under_lightning():
    collate = {"collate_fn": lambda samples: structured(torch.utils.data.default_collate(samples))}
    twins(lambda stage: fit(stage, methods={"training_step": use, "validation_step": use}, train=collate, val=collate))


class Batches:
    """No loader, but something that batches can be read from."""

    def __init__(self, stage, sized):
        self.stage = stage
        self.batches = list(DataLoader(Augmented(), batch_size=4))
        if sized:
            self.__class__ = Sized

    def __iter__(self):
        self.stage.note("batches", "iterated over")
        return iter(self.batches)


class Sized(Batches):
    def __len__(self):
        return len(self.batches)


@pytest.mark.parametrize("sized", [True, False])
def test_any_iterable_of_batches_serves_as_a_loader(sized):
    def scenario(stage):
        batches = Batches(stage, sized)
        stage.make_trainer().fit(stage.make_module(methods=BOTH), batches, batches)

    twins(scenario)


class Endless(Batches):
    def __iter__(self):
        while True:
            yield from self.batches


def test_endless_data_is_used_as_far_as_the_limits_go():
    def scenario(stage):
        limits = {"limit_train_batches": 5, "limit_val_batches": 2}
        stage.make_trainer(**limits).fit(stage.make_module(methods=BOTH), Endless(stage, False), Endless(stage, False))

    twins(scenario)


def test_an_empty_loader_trains_nothing():
    def scenario(stage):
        stage.make_trainer(callbacks=[stage.make_callback()]).fit(stage.make_module(methods=BOTH), [])

    twins(scenario)


def test_an_empty_validation_loader_validates_nothing():
    def scenario(stage):
        stage.make_trainer().fit(stage.make_module(methods=BOTH), stage.loader("train"), Empty())

    twins(scenario)


class Empty:
    def __len__(self):
        return 0

    def __iter__(self):
        return iter(())
