import functools
import re
import warnings

import pytest
from tests.groundwire.runs import DOCUMENTED, data, trainer_for

from groundwire import Trainer
from groundwire.run.misspelt import HOOK_NAMES, misspelt


def kind(*names, base=Trainer, **methods):
    return type("Mine", (base,), {**{name: lambda self, *args: None for name in names}, **methods})


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("calculate_training_batch_loss", "calculate_train_batch_loss"),
        ("optimiser_step", "optimizer_step"),
        ("trainig_run_start", "training_run_start"),
        ("train_epochs_end", "train_epoch_end"),
        ("on_train_epoch_end", "train_epoch_end"),
        ("create_train_dataloaders", "create_train_dataloader"),
        ("_clip_gradient", "_clip_gradients"),
    ],
)
def test_a_method_that_nothing_calls_and_is_close_to_a_hook_is_a_warning(written, meant):
    trainer = trainer_for(kind=kind(written))
    said = rf"^Mine: {written} \(.*test_misspelt.py:\d+\): No hook has this name; .* Did you mean '{meant}'\?$"
    with pytest.warns(UserWarning, match=said):
        trainer.train(data(2), 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trainer.train(data(2), 1)


@pytest.mark.parametrize("name", ["loss", "step", "evaluate_all", "log_metrics", "freeze", "training_step"])
def test_methods_of_other_names_are_the_users_own(name):
    assert not misspelt(kind(name))


@pytest.mark.parametrize("name", DOCUMENTED)
def test_a_hook_is_no_mistake(name):
    assert not misspelt(kind(name))


def test_a_method_that_another_one_calls_is_the_users_own():
    class Helped(Trainer):
        def optimizer_step(self):
            for _ in range(1):
                self.twice(lambda: self.optimizer_steps(2))

        def twice(self, call):
            return call(), call()

        def optimizer_steps(self, step):
            """Called from within a function within a method."""

    assert not misspelt(Helped)


def test_a_mistake_in_a_class_in_between_is_told():
    base = kind("optimiser_step")
    found = misspelt(kind("train_epoch_end", base=base))
    assert [(one.source, one.status) for one in found] == [("Trainer.optimiser_step", "unknown")]


def test_the_classes_of_groundwire_have_no_mistake():
    assert not misspelt(Trainer)
    assert not [name for name in HOOK_NAMES if re.match("on_", name)]


def test_what_is_no_function_is_left_alone():
    assert not misspelt(kind(optimiser_step=functools.partial(print)))
