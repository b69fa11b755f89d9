import importlib

import pytest
from tests.side_by_side.test_collections import EVALUATES, EVERY, combined, pair
from tests.side_by_side.twins import twins
from torch.utils.data import DataLoader


def plain(stage, samples):
    """A loader that Lightning can make anew."""
    data = stage.loader("predict", samples=samples).dataset
    return DataLoader(data, batch_size=4)


@EVERY
@pytest.mark.parametrize(
    "loaders",
    [
        lambda stage: [plain(stage, 6), plain(stage, 9)],
        lambda stage: {"a": plain(stage, 6), "b": plain(stage, 9)},
        lambda stage: [plain(stage, 6)],
        lambda stage: combined(stage, [plain(stage, 6), plain(stage, 9)], "sequential"),
        lambda stage: combined(stage, [plain(stage, 6), plain(stage, 9)], "min_size"),
        lambda stage: pair(stage)[0],
    ],
    ids=["a list", "a dictionary", "a list of one", "sequential", "min_size is refused", "one"],
)
def test_several_loaders_are_predicted_as_under_lightning(loaders, hears):
    def scenario(stage):
        trainer = stage.make_trainer(callbacks=[stage.make_callback()])
        return trainer.predict(stage.make_module(methods=EVALUATES), loaders(stage)), trainer.num_predict_batches

    twins(scenario, hears=hears)


def writer(stage, interval):
    """A callback that tells what it would write."""
    root = "lightning.pytorch" if stage.is_lightning else "groundwire_lightning"
    base = importlib.import_module(f"{root}.callbacks").BasePredictionWriter

    class Writer(base):
        def write_on_batch_end(self, trainer, module, prediction, indices, batch, batch_idx, dataloader_idx):
            stage.note("writer", "batch", prediction, indices, batch_idx, dataloader_idx)

        def write_on_epoch_end(self, trainer, module, predictions, indices):
            stage.note("writer", "epoch", predictions, indices)

    return Writer(interval)


def numbers(stage, samples, **kwargs):
    return DataLoader(stage.loader("predict", samples=samples).dataset, batch_size=4, **kwargs)


PREDICTED = {
    "one loader": lambda stage: numbers(stage, 10),
    "two loaders": lambda stage: [numbers(stage, 6), numbers(stage, 9)],
    "shuffled": lambda stage: numbers(stage, 10, shuffle=True),
    "the last batch would be dropped": lambda stage: numbers(stage, 10, drop_last=True),
    "with workers": lambda stage: numbers(stage, 10, num_workers=2),
    "a list of batches": lambda stage: list(numbers(stage, 10)),
}


@pytest.mark.parametrize("interval", ["batch", "epoch", "batch_and_epoch"])
@pytest.mark.parametrize("loaders", PREDICTED)
def test_prediction_writers_are_told_the_samples_as_under_lightning(loaders, interval):
    def scenario(stage):
        step = {"predict_step": lambda self, batch, batch_idx, dataloader_idx=0: self.layers(batch[0])}
        trainer = stage.make_trainer(callbacks=[writer(stage, interval)])
        module = stage.make_module(methods=step)
        return trainer.predict(module, PREDICTED[loaders](stage), return_predictions=interval != "epoch")

    twins(scenario, hears=False)
