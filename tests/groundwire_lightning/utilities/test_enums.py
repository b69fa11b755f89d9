from enum import Enum

import pytest

from groundwire_lightning.utilities.enums import GradClipAlgorithmType, LightningEnum


class Other(Enum):
    NORM = "norm"


@pytest.mark.parametrize("same", ["norm", "NORM", Other.NORM])
def test_a_member_equals_its_word_however_it_is_written(same):
    assert same == GradClipAlgorithmType.NORM
    assert same != GradClipAlgorithmType.VALUE


@pytest.mark.parametrize("other", [None, 3, "", ["norm"]])
def test_it_equals_nothing_else(other):
    assert other != GradClipAlgorithmType.NORM


def test_it_is_found_in_a_dictionary_by_its_word():
    assert {"norm": 1}[GradClipAlgorithmType.NORM] == 1
    assert issubclass(GradClipAlgorithmType, LightningEnum)


def test_the_words_are_listed():
    assert GradClipAlgorithmType.supported_types() == ["value", "norm"]
    assert GradClipAlgorithmType.supported_type("value")
    assert not GradClipAlgorithmType.supported_type("sum")
