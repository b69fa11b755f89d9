import pytest
from tests.groundwire_lightning.small import lit, loader, loss_of, quiet

import groundwire_lightning as L
from groundwire_lightning.callbacks import EarlyStopping
from groundwire_lightning.trainer.casting import left_alone

OUTPUTS = {
    "training_epoch_end": {"TrainingOutputs"},
    "validation_epoch_end": {"EvaluationOutputs"},
    "test_epoch_end": set(),
    "on_train_epoch_end": {"TrainingOutputs"},
}


@pytest.mark.parametrize("hook", OUTPUTS)
def test_outputs_are_held_only_for_who_is_given_them(hook):
    trainer = quiet()
    module = lit(**{hook: lambda self, outputs: None})
    attached = [line["who"] for line in hooks_of(trainer, module)]
    assert set(attached) & {"TrainingOutputs", "EvaluationOutputs"} == OUTPUTS[hook]
    plain = lit(on_train_epoch_end=lambda self: None)
    assert {line["who"] for line in hooks_of(trainer, plain)} == {"Lit"}


def hooks_of(trainer, module):
    return [line for hook in trainer.explain("json", model=module)["hooks"] for line in hook["attached"]]


def test_a_callback_that_takes_outputs_is_given_them_and_one_that_does_not_is_not():
    told = []

    class Takes(L.Callback):
        def on_train_epoch_end(self, trainer, pl_module, outputs):
            told.append(len(outputs))

    class Stops(EarlyStopping):
        def on_train_epoch_end(self, trainer, pl_module, outs):
            told.append(len(outs))

    class Leaves(L.Callback):
        def on_train_epoch_end(self, trainer, pl_module, unused=None):
            told.append(unused)

    quiet(callbacks=[Takes(), Leaves(), Stops("x")]).fit(lit(), loader(), loader())
    assert told == [3, None, 3]


def of_dictionary(self, batch, batch_idx):
    return {"loss": loss_of(self, batch), "log": {"a": 1.0}}


def by_another_method(self, batch, batch_idx):
    return self.shared(batch)


WORDS = {
    "in the step": ({"training_step": of_dictionary}, True),
    "in another method": (
        {"training_step": by_another_method, "shared": lambda self, batch: of_dictionary(self, batch, 0)},
        False,  # the function that has the word is none of its methods
    ),
    "in a method that the step calls": (
        {
            "training_step": by_another_method,
            "shared": lambda self, batch: {"loss": loss_of(self, batch), "progress_bar": {"a": 1.0}},
        },
        True,
    ),
    "nowhere": ({}, False),
}


@pytest.mark.parametrize("case", WORDS)
def test_results_are_looked_at_where_a_method_has_a_word_of_that_time(case):
    methods, joins = WORDS[case]
    assert ("Results" in {line["who"] for line in hooks_of(quiet(), lit(**methods))}) is joins


def test_a_step_that_is_set_on_the_object_may_have_such_a_word_too():
    module = lit()
    module.training_step = of_dictionary.__get__(module)
    assert "Results" in {line["who"] for line in hooks_of(quiet(), module)}


def calls_it(self):
    self.on_epoch_end()


def calls_its_base(self):
    super(type(self), self).on_epoch_end()


OWN_CALLS = {
    "from another hook": ({"on_train_epoch_end": calls_it, "on_epoch_end": lambda self: None}, {"on_epoch_end"}),
    "from a function in it": (
        {
            "on_fit_end": lambda self: [each() for each in (self.on_epoch_end,)],
            "on_epoch_end": calls_its_base,
        },
        {"on_epoch_end"},
    ),
    "its base alone": ({"on_epoch_end": calls_its_base}, set()),
    "one that it does not define": ({"on_train_epoch_end": calls_it}, set()),
    "an end that is given outputs": (
        {
            "on_train_epoch_end": lambda self: self.training_epoch_end([]),
            "training_epoch_end": lambda self, outputs: None,
        },
        set(),
    ),
}


@pytest.mark.parametrize("base", [L.LightningModule, L.Callback])
@pytest.mark.parametrize("case", OWN_CALLS)
def test_a_hook_that_a_class_calls_itself_is_left_to_it(case, base):
    methods, left = OWN_CALLS[case]
    assert left_alone(type("Mine", (base,), methods)()) == left


def test_such_a_hook_is_called_once():
    module = lit(on_train_epoch_end=calls_it, on_epoch_end=lambda self: self.seen.append("end"))
    quiet().fit(module, loader(), loader())
    assert module.seen == ["end"]


def test_a_method_with_an_old_name_that_takes_something_else_is_not_called():
    module = lit(on_epoch_start=lambda self, number: self.seen.append(number))
    quiet().fit(module, loader(), loader())
    assert module.seen == []
