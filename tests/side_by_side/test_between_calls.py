"""What a Trainer and its parts are before a call, between two and after: told, lent, let go of, caught."""

import copy
import pickle
import warnings

import pytest
import torch
import torchmetrics
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.loops.optimization.automatic import Closure
from tests.side_by_side.twins import BOTH, GUESTS, fit, loss_of, twins

import groundwire_lightning

PLACES = {"ours": groundwire_lightning, "guests": GUESTS}
on_both = pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
ENTRIES = ("validate", "fit", "test", "predict", "validate")


def step(module, batch, batch_idx):
    return loss_of(module, batch)


EVERY_STEP = {f"{phase}_step": step for phase in ("validation", "test", "predict")}


@pytest.mark.parametrize("loaders", [True, False])
def test_batches_of_each_entry_point_are_remembered_by_the_next(loaders):
    names = ("num_training_batches", "num_val_batches", "num_sanity_val_batches", "num_test_batches")
    names += ("num_predict_batches", "enable_validation")

    def scenario(stage):
        def setup(module, stage):
            module.stage.note("module", "sees", {name: getattr(module.trainer, name) for name in names})

        of_loaders = {
            f"{name}_dataloader": lambda module, name=name: module.stage.loader(name)
            for name in ("train", "val", "test", "predict")
        }
        module = stage.make_module(methods={**EVERY_STEP, "setup": setup, **(of_loaders if loaders else {})})
        limits = {"limit_val_batches": 2, "limit_test_batches": 3, "limit_predict_batches": 4}
        trainer = stage.make_trainer(max_epochs=1, limit_train_batches=5, **limits)
        seen = []
        for entry in ENTRIES:
            if loaders:
                getattr(trainer, entry)(module)
            else:
                getattr(trainer, entry)(module, stage.loader())
            seen.append({name: getattr(trainer, name) for name in names})
        return seen

    twins(scenario, hears=False)


@on_both
def test_callbacks_are_lent_what_logs(place):
    def scenario(stage):
        def setup(callback, trainer, module, stage):
            module.stage.note("callback", "can log", callable(callback.log), callable(callback.log_dict))

        def on_train_batch_end(callback, trainer, module, outputs, batch, batch_idx):
            callback.log("a", float(batch_idx), on_step=False, on_epoch=True)

        def on_validation_epoch_end(callback, trainer, module):
            callback.log_dict({"v": 3.0, "w": 4.0})

        methods = {
            "setup": setup,
            "on_train_batch_end": on_train_batch_end,
            "on_validation_epoch_end": on_validation_epoch_end,
        }
        fit(stage, methods=BOTH, callbacks=(methods, {}))

    twins(scenario, hears=False, ours=place)


@pytest.mark.parametrize("again", [copy.deepcopy, lambda trainer: pickle.loads(pickle.dumps(trainer))])
@pytest.mark.parametrize("entry", ["fit", "validate", "test"])
@pytest.mark.filterwarnings("ignore")
def test_a_trainer_can_be_copied_after_a_run(entry, again):
    from groundwire_lightning.core.boring_classes import BoringModel

    quiet = dict.fromkeys(("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary"), False)
    trainer = groundwire_lightning.Trainer(max_epochs=1, limit_train_batches=2, accelerator="cpu", **quiet)
    getattr(trainer, entry)(BoringModel())
    assert type(again(trainer)) is groundwire_lightning.Trainer


def test_a_step_that_returns_nothing_is_told_of_once():
    Closure.warning_cache.clear()  # Lightning's tells once a process

    def told(stage):
        module = stage.make_module(methods={"training_step": lambda module, batch, batch_idx: None})
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            stage.make_trainer().fit(module, stage.loader())
        return sum("returned" in str(warning.message) and "None" in str(warning.message) for warning in seen)

    assert twins(told, hears=False)["answer"] == 1


def test_a_dataset_where_a_loader_is_due_is_told_of():
    data = torch.utils.data.TensorDataset(torch.ones(3, 2, 4), torch.zeros(3, 2, dtype=torch.long))

    def told(stage):
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            stage.make_trainer(max_epochs=1).fit(stage.make_module(), data)
        return stage.is_lightning or any("TensorDataset, which is a dataset" in str(each.message) for each in seen)

    assert twins(told, hears=False)["answer"] is True


@on_both
def test_an_optimizer_shows_itself_in_hooks_as_under_lightning(place):
    def scenario(stage):
        def configure_optimizers(module):
            return torch.optim.SGD(module.parameters(), lr=0.1)

        def on_train_start(module):
            shown = repr(module.optimizers()), repr(module.optimizers(use_pl_optimizer=False))
            module.stage.note("module", "shows", *shown)

        def optimizer_step(module, epoch, batch_idx, optimizer, optimizer_closure=None):
            module.stage.note("module", "steps", repr(optimizer))
            optimizer.step(optimizer_closure)

        def on_before_optimizer_step(module, optimizer):
            module.stage.note("module", "will step", repr(optimizer))

        hooks = (configure_optimizers, on_train_start, optimizer_step, on_before_optimizer_step)
        fit(stage, methods={hook.__name__: hook for hook in hooks}, callbacks=())

    twins(scenario, hears=False, ours=place)


def test_a_metric_is_reset_as_often_as_under_lightning():
    class Mean(torchmetrics.MeanMetric):
        resets = 0

        def reset(self):
            self.resets += 1
            super().reset()

    def scenario(stage):
        def of(name):
            def logged(module, batch, batch_idx):
                metric, loss = getattr(module, name), loss_of(module, batch)
                metric(loss)
                module.log(name, metric, on_step=True, on_epoch=True)
                return loss

            return logged

        def note(module):
            module.stage.note("module", "resets", module.train_mean.resets, module.val_mean.resets)

        moments = (
            "on_train_epoch_start",
            "on_train_epoch_end",
            "on_validation_start",
            "on_validation_end",
            "on_fit_end",
        )
        methods = {"training_step": of("train_mean"), "validation_step": of("val_mean"), **dict.fromkeys(moments, note)}
        module = stage.make_module(methods=methods)
        module.train_mean, module.val_mean = Mean(), Mean()
        module.train_mean.resets = module.val_mean.resets = 0
        stage.make_trainer(num_sanity_val_steps=0).fit(module, stage.loader(), stage.loader("val"))

    twins(scenario, hears=False)


@on_both
def test_an_example_that_is_a_property_is_one(place):
    class Lit(place.LightningModule):
        @property
        def example_input_array(self):
            return torch.ones(2, 3)

    assert Lit().example_input_array.shape == (2, 3)
    module = place.LightningModule()
    assert module.example_input_array is None
    module.example_input_array = torch.ones(1)
    assert torch.equal(copy.deepcopy(module).example_input_array, torch.ones(1))


@pytest.mark.filterwarnings("ignore")
@on_both
@pytest.mark.parametrize("mistake", ["log", "no step", "clip"])
def test_what_lightning_refuses_as_misconfiguration_is_caught_with_its_class(mistake, place):
    def wrong(module, *args):
        if mistake == "log":
            module.log("a", 1.0)
        elif mistake == "clip":
            module.clip_gradients(module.optimizers(), gradient_clip_val=7.0)

    cls = type("Lit", (place.LightningModule,), {"on_fit_start": wrong, "configure_optimizers": lambda module: None})
    if mistake != "no step":
        cls.training_step = lambda module, batch, batch_idx: None
    trainer = groundwire_lightning.Trainer(gradient_clip_val=1.0, logger=False, enable_checkpointing=False)
    with pytest.raises(MisconfigurationException) as caught:
        trainer.fit(cls(), [torch.ones(1)])
    if mistake != "clip" or place is groundwire_lightning:  # a guest's own clip_gradients raises what is Lightning's
        assert isinstance(caught.value, groundwire_lightning.utilities.exceptions.MisconfigurationException)
    assert type(pickle.loads(pickle.dumps(caught.value))).__name__ == type(caught.value).__name__
