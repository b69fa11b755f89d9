"""Calls about which something is otherwise on purpose, as the table of the adapter has it."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from groundwire_tools.check import known
from groundwire_tools.check.deviations import DEVIATIONS


def on_purpose(key: str, method: str, words: Collection[str]) -> Iterator[str]:
    """What is otherwise about a call, row by row.

    Args:
        key: The class.
        method: What is called of it; empty where it is made.
        words: The named arguments.
    """
    names = [f"{one.rpartition('.')[2]}.{method}" for one in known.kin(key)]
    calls = {*names, *(f"{name}({word}=)" for name in names for word in words)} if method else set()
    for row in DEVIATIONS:
        is_made = not method and any(key.startswith(f"{module}.") for module in row.uses)
        if is_made or calls & set(row.uses):
            name = f"{key.rpartition('.')[2]}.{method}".rstrip(".")
            yield f"{name}: {row.what}: Lightning: {row.lightning}; here: {row.here}".replace("`", "'")
