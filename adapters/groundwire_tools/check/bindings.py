"""What names are bound to at one place of a program: by imports, assignments, classes and annotations."""

from __future__ import annotations

import ast
from collections import ChainMap
from collections.abc import Iterator
from typing import Any

from groundwire_tools.check.uses import CALL, SOME, SUPER, UNKNOWN, Chain, Keyword

Keywords = list[Keyword]
Scope = ChainMap[str, "Chain | Keywords | None"]


class Bindings:
    """Names in scopes, and what expressions of them name.

    Attributes:
        scope: Of the place under way, with those around it.
        me: The name of ``self`` there; empty outside of methods.
    """

    def __init__(self) -> None:
        self.scope: Scope = ChainMap({})
        self.me = ""

    def keywords(self, node: ast.Call) -> Iterator[Keyword]:
        """The named arguments of a call, those of literal dictionaries behind ``**`` too."""
        for word in node.keywords:
            if word.arg is not None:
                yield keyword(word.arg, word, word.value)
            else:
                yield from self.words(word.value) or ()

    def chain(self, node: ast.expr) -> Chain | None:
        """What an expression names, where imports, classes and assignments tell."""
        if isinstance(node, ast.Name):
            value = self.scope.get(node.id)
            return value if isinstance(value, tuple) else None
        if isinstance(node, ast.Attribute):
            above = self.chain(node.value)
            return (*above, node.attr) if above else None
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id == "super" and self.me:
                mine = self.scope.get(self.me)
                return (*mine, SUPER) if isinstance(mine, tuple) else None
            above = self.chain(node.func)
            return (*above, CALL) if above else None
        return None

    def bound(self, node: ast.expr) -> int:
        """How much of a chain was named before this expression."""
        while isinstance(node, (ast.Attribute, ast.Call)):
            if isinstance(node, ast.Call):
                return len(self.chain(node) or ())
            node = node.value
        return len(self.chain(node) or ())

    def annotated(self, annotation: ast.expr | None) -> Chain | None:
        """What an annotation names, as an object of it."""
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            try:
                annotation = ast.parse(annotation.value, mode="eval").body
            except (SyntaxError, ValueError):
                return None
        if isinstance(annotation, ast.BinOp):
            return self.annotated(annotation.left) or self.annotated(annotation.right)
        if isinstance(annotation, ast.Subscript) and last_name(annotation.value) == "Optional":
            return self.annotated(annotation.slice)
        chain = self.chain(annotation) if annotation is not None else None
        return (*chain, SOME) if chain else None

    def words(self, value: ast.expr) -> Keywords | None:
        """The arguments that a literal dictionary stands for."""
        if isinstance(value, ast.Name):
            words = self.scope.get(value.id)
            return words if isinstance(words, list) else None
        if isinstance(value, ast.Dict):
            words = []
            for key, one in zip(value.keys, value.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    words.append(keyword(key.value, key, one))
                elif key is None:
                    words += self.words(one) or []
            return words
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "dict":
            return [*self.keywords(value), *(word for one in value.args for word in self.words(one) or [])]
        return None


def keyword(name: str, node: Any, value: ast.expr) -> Keyword:
    """An argument with its value, where that is a literal.

    Args:
        name: Of the argument.
        node: Where it stands.
        value: What is passed.
    """
    try:
        literal = ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        literal = UNKNOWN
    return Keyword(name, node.lineno, node.col_offset + 1, literal)


def last_name(node: ast.expr) -> str:
    """The name behind the last dot; empty of what is no name."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
