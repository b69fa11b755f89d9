"""What is logged with several loaders of evaluation batches, in validation, its check and test."""

import pytest
import torch
import torchmetrics
from tests.side_by_side.test_loggers import recorder
from tests.side_by_side.twins import layers, loss_of, training_step, twins


def step_that_logs(**arguments):
    def step(self, batch, batch_idx, dataloader_idx=0):
        loss = loss_of(self, batch)
        self.log("v", loss, **arguments)
        self.log("n", batch_idx + dataloader_idx, **arguments)
        return loss

    return step


def named_by_hand(self, batch, batch_idx, dataloader_idx=0):
    self.log(f"v_{dataloader_idx}", loss_of(self, batch), add_dataloader_idx=False)


def the_same_name(self, batch, batch_idx, dataloader_idx=0):
    self.log("v", loss_of(self, batch), add_dataloader_idx=False)


def with_an_index(self, batch, batch_idx, dataloader_idx=0):
    self.log(f"v/dataloader_idx_{dataloader_idx}", loss_of(self, batch))


def of_one_loader(self, batch, batch_idx, dataloader_idx=0):
    if dataloader_idx:
        self.log("v", loss_of(self, batch), on_step=True)


def a_metric(self, batch, batch_idx, dataloader_idx=0):
    self.metrics[dataloader_idx](self.layers(batch[0]), batch[1])
    self.log("accuracy", self.metrics[dataloader_idx], on_step=True, on_epoch=True)


def in_hooks(self, outputs, batch, batch_idx, dataloader_idx=0):
    self.log("from_hook", batch_idx * 1.0)


def at_the_end(self):
    self.log("v", 3.0)
    self.log("at_end", 5.0)


STEPS = {
    "the default levels": step_that_logs(prog_bar=True),
    "both levels": step_that_logs(on_step=True, on_epoch=True),
    "steps": step_that_logs(on_step=True, on_epoch=False),
    "for no logger": step_that_logs(logger=False, on_step=True, on_epoch=True),
    "named by hand": named_by_hand,
    "the same name": the_same_name,
    "with an index in the name": with_an_index,
    "of one loader": of_one_loader,
    "a metric": a_metric,
}


def module_of(stage, step, **more):
    def init(self):
        stage.L.LightningModule.__init__(self)
        self.layers = layers()
        made = [torchmetrics.Accuracy("multiclass", num_classes=2) for _ in range(3)]
        self.metrics = torch.nn.ModuleList(made)

    both = {"validation_step": step, "test_step": step}
    return stage.make_module(methods={"__init__": init, "training_step": training_step, **both, **more})


def loaders(stage):
    return [stage.loader("val", 6), stage.loader("more", 9), stage.loader("last", 3)]


@pytest.mark.parametrize("hears", [True, False], ids=["heard", "unheard"])
@pytest.mark.parametrize("step", STEPS)
def test_names_of_several_loaders_are_those_of_lightning(step, hears):
    def scenario(stage):
        trainer = stage.make_trainer(logger=recorder(stage), log_every_n_steps=1, callbacks=[stage.make_callback()])
        module = module_of(stage, STEPS[step])
        trainer.fit(module, stage.loader("train", 10), loaders(stage))
        validated = trainer.validate(module, loaders(stage), verbose=False)
        return validated, trainer.test(module, loaders(stage)[:2], verbose=False)

    twins(scenario, hears=hears)


def test_values_of_hooks_and_of_the_end_stand_beside_those_of_loaders():
    more = {
        f"on_{phase}_{hook}": method
        for phase in ("validation", "test")
        for hook, method in (("batch_end", in_hooks), ("epoch_end", at_the_end), ("epoch_start", at_the_end))
    }

    def scenario(stage):
        module = module_of(stage, STEPS["both levels"], **more)
        trainer = stage.make_trainer(logger=recorder(stage), callbacks=[stage.make_callback()])
        trainer.fit(module, stage.loader("train", 10), loaders(stage))
        return trainer.validate(module, loaders(stage), verbose=False), trainer.test(
            module, loaders(stage), verbose=False
        )

    twins(scenario)


@pytest.mark.parametrize(
    "hook", ["test_step", "on_test_start", "on_test_batch_start", "on_test_epoch_end", "on_test_end"]
)
@pytest.mark.parametrize("arguments", [{}, {"on_step": True}, {"on_step": False, "on_epoch": True}], ids=str)
def test_a_test_may_log_in_the_hooks_in_which_lightning_allows_it(hook, arguments):
    def logs(self, *args):
        self.log("here", 1.5, **arguments)

    def scenario(stage):
        module = module_of(stage, STEPS["both levels"], **{hook: logs})
        trainer = stage.make_trainer(logger=recorder(stage))
        return trainer.test(module, stage.loader("val", 6), verbose=False)

    twins(scenario, hears=False)


@pytest.mark.parametrize("hook", ["predict_step", "on_predict_start", "on_predict_epoch_end", "on_predict_batch_end"])
def test_a_prediction_logs_nothing_as_under_lightning(hook):
    def logs(self, *args):
        self.log("here", 1.5)

    def scenario(stage):
        predicts = {"predict_step": lambda self, batch, batch_idx: batch_idx}
        module = module_of(stage, STEPS["both levels"], **{**predicts, hook: logs})
        stage.make_trainer(logger=recorder(stage)).predict(module, stage.loader("val", 6))

    assert twins(scenario, hears=False)["answer"][0] == "raised"
