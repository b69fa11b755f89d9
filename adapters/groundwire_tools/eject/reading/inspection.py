"""The names of Lightning's objects that a script reads, each of which must be there in the written program."""

from __future__ import annotations

import ast

from groundwire_tools.eject.facts import Facts
from groundwire_tools.eject.reading.calls import trainer_names
from groundwire_tools.eject.reading.script import Script
from groundwire_tools.eject.writing.classes import PLAIN_MODULE, PLAIN_STATE, PLAIN_TRAINER


def inspect_members(script: Script, facts: Facts) -> None:
    """Refuse what a script reads of a module or a Trainer that the written ones do not have.

    Args:
        script: The script.
        facts: Of its run.

    Raises:
        NotPlainError: It reads such a name.
    """
    trainers = {*trainer_names(script), "pl_module.trainer", "module.trainer", "model.trainer"}
    classes = {cls.name for cls in script.modules}
    own = _own(script)
    for node in ast.walk(script.tree):
        if not isinstance(node, ast.Attribute):
            continue
        owner, name = ast.unparse(node.value), node.attr
        if owner in trainers and name not in PLAIN_TRAINER and name not in PLAIN_STATE:
            raise script.refused(node, f"{owner}.{name} has no plain counterpart")
        of_module = owner in ("pl_module", *classes) or (owner == "self" and script.is_in_module(node))
        if of_module and name in facts.members and name not in PLAIN_MODULE | own:
            raise script.refused(node, f"{owner}.{name} has no plain counterpart")
        if owner == "super()" and name in facts.members and name not in own and script.is_in_module(node):
            raise script.refused(node, f"super().{name} is Lightning's own, which a plain module does not have")
    for function in ast.walk(script.tree):
        if isinstance(function, ast.FunctionDef) and function.name == "on_train_batch_start":
            for node in ast.walk(function):
                if isinstance(node, ast.Return) and node.value is not None:
                    raise script.refused(
                        node, "on_train_batch_start that skips the rest of an epoch has no plain counterpart"
                    )


def _own(script: Script) -> set[str]:
    """Names that classes of the script define or set themselves."""
    functions = {node.name for node in ast.walk(script.tree) if isinstance(node, ast.FunctionDef)}
    stored = {
        node.attr
        for node in ast.walk(script.tree)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
    }
    return functions | stored
