"""Methods that are replaced while a run is under way are called from then on, wherever they were replaced."""

import lightning
import pytest
import torch
from tests.side_by_side.twins import BOTH, GUESTS, fit, loss_of, record, twins

import groundwire_lightning

PLACES = {"ours": groundwire_lightning, "guests": GUESTS}
on_both = pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
METHODS = (
    *("training_step", "validation_step", "on_train_batch_end", "on_train_epoch_end", "on_validation_epoch_start"),
    *("optimizer_step", "optimizer_zero_grad", "configure_gradient_clipping", "on_after_backward"),
)
MOMENTS = {
    **dict.fromkeys(("setup", "on_fit_start", "on_sanity_check_start", "on_train_start", "on_train_epoch_start"), ""),
    "on_train_batch_start": "on_train_batch_end",
    "on_validation_start": "on_validation_epoch_start",
    "on_validation_end": "",
    "on_train_epoch_end": "on_train_epoch_end",
}
"""When methods are replaced, and which hook of the same moment is called in its old form once more."""


def wrap(stage, target, name):
    """Put something around a method of an object."""
    inherited = getattr(target, name)

    def wrapper(*args, **kwargs):
        stage.note("wrapper", name)
        return inherited(*args, **kwargs)

    setattr(target, name, wrapper)


def wrapping(stage, names):
    """A hook of a callback that puts something around methods of the module, once."""

    def hook(callback, trainer, module, *args, **kwargs):
        if "done" not in vars(callback):
            callback.done = True
            for name in names:
                wrap(stage, module, name)

    return hook


@on_both
@pytest.mark.parametrize("moment", MOMENTS)
def test_what_a_callback_puts_around_methods_runs_from_then_on(moment, place):
    names = [name for name in METHODS if name != MOMENTS[moment]]

    def scenario(stage):
        fit(stage, methods=BOTH, callbacks=({moment: wrapping(stage, names)},), max_epochs=3)

    ours = twins(scenario, hears=False, ours=place)
    seen = [call["call"] for call in ours["calls"]]
    assert all(seen.count(f"wrapper: {name}") >= 2 for name in names)


@on_both
@pytest.mark.parametrize("moment", ["on_train_epoch_start", "on_train_batch_start", "training_step"])
def test_a_second_phase_replaces_the_step_and_a_third_sets_it_back(moment, place):
    def first(module, batch, batch_idx):
        change(module, batch_idx)
        return loss_of(module, batch)

    def second(module, batch, batch_idx):
        change(module, batch_idx)
        return loss_of(module, batch) * 2 + module.layers[0].weight.square().sum()

    def change(module, batch_idx, at="training_step"):
        if moment != at or batch_idx not in (None, 3):
            return
        if module.trainer.current_epoch == 1:
            module.training_step = module.phase_two
        elif module.trainer.current_epoch == 2:
            del module.training_step

    def on_train_epoch_start(module):
        change(module, None, "on_train_epoch_start")

    def on_train_batch_start(module, batch, batch_idx):
        change(module, batch_idx, "on_train_batch_start")

    methods = {
        "training_step": first,
        "on_train_epoch_start": on_train_epoch_start,
        "on_train_batch_start": on_train_batch_start,
        "phase_two": second,
    }
    twins(lambda stage: fit(stage, methods=methods, max_epochs=4), hears=False, ours=place)


OWN = ("on_train_epoch_end", "on_validation_batch_end", "on_train_end", "on_train_batch_start")


@on_both
@pytest.mark.parametrize("moment", ["on_fit_start", "on_train_epoch_start", "on_validation_start", "on_train_start"])
def test_a_callback_may_replace_hooks_of_its_own(moment, place):
    def scenario(stage):
        def hook(callback, *args, **kwargs):
            if "done" not in vars(callback):
                callback.done = True
                for name in OWN:
                    wrap(stage, callback, name)

        fit(stage, methods=BOTH, callbacks=({moment: hook},), max_epochs=3)

    twins(scenario, hears=False, ours=place)


def test_automatic_optimization_may_be_set_within_an_epoch():
    def training_step(module, batch, batch_idx):
        loss = loss_of(module, batch)
        if not module.automatic_optimization:
            optimizer = module.optimizers()
            optimizer.zero_grad()
            module.manual_backward(loss * 0.5)
            optimizer.step()
        return loss

    def on_train_batch_end(module, outputs, batch, batch_idx):
        module.automatic_optimization = batch_idx < 2

    methods = {"training_step": training_step, "on_train_batch_end": on_train_batch_end}
    ends = [
        record(framework, lambda stage: fit(stage, methods=methods), hears=False)
        for framework in (lightning, groundwire_lightning)
    ]
    # global_step is left out: Lightning counts the updates of the kind that is made at the moment
    assert ends[0]["weights"] == ends[1]["weights"]


@pytest.mark.parametrize("entry", ["validate", "test", "predict"])
def test_a_method_may_be_replaced_in_the_other_entry_points(entry):
    name = {"validate": "validation", "test": "test", "predict": "predict"}[entry]

    def scenario(stage):
        def step(module, batch, batch_idx):
            return loss_of(module, batch)

        callback = stage.make_callback(methods={f"on_{name}_start": wrapping(stage, [f"{name}_step"])})
        module = stage.make_module(methods={f"{name}_step": step})
        getattr(stage.make_trainer(callbacks=[callback]), entry)(module, stage.loader())

    ours = twins(scenario, hears=False)
    assert sum(call["call"] == f"wrapper: {name}_step" for call in ours["calls"]) == 7


def test_a_hook_that_cannot_be_called_is_refused_where_it_is_assigned():
    from groundwire import HookMapError

    class Lit(groundwire_lightning.LightningModule):
        def training_step(self, batch, batch_idx):
            return self.layer(batch[0]).sum()

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=0.1)

        def on_train_start(self):
            self.training_step = lambda: None

    module = Lit()
    module.layer = torch.nn.Linear(1, 1)
    trainer = groundwire_lightning.Trainer(max_epochs=1, logger=False, enable_checkpointing=False, accelerator="cpu")
    with pytest.raises(HookMapError, match=r"Lit\.training_step .* takes \(\)"):
        trainer.fit(module, [[torch.ones(2, 1)]])


def test_an_assignment_between_runs_and_without_a_trainer_is_an_assignment():
    module = groundwire_lightning.LightningModule()
    module.training_step = len
    assert module.training_step is len
    del module.training_step
    assert module.training_step.__func__ is groundwire_lightning.LightningModule.training_step
