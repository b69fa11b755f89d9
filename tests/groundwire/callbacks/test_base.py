import copy
import inspect
import pickle

import pytest

from groundwire import errors
from groundwire.callbacks import CallbackMethodNotImplementedError, StopTrainingError, TrainerCallback
from groundwire.tables.hooks import HOOKS

EVENTS = [hook for hook in HOOKS.values() if hook.is_event]


class Plain(TrainerCallback):
    def __init__(self):
        self.seen = [1]


def test_there_is_one_method_for_each_event_and_no_other():
    methods = [name for name in vars(TrainerCallback) if not name.startswith("__")]
    assert methods == [hook.name for hook in EVENTS]


@pytest.mark.parametrize("hook", EVENTS, ids=lambda hook: hook.name)
def test_an_event_takes_the_trainer_and_anything_by_keyword(hook):
    method = getattr(TrainerCallback, hook.name)
    parameters = list(inspect.signature(method).parameters.values())
    assert parameters[1].name == "trainer"
    assert parameters[-1].kind is inspect.Parameter.VAR_KEYWORD
    assert {one.name for one in parameters[2:-1]} <= set(hook.gives)
    assert method(TrainerCallback(), "trainer", **dict.fromkeys(hook.gives), more=1) is None
    assert inspect.getdoc(method)


def test_a_missing_attribute_is_an_attribute_error():
    assert not hasattr(Plain(), "best_metric")
    with pytest.raises(AttributeError, match="best_metric"):
        _ = Plain().best_metric


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_it_can_be_copied(copied):
    assert copied(Plain()).seen == [1]


def test_errors_are_one_class_wherever_they_are_imported_from():
    assert StopTrainingError is errors.StopTrainingError
    assert issubclass(CallbackMethodNotImplementedError, NotImplementedError)
