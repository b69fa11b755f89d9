import inspect

import lightning
import pytest

import groundwire_lightning.callbacks

THEIRS = lightning.pytorch.callbacks
NAMES = sorted(THEIRS.__all__)


@pytest.mark.parametrize("name", NAMES)
def test_every_callback_of_lightning_is_there_and_takes_what_it_takes(name):
    theirs, mine = getattr(THEIRS, name), getattr(groundwire_lightning.callbacks, name)
    assert name in groundwire_lightning.callbacks.__all__
    assert list(inspect.signature(mine).parameters) == list(inspect.signature(theirs).parameters)
    public = {key for key in dir(theirs) if not key.startswith("_")} - set(dir(THEIRS.Callback))
    assert public <= set(dir(mine)), sorted(public - set(dir(mine)))


def test_every_callback_has_the_place_that_it_has_in_lightning():
    for name in NAMES:
        place = getattr(THEIRS, name).__module__.replace(
            "lightning.pytorch.callbacks", "groundwire_lightning.callbacks"
        )
        if name != "Callback":
            assert getattr(groundwire_lightning.callbacks, name).__module__ == place
