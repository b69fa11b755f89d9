"""Modules that make their updates themselves: several optimizers, hooks, counters, schedulers and refusals."""

import pytest
import torch
from tests.side_by_side.twins import BOTH, GUESTS, Optimizer, fit, loss_of, sgd, twins
from torch.optim.lr_scheduler import ReduceLROnPlateau, StepLR

EVERY = pytest.mark.parametrize("hears", [True, False], ids=["heard", "unheard"])


def by_hand(training_step, configure_optimizers=sgd, **methods):
    own = {"training_step": training_step, "configure_optimizers": configure_optimizers}
    return {"methods": {**BOTH, "automatic_optimization": False, **own, **methods}}


def two(self):
    return [Optimizer(self.stage, self.layers[0].parameters()), torch.optim.Adam(self.layers[4].parameters(), lr=0.01)]


def two_with_schedulers(self):
    first, second = two(self)
    return [first, second], [
        StepLR(first, 1, gamma=0.5),
        {"scheduler": StepLR(second, 1), "name": "b", "interval": "step"},
    ]


def as_dictionaries(self):
    first, second = two(self)
    return (
        {"optimizer": first, "lr_scheduler": {"scheduler": StepLR(first, 1), "interval": "step"}},
        {"optimizer": second, "lr_scheduler": StepLR(second, 2)},
    )


def shared(self):
    """Two optimizers with parameters in common."""
    return [Optimizer(self.stage, self.parameters()), Optimizer(self.stage, self.layers[4].parameters(), lr=0.01)]


def with_plateau(self):
    optimizer = sgd(self)
    return [optimizer], [
        {"scheduler": ReduceLROnPlateau(optimizer, patience=0), "monitor": "val_loss", "strict": False}
    ]


def one_step(self, batch, batch_idx):
    optimizer = self.optimizers()
    loss = loss_of(self, batch)
    optimizer.zero_grad()
    self.manual_backward(loss)
    optimizer.step()
    self.log("loss", loss, on_step=True, on_epoch=True)


def returning(make):
    def training_step(self, batch, batch_idx):
        one_step(self, batch, batch_idx)
        return make(loss_of(self, batch), batch_idx)

    return training_step


def gan(self, batch, batch_idx):
    first, second = self.optimizers()
    for optimizer in (first, second):
        self.toggle_optimizer(optimizer)
        self.stage.note("test", "flags", [parameter.requires_grad for parameter in self.parameters()])
        loss = loss_of(self, batch)
        optimizer.zero_grad()
        self.manual_backward(loss)
        optimizer.step()
        self.untoggle_optimizer(optimizer)
        self.stage.note("test", "flags", [parameter.requires_grad for parameter in self.parameters()], self.global_step)
        self.log(f"loss of {type(optimizer.optimizer).__name__}", loss, prog_bar=True)


def toggling(self, batch, batch_idx):
    for optimizer in self.optimizers():
        with self.toggled_optimizer(optimizer):
            optimizer.zero_grad()
            self.manual_backward(loss_of(self, batch))
            optimizer.step()


def toggling_models(self, batch, batch_idx):
    for optimizer in self.optimizers():
        with optimizer.toggle_model(sync_grad=batch_idx % 2 == 0):
            optimizer.step(closure=lambda optimizer=optimizer: closure_of(self, batch, optimizer))


def closure_of(self, batch, optimizer):
    optimizer.zero_grad()
    loss = loss_of(self, batch)
    self.manual_backward(loss)
    return loss


def in_turns(self, batch, batch_idx):
    first, second = self.optimizers()
    optimizer = second if batch_idx % 3 == 2 else first
    optimizer.zero_grad()
    self.manual_backward(loss_of(self, batch))
    optimizer.step()


def accumulating(self, batch, batch_idx):
    optimizer = self.optimizers()
    self.manual_backward(loss_of(self, batch) / 2)
    if batch_idx % 2:
        self.clip_gradients(optimizer, gradient_clip_val=0.1, gradient_clip_algorithm="value")
        optimizer.step()
        optimizer.zero_grad()


def twice_backward(self, batch, batch_idx):
    optimizer = self.optimizers()
    loss = loss_of(self, batch)
    self.manual_backward(loss, retain_graph=True)
    self.manual_backward(loss)
    optimizer.step()
    optimizer.zero_grad(set_to_none=False)


def on_the_bare_optimizer(self, batch, batch_idx):
    optimizer = self.optimizers(use_pl_optimizer=False)
    optimizer.zero_grad()
    self.manual_backward(loss_of(self, batch))
    optimizer.step()


def moving_schedulers(self, batch, batch_idx):
    toggling(self, batch, batch_idx)
    first, second = self.lr_schedulers()
    second.step()
    if self.trainer.is_last_batch:
        first.step()


def moving_a_plateau(self):
    self.lr_schedulers().step(self.trainer.callback_metrics["val_loss"])


def without_a_step(self, batch, batch_idx):
    self.log("batch", float(batch_idx))


def clips(self, batch, batch_idx):
    optimizer = self.optimizers()
    optimizer.zero_grad()
    self.manual_backward(loss_of(self, batch))
    self.clip_gradients(optimizer, gradient_clip_val=0.1)
    optimizer.step()


def lbfgs(self):
    return torch.optim.LBFGS(self.parameters(), lr=0.1, max_iter=3)


def with_lbfgs(self, batch, batch_idx):
    optimizer = self.optimizers()
    optimizer.step(closure=lambda: closure_of(self, batch, optimizer))


def backward(self, loss, *args, **kwargs):
    self.stage.note("test", "backward", sorted(kwargs))
    loss.backward(*args, **kwargs)


def decides_late(self):
    self.automatic_optimization = False


RUNS = {
    "one optimizer": by_hand(one_step),
    "one in a list": by_hand(one_step, lambda self: [sgd(self)]),
    "a loss that is returned": by_hand(returning(lambda loss, _: loss)),
    "a dictionary that is returned": by_hand(returning(lambda loss, number: {"loss": loss, "number": number})),
    "a dictionary without a loss": by_hand(returning(lambda loss, number: {"other": loss.detach()})),
    "two that are toggled": by_hand(gan, two),
    "two with parameters in common": by_hand(gan, shared),
    "two in a context": by_hand(toggling, two),
    "two models toggled, with closures": by_hand(toggling_models, two),
    "two in turns": by_hand(in_turns, two),
    "two as dictionaries": by_hand(toggling, as_dictionaries),
    "accumulation and clipping": by_hand(accumulating),
    "clipping by norm": by_hand(clips),
    "a graph used twice": by_hand(twice_backward),
    "a graph used twice with a backward of its own": by_hand(twice_backward, backward=backward),
    "the bare optimizer": by_hand(on_the_bare_optimizer),
    "schedulers": by_hand(moving_schedulers, two_with_schedulers),
    "a plateau": by_hand(one_step, with_plateau, on_validation_end=moving_a_plateau),
    "no step": by_hand(without_a_step),
    "no optimizer": by_hand(without_a_step, lambda self: None),
    "an empty list": by_hand(without_a_step, lambda self: []),
    "LBFGS": by_hand(with_lbfgs, lbfgs),
    "a limit of steps": {**by_hand(gan, two), "max_steps": 5},
    "a limit of steps in no epoch": {**by_hand(gan, two), "max_steps": 15, "max_epochs": -1},
    "a least number of steps": {**by_hand(gan, two), "max_epochs": 1, "min_steps": 40},
    "validations among the batches": {**by_hand(gan, two), "val_check_interval": 2},
    "-1 at a batch": by_hand(
        one_step, on_train_batch_start=lambda self, batch, batch_idx: -1 if batch_idx == 2 else None
    ),
    "a clipping that is not called": by_hand(
        one_step, configure_gradient_clipping=lambda self, *_, **__: self.stage.note("test", "clips")
    ),
    "an optimizer_step that is not called": by_hand(
        one_step, optimizer_step=lambda self, *_: self.stage.note("", "steps")
    ),
    "a limit of nothing": {**by_hand(one_step), "gradient_clip_val": 0},
}


@EVERY
@pytest.mark.parametrize("run", RUNS)
def test_updates_made_by_hand_are_those_of_lightning(run, hears):
    assert not twins(lambda stage: fit(stage, **RUNS[run]), hears=hears)["answer"]


@pytest.mark.parametrize(
    "run", ["two that are toggled", "a graph used twice", "schedulers", "clipping by norm", "LBFGS"]
)
def test_modules_of_the_real_lightning_make_the_same_updates(run):
    twins(lambda stage: fit(stage, **RUNS[run]), ours=GUESTS)


def test_a_module_may_decide_late_to_step_by_itself():
    twins(lambda stage: fit(stage, methods={**BOTH, "training_step": one_step, "prepare_data": decides_late}))


def test_the_counters_go_on_in_a_second_fit():
    def scenario(stage):
        module, trainer = stage.make_module(**by_hand(gan, two)), stage.make_trainer()
        for epochs in (1, 3):
            stage.allow_epochs(epochs)
            trainer.fit(module, stage.loader("train"), stage.loader("val"))

    twins(scenario)


WRONG = {
    "clipping": {**by_hand(one_step), "gradient_clip_val": 0.1},
    "accumulation": {**by_hand(one_step), "accumulate_grad_batches": 2},
    "backward by hand without saying so": {"methods": {**BOTH, "training_step": one_step}},
    "several optimizers without saying so": {"methods": {**BOTH, "configure_optimizers": two}},
    "several dictionaries without saying so": {"methods": {**BOTH, "configure_optimizers": as_dictionaries}},
    "a number": by_hand(returning(lambda loss, _: 1.0)),
    "a closure that cannot be called": by_hand(lambda self, batch, _: self.optimizers().step(closure=3)),
    "an algorithm that is none": by_hand(
        lambda self, batch, _: self.clip_gradients(self.optimizers(), gradient_clip_val=1, gradient_clip_algorithm="x")
    ),
    "a limit that is no number": by_hand(
        lambda self, batch, _: self.clip_gradients(self.optimizers(), gradient_clip_val="x")
    ),
    "a scheduler without a state": by_hand(
        one_step,
        lambda self: ([self.stage.one], [type("S", (), {"optimizer": self.stage.one})()]),
        prepare_data=lambda self: setattr(self.stage, "one", sgd(self)),
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_lightning_refuses_is_refused(case):
    assert twins(lambda stage: fit(stage, **WRONG[case]), hears=False)["answer"][0] == "raised"
