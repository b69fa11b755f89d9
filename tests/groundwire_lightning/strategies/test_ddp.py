from datetime import timedelta

import pytest

from groundwire_lightning import MisconfigurationException
from groundwire_lightning.strategies import DDPStrategy


def handed(**arguments):
    """What Accelerate is given: class to the fields that were asked for."""
    return {type(each).__name__: each for each in DDPStrategy(**arguments)._accelerate()}


def test_what_nobody_asked_for_is_left_to_accelerate():
    assert handed() == {}


def test_arguments_of_the_wrapper_reach_it():
    (handler,) = handed(find_unused_parameters=True, bucket_cap_mb=None).values()
    assert handler.find_unused_parameters is True


def test_backend_and_timeout_reach_the_process_group():
    (handler,) = handed(process_group_backend="gloo", timeout=timedelta(minutes=5)).values()
    assert (handler.backend, handler.timeout) == ("gloo", timedelta(minutes=5))


def test_an_argument_that_nobody_reads_is_refused():
    with pytest.raises(MisconfigurationException, match=r"DDPStrategy\(model_averaging_period\)"):
        DDPStrategy(model_averaging_period=2)
