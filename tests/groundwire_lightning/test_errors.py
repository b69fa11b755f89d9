import pickle

import pytest

from groundwire import GroundwireError
from groundwire_lightning import MisconfigurationException, NotSupportedYetError


@pytest.mark.parametrize(
    ("error", "caught_as"), [(MisconfigurationException, ValueError), (NotSupportedYetError, NotImplementedError)]
)
def test_an_error_is_caught_as_ours_and_as_what_it_is(error, caught_as):
    for base in (GroundwireError, caught_as):
        with pytest.raises(base, match="a message"):
            raise error("a message")


@pytest.mark.parametrize("error", [MisconfigurationException, NotSupportedYetError])
def test_an_error_survives_the_way_from_one_process_to_another(error):
    again = pickle.loads(pickle.dumps(error("a message")))
    assert isinstance(again, error)
    assert again.args == ("a message",)
