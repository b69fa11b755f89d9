"""Data modules by themselves and in every entry point, and what is said of data and steps that do not go together."""

import warnings

import pytest
import torch
from tests.side_by_side.twins import BOTH, loss_of, twins
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

STEPS = {
    **BOTH,
    "test_step": lambda self, batch, batch_idx: self.log("test_loss", loss_of(self, batch)),
    "predict_step": lambda self, batch, batch_idx: self.layers(batch[0]),
}
LOADERS = {f"{name}_dataloader": name for name in ("train", "val", "test", "predict")}


def whole(stage, own=()):
    """A data module with all loaders."""
    made = {method: lambda self, name=name: stage.loader(name) for method, name in LOADERS.items()}
    return stage.make_data({**made, **dict(own)})


def test_a_data_module_is_asked_in_every_entry_point_as_under_lightning():
    def scenario(stage):
        stages = []

        def setup(self, stage):
            stages.append((stage, f"{stage == 'fit'}"))

        data, module = whole(stage, {"setup": setup}), stage.make_module(methods=STEPS)
        trainer = stage.make_trainer(callbacks=[stage.make_callback()])
        trainer.fit(module, datamodule=data)
        answers = [getattr(trainer, entry)(module, data, verbose=False) for entry in ("validate", "test")]
        return answers, trainer.predict(module, data), stages, data.trainer is trainer, trainer.datamodule is data

    twins(scenario)


def test_a_data_module_stays_in_a_call_without_one_and_brings_no_loader():
    def scenario(stage):
        changes = {"on_after_batch_transfer": lambda self, batch, index: (batch[0] + 1, batch[1])}
        data, module, trainer = whole(stage, changes), stage.make_module(methods=STEPS), stage.make_trainer()
        trainer.validate(module, data, verbose=False)
        trainer.validate(module, stage.loader("val"), verbose=False)
        trainer.fit(module, stage.loader("train"))
        return trainer.datamodule is data

    twins(scenario)


class Stream(IterableDataset):
    def __iter__(self):
        return iter(torch.ones(4, 2))


def points(samples):
    return TensorDataset(torch.ones(samples, 2))


MADE = {
    "nothing": {},
    "one each": {f"{name}_dataset": points(number + 3) for number, name in enumerate(LOADERS.values())},
    "lists": {"train_dataset": [points(3), points(4)], "val_dataset": [points(2)], "batch_size": 2},
    "a stream": {"train_dataset": Stream(), "batch_size": 4},
}


@pytest.mark.filterwarnings("ignore:'pin_memory'")
@pytest.mark.parametrize("made", MADE)
def test_a_data_module_of_datasets_says_what_lightnings_says(made):
    import lightning

    import groundwire_lightning

    told = []
    for framework in (lightning, groundwire_lightning):
        data = framework.LightningDataModule.from_datasets(**MADE[made])
        told.append((str(data).split("\n"), data.prepare_data_per_node))
    assert told[0] == told[1]


def test_a_data_module_with_loaders_in_a_dictionary_says_their_sizes():
    """Lightning breaks off there."""
    import groundwire_lightning

    data = groundwire_lightning.LightningDataModule.from_datasets({"a": points(3), "b": points(4)})
    assert str(data).startswith("{Train dataloader: 1. size=3 ; 2. size=4}")


def test_a_data_module_that_is_not_set_up_says_that_it_has_none():
    import lightning

    import groundwire_lightning

    def loader(self):
        return DataLoader(self.points)

    told = [
        str(type("Data", (framework.LightningDataModule,), {"train_dataloader": loader})())
        for framework in (lightning, groundwire_lightning)
    ]
    assert told[0] == told[1]


def step_without_data(stage):
    stage.make_trainer(max_epochs=1).fit(stage.make_module(methods=BOTH), stage.loader("train"))


def data_without_step(stage):
    stage.make_trainer(max_epochs=1).fit(stage.make_module(), stage.loader("train"), stage.loader("val"))


def shuffled_validation(stage):
    loaders = stage.loader("train"), stage.loader("val", shuffle=True)
    stage.make_trainer(max_epochs=1).fit(stage.make_module(methods=BOTH), *loaders)


def in_eval_mode(stage):
    module = stage.make_module()
    module.layers[1].eval()
    stage.make_trainer(max_epochs=1).fit(module, stage.loader("train"))


def overfit_what_shuffles(stage):
    stage.make_trainer(max_epochs=1, overfit_batches=1).fit(stage.make_module(), stage.loader("train", shuffle=True))


SAID = {
    step_without_data: "val",
    data_without_step: "val",
    shuffled_validation: "shuffl",
    in_eval_mode: "eval mode",
    overfit_what_shuffles: "shuffl",
}


@pytest.mark.parametrize("calls", SAID)
def test_what_lightning_warns_of_is_warned_of(calls):
    def scenario(stage):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            calls(stage)
        return any(SAID[calls] in str(warning.message) for warning in caught)

    assert twins(scenario, hears=False)["answer"] is True
