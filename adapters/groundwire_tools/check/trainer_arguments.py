"""Arguments of the Trainer, judged by their rows and, where they are literal words or numbers, by their values."""

from __future__ import annotations

from collections.abc import Mapping

from groundwire.errors import did_you_mean
from groundwire_tools.check import known
from groundwire_tools.check.uses import UNKNOWN, Keyword


def argument(word: Keyword) -> tuple[str, str]:
    """Code and text of one argument; the code is empty where it is fine."""
    name = f"Trainer({word.name}=)"
    if word.name in known.tables()["old_arguments"] or word.name in known.tables()["old_values"]:
        old = _old_argument(word) if word.name in known.tables()["old_arguments"] else _old_value(word)
        if old is not None:
            return old[0], f"{name}: {old[1]}"
    row = known.tables()["arguments"].get(word.name)
    if row is None:
        return "GW303", f"{name}: {_what_became_of(word.name)}"
    fate, note = row
    if fate == "refused" and word.value not in (None, False, UNKNOWN):
        return "GW304", f"{name}: {word.value!r} is not supported yet. Instead: {note}"
    if (instead := _refused(word)) is not None:
        return "GW304", f"{name}: {word.value!r} is not taken here. {instead}"
    if (number := _machines(word)) > 1:
        command = f"torchrun --nnodes {number} on each of them"
        return (
            "GW203",
            f"{name}: {word.value!r} asks for {number} machines, and starts nothing there. Instead: {command}",
        )
    return ("GW102", f"{name}: {note}") if fate == "mapped" else ("", name)


def _what_became_of(name: str) -> str:
    return f"there is no such argument.{did_you_mean(name, known.tables()['arguments'])}"


def _old_argument(word: Keyword) -> tuple[str, str]:
    """Code and text of an argument that only Lightning 1 had."""
    row = known.tables()["old_arguments"][word.name]
    if not row["runs"] and word.value not in (None, UNKNOWN, 0):
        return "GW304", f"{word.value!r} is refused. Instead: {row['use']}"
    return "GW105", f"of Lightning 1. Today: {_rewritten(word.value, row['rewrites']) or row['use']}"


def _old_value(word: Keyword) -> tuple[str, str] | None:
    """Code and text of a value that only Lightning 1 took; None of any other."""
    row = known.tables()["old_values"][word.name]
    value = word.value.lower() if isinstance(word.value, str) else word.value
    if isinstance(value, str):
        for start in sorted(row["refused"], key=len, reverse=True):
            if value.startswith(start):
                return "GW304", f"{word.value!r} is refused: {row['refused'][start]}"
    if (value is None or isinstance(value, str)) and value in row["taken"]:
        text = _rewritten(word.value, row["rewrites"]) or row["use"]
        return "GW105", f"{word.value!r} is of Lightning 1. Today: {text}"
    return None


def _rewritten(value: object, rewrites: Mapping[str, str]) -> str:
    """How a value that was written down is written today; empty where that depends on more.

    Args:
        value: As it stands in the program.
        rewrites: Of the argument's row.
    """
    if value is UNKNOWN:
        text = rewrites.get("any")
    elif repr(value) in rewrites:
        text = rewrites[repr(value)]
    else:
        is_count = isinstance(value, int) and not isinstance(value, bool) and value > 0
        kind = "int" if is_count else "list" if isinstance(value, (list, tuple)) and value else "any"
        text = rewrites.get(kind, rewrites.get("any"))
    if text is None or (value is UNKNOWN and "{}" in text):
        return ""
    return text.replace(";", ",").format(repr(value)) or "nothing; leave it out"


def _refused(word: Keyword) -> str | None:
    """What to do instead of a value that is a word, where that word is not taken."""
    values = known.tables()["values"].get(word.name)
    if values is None or not isinstance(word.value, str) or word.value.lower() in values["taken"]:
        return None
    for start, instead in values["instead"].items():
        if word.value.lower().startswith(start):
            return f"Instead: {instead}"
    return f"It takes {', '.join(map(repr, values['taken']))}.{did_you_mean(word.value, values['taken'])}"


def _machines(word: Keyword) -> int:
    """The number of machines that a value asks for, as far as it says so."""
    if word.name != "num_nodes":
        return 0
    if isinstance(word.value, str) and word.value.isdecimal():
        return int(word.value)
    return word.value if isinstance(word.value, int) else 0
