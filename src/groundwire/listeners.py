"""Listeners: an adapter tells them what it did and what it lacks, and a tool that runs a program reports it.

They stand in the core because both sides import it and neither the other; nothing is imported here, torch least of all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

__all__ = ["BUILT", "CALLED", "LACKING", "OUTDATED", "PLANNED", "Kind", "tell_of_lacking"]

Kind = Literal["module", "name", "argument", "attribute", "hook", "refused"]
"""What of a program is not here; ``"refused"`` is a class, a call or a value that is there to say so."""

BUILT: list[Callable[[Any], None]] = []
"""Each is called with a Trainer whose arguments were taken."""
PLANNED: list[Callable[[Any], None]] = []
"""Each is called with a Trainer when its plan stands, before any data is read; an error of theirs ends the run."""
CALLED: list[Callable[[Any], None]] = []
"""Each is called with a Trainer when one of its calls, as ``fit``, is over."""
LACKING: list[Callable[[Kind, str, str], None]] = []
"""Each is called with kind, name and message of what is asked for and not here, whether its error is caught or not."""
OUTDATED: list[Callable[[str], None]] = []
"""Each is called with a sentence when a name is answered that a newer release has under another path."""


def tell_of_lacking(kind: Kind, *texts: str, name: str = "") -> None:
    """Tell all that listen of what is not here, just before its error is raised.

    Args:
        kind: What it is.
        *texts: Messages, one for each thing.
        name: The name that was asked for, where the message is not always the same.
    """
    for listener in LACKING:
        for text in texts:
            listener(kind, name or text, text)
