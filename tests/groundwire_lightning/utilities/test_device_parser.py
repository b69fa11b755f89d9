import pytest

from groundwire_lightning import MisconfigurationException
from groundwire_lightning.utilities.device_parser import (
    _check_data_type,
    _check_unique,
    _normalize_parse_gpu_string_input,
)


@pytest.mark.parametrize("devices", [1, "2", "0,1", [0, 1], (0,), []])
def test_numbers_strings_and_lists_of_numbers_are_taken(devices):
    _check_data_type(devices)


@pytest.mark.parametrize("devices", [True, 1.5, None, [0, "1"], [True], {0}])
def test_anything_else_is_refused(devices):
    with pytest.raises(TypeError, match="devices: a number"):
        _check_data_type(devices)


def test_a_device_stands_in_a_list_once():
    _check_unique([0, 1])
    with pytest.raises(MisconfigurationException, match=r"devices=\[0, 1, 0\]"):
        _check_unique([0, 1, 0])


@pytest.mark.parametrize(("text", "devices"), [("2", 2), ("0, 1", [0, 1]), ("3,", [3]), ("-1", -1), (4, 4), ([1], [1])])
def test_a_text_is_a_number_or_a_list(text, devices):
    assert _normalize_parse_gpu_string_input(text) == devices
