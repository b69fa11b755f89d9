"""How arguments are translated: what is open, what contradicts, which callbacks join."""

import pytest

from groundwire_lightning import MisconfigurationException, NotSupportedYetError
from groundwire_lightning.trainer.lightning_1.translation import Translation


@pytest.mark.parametrize("present", [{}, {"devices": None}, {"devices": "auto"}, {"devices": 2}])
def test_what_is_open_or_says_the_same_is_set(present):
    translation = Translation(present)
    assert translation.put("gpus=2", devices=2) == "devices=2"
    assert translation.settled() == {"devices": 2}


@pytest.mark.parametrize("present", [1, "2", 2.0, True])
def test_what_says_something_else_is_refused_with_both(present):
    with pytest.raises(MisconfigurationException) as raised:
        Translation({"devices": present}).put("gpus=2", devices=2)
    assert f"Trainer(gpus=2, devices={present!r}): they contradict each other" in str(raised.value)


def test_two_old_arguments_that_contradict_are_both_named():
    translation = Translation({})
    translation.put("gpus=1", accelerator="gpu")
    with pytest.raises(MisconfigurationException, match="Trainer\\(num_processes=2, gpus=1\\)"):
        translation.put("num_processes=2", accelerator="cpu")


def test_what_nothing_else_says_is_filled_in_at_the_end():
    translation = Translation({"accelerator": None})
    assert translation.otherwise(accelerator="cpu") == "accelerator='cpu'"
    assert translation.settled() == {"accelerator": "cpu"}
    translation = Translation({})
    translation.otherwise(accelerator="cpu")
    translation.put("gpus=1", accelerator="gpu")
    assert translation.settled() == {"accelerator": "gpu"}


@pytest.mark.parametrize(("given", "members"), [(None, []), ("mine", ["mine"]), (["a", "b"], ["a", "b"])])
def test_callbacks_join_before_and_behind_those_of_the_call(given, members):
    translation = Translation({"callbacks": given})
    translation.join("last")
    translation.join("first", first=True)
    assert translation.settled()["callbacks"] == ["first", *members, "last"]
    if isinstance(given, list):
        assert given == ["a", "b"]


def test_a_refusal_names_the_argument():
    with pytest.raises(NotSupportedYetError, match=r"Trainer\(ipus=2\): gone"):
        Translation({}).refuse("ipus=2", "gone")
