"""Words of a command line as values."""

from __future__ import annotations

import pytest

from groundwire_lightning.utilities.parsing import str_to_bool, str_to_bool_or_int, str_to_bool_or_str


@pytest.mark.parametrize(
    ("word", "value"),
    [("Yes", True), ("1", True), ("on", True), ("F", False), ("0", False), ("max", "max"), ("7", "7")],
)
def test_a_word_means_true_or_false_or_itself(word: str, value: bool | str) -> None:
    assert str_to_bool_or_str(word) == value
    if isinstance(value, bool):
        assert str_to_bool(word) is value
    else:
        with pytest.raises(ValueError, match=word):
            str_to_bool(word)


@pytest.mark.parametrize(("word", "value"), [("true", True), ("12", 12), ("off", False), ("auto", "auto")])
def test_a_number_is_one(word: str, value: bool | int | str) -> None:
    assert str_to_bool_or_int(word) == value
