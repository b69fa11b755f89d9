import pytest
import torch
from tests.groundwire_lightning.small import (
    BATCHES,
    Lit,
    data,
    equal,
    lit,
    loader,
    loss_of,
    quiet,
    scheduled,
    sgd,
    telling,
)
from torch.optim.lr_scheduler import ReduceLROnPlateau, StepLR

import groundwire_lightning as L
from groundwire import GroundwireError, HookMap, HookMapError, Trainer, row
from groundwire_lightning.core.step_outputs import EpochSkipped
from groundwire_lightning.trainer.adapter import Slots

# the mixing rule

SLOTS = {
    "_gather_callbacks": "configure_callbacks",
    "_create_optimizer": "configure_optimizers",
    "create_train_dataloader": "train_dataloader",
    "create_eval_dataloader": "val_dataloader",
    "calculate_train_batch_loss": "training_step",
    "backward_step": "backward",
    "_clip_gradients": "configure_gradient_clipping",
    "scheduler_step": "lr_scheduler_step",
    "optimizer_step": "optimizer_step",
    "optimizer_zero_grad": "optimizer_zero_grad",
    "_before_transfer": "on_before_batch_transfer",
    "_transfer_batch": "transfer_batch_to_device",
    "_after_transfer": "on_after_batch_transfer",
    "_make_room_for_evaluation": "on_validation_model_zero_grad",
    "eval_epoch_start": "on_validation_model_eval",
    "calculate_eval_batch_loss": "validation_step",
    "_leave_eval_mode": "on_validation_model_train",
    "prediction_run_start": "on_predict_model_eval",
    "calculate_predictions": "predict_step",
}
"""A hook of the Trainer, and the module's method that runs instead of it."""

AROUND = {
    "backward_step": (["on_before_backward"], ["on_after_backward"]),
    "_clip_gradients": (["on_before_optimizer_step"], []),
    "optimizer_zero_grad": (["on_before_zero_grad"], []),
}
"""A hook of the Trainer, and the module's methods before and after it."""


def test_every_slot_is_met_here():
    assert set(SLOTS) == {name for name, value in vars(Slots).items() if not name.startswith("__")}


def overriding(hook, seen, calls_super=True):
    """A user's Trainer class, native, that overrides one hook."""

    class MyTrainer(Trainer):
        pass

    def override(self, *args, **kwargs):
        seen.append("mine begins")
        made = getattr(super(MyTrainer, self), hook)(*args, **kwargs) if calls_super else None
        seen.append("mine ends")
        return made

    setattr(MyTrainer, hook, override)
    return MyTrainer


def telling_lit(hook, seen):
    """A module whose methods around one hook are overridden."""
    before, after = AROUND.get(hook, ([], []))
    usual = {f"{name}_dataloader": lambda *_: loader() for name in ("train", "val")}
    usual["predict_step"] = lambda self, batch, *_: self(batch[0])
    names = [*before, SLOTS[hook], *after]
    base = type("Base", (Lit,), {"configure_optimizers": scheduled("step"), "predict_step": usual["predict_step"]})
    methods = {name: telling(name, usual.get(name) or getattr(base, name)) for name in names}
    made = lit(base, **methods)
    made.seen = seen
    return made


def mixed_by_subclass_of_lightnings(hook, module, seen, **kwargs):
    native = overriding(hook, seen, **kwargs)
    method = getattr(native, hook)

    class MyTrainer(L.Trainer):
        pass

    def override(self, *args, **rest):
        seen.append("mine begins")
        made = getattr(super(MyTrainer, self), hook)(*args, **rest)
        seen.append("mine ends")
        return made

    setattr(MyTrainer, hook, override if kwargs.get("calls_super", True) else method)
    given = [None if SLOTS.get(hook) == name else loader() for name in ("train_dataloader", "val_dataloader")]
    trainer = quiet(MyTrainer, gradient_clip_val=1.0)
    trainer.predict(module, loader()) if hook in PREDICTS else trainer.fit(module, *given)


def mixed_by_two_bases(hook, module, seen, **kwargs):
    class Mine(overriding(hook, seen, **kwargs), L.LightningAdapter):
        pass

    train(Mine(module, callbacks=[]), hook)


def mixed_by_adapt(hook, module, seen, **kwargs):
    train(L.adapt(module, overriding(hook, seen, **kwargs), callbacks=[]), hook)


PREDICTS = ("prediction_run_start", "calculate_predictions")


def train(trainer, hook):
    if hook in PREDICTS:
        return trainer.predict(loader())
    train_data = None if SLOTS.get(hook) == "train_dataloader" else loader()
    eval_data = None if SLOTS.get(hook) == "val_dataloader" else loader()
    return trainer.train(train_data, 1, eval_dataset=eval_data, gradient_clip_norm=1.0)


FORMS = pytest.mark.parametrize(
    "mixed",
    [mixed_by_subclass_of_lightnings, mixed_by_two_bases, mixed_by_adapt],
    ids=["subclass of L.Trainer", "two bases", "adapt"],
)


@pytest.mark.filterwarnings("ignore:.*runs around forward and backward pass")  # optimizer_step does
@FORMS
@pytest.mark.parametrize("hook", SLOTS)
def test_a_users_method_runs_once_around_the_modules_and_rows_around_both(hook, mixed):
    seen = []
    mixed(hook, telling_lit(hook, seen), seen)
    before, after = AROUND.get(hook, ([], []))
    coming = [*before, "mine begins", SLOTS[hook], "mine ends", *after]
    assert len(seen) >= len(coming)
    assert seen == coming * (len(seen) // len(coming))


@FORMS
@pytest.mark.parametrize("hook", ["backward_step", "_clip_gradients", "scheduler_step", "eval_epoch_start"])
def test_a_users_method_that_calls_no_super_keeps_the_modules_from_running(hook, mixed):
    seen = []
    mixed(hook, telling_lit(hook, seen), seen, calls_super=False)
    before, after = AROUND.get(hook, ([], []))
    coming = [*before, "mine begins", "mine ends", *after]
    assert seen == coming * (len(seen) // len(coming))
    assert seen


@FORMS
def test_rows_before_and_after_a_hook_without_a_slot_run_around_the_users_method(mixed):
    seen = []
    names = ["on_train_batch_start", "on_train_batch_end"]
    module = lit(**{name: telling(name) for name in names})
    module.seen = seen
    mixed("_run_train_step", module, seen)
    assert seen == ["on_train_batch_start", "mine begins", "mine ends", "on_train_batch_end"] * BATCHES


def test_two_classes_of_the_user_run_from_the_outermost():
    seen = []

    class Mine(L.Trainer):
        def calculate_train_batch_loss(self, batch):
            seen.append("mine")
            return super().calculate_train_batch_loss(batch)

    class Yours(Mine):
        def calculate_train_batch_loss(self, batch):
            seen.append("yours")
            return super().calculate_train_batch_loss(batch)

    module = lit(training_step=telling("training_step", Lit.training_step), on_train_start=telling("on_train_start"))
    module.seen = seen
    quiet(Yours, limit_train_batches=1).fit(module, loader())
    assert seen == ["on_train_start", "yours", "mine", "training_step"]


def test_what_a_users_method_makes_of_the_loss_is_what_is_trained():
    halved = lit(training_step=lambda self, batch, batch_idx: loss_of(self, batch) / 2)
    L.adapt(halved, callbacks=[]).train(loader(), 1)

    class Half(Trainer):
        def calculate_train_batch_loss(self, batch):
            output = super().calculate_train_batch_loss(batch)
            return {**output, "loss": output["loss"] / 2}

    module = Lit()
    L.adapt(module, Half, callbacks=[]).train(loader(), 1)
    assert equal(module.net, halved.net)


# refusals


def configured(make):
    return {"configure_optimizers": lambda self: make(sgd(self))}


REFUSED = {
    "several schedulers": (
        configured(lambda o: ([o], [StepLR(o, 1), StepLR(o, 1)])),
        r"train\(\) moves one scheduler",
    ),
    "a scheduler that takes a metric": (
        configured(lambda o: {"optimizer": o, "lr_scheduler": ReduceLROnPlateau(o), "monitor": "loss"}),
        "for a metric .* use groundwire_lightning.Trainer",
    ),
    "a frequency": (
        configured(lambda o: ([o], [{"scheduler": StepLR(o, 1), "frequency": 2}])),
        "frequency use groundwire_lightning.Trainer",
    ),
}


@pytest.mark.parametrize("refused", REFUSED)
def test_what_a_native_run_cannot_honour_is_refused_before_data_is_read(refused):
    methods, said = REFUSED[refused]
    read = []

    class Watched(list):
        def __iter__(self):
            read.append(True)
            return super().__iter__()

    with pytest.raises(L.NotSupportedYetError, match=said):
        L.adapt(lit(**methods), callbacks=[]).train(Watched(loader()), 1)
    assert read == []


def test_an_optimizer_given_beside_configure_optimizers_is_refused():
    module = Lit()
    with pytest.raises(L.MisconfigurationException, match="optimizer=SGD was given and configure_optimizers makes one"):
        L.adapt(module, optimizer=sgd(module), callbacks=[]).train(loader(), 1)


def test_skipping_the_epoch_is_refused_where_nothing_can_skip_it():
    with pytest.raises(EpochSkipped, match=r"returned -1 at batch 0; fit\(\) ends the epoch there, train\(\) has no"):
        L.adapt(lit(on_train_batch_start=lambda self, batch, batch_idx: -1), callbacks=[]).train(loader(), 1)


def test_a_step_without_a_loss_is_refused_where_nothing_can_skip_it():
    module = lit(training_step=lambda self, batch, batch_idx: loss_of(self, batch) if batch_idx else None)
    with pytest.raises(
        GroundwireError, match=r"returned no loss at batch 0; fit\(\) skips such a batch, train\(\) has"
    ):
        L.adapt(module, callbacks=[]).train(loader(), 1)


def test_predict_step_predicts_in_native_order_and_without_one_the_module_itself():
    twice = lit(predict_step=lambda self, batch, batch_idx: 2 * self(batch[0]))
    made = L.adapt(twice, callbacks=[]).predict(loader(), collect=True)
    assert torch.equal(made, 2 * twice(data().tensors[0]).detach())
    module = Lit()
    made = L.adapt(module, callbacks=[]).predict(loader(), collect=True)
    assert torch.equal(made, module(data().tensors[0]).detach())


def test_two_rows_that_want_to_run_instead_of_one_hook_are_refused_by_name():
    class Base:
        def loss(self, batch): ...

    class Rival(Base):
        hookmap = HookMap(
            "rival",
            (row("Rival.loss", instead="calculate_train_batch_loss", args=("batch",)),),
            bases={"Rival": Base},
            listed=frozenset({"Rival"}),
        )

        def loss(self, batch): ...

        def on_something(self): ...

    with pytest.raises(HookMapError) as refused:
        quiet(callbacks=[Rival()]).fit(Lit(), loader())
    said = str(refused.value)
    assert said.startswith("calculate_train_batch_loss: ")
    assert "Rival.loss (" in said
    assert "Lit.training_step (" in said
    assert said.endswith("all want to run instead of it; keep one")


# callbacks that the module brings


def test_callbacks_of_the_module_join_and_replace_those_of_their_class():
    class One(L.Callback):
        pass

    class Other(L.Callback):
        pass

    mine, theirs, other = One(), One(), Other()
    trainer = L.adapt(lit(configure_callbacks=lambda self: [theirs]), callbacks=[mine, other])
    trainer.train(loader(), 1)
    assert trainer.callbacks == [other, theirs]
    trainer.train(loader(), 1)
    assert trainer.callbacks == [other, theirs]


def test_a_single_callback_of_the_module_is_told_from_the_first_moment():
    told = []

    class One(L.Callback):
        def setup(self, trainer, pl_module, stage):
            told.append(stage)

    L.adapt(lit(configure_callbacks=lambda self: One()), callbacks=[]).train(loader(), 1)
    assert told == ["fit"]
