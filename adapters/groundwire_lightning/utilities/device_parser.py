"""Checks and conversions of ``devices=``, under the names that Lightning code imports."""

from __future__ import annotations

from typing import Any

from groundwire_lightning.errors import MisconfigurationException

__all__ = ["_check_data_type", "_check_unique", "_normalize_parse_gpu_string_input"]


def _check_data_type(device_ids: object) -> None:
    """Refuse anything but a number, a string or a list of numbers.

    Raises:
        TypeError: It is something else.
    """
    listed = isinstance(device_ids, (list, tuple))
    if listed and all(type(index) is int for index in device_ids):  # type: ignore[attr-defined]  # a list, one line above
        return
    if listed or type(device_ids) not in (int, str):
        raise TypeError(f"devices: a number, a string or a list of numbers is due, got {device_ids!r}")


def _check_unique(device_ids: list[int]) -> None:
    """Refuse a list in which a device stands twice.

    Raises:
        MisconfigurationException: One does.
    """
    if len(device_ids) != len(set(device_ids)):
        raise MisconfigurationException(f"devices={device_ids}: a device stands there twice")


def _normalize_parse_gpu_string_input(s: Any) -> int | list[int]:
    """``"2"`` as a number, ``"0,1"`` as a list; anything else as it is."""
    if not isinstance(s, str):
        return s  # type: ignore[no-any-return]  # a number or a list
    return [int(part) for part in s.split(",") if part.strip()] if "," in s else int(s)
