"""The public names of groundwire.testing."""

import pytest

from groundwire import testing


@pytest.mark.parametrize("name", testing.__all__)
def test_each_public_name_is_there(name: str) -> None:
    value = getattr(testing, name)
    assert getattr(value, "__name__", name) == name


def test_any_other_name_is_lacking() -> None:
    with pytest.raises(AttributeError, match="no attribute 'assert_same_rum'"):
        _ = testing.assert_same_rum
