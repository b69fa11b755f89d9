"""The calls of a script that concern Lightning: of its functions, of its module's methods, and of its Trainer."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from groundwire_tools.eject.reading.script import Script


def calls_of(script: Script, *names: str) -> Iterator[ast.Call]:
    """The calls of methods of these names, and of Lightning's functions and classes; inner ones first."""
    found = [
        node
        for node in ast.walk(script.tree)
        if isinstance(node, ast.Call)
        and (node.func.attr if isinstance(node.func, ast.Attribute) else named(script, node.func)) in names
    ]
    return reversed(found)


def named(script: Script, node: ast.expr) -> str:
    """The name that Lightning has for what an expression names; empty for anything else."""
    return (script.chain(node) or "").rpartition(".")[2]


def trainer_call(script: Script) -> ast.Call:
    """The call that makes the Trainer.

    Args:
        script: The script.

    Raises:
        NotPlainError: There is none, or more than one.
    """
    calls = [call for call in calls_of(script, "Trainer") if named(script, call.func) == "Trainer"]
    if not calls:
        raise script.refused(script.tree, "Trainer(...) is not written in this file, which alone is rewritten")
    if len(calls) > 1:
        raise script.refused(calls[0], "there are several Trainers, and one loop is written; eject one at a time")
    return calls[0]


def trainer_names(script: Script, made: ast.Call | None = None) -> set[str]:
    """What the Trainer is called: ``trainer``, and whatever it is assigned to."""
    made = made or trainer_call(script)
    above = script.parents[made]
    targets = above.targets if isinstance(above, ast.Assign) else [getattr(above, "target", None)]
    return {"trainer", "self.trainer", *(ast.unparse(target) for target in targets if target is not None)}
