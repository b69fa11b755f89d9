"""Which hook runs when, from which source data comes, and what the entry points leave behind."""

import pytest
import torch
from tests.side_by_side.twins import BOTH, BoomError, fit, loss_of, twins

EVERY = pytest.mark.parametrize("hears", [True, False], ids=["heard", "unheard"])


RUNS = {
    "training alone": {"methods": {}},
    "training and validation": {},
    "validation without logging": {"methods": {"validation_step": lambda self, batch, batch_idx: loss_of(self, batch)}},
    "no sanity check": {"num_sanity_val_steps": 0},
    "a whole sanity check": {"num_sanity_val_steps": -1},
    "shuffled batches": {"train": {"shuffle": True}, "val": {"shuffle": True}},
    "two callbacks": {"callbacks": ({}, {})},
    "no callback": {"callbacks": ()},
    "a step without the batch index": {
        "methods": {
            "training_step": loss_of,
            "validation_step": loss_of,
        }
    },
    "a step that names the batch index as it likes": {
        "methods": {"training_step": lambda self, batch, i: loss_of(self, batch) * (i + 1)}
    },
    "validation of a batch at a time under a train mode of its own": {
        "methods": {**BOTH, "on_validation_model_eval": lambda self: None}
    },
    "no epoch": {"max_epochs": 0},
}


@EVERY
@pytest.mark.parametrize("run", RUNS)
def test_hooks_run_in_lightnings_order(run, hears):
    twins(lambda stage: fit(stage, **RUNS[run]), hears=hears)


def from_module(stage):
    methods = {
        **BOTH,
        "train_dataloader": lambda self: stage.loader("train", shuffle=True),
        "val_dataloader": lambda self: stage.loader("val"),
    }
    module = stage.make_module(methods=methods)
    stage.make_trainer(callbacks=[stage.make_callback()]).fit(module)


def from_data_module(stage):
    module = stage.make_module(methods=BOTH)
    stage.make_trainer(callbacks=[stage.make_callback()]).fit(module, datamodule=stage.make_data(shuffle=True))


def from_data_module_in_the_place_of_loaders(stage):
    stage.make_trainer().fit(stage.make_module(methods=BOTH), stage.make_data())


def from_data_module_although_the_module_has_loaders(stage):
    methods = {**BOTH, "train_dataloader": lambda self: None, "val_dataloader": lambda self: None}
    stage.make_trainer().fit(stage.make_module(methods=methods), datamodule=stage.make_data())


def from_call_although_the_module_has_loaders(stage):
    methods = {**BOTH, "train_dataloader": lambda self: None, "val_dataloader": lambda self: stage.loader("val")}
    stage.make_trainer().fit(stage.make_module(methods=methods), stage.loader("train"))


def from_lists_of_one(stage):
    stage.make_trainer().fit(stage.make_module(methods=BOTH), stage.loader("train"), [stage.loader("val")])


def data_module_that_only_trains(stage):
    stage.make_trainer().fit(stage.make_module(methods=BOTH), datamodule=stage.make_data({"val_dataloader": None}))


def data_module_that_builds_in_setup(stage):
    def setup(data, stage):
        data.made = stage

    def train_dataloader(data):
        data.trainer.stage_was = data.made
        return stage.loader("train")

    data = stage.make_data({"setup": setup, "train_dataloader": train_dataloader})
    trainer = stage.make_trainer()
    module = stage.make_module(methods=BOTH)
    trainer.fit(module, datamodule=data)
    trainer.validate(module, datamodule=data, verbose=False)
    return trainer.stage_was == "fit", data.made == "validate"


SOURCES = (
    from_module,
    from_data_module,
    from_data_module_in_the_place_of_loaders,
    from_data_module_although_the_module_has_loaders,
    from_call_although_the_module_has_loaders,
    from_lists_of_one,
    data_module_that_only_trains,
    data_module_that_builds_in_setup,
)


@EVERY
@pytest.mark.parametrize("source", SOURCES)
def test_loaders_are_asked_for_where_and_when_lightning_asks(source, hears):
    twins(source, hears=hears)


def validate_alone(stage):
    return stage.make_trainer(callbacks=[stage.make_callback()]).validate(
        stage.make_module(methods=BOTH), stage.loader("val"), verbose=False
    )


def validate_under_no_grad(stage):
    trainer = stage.make_trainer(inference_mode=False, callbacks=[stage.make_callback()])
    return trainer.validate(stage.make_module(methods=BOTH), stage.loader("val"), verbose=False)


def validate_before_and_after(stage):
    module, trainer = stage.make_module(methods=BOTH), stage.make_trainer(callbacks=[stage.make_callback()])
    before = trainer.validate(module, stage.loader("val"), verbose=False)
    trainer.fit(module, stage.loader("train"), stage.loader("val"))
    return before, trainer.validate(module, stage.loader("val"), verbose=False), trainer.callback_metrics


def validate_what_is_in_eval_mode(stage):
    module = stage.make_module(methods=BOTH)
    module.eval()
    stage.make_trainer().validate(module, stage.loader("val"), verbose=False)


def validate_a_part(stage):
    trainer = stage.make_trainer(limit_val_batches=2)
    return trainer.validate(stage.make_module(methods=BOTH), stage.loader("val"), verbose=False)


def validate_twice(stage):
    module, trainer = stage.make_module(methods=BOTH), stage.make_trainer(callbacks=[stage.make_callback()])
    return [trainer.validate(module, stage.loader("val", samples=n), verbose=False) for n in (6, 9)]


def fit_twice(stage):
    module, trainer = stage.make_module(methods=BOTH), stage.make_trainer(callbacks=[stage.make_callback()])
    for epochs in (2, 3, 5):
        stage.allow_epochs(epochs)
        trainer.fit(module, stage.loader("train", shuffle=True), stage.loader("val"))


def fit_when_there_were_enough_epochs(stage):
    module, trainer = stage.make_module(methods=BOTH), stage.make_trainer(callbacks=[stage.make_callback()])
    for _ in range(2):
        trainer.fit(module, stage.loader("train", shuffle=True), stage.loader("val"))


def fit_with_another_trainer(stage):
    module = stage.make_module(methods=BOTH)
    for _ in range(2):
        stage.make_trainer().fit(module, stage.loader("train", shuffle=True), stage.loader("val"))


def fit_again_after_a_stop(stage):
    def on_train_batch_end(callback, trainer, module, outputs, batch, batch_idx):
        trainer.should_stop = batch_idx == 2

    stops = stage.make_callback("stops", methods={"on_train_batch_end": on_train_batch_end})
    module, trainer = stage.make_module(methods=BOTH), stage.make_trainer(max_epochs=4, callbacks=[stops])
    for _ in range(2):
        trainer.fit(module, stage.loader("train", shuffle=True), stage.loader("val"))


CALLS = (
    validate_alone,
    validate_under_no_grad,
    validate_before_and_after,
    validate_what_is_in_eval_mode,
    validate_a_part,
    validate_twice,
    fit_twice,
    fit_when_there_were_enough_epochs,
    fit_with_another_trainer,
    fit_again_after_a_stop,
)


@EVERY
@pytest.mark.parametrize("calls", CALLS)
def test_entry_points_leave_behind_what_lightning_leaves(calls, hears):
    twins(calls, hears=hears)


def part_in_eval_mode(stage):
    module = stage.make_module(methods=BOTH)
    module.layers[1].eval()
    stage.make_trainer(callbacks=[stage.make_callback()]).fit(module, stage.loader("train"), stage.loader("val"))


def part_put_in_train_mode_by_a_callback(stage):
    def on_validation_start(callback, trainer, module):
        module.layers[2].train()

    def on_train_epoch_start(callback, trainer, module):
        module.layers[1].eval()

    fit(stage, callbacks=({"on_validation_start": on_validation_start, "on_train_epoch_start": on_train_epoch_start},))


def part_added_in_a_hook(stage):
    def configure_model(self):
        if not hasattr(self, "head"):
            self.head = torch.nn.Linear(2, 2)

    def training_step(self, batch, batch_idx):
        return torch.nn.functional.cross_entropy(self.head(self.layers(batch[0])), batch[1])

    fit(stage, methods={**BOTH, "configure_model": configure_model, "training_step": training_step})


@EVERY
@pytest.mark.parametrize("modes", [part_in_eval_mode, part_put_in_train_mode_by_a_callback, part_added_in_a_hook])
def test_each_part_of_a_module_keeps_the_mode_lightning_leaves_it_in(modes, hears):
    twins(modes, hears=hears)


def breaks(*args, **kwargs):
    raise BoomError("in a hook")


HOOKS_OF_MODULE = [
    "prepare_data",
    "setup",
    "on_fit_start",
    "on_train_start",
    "on_train_epoch_start",
    "on_train_batch_start",
    "training_step",
    "on_after_backward",
    "on_train_batch_end",
    "validation_step",
    "on_validation_epoch_end",
    "on_train_epoch_end",
    "on_fit_end",
    "teardown",
]


@pytest.mark.parametrize("hook", HOOKS_OF_MODULE)
def test_an_error_in_a_hook_is_told_as_lightning_tells_it(hook):
    def scenario(stage):
        module = stage.make_module(methods={**BOTH, hook: breaks})
        trainer = stage.make_trainer(callbacks=[stage.make_callback()])
        trainer.fit(module, datamodule=stage.make_data())

    assert twins(scenario)["answer"] == ["raised", "BoomError"]


@pytest.mark.parametrize("hook", ["on_sanity_check_start", "on_train_batch_start", "on_validation_end"])
def test_an_error_in_a_callback_is_told_as_lightning_tells_it(hook):
    twins(lambda stage: fit(stage, callbacks=({}, {hook: breaks}, {})))


def joins_one(stage):
    fit(stage, methods={**BOTH, "configure_callbacks": lambda self: stage.make_callback("joins")})


def joins_several(stage):
    def configure_callbacks(self):
        return [stage.make_callback("first to join"), stage.make_callback("second to join")]

    fit(stage, methods={**BOTH, "configure_callbacks": configure_callbacks}, callbacks=({}, {}))


def replaces_one_of_its_class(stage):
    def configure_callbacks(self):
        return [type(self.trainer.callbacks[0])()]

    fit(stage, methods={**BOTH, "configure_callbacks": configure_callbacks}, callbacks=({},))


def joins_twice(stage):
    module = stage.make_module(methods={"configure_callbacks": lambda self: [stage.make_callback("joins")]})
    trainer = stage.make_trainer()
    for epochs in (1, 2):
        stage.allow_epochs(epochs)
        trainer.fit(module, stage.loader("train"))


def monitors(stage):
    def on_train_epoch_end(self, *args):
        self.log("seen", 1.0)

    module = stage.make_module(methods={**BOTH, "on_train_epoch_end": on_train_epoch_end})
    first = stage.make_callback("monitor", base=stage.monitor)
    trainer = stage.make_trainer(callbacks=[first, stage.make_callback()])
    trainer.fit(module, stage.loader("train"), stage.loader("val"))


def stops_early(stage):
    """What an early stopping callback does, by hand."""

    def on_validation_end(callback, trainer, module):
        if not trainer.sanity_checking and trainer.callback_metrics["val_loss"] < 10:
            trainer.should_stop = True

    fit(stage, callbacks=({"on_validation_end": on_validation_end},), max_epochs=4)


@EVERY
@pytest.mark.parametrize(
    "case", [joins_one, joins_several, replaces_one_of_its_class, joins_twice, monitors, stops_early]
)
def test_callbacks_join_and_act_as_under_lightning(case, hears):
    twins(case, hears=hears)
