"""Steps, accumulation, clipping and schedulers: the weights and when they change."""

import pytest
import torch
from tests.side_by_side.twins import BOTH, Optimizer, fit, loss_of, sgd, twins
from torch.optim.lr_scheduler import CosineAnnealingLR, LambdaLR, OneCycleLR, ReduceLROnPlateau, StepLR

EVERY = pytest.mark.parametrize("hears", [True, False], ids=["heard", "unheard"])


def with_methods(**methods):
    return {"methods": {**BOTH, **methods}}


def returns(make):
    """A module whose training step returns what ``make`` makes of its loss."""
    return with_methods(training_step=lambda self, batch, batch_idx: make(self, loss_of(self, batch), batch_idx))


def none_at(*batches):
    return returns(lambda self, loss, batch_idx: None if batch_idx in batches else loss)


def keeps_clipping(self, optimizer, gradient_clip_val=None, gradient_clip_algorithm=None):
    self.clip_gradients(optimizer, gradient_clip_val, gradient_clip_algorithm)


def clips_by_itself(self, optimizer, gradient_clip_val=None, gradient_clip_algorithm=None):
    assert gradient_clip_val == 0.1
    self.clip_gradients(optimizer, gradient_clip_val=gradient_clip_val, gradient_clip_algorithm="norm")


def to_none(self, epoch, batch_idx, optimizer):
    optimizer.zero_grad(set_to_none=False)


def scaled_backward(self, loss):
    (loss * 2).backward()


def backward_with_more(self, loss, *args, **kwargs):
    loss.backward(*args, **kwargs)


def changes_gradients(self):
    for parameter in self.parameters():
        parameter.grad.mul_(0.5)


def looks_at_gradients(self, optimizer):
    self.log("norm", sum(parameter.grad.norm() for parameter in self.parameters()))


def optimizers(self):
    found = self.optimizers()
    assert found.param_groups
    assert self.lr_schedulers() is None


def adam(self):
    return torch.optim.Adam(self.parameters(), lr=0.01)


def groups(self):
    return Optimizer(
        self.stage, [{"params": self.layers[0].parameters()}, {"params": self.layers[4].parameters(), "lr": 0.01}]
    )


def part_frozen(self):
    self.layers[0].requires_grad_(False)
    return Optimizer(self.stage, [parameter for parameter in self.parameters() if parameter.requires_grad])


class Extra:
    """Something that is no tensor."""


STEPS = {
    "accumulation of 1": {"accumulate_grad_batches": 1},
    "accumulation of 3 with a shorter last window": {"accumulate_grad_batches": 3},
    "accumulation of 7, the whole epoch": {"accumulate_grad_batches": 7},
    "accumulation above an epoch": {"accumulate_grad_batches": 10},
    "accumulation with clipping": {"accumulate_grad_batches": 2, "gradient_clip_val": 0.1},
    "clipping by norm": {"gradient_clip_val": 0.1, "gradient_clip_algorithm": "norm"},
    "clipping by norm unless it is said": {"gradient_clip_val": 0.1},
    "clipping by a whole number": {"gradient_clip_val": 1},
    "clipping by value": {"gradient_clip_val": 0.01, "gradient_clip_algorithm": "value"},
    "clipping to 0": {"gradient_clip_val": 0},
    "a clipping of its own": {**with_methods(configure_gradient_clipping=keeps_clipping), "gradient_clip_val": 0.1},
    "another clipping of its own": {
        **with_methods(configure_gradient_clipping=clips_by_itself),
        "gradient_clip_val": 0.1,
    },
    "no clipping at all": {
        **with_methods(configure_gradient_clipping=lambda self, *args, **kwargs: None),
        "gradient_clip_val": 0.1,
    },
    "a zero_grad of its own": with_methods(optimizer_zero_grad=to_none),
    "a zero_grad of its own with accumulation": {
        **with_methods(optimizer_zero_grad=to_none),
        "accumulate_grad_batches": 2,
    },
    "a backward of its own": with_methods(backward=scaled_backward),
    "a backward that passes on": with_methods(backward=backward_with_more),
    "a backward of its own with accumulation": {**with_methods(backward=scaled_backward), "accumulate_grad_batches": 3},
    "gradients changed after backward": with_methods(on_after_backward=changes_gradients),
    "gradients looked at before a step": with_methods(on_before_optimizer_step=looks_at_gradients),
    "the optimizer asked for": with_methods(on_train_epoch_start=optimizers),
    "a dictionary from training_step": returns(lambda self, loss, _: {"loss": loss}),
    "a dictionary with more": returns(
        lambda self, loss, n: {"loss": loss, "logits": loss * 2, "number": n, "list": [loss], "name": "a", "x": Extra()}
    ),
    "a loss with one element": returns(lambda self, loss, _: loss.reshape(1)),
    "None at the first batch": none_at(0),
    "None at the last batch": none_at(6),
    "None with accumulation": {**none_at(1, 2, 4), "accumulate_grad_batches": 2},
    "None for a whole window": {**none_at(2, 3), "accumulate_grad_batches": 2},
    "None always": none_at(*range(7)),
    "Adam": with_methods(configure_optimizers=adam),
    "Adam with accumulation": {**with_methods(configure_optimizers=adam), "accumulate_grad_batches": 2},
    "groups of parameters": with_methods(configure_optimizers=groups),
    "a frozen part": with_methods(configure_optimizers=part_frozen),
    "an optimizer in a list": with_methods(configure_optimizers=lambda self: [sgd(self)]),
    "an optimizer in a tuple": with_methods(configure_optimizers=lambda self: (sgd(self),)),
    "an optimizer in a dictionary": with_methods(configure_optimizers=lambda self: {"optimizer": sgd(self)}),
    "anomalies detected": {"detect_anomaly": True},
}


@EVERY
@pytest.mark.parametrize("step", STEPS)
def test_steps_are_made_as_under_lightning(step, hears):
    twins(lambda stage: fit(stage, **STEPS[step]), hears=hears)


def scheduled(make, **entry):
    """``configure_optimizers`` with one scheduler, in a dictionary where it needs more than its name."""

    def configure_optimizers(self):
        optimizer = sgd(self)
        scheduler = make(optimizer)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, **entry} if entry else scheduler}

    return {"configure_optimizers": configure_optimizers}


def halving(optimizer):
    return StepLR(optimizer, 1, gamma=0.5)


def plateau(optimizer):
    return ReduceLROnPlateau(optimizer, factor=0.5, patience=0, threshold=10.0)


def in_lists(self):
    optimizer = sgd(self)
    return [optimizer], [halving(optimizer)]


def in_lists_with_dictionary(self):
    optimizer = sgd(self)
    return [optimizer], [{"scheduler": halving(optimizer), "interval": "step", "frequency": 2}]


def several(self):
    optimizer = sgd(self)
    return [optimizer], [
        {"scheduler": StepLR(optimizer, 1, gamma=0.9), "interval": "step", "frequency": 3},
        {"scheduler": plateau(optimizer), "monitor": "val_loss"},
        {"scheduler": StepLR(optimizer, 1, gamma=0.7), "interval": "epoch"},
    ]


def monitored_outside(self):
    optimizer = sgd(self)
    return {"optimizer": optimizer, "lr_scheduler": plateau(optimizer), "monitor": "val_loss"}


def in_a_list_of_dictionaries(self):
    optimizer = sgd(self)
    return [{"optimizer": optimizer, "lr_scheduler": {"scheduler": halving(optimizer), "interval": "step"}}]


def from_the_steps(self):
    optimizer = sgd(self)
    scheduler = OneCycleLR(optimizer, max_lr=0.5, total_steps=self.trainer.estimated_stepping_batches)
    return [optimizer], [{"scheduler": scheduler, "interval": "step"}]


def from_the_epochs(self):
    optimizer = sgd(self)
    return [optimizer], [CosineAnnealingLR(optimizer, T_max=self.trainer.max_epochs)]


def moves_by_itself(self, scheduler, metric):
    scheduler.step() if metric is None else scheduler.step(metric)


class Waits:
    """A scheduler that torch does not know."""

    def __init__(self, optimizer):
        self.optimizer, self.moves = optimizer, 0

    def state_dict(self):
        return {"moves": self.moves}

    def load_state_dict(self, state):
        self.moves = state["moves"]


def moves_a_foreign_one(self, scheduler, metric):
    scheduler.moves += 1


STEP = {"interval": "step"}
SCHEDULERS = {
    "one an epoch": scheduled(halving),
    "one in lists": {"configure_optimizers": in_lists},
    "one in lists with a dictionary": {"configure_optimizers": in_lists_with_dictionary},
    "one in a list of dictionaries": {"configure_optimizers": in_a_list_of_dictionaries},
    "one a step": scheduled(halving, **STEP),
    "one every second step": scheduled(halving, **STEP, frequency=2),
    "one every second epoch": scheduled(halving, frequency=2),
    "one with a name": scheduled(halving, name="rate"),
    "a lambda": scheduled(lambda optimizer: LambdaLR(optimizer, lambda epoch: 1 / (epoch + 1)), **STEP),
    "one made for the steps of a run": {"configure_optimizers": from_the_steps},
    "one made for the epochs of a run": {"configure_optimizers": from_the_epochs},
    "a plateau of the validation": scheduled(plateau, monitor="val_loss"),
    "a plateau with its monitor beside it": {"configure_optimizers": monitored_outside},
    "a plateau every second epoch": scheduled(plateau, monitor="val_loss", frequency=2),
    "a plateau a step": scheduled(plateau, monitor="val_loss", strict=False, **STEP),
    "a plateau that misses its monitor": scheduled(plateau, monitor="nothing", strict=False),
    "several": {"configure_optimizers": several},
    "one that the module moves": {**scheduled(halving), "lr_scheduler_step": moves_by_itself},
    "a plateau that the module moves": {**scheduled(plateau, monitor="val_loss"), "lr_scheduler_step": moves_by_itself},
    "one that only the module can move": {**scheduled(Waits, **STEP), "lr_scheduler_step": moves_a_foreign_one},
    "one said to be a plateau": scheduled(halving, monitor="val_loss", reduce_on_plateau=False),
}
RUNS = {
    "": {},
    "accumulation": {"accumulate_grad_batches": 3},
    "an end in mid-epoch": {"max_steps": 7},
    "two validations an epoch": {"val_check_interval": 0.5},
}


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_schedulers_move_when_they_move_under_lightning(scheduler, run):
    methods = {**BOTH, **SCHEDULERS[scheduler]}
    arguments = {"max_epochs": 3, "train": {"samples": 18}, **RUNS[run]}
    twins(lambda stage: fit(stage, methods=methods, **arguments), hears=run == "")


def test_a_plateau_may_monitor_what_is_logged_while_training():
    def training_step(self, batch, batch_idx):
        loss = loss_of(self, batch)
        self.log("loss", loss, on_step=True, on_epoch=True)
        return loss

    for monitor in ("loss", "loss_epoch", "loss_step"):
        methods = {"training_step": training_step, **scheduled(plateau, monitor=monitor)}
        twins(lambda stage, methods=methods: fit(stage, methods=methods, max_epochs=3))


def test_a_plateau_may_move_by_batches():
    def training_step(self, batch, batch_idx):
        loss = loss_of(self, batch)
        self.log("loss", loss)
        return loss

    methods = {"training_step": training_step, **scheduled(plateau, monitor="loss", frequency=2, **STEP)}
    twins(lambda stage: fit(stage, methods=methods, accumulate_grad_batches=2))


def test_schedulers_go_on_in_a_second_fit_as_under_lightning():
    def scenario(stage):
        module, trainer = stage.make_module(methods={**BOTH, **scheduled(halving)}), stage.make_trainer()
        for epochs in (2, 4):
            stage.allow_epochs(epochs)
            trainer.fit(module, stage.loader("train"), stage.loader("val"))

    twins(scenario)


WRONG = {
    "a plateau without a monitor": scheduled(plateau),
    "a plateau whose monitor is missing": scheduled(plateau, monitor="nothing"),
    "an interval that is none": scheduled(halving, interval="batch"),
    "a scheduler that torch does not know": scheduled(Waits),
    "a dictionary without its scheduler": {
        "configure_optimizers": lambda self: {"optimizer": sgd(self), "lr_scheduler": {"interval": "step"}}
    },
    "a scheduler of another optimizer": {"configure_optimizers": lambda self: ([sgd(self)], [halving(sgd(self))])},
    "a name": {"configure_optimizers": lambda self: "sgd"},
    "a training step that returns a number": {"training_step": lambda self, batch, batch_idx: 1.0},
    "a training step that returns no loss": {"training_step": lambda self, batch, batch_idx: {"losses": 1.0}},
}


@pytest.mark.parametrize("case", WRONG)
def test_what_lightning_refuses_is_refused(case):
    assert twins(lambda stage: fit(stage, methods={**BOTH, **WRONG[case]}), hears=False)["answer"][0] == "raised"
