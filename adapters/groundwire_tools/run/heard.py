"""Listeners: the adapter tells them what it did, and `groundwire run` puts it into its report."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

CALLED: list[Callable[[Any], None]] = []
"""Each is called with a Trainer when a call of its ``fit``, ``validate``, ``test`` or ``predict`` is over."""
LACKING: list[Callable[[str], None]] = []
"""Each is called with the message when a name is asked for that is not here, whether its error is caught or not."""
