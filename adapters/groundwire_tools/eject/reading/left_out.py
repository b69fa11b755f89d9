"""Objects that only watch a run: they go from the lists that they are in, and so do the lines that make them."""

from __future__ import annotations

import ast

from groundwire_tools.eject.reading.script import Script


def leave_out(script: Script, nodes: list[ast.expr], made: ast.Call) -> None:
    """Take out objects that only watch, from the lists that they are in and the lines that make them."""
    dropped: dict[ast.List, list[ast.expr]] = {}
    for node in nodes:
        call = script.parents[node]
        if not (isinstance(call, ast.Call) and call.func is node):
            raise script.refused(node, f"{ast.unparse(node)} is used otherwise than in callbacks= or logger=")
        statement = script.parents[call]
        uses: list[ast.expr] = [call]
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            target = statement.targets[0]
            uses = [use for use in script.names(target.id) if use is not target]
            script.remove(statement)
        for use in uses:
            _drop_use(script, use, made, dropped)
    for row, elements in dropped.items():
        script.rebuild(row, [element for element in row.elts if element not in elements])


def _drop_use(script: Script, use: ast.expr, made: ast.Call, dropped: dict[ast.List, list[ast.expr]]) -> None:
    above = script.parents[use]
    within = script.parents.get(above)
    if isinstance(above, ast.List):
        dropped.setdefault(above, []).append(use)
    elif isinstance(above, ast.keyword) and within is made:
        pass  # the Trainer is made without it
    elif isinstance(above, ast.Call) and isinstance(within, ast.Expr) and ast.unparse(above.func).endswith(".append"):
        script.remove(within)
    else:
        raise script.refused(use, f"{ast.unparse(use)} is left out of the written program, and this line uses it")
