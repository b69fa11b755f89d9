"""Listeners: an adapter tells them what it did and what it lacks, and a tool that runs a program reports it.

They stand in the core because both sides import it and neither the other; nothing is imported here, torch least of all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["CALLED", "LACKING", "OUTDATED"]

CALLED: list[Callable[[Any], None]] = []
"""Each is called with a Trainer when one of its calls, as ``fit``, is over."""
LACKING: list[Callable[[str], None]] = []
"""Each is called with the message when a name is asked for that is not here, whether its error is caught or not."""
OUTDATED: list[Callable[[str], None]] = []
"""Each is called with a sentence when a name is answered that a newer release has under another path."""
