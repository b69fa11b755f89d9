"""The sentence, once, about the hooks of Lightning 1 that a run calls: what each is called now."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from groundwire.errors import rank_zero_warn


def tell_of_older(attached: Iterable[Any], told: set[tuple[str, str]]) -> None:
    """Warn of methods that rows with a mark call.

    Args:
        attached: These methods, as they are wired.
        told: The classes and methods that were told of; those that are new are added.
    """
    new: dict[str, dict[str, str]] = {}
    for one in attached:
        row, owner = one.row, one.owner.__qualname__
        if (owner, row.source) not in told:
            told.add((owner, row.source))
            new.setdefault(owner, {})[row.method] = row.use
    for owner, methods in new.items():
        spelt = "; ".join(f"{method}, now: {use}" for method, use in methods.items())
        rank_zero_warn(f"{owner} has hooks of Lightning 1, which are called as they were there. {spelt}")
