import inspect
from functools import cache

import lightning.pytorch
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.groundwire_lightning.trainer.test_arguments_random import (
    ANYTHING,
    CALLBACKS,
    FAST,
    refusal,
)

import groundwire_lightning as L

pytestmark = pytest.mark.filterwarnings("ignore")
NEEDED = {
    "EarlyStopping": {"monitor": "loss"},
    "GradientAccumulationScheduler": {"scheduling": {0: 1}},
    "ModelPruning": {"pruning_fn": "l1_unstructured"},
    "OnExceptionCheckpoint": {"dirpath": "here"},
    "StochasticWeightAveraging": {"swa_lrs": 0.1},
    "ThroughputMonitor": {"batch_size_fn": len},
}


@cache
def parameters(cls):
    many = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    known = inspect.signature(cls).parameters
    return [name for name, parameter in known.items() if parameter.kind not in many]


@pytest.mark.parametrize("name", CALLBACKS)
def test_an_argument_of_a_callback_is_refused_by_name_where_it_arrives(name):
    ours, theirs = getattr(L.callbacks, name), getattr(lightning.pytorch.callbacks, name)
    needed = NEEDED.get(name, {})

    @FAST
    @given(st.data())
    def holds(data):
        for argument in parameters(ours):
            value = data.draw(ANYTHING)
            refused = refusal(argument, lambda a=argument, v=value: ours(**{**needed, a: v}))
            if refused is None and isinstance(value, (str, bool, int, type(None))):
                theirs(**{**needed, argument: value})

    holds()
