"""Explained: the report of an entry point, before its run or while it is under way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from groundwire.tables import report
from groundwire.tables.plan import attach
from groundwire_lightning.core.states import TrainerFn
from groundwire_lightning.loops.updates_choice import said_of_updates
from groundwire_lightning.trainer.orders import ORDERS

if TYPE_CHECKING:
    from groundwire_lightning.loops.steered import Steered
    from groundwire_lightning.trainer.lightning_1.kept import Kept

    class Explained(Steered, Protocol):
        """A Trainer as its report sees it."""

        hook_order: ClassVar[tuple[str, ...]]
        substituted: Sequence[str]
        _kept: Kept


def explained(trainer: Explained, format: str) -> Any:  # noqa: A002  # the word users expect
    """Report what the run of a Trainer runs, in order, and who is attached where.

    Args:
        trainer: Whose run says which entry point, which module and which data it is about.
        format: ``"text"`` prints and returns it, ``"json"`` returns plain data.

    Returns:
        The text, or a dictionary.

    Raises:
        ValueError: There is no such format.
    """
    if format not in ("text", "json"):
        raise ValueError(f"format: 'text' or 'json' is due, got {format!r}")
    fits = trainer._purpose == TrainerFn.FITTING
    order = trainer.hook_order if fits else ORDERS[trainer._purpose.value]
    data = report.explain(trainer, *attach(trainer, trainer._parts(), "assembly"), order)
    if not fits:  # another entry point runs nothing that is not in its order
        hooks = {line["name"]: line for line in data["hooks"]}
        data["hooks"] = [hooks[name] for name in order]
    updates = said_of_updates(trainer) if fits else []
    old = [f"1.x  {line}" for line in trainer._kept.lines]
    if format == "json":
        return {**data, "updates": updates, "substituted": trainer.substituted, "lightning_1": old}
    text = report.as_text(data, aside=fits)
    if fits:
        text = "\n".join([text, *_section("Updates:", updates), *_section("Substituted:", trainer.substituted)])
    text = "\n".join([text, *_section("Lightning 1:", old)])
    trainer.print(text)
    return text


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return ["", title, *(f"  {line}" for line in lines)] if lines else []
