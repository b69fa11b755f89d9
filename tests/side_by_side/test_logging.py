"""What ``self.log`` keeps, under which names, and what can be read of it at every hook."""

import pytest
import torch
from tests.side_by_side.twins import BOTH, DATA_HOOKS, loss_of, twins
from tests.side_by_side.twins import fit as twins_fit

SHORT = {"samples": 14}, {"samples": 6}  # four batches, the last of them shorter, and two


def fit(stage, **arguments):
    """The usual scenario with fewer batches."""
    train, val = SHORT
    twins_fit(stage, **{"train": train, "val": val, **arguments})


EVERY = pytest.mark.parametrize("hears", [True, False], ids=["heard", "unheard"])


def logs(**arguments):
    """A training and a validation step that log their loss, a size and a number that changes."""

    def step(self, batch, batch_idx):
        loss = loss_of(self, batch)
        self.log("x", loss, **arguments)
        self.log("number", batch_idx * 1.5, **arguments)
        return loss

    return {"training_step": step, "validation_step": step}


def logs_value(make, **arguments):
    def step(self, batch, batch_idx):
        loss = loss_of(self, batch)
        self.log("x", make(self, loss, batch_idx), **arguments)
        return loss

    return {"training_step": step, "validation_step": step}


BOTH_LEVELS = {"on_step": True, "on_epoch": True}
ARGUMENTS = {
    "in the bar": {"prog_bar": True},
    "not for a logger": {"logger": False, **BOTH_LEVELS},
    "for a logger": {"logger": True},
    "weighed by hand": {"batch_size": 3, **BOTH_LEVELS},
    "weighed by nothing": {"batch_size": 0, **BOTH_LEVELS},
    "summed and weighed": {"batch_size": 3, "reduce_fx": "sum", **BOTH_LEVELS},
    "synchronised": {"sync_dist": True, **BOTH_LEVELS},
    "in the first process": {"rank_zero_only": True, **BOTH_LEVELS},
    "without an index of the loader": {"add_dataloader_idx": False, **BOTH_LEVELS},
}


@EVERY
@pytest.mark.parametrize("arguments", ARGUMENTS)
def test_the_arguments_of_log_mean_what_they_mean_under_lightning(arguments, hears):
    twins(lambda stage: fit(stage, methods=logs(**ARGUMENTS[arguments])), hears=hears)


def test_a_value_may_be_changed_after_it_was_logged():
    def training_step(self, batch, batch_idx):
        loss = loss_of(self, batch)
        counted = torch.tensor(float(batch_idx))
        self.log("counted", counted, **BOTH_LEVELS)
        counted.add_(10)
        return loss

    twins(lambda stage: fit(stage, methods={"training_step": training_step}))


WRONG_CALLS = {
    "no level": {"on_step": False, "on_epoch": False},
    "a reduction of its own": {"reduce_fx": lambda values: values},
    "an unknown reduction": {"reduce_fx": "median"},
    "a reduction that lists": {"reduce_fx": torch.cat},
}


@pytest.mark.parametrize("call", WRONG_CALLS)
def test_calls_that_lightning_refuses_are_refused(call):
    methods = logs_value(lambda self, loss, n: loss, **WRONG_CALLS[call])
    assert twins(lambda stage: fit(stage, methods=methods), hears=False)["answer"][0] == "raised"


@pytest.mark.parametrize("hook", [hook for hook in DATA_HOOKS if hook != "on_exception"])
def test_a_data_module_logs_nothing_as_under_lightning(hook):
    def method(data, *args, **kwargs):
        data.trainer.lightning_module.log("here", 1.0)
        return data.trainer.lightning_module.stage.loader()

    def scenario(stage):
        data = stage.make_data({hook: method})
        stage.make_trainer().fit(stage.make_module(methods=BOTH), datamodule=data)

    twins(scenario)


def twice(first, second):
    def step(self, batch, batch_idx):
        loss = loss_of(self, batch)
        self.log("x", loss, **first)
        self.log("x", loss * 2, **second)
        return loss

    return {"training_step": step, "validation_step": step}


def in_two_hooks(self, outputs, batch, batch_idx):
    self.log("x", batch_idx * 1.0, on_step=True, on_epoch=True, prog_bar=True)


def in_every_hook():
    """Values of one name, logged wherever that is allowed."""

    def log(self, *args, **kwargs):
        self.log("seen", self.global_step + 0.25, prog_bar=True)

    names = "train_start train_epoch_start train_epoch_end validation_start validation_epoch_start validation_epoch_end"
    batches = "train_batch_start train_batch_end validation_batch_start validation_batch_end"
    steps = "before_backward after_backward before_optimizer_step before_zero_grad"
    return dict.fromkeys([f"on_{name}" for name in f"{names} {batches} {steps}".split()], log)


def sometimes(self, batch, batch_idx):
    loss = loss_of(self, batch)
    if batch_idx % 3 == 1 and self.current_epoch != 1:
        self.log("rare", loss, on_step=True, on_epoch=True, prog_bar=True)
    return loss


def of_each_epoch(self):
    self.log(f"epoch_{self.current_epoch}", 1.0)
    self.log("kept", torch.tensor(float(self.current_epoch)))


def reads_back(self):
    seen = self.trainer.callback_metrics
    self.log("again", seen["val_loss"] * 2 if "val_loss" in seen else 0.0)


def several(self, batch, batch_idx):
    loss = loss_of(self, batch)
    self.log_dict({"a": loss, "b": loss * 2, "c": float(batch_idx)}, on_step=True, on_epoch=True, prog_bar=True)
    self.log_dict({}, on_epoch=True)
    return loss


def collected(self, batch, batch_idx):
    self.__dict__.setdefault("losses", []).append(loss_of(self, batch))


def summed_up(self):
    self.log("collected", torch.stack(self.losses).mean(), prog_bar=True)
    self.losses.clear()


def within_another(self, batch, batch_idx):
    loss = loss_of(self, batch)
    self.helper(loss)
    return loss


def helper(self, loss):
    self.log("helped", loss)
    with torch.no_grad():
        self.log("helped_again", loss, on_epoch=True)


CASES = {
    "the same key twice": twice({}, {}),
    "the same key twice at both levels": twice(BOTH_LEVELS, BOTH_LEVELS),
    "the same key with another reduction": twice({}, {"reduce_fx": "sum"}),
    "the same key at another level": twice({"on_epoch": True}, {}),
    "the same key and another bar": twice({}, {"prog_bar": True}),
    "the same key and another weight": twice(BOTH_LEVELS, {**BOTH_LEVELS, "batch_size": 2}),
    "the same key in two hooks": {**logs(**BOTH_LEVELS), "on_train_batch_end": in_two_hooks},
    "one key in every hook": {**BOTH, **in_every_hook()},
    "a value that is not always logged": {"training_step": sometimes, "validation_step": sometimes},
    "new names in every epoch": {**BOTH, "on_train_epoch_end": of_each_epoch, "on_validation_epoch_end": of_each_epoch},
    "what was logged before": {**BOTH, "on_train_epoch_end": reads_back, "on_validation_epoch_end": reads_back},
    "several at once": {"training_step": several, "validation_step": several},
    "outputs collected by hand": {"validation_step": collected, "on_validation_epoch_end": summed_up},
    "a method that logs for another": {
        "training_step": within_another,
        "validation_step": within_another,
        "helper": helper,
    },
    "None from training_step": {
        "training_step": lambda self, batch, n: (
            self.log("n", n * 1.0, on_step=True, on_epoch=True) if n % 2 else loss_of(self, batch)
        )
    },
}
RUNS = {
    "": {},
    "with accumulation": {"accumulate_grad_batches": 3},
    "with two validations an epoch": {"val_check_interval": 0.5},
    "until a step": {"max_steps": 6},
    "of three epochs": {"max_epochs": 3, "check_val_every_n_epoch": 2},
}


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("case", CASES)
def test_what_is_logged_is_what_lightning_logs(case, run):
    twins(lambda stage: fit(stage, methods=CASES[case], **RUNS[run]))


@pytest.mark.parametrize("case", CASES)
def test_what_is_logged_does_not_depend_on_who_reads_it(case):
    twins(lambda stage: fit(stage, methods=CASES[case]), hears=False)


def fit_and_validate(stage, methods, **arguments):
    module, trainer = (
        stage.make_module(methods=methods),
        stage.make_trainer(callbacks=[stage.make_callback()], **arguments),
    )
    trainer.fit(module, stage.loader("train", 14), stage.loader("val", 6))
    return trainer.validate(module, stage.loader("val", samples=7), verbose=False), trainer.logged_metrics


@pytest.mark.parametrize("case", [case for case in CASES if case != "outputs collected by hand"])
def test_validate_returns_what_lightning_returns(case):
    twins(lambda stage: fit_and_validate(stage, CASES[case]), hears=False)


@pytest.mark.parametrize("number", [0, 1, 3, 50])
def test_what_can_be_read_does_not_depend_on_log_every_n_steps(number):
    twins(lambda stage: fit(stage, methods=logs(**BOTH_LEVELS, prog_bar=True), log_every_n_steps=number))
