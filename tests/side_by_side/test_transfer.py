"""What happens to a batch between its loader and a step: hooks of module and data module, and batches of any kind."""

import pytest
import torch
from tests.side_by_side.twins import BOTH, TRANSFER, loss_of, twins

EVERY = pytest.mark.parametrize("hears", [True, False], ids=["heard", "unheard"])
STEPS = {
    **BOTH,
    "test_step": lambda self, batch, batch_idx: self.log("test_loss", loss_of(self, batch)),
    "predict_step": lambda self, batch, batch_idx: self.layers(batch[0]),
}


def shifting(amount):
    def change(self, batch, *rest):
        return batch[0] + amount, batch[1]

    return change


CHANGES = {name: shifting(amount) for name, amount in zip(TRANSFER, (1.0, 20.0, 300.0), strict=True)}


@EVERY
@pytest.mark.parametrize("names", [TRANSFER, *([name] for name in TRANSFER)], ids=str)
@pytest.mark.parametrize("whose", ["module", "data module", "both", "one each"])
def test_batches_are_changed_where_lightning_lets_them_be_changed(names, whose, hears):
    def scenario(stage):
        of_module = {name: CHANGES[name] for name in names if whose != "data module"}
        of_data = {name: shifting(0.5) for name in names if whose in ("data module", "both")}
        of_data |= {TRANSFER[0]: shifting(7)} if whose == "one each" else {}
        module = stage.make_module(methods={**STEPS, **of_module})
        trainer = stage.make_trainer(max_epochs=1, callbacks=[stage.make_callback()])
        trainer.fit(module, datamodule=stage.make_data(of_data))

    twins(scenario, hears=hears)


@EVERY
def test_hooks_are_told_the_loader_of_a_batch(hears):
    def step(self, batch, batch_idx, dataloader_idx):
        return loss_of(self, batch)

    def scenario(stage):
        steps = {"validation_step": step, "test_step": step, "predict_step": step}
        module = stage.make_module(methods={**steps, **CHANGES})
        trainer = stage.make_trainer(max_epochs=1)
        loaders = [stage.loader("val", samples=5), stage.loader("other", samples=9)]
        trainer.fit(module, stage.loader("train"), loaders)
        trainer.test(module, loaders, verbose=False)
        trainer.predict(module, loaders)

    twins(scenario, hears=hears)


def test_an_override_may_call_what_it_overrides():
    def scenario(stage):
        base = stage.L.LightningModule
        methods = {name: lambda self, *args, name=name: getattr(base, name)(self, *args) for name in TRANSFER}
        trainer = stage.make_trainer(max_epochs=1)
        trainer.fit(stage.make_module(methods={**BOTH, **methods}), stage.loader("train"), stage.loader("val"))

    twins(scenario)


def test_a_module_that_moves_a_batch_by_hand_reaches_its_hooks():
    def scenario(stage):
        module = stage.make_module(methods=BOTH)
        return module.transfer_batch_to_device([torch.ones(2)], torch.device("cpu"), 0)[0].tolist()

    def run(stage):
        stage.make_trainer()
        return scenario(stage)

    twins(run, hears=False)
