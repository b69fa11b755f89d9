import lightning.pytorch.utilities as theirs
import pytest

from groundwire_lightning import utilities


def test_a_name_is_imported_when_it_is_used_and_kept():
    assert dir(utilities) == utilities.__all__
    for name in utilities.__all__:
        assert getattr(utilities, name) is vars(utilities)[name]


def test_names_are_those_of_lightning():
    public = {name for name in utilities.__all__ if hasattr(theirs, name)}
    assert len(public) >= len(utilities.__all__) - 3


def test_what_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        utilities.nothing  # noqa: B018  # reading it is what is tested
