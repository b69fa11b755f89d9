"""The callbacks that a Trainer has without being given them: a bar, a summary of the module, a limit of time."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from groundwire_lightning.answers import named
from groundwire_lightning.callbacks.model_summary import ModelSummary
from groundwire_lightning.callbacks.progress.rich_progress import RichProgressBar, has_rich
from groundwire_lightning.callbacks.progress.tqdm_progress import TQDMProgressBar
from groundwire_lightning.callbacks.rich_model_summary import RichModelSummary
from groundwire_lightning.callbacks.timer import Timer
from groundwire_lightning.errors import MisconfigurationException

log = logging.getLogger(__name__)


def listed(given: Mapping[str, Any]) -> list[Any]:
    """``callbacks=`` as a list, and behind them what other arguments ask for.

    Args:
        given: Argument of the Trainer to value.

    Raises:
        MisconfigurationException: There are several progress bars, or one although none is wanted.
    """
    callbacks = given["callbacks"]
    found = [] if callbacks is None else list(callbacks) if isinstance(callbacks, Iterable) else [callbacks]
    if given["max_time"] is not None:
        if has_any(found, "Timer"):
            log.info("max_time=%r is not heeded: there is a Timer among callbacks=", given["max_time"])
        else:
            found.append(Timer(duration=given["max_time"], interval="step"))
    found += _bar(found, given["enable_progress_bar"] is not False)
    if given["enable_model_summary"] is not False and not has_any(found, "ModelSummary"):
        found.append(RichModelSummary() if has_rich() else ModelSummary())
    return found


def has_any(callbacks: Iterable[Any], name: str) -> bool:
    """True if one of them is of the class of that name, ours or Lightning's, or of a subclass."""
    return any(named(cls, (name,)) for callback in callbacks for cls in type(callback).__mro__)


def specialises(made: Any, old: Any) -> bool:
    """True where one is of the class of the other, or of a subclass; classes of Lightning's and ours of a name are one.

    Args:
        made: What joins.
        old: What is there.
    """
    name = type(old).__name__
    return isinstance(made, type(old)) or (named(type(old), (name,)) and has_any([made], name))


def _bar(callbacks: list[Any], wanted: bool) -> list[Any]:
    bars = [callback for callback in callbacks if has_any([callback], "ProgressBar")]
    said = ", ".join(type(bar).__name__ for bar in bars)
    if len(bars) > 1:
        raise MisconfigurationException(f"callbacks= holds several progress bars, {said}; a Trainer draws one")
    if bars and not wanted:
        raise MisconfigurationException(
            f"enable_progress_bar=False, and {said} is among callbacks=; leave one of them out"
        )
    if bars or not wanted:
        return []
    return [RichProgressBar() if has_rich() else TQDMProgressBar()]
