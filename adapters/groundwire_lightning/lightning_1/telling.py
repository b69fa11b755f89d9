"""The sentence, once, about the hooks of Lightning 1 that a run calls: what each is called now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from groundwire.errors import rank_zero_warn

if TYPE_CHECKING:
    from groundwire.tables.plan import Wired


def tell_of_older(wired: Mapping[str, Wired], told: set[tuple[str, str]]) -> None:
    """Warn of the rows with a mark among those that are wired.

    Args:
        wired: Hook to what is attached there.
        told: The classes and methods that were told of; those that are new are added.
    """
    new: dict[str, dict[str, str]] = {}
    for attached in _every(wired.values()):
        row, owner = attached.row, attached.owner.__qualname__
        if row.mark and (owner, row.source) not in told:
            told.add((owner, row.source))
            new.setdefault(owner, {})[row.method] = row.use
    for owner, methods in new.items():
        spelt = "; ".join(f"{method}, now: {use}" for method, use in methods.items())
        rank_zero_warn(f"{owner} has hooks of Lightning 1, which are called as they were there. {spelt}")


def _every(wired: Iterable[Wired]) -> Iterator[Any]:
    """Each method that is attached."""
    for rows in wired:
        yield from (*rows.before, *([rows.instead] if rows.instead else ()), *rows.after)
