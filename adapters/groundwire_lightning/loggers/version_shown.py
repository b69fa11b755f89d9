"""The version that the loggers of a run write to, as it is shown beside a progress bar."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def version_shown(loggers: Iterable[Any]) -> dict[str, int | str]:
    """``v_num`` with the versions that loggers write to; nothing where they have none.

    Args:
        loggers: The loggers.
    """
    versions = [logger.version for logger in loggers]
    if not versions:
        return {}
    version = versions[0] if len(versions) == 1 else "_".join(dict.fromkeys(map(str, versions)))
    if version in ("", None):
        return {}
    return {"v_num": version[-4:] if isinstance(version, str) else version}
