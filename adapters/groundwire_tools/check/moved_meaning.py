"""Code for pytorch-accelerated: where a name is there and means something else, as the page on moving has it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from groundwire_tools.check import known
from groundwire_tools.check.follow import Names
from groundwire_tools.check.uses import CALL, SOME, SUPER, Chain, ClassRecord, Method, Use


def deviations_of(use: Use, names: Names) -> Iterator[str]:
    """What the rows of the page say of a use, if it is one of pytorch-accelerated."""
    if not _is_ancestors(use.chain, names):
        return
    parts = [part for part in use.chain if part not in (CALL, SOME, SUPER)]
    if use.kind != "import" and len(use.chain) <= use.bound:
        parts = []  # told of where it was imported
    words = [f"{word.name}=" for word in use.keywords]
    for row in known.tables()["deviations"]:
        if row["defined"]:
            continue
        hits = [_hits(trigger, parts, words) for trigger in row["names"]]
        if all(hits) if row["all"] else any(hits):
            yield _told(row)


def overridden(record: ClassRecord, names: Names) -> Iterator[tuple[str, str, Method]]:
    """Methods that a class overrides and that are no more, or are called otherwise: code, text, method."""
    if not _is_ancestors(record.chain, names):
        return
    for name, method in record.methods.items():
        if name in known.tables()["not_here"]:
            yield "GW201", f"{record.chain[-1]}.{name}: {_plain(known.tables()['not_here'][name])}", method
        for row in known.tables()["deviations"]:
            if row["defined"] and [name] in row["names"]:
                yield "GW211", _told(row), method


def _hits(trigger: Sequence[str], parts: Sequence[str], words: Sequence[str]) -> bool:
    *path, last = trigger
    if last.endswith("="):
        return last in words and list(path) == list(parts[-len(path) :])
    return list(trigger) == list(parts[-len(trigger) :]) or (not path and f"{last}=" in words)


def _told(row: dict[str, str]) -> str:
    return f"{row['what'].replace('`', '')}: {_plain(row['was'])}; here: {_plain(row['here'])}"


def _plain(text: str) -> str:
    """Markdown as plain text."""
    return text.replace("`", "'")


def _is_ancestors(chain: Chain, names: Names) -> bool:
    if chain[0] == known.ANCESTOR:
        return known.ANCESTOR not in names.project.own_roots
    here = names.project.find(chain)
    return here is not None and any(
        base[0] == known.ANCESTOR for record in names.family(here[0]) for base in record.bases
    )
