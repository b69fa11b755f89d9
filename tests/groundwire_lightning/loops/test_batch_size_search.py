import pytest
import torch
from tests.groundwire_lightning.test_tuner import RATED, forget_trials, loaders, played, tuner_of
from tests.side_by_side.twins import Stage

import groundwire_lightning

SIZES = {
    "until it is too large": (20, {}),
    "until it is all of the data": (100, {}),
    "in between": (20, {"mode": "binsearch"}),
    "in between, without a margin": (20, {"mode": "binsearch", "margin": 0.0}),
    "from the first": (20, {"init_val": 8}),
    "few trials": (40, {"max_trials": 3}),
    "up to the largest": (40, {"max_val": 16}),
    "one step each": (20, {"steps_per_trial": 1}),
}


@pytest.mark.parametrize(
    ("name", "method"),
    [*((name, "fit") for name in SIZES), *(("in between", method) for method in ("validate", "test", "predict"))],
)
def test_batch_sizes_are_tried_as_in_lightning(name, method):
    most, options = SIZES[name]

    def scenario(stage):
        module = stage.make_module(methods={**RATED, **loaders(most)})
        trainer = stage.make_trainer()
        found = tuner_of(stage, trainer).scale_batch_size(module, method=method, **options)
        forget_trials(stage)
        sizes = [getattr(loader, "batch_size", None) for loader in (trainer.train_dataloader, trainer.val_dataloaders)]
        return [found, module.batch_size, trainer.max_steps, len(trainer.callbacks), sizes]

    played(scenario)


def test_a_first_size_that_is_too_large_is_halved_until_it_fits():
    """Lightning tries the loader that was there, of another size, takes that for a success, and ends with 32."""
    stage = Stage(groundwire_lightning, False)
    module = stage.make_module(methods={**RATED, **loaders(5)})
    assert tuner_of(stage, stage.make_trainer()).scale_batch_size(module, init_val=32) == module.batch_size == 4


@pytest.mark.parametrize("mode", ["power", "binsearch"])
def test_a_search_takes_the_loaders_and_the_random_numbers_that_lightnings_takes(mode):
    def scenario(stage):
        module = stage.make_module(methods={**RATED, **loaders(1000)})
        tuner_of(stage, stage.make_trainer()).scale_batch_size(module, mode=mode, max_trials=3)
        return [torch.rand(1).item(), module.batch_size]

    played(scenario)


@pytest.mark.parametrize("mode", ["power", "binsearch"])
def test_only_sizes_that_were_tried_are_told_of(mode, caplog):
    stage = Stage(groundwire_lightning, False)
    module = stage.make_module(methods={**RATED, **loaders(40)})
    with caplog.at_level("INFO", "groundwire_lightning.loops.batch_size_search"):
        tuner_of(stage, stage.make_trainer()).scale_batch_size(module, mode=mode, max_trials=3)
    tried = [line for line in caplog.messages if line.endswith(" fits")]
    assert tried == [f"Batch size {size} fits" for size in (2, 4, 8)]
    assert not any("16" in line for line in caplog.messages)
