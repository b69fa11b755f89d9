import dataclasses
import inspect
import keyword

import pytest

from groundwire import Trainer, TrainerCallback
from groundwire.tables.hooks import HOOKS, Hook

# What the Trainer's specification documents.
OVERRIDABLE = [
    "create_train_dataloader",
    "create_eval_dataloader",
    "create_scheduler",
    "training_run_start",
    "training_run_epoch_end",
    "training_run_end",
    "train_epoch_start",
    "calculate_train_batch_loss",
    "backward_step",
    "optimizer_step",
    "scheduler_step",
    "optimizer_zero_grad",
    "train_epoch_end",
    "eval_epoch_start",
    "calculate_eval_batch_loss",
    "eval_epoch_end",
    "evaluation_run_start",
    "evaluation_run_end",
    "_prepare_model_and_optimizer",
    "_prepare_dataloaders",
    "_create_run_config",
    "_run_training",
    "_run_train_epoch",
    "_clip_gradients",
    "_run_eval_epoch",
]
TOLD = [
    "on_init_end",
    "on_training_run_start",
    "on_train_epoch_start",
    "on_train_step_start",
    "on_train_step_end",
    "on_train_epoch_end",
    "on_eval_epoch_start",
    "on_eval_step_start",
    "on_eval_step_end",
    "on_eval_epoch_end",
    "on_training_run_epoch_end",
    "on_training_run_end",
    "on_evaluation_run_start",
    "on_evaluation_run_end",
    "on_stop_training_error",
]
ALSO_DOCUMENTED = [
    "train",
    "evaluate",
    "save_checkpoint",
    "load_checkpoint",
    "print",
    "get_default_train_dl_kwargs",
    "get_default_eval_dl_kwargs",
]
METHODS = [hook for hook in HOOKS.values() if not hook.is_event]


@pytest.mark.parametrize("name", [*OVERRIDABLE, *ALSO_DOCUMENTED])
def test_what_the_specification_documents_exists_on_the_trainer(name):
    assert callable(getattr(Trainer, name))


def test_what_the_specification_documents_is_marked_so_and_nothing_else():
    assert {hook.name for hook in METHODS if not hook.added} == set(OVERRIDABLE)
    assert {hook.name for hook in HOOKS.values() if hook.is_event and not hook.added} == set(TOLD)


@pytest.mark.parametrize("hook", METHODS, ids=lambda hook: hook.name)
def test_a_method_of_the_catalogue_is_one_of_the_trainer_with_its_arguments(hook):
    _self, *parameters = inspect.signature(getattr(Trainer, hook.name)).parameters.values()
    assert tuple(parameter.name for parameter in parameters) == hook.gives
    assert all(parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD for parameter in parameters)


@pytest.mark.parametrize("hook", METHODS, ids=lambda hook: hook.name)
def test_a_method_of_the_catalogue_returns_something_where_that_has_a_name(hook):
    returned = inspect.signature(getattr(Trainer, hook.name)).return_annotation
    assert (hook.makes is None) == (returned == "None")


def test_every_event_of_a_callback_is_in_the_catalogue_and_the_other_way_round():
    events = [name for name in vars(TrainerCallback) if not name.startswith("__")]
    assert set(events) == {hook.name for hook in HOOKS.values() if hook.is_event}


@pytest.mark.parametrize("event", [hook for hook in HOOKS.values() if hook.is_event], ids=lambda hook: hook.name)
def test_an_event_of_a_callback_takes_what_it_is_given(event):
    signature = inspect.signature(getattr(TrainerCallback, event.name))
    signature.bind("callback", "trainer", **dict.fromkeys(event.gives))
    named = [name for name in signature.parameters if name not in ("self", "trainer", "kwargs")]
    assert named == [name for name in event.gives if name in named]


def test_every_method_of_the_trainer_that_a_run_calls_is_in_the_catalogue():
    methods = {
        name for cls in Trainer.__mro__ for name in vars(cls) if inspect.isfunction(getattr(Trainer, name, None))
    }
    moments = {name for name in methods if name.startswith(("_run_", "on_", "calculate_")) or name.endswith("_step")}
    assert moments - set(HOOKS) == set()


@pytest.mark.parametrize("hook", HOOKS.values(), ids=list(HOOKS))
def test_a_hook_names_things_that_can_be_written_in_a_call(hook):
    names = [hook.name, *hook.names_at("after")]
    assert all(name.isidentifier() and not keyword.iskeyword(name) for name in names)
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("hook", HOOKS.values(), ids=list(HOOKS))
def test_a_hook_says_what_it_is_in_one_sentence(hook):
    assert hook.about.endswith(".")
    assert "\n" not in hook.about


@pytest.mark.parametrize("hook", [hook for hook in HOOKS.values() if hook.is_event], ids=lambda hook: hook.name)
def test_an_event_returns_nothing(hook):
    assert hook.makes is None


def test_no_hook_is_declared_twice():
    assert all(name == hook.name for name, hook in HOOKS.items())


def test_what_a_hook_returns_is_known_after_it_only():
    hook = HOOKS["calculate_train_batch_loss"]
    assert hook.names_at("after") == ("batch", "batch_output")
    assert hook.names_at("before") == hook.names_at("instead") == ("batch",)
    assert HOOKS["backward_step"].names_at("after") == ("loss",)


def test_an_event_comes_directly_after_the_method_it_is_about():
    names = list(HOOKS)
    for moment in ("training_run_start", "train_epoch_start", "train_epoch_end", "eval_epoch_end", "training_run_end"):
        assert names.index(f"on_{moment}") == names.index(moment) + 1


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("on_train_step_start", "calculate_train_batch_loss"),
        ("calculate_train_batch_loss", "on_train_step_end"),
        ("on_train_step_end", "backward_step"),
        ("backward_step", "_clip_gradients"),
        ("_clip_gradients", "optimizer_step"),
        ("optimizer_step", "scheduler_step"),
        ("scheduler_step", "optimizer_zero_grad"),
        ("optimizer_zero_grad", "on_train_update_end"),
        ("train_epoch_end", "eval_epoch_start"),
        ("eval_epoch_end", "training_run_epoch_end"),
    ],
)
def test_the_catalogue_stands_in_the_order_of_a_run(earlier, later):
    names = list(HOOKS)
    assert names.index(earlier) < names.index(later)


def test_a_hook_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        HOOKS["optimizer_step"].about = "Something else."


def test_an_event_is_told_by_its_name():
    assert Hook("on_anything", (), "demand", "Anything.").is_event
    assert not Hook("anything", (), "demand", "Anything.").is_event
