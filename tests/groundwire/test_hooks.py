import dataclasses
import keyword

import pytest

from groundwire.hooks import HOOKS, Hook


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
