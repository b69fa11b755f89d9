"""Arguments of the Trainer, judged by their rows and, where they are literal words or numbers, by their values."""

from __future__ import annotations

from groundwire.errors import did_you_mean
from groundwire_tools.check import known
from groundwire_tools.check.uses import UNKNOWN, Keyword


def argument(word: Keyword) -> tuple[str, str]:
    """Code and text of one argument; the code is empty where it is fine."""
    name = f"Trainer({word.name}=)"
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
    instead = known.tables()["retired_arguments"].get(name)
    if instead:
        return f"Lightning 2 removed it. Instead: {instead}"
    return f"there is no such argument.{did_you_mean(name, known.tables()['arguments'])}"


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
