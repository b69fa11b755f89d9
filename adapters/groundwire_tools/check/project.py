"""The classes of a project: which one a name means, and what of Lightning they stem from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from groundwire_tools.check.uses import Chain, ClassRecord, Scanned


class Project:
    """Classes by name.

    Args:
        own_roots: Packages of the project that have the name of a package of ours or of Lightning.

    Attributes:
        attributes: The names that objects are given somewhere in it.
    """

    def __init__(self, own_roots: Iterable[str] = ()) -> None:
        self.own_roots = frozenset(own_roots)
        self.attributes: set[str] = set()
        self._by_name: defaultdict[str, list[ClassRecord]] = defaultdict(list)

    def add(self, scanned: Scanned) -> None:
        """Take the classes of one more file."""
        for record in scanned.classes:
            self._by_name[record.chain[-1]].append(record)
            self.attributes.update(record.methods, record.values)
        self.attributes.update(use.chain[-1] for use in scanned.uses if use.kind == "store")

    def records(self) -> Iterator[ClassRecord]:
        """All classes."""
        for records in self._by_name.values():
            yield from records

    def find(self, chain: Chain) -> tuple[ClassRecord, int] | None:
        """The class that a chain begins with, and how many parts name it."""
        for length, name in enumerate(chain, 1):
            if name in self._by_name and (record := self._meant(chain[:length])):
                return record, length
        return None

    def _meant(self, chain: Chain) -> ClassRecord | None:
        """A class by its full name, by the end of it, or by the package that passes it on."""
        records, module = self._by_name[chain[-1]], chain[:-1]
        for record in records:
            if record.chain == chain:
                return record
        ends = [record for record in records if module and _ends_alike(record.chain[:-1], module)]
        if ends:
            return ends[0]
        passed_on = [record for record in records if module and module[0] in record.chain[:-1]]
        return passed_on[0] if len(passed_on) == 1 else None


def _ends_alike(one: Chain, other: Chain) -> bool:
    """True where the shorter is the end of the longer: a file may be looked at from within its package."""
    length = min(len(one), len(other))
    return length > 0 and one[-length:] == other[-length:]
