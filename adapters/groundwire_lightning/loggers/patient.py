"""What becomes of a logger that fails: the run goes on, rows wait for it, and those it never takes are counted."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

LONGEST_PAUSE = 64
"""Rows that a failing logger is left alone for at most."""
MOST_HELD = 10_000
"""Rows that wait for a logger at most; then the oldest are given up."""


class Patient:
    """Calls a logger in one run, and raises nothing.

    The first failure is reported. A row that fails with an ``OSError``, as a full disk or a missing
    connection raise, waits with all that follow, and is tried again after ever longer pauses. A row
    that fails otherwise is given up.

    Args:
        logger: The logger.
    """

    def __init__(self, logger: Any) -> None:
        self.logger = logger
        self._held: deque[tuple[Mapping[str, Any], int]] = deque()
        self._lost = 0
        self._left, self._pause = 0, 1
        self._is_reported = False

    def call(self, method: str, *args: Any, **kwargs: Any) -> bool:
        """Call a method of the logger.

        Args:
            method: Its name.
            *args: Its arguments.
            **kwargs: Likewise.

        Returns:
            Whether it went well.
        """
        return self._error_of(method, *args, **kwargs) is None

    def write(self, row: Mapping[str, Any], step: int, *, saves: bool) -> None:
        """Give the logger a row, after those that wait; in a pause it waits as well.

        Args:
            row: Name to number.
            step: Where it stands.
            saves: Call ``save`` after it.
        """
        if len(self._held) == MOST_HELD:
            self._held.popleft()
            self._lost += 1
        self._held.append((row, step))
        if self._left:
            self._left -= 1
        elif self._send() and (not saves or self.call("save")):
            self._pause = 1
        else:
            self._left = self._pause = min(2 * self._pause, LONGEST_PAUSE)

    def finalize(self, status: str) -> None:
        """Give the logger what waits and tell it that the run is over; say how many rows it never took.

        Args:
            status: ``"success"`` or ``"failed"``.
        """
        self._send()
        self.call("finalize", status)
        if lost := self._lost + len(self._held):
            from groundwire.errors import rank_zero_warn

            rank_zero_warn(f"{type(self.logger).__qualname__}: {lost} rows of this run could not be written")

    def _send(self) -> bool:
        while self._held:
            row, step = self._held[0]
            error = self._error_of("log_metrics", metrics=row, step=step)
            if not isinstance(error, OSError):
                self._held.popleft()
            if error is not None:
                self._lost += not isinstance(error, OSError)
                return False
        return True

    def _error_of(self, method: str, *args: Any, **kwargs: Any) -> Exception | None:
        try:
            getattr(self.logger, method)(*args, **kwargs)
        except Exception as error:  # noqa: BLE001  # no logger is worth a run
            if not self._is_reported:
                self._report(method, error)
            return error
        return None

    def _report(self, method: str, error: Exception) -> None:
        from groundwire.errors import rank_zero_warn

        self._is_reported = True
        rank_zero_warn(
            f"{type(self.logger).__qualname__}.{method} raised {type(error).__name__}: {error}. The run goes on "
            f"without what it cannot write; it is tried again, at most {LONGEST_PAUSE} rows later. This is said once, "
            "and at the end of the run how many rows it never took"
        )
