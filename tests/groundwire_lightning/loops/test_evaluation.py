import pytest
from tests.side_by_side.test_collections import EVALUATES, EVERY, combined, first_of, pair
from tests.side_by_side.twins import BOTH, loss_of, twins

EVALUATED = {
    "a list": lambda stage: list(pair(stage)),
    "a list of one": lambda stage: [pair(stage)[0]],
    "a dictionary": lambda stage: dict(zip("ab", pair(stage), strict=True)),
    "nested": lambda stage: {"a": pair(stage)[0], "b": [pair(stage)[1], {"c": pair(stage)[1]}]},
    "streams": lambda stage: list(pair(stage, sized=False)),
    "shuffled": lambda stage: list(pair(stage, shuffle=True)),
    "a stream among others": lambda stage: [pair(stage)[0], pair(stage, sized=False)[1]],
    "sequential": lambda stage: combined(stage, list(pair(stage)), "sequential"),
    "min_size": lambda stage: combined(stage, list(pair(stage)), "min_size"),
    "max_size": lambda stage: combined(stage, list(pair(stage)), "max_size"),
    "max_size_cycle": lambda stage: combined(stage, dict(zip("ab", pair(stage), strict=True)), "max_size_cycle"),
}


@EVERY
@pytest.mark.parametrize("loaders", EVALUATED)
def test_several_loaders_are_validated_and_tested_as_under_lightning(loaders, hears):
    def scenario(stage):
        trainer = stage.make_trainer(callbacks=[stage.make_callback()])
        module = stage.make_module(methods=EVALUATES)
        trainer.fit(module, stage.loader("train", samples=8), EVALUATED[loaders](stage))
        told = trainer.num_val_batches, trainer.num_sanity_val_batches
        trainer.test(module, EVALUATED[loaders](stage), verbose=False)
        return told, trainer.num_test_batches, type(trainer.test_dataloaders).__name__

    twins(scenario, hears=hears)


@pytest.mark.parametrize("limit", [1, 0.5, 50])
@pytest.mark.parametrize("loaders", ["a list", "streams", "min_size"])
def test_limits_hold_for_each_loader_as_under_lightning(loaders, limit):
    def scenario(stage):
        trainer = stage.make_trainer(limit_val_batches=limit)
        trainer.validate(stage.make_module(methods=EVALUATES), EVALUATED[loaders](stage), verbose=False)
        return trainer.num_val_batches

    twins(scenario, hears=False)


def test_a_step_that_is_told_the_loader_is_told_after_one_that_is_not():
    def scenario(stage):
        module, trainer = stage.make_module(methods={**BOTH, **EVALUATES}), stage.make_trainer()
        trainer.validate(module, pair(stage)[0], verbose=False)
        trainer.validate(module, list(pair(stage)), verbose=False)
        trainer.validate(module, pair(stage)[0], verbose=False)

    twins(scenario)


@EVERY
@pytest.mark.parametrize("loaders", ["a list", "a dictionary", "a list of one", "streams", "min_size"])
def test_the_results_of_several_loaders_are_lightnings(loaders, hears):
    def step(self, batch, batch_idx, dataloader_idx=0):
        self.log("loss", loss_of(self, first_of(batch)), prog_bar=True, on_step=True, on_epoch=True)
        self.log("plain", float(batch_idx + dataloader_idx), add_dataloader_idx=dataloader_idx is None, batch_size=1)

    def on_test_epoch_end(self):
        self.log("at the end", 3.0)

    def scenario(stage):
        methods = {"validation_step": step, "test_step": step, "on_test_epoch_end": on_test_epoch_end}
        module, trainer = stage.make_module(methods=methods), stage.make_trainer(max_epochs=1)
        trainer.fit(module, stage.loader("train", samples=8), EVALUATED[loaders](stage))
        entries = [getattr(trainer, name)(module, EVALUATED[loaders](stage)) for name in ("validate", "test")]
        return entries, trainer.callback_metrics

    twins(scenario, hears=hears)
