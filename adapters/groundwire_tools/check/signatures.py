"""How a method can be called, as its definition says."""

from __future__ import annotations

import ast
import math
from collections.abc import Sequence

from groundwire_tools.check.uses import Method

_KEEPS = {"override", "abstractmethod", "no_grad", "inference_mode"}
"""Decorators that leave the signature as it is."""


def method_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Method:
    """What a definition in a class body says about calls."""
    named = [*node.args.posonlyargs, *node.args.args][1:]
    defaults = min(len(node.args.defaults), len(named))
    needs = {one.arg for one, value in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if value is None}
    star = node.args.vararg
    by_name = {one.arg for one in [*node.args.args, *node.args.kwonlyargs]}
    start = node.col_offset + len("async def " if isinstance(node, ast.AsyncFunctionDef) else "def ") + 1
    return Method(
        line=node.lineno,
        column=start,
        least=len(named) - defaults,
        most=math.inf if star else len(named),
        takes=None if node.args.kwarg else frozenset(by_name),
        needs=frozenset(needs),
        shown=", ".join([one.arg for one in named] + ([f"*{star.arg}"] if star else [])),
        is_plain=all(_name(decorator) in _KEEPS for decorator in node.decorator_list),
    )


def _name(decorator: ast.expr) -> str:
    if isinstance(decorator, ast.Call):
        decorator = decorator.func
    return decorator.id if isinstance(decorator, ast.Name) else getattr(decorator, "attr", "")


def misfit(method: Method, gives: Sequence[str], least: int, named: Sequence[str]) -> str:
    """Why a method cannot be called with what its hook gives; empty where it can.

    Args:
        method: As it is written.
        gives: Names of what is passed by position.
        least: How many of those are passed to a method that takes no more.
        named: Names of what is passed by keyword.
    """
    if not method.is_plain:
        return ""
    needed = method.least - sum(1 for name in named if method.takes is not None and name in method.takes)
    missing = [name for name in named if method.takes is not None and name not in method.takes]
    strange = sorted(method.needs - set(named))
    if method.most >= least and needed <= len(gives) and not missing and not strange:
        return ""
    calls = ", ".join([*gives, *(f"{name}=" for name in named)]) or "nothing"
    if strange:
        return f"it is passed ({calls}) and needs {', '.join(strange)}"
    if missing:
        return f"it is passed ({calls}) and does not take {', '.join(missing)}"
    return f"it is passed ({calls}) and takes ({method.shown})"
