"""Import statements: which of their names are here, and whether the root that one binds can have another name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache

from groundwire_tools.check import known
from groundwire_tools.check.uses import Chain
from groundwire_tools.fix.edits import Edit
from groundwire_tools.fix.place import Place, root_of
from groundwire_tools.fix.spelling import in_ours, is_path, is_theirs
from groundwire_tools.fix.statements import Target, rewritten_from, rewritten_import

STAYS, RENAMED, ALIASED = "stays", "renamed", "aliased"
"""What becomes of a root that ``import lightning.pytorch`` binds: ``lightning.Trainer`` has to work all the same."""


class Imports:
    """The imports of a program.

    Args:
        place: The program.

    Attributes:
        staying: What is bound by names that are not here, or that a comment says to leave.
    """

    def __init__(self, place: Place) -> None:
        self.place, self.names = place, place.names
        self.root_fate = cache(self._root_fate)
        self.statements: list[ast.Import | ast.ImportFrom] = place.of_type(ast.Import, ast.ImportFrom)
        self.staying: set[Chain] = set()
        self._targets = [(node, list(self._of_statement(node))) for node in self.statements]

    def stays(self, chain: Chain) -> bool:
        """True for a name that is reached through an import that stays."""
        return any(chain[: len(one)] == one for one in self.staying)

    def left(self) -> Iterator[tuple[ast.alias, str]]:
        """The names that are imported from Lightning, each with its path."""
        for node in self.statements:
            above = self._module(node) if isinstance(node, ast.ImportFrom) else ()
            for alias in node.names if above or isinstance(node, ast.Import) else ():
                chain = (*above, *alias.name.split("."))
                if is_theirs(chain, self.names) and not self.place.is_ignored(node):
                    yield alias, ".".join(chain)

    def edits(self) -> Iterator[Edit]:
        """The statements that change."""
        for node, targets in self._targets:
            star = self._star(node)
            if star or any(targets):
                source = self.place.text.of(node)
                if isinstance(node, ast.Import):
                    statements = rewritten_import(source, targets)
                else:
                    statements = rewritten_from(source, targets, star)
                indent = self.place.text.indent_of(node)
                between = "; " if indent is None else f"{self.place.text.line_end}{indent}"
                yield Edit(*self.place.text.span(node), between.join(statements))

    def _of_statement(self, node: ast.Import | ast.ImportFrom) -> Iterator[Target | None]:
        above = self._module(node) if isinstance(node, ast.ImportFrom) else ()
        for alias in node.names:
            chain = (*above, *alias.name.split("."))
            if (isinstance(node, ast.ImportFrom) and not above) or not is_theirs(chain, self.names):
                yield None
                continue
            target = None if self.place.is_ignored(node) or alias.name == "*" else self._target(node, alias, chain)
            if target is None and not self._star(node):
                is_root = isinstance(node, ast.Import) and not alias.asname
                self.staying.add(chain[:1] if is_root else above if alias.name == "*" else chain)
            yield target

    def _target(self, node: ast.Import | ast.ImportFrom, alias: ast.alias, chain: Chain) -> Target | None:
        path = in_ours(".".join(chain), self.names)
        if path is None:
            return None
        if isinstance(node, ast.ImportFrom) or alias.asname:
            return Target(path, alias.asname or alias.name)
        fate = self.root_fate(chain[0])
        if fate == ALIASED:
            return Target(str(in_ours(chain[0], self.names)), chain[0])
        return Target(path, path.partition(".")[0]) if fate == RENAMED else None

    def _star(self, node: ast.Import | ast.ImportFrom) -> str:
        """The module of which all names are imported, where it is here."""
        module = self._module(node) if isinstance(node, ast.ImportFrom) and node.names[0].name == "*" else ()
        if not module or not is_theirs(module, self.names) or self.place.is_ignored(node):
            return ""
        path = in_ours(".".join(module), self.names) or ""
        exact = known.paths().spelled(".".join(module)) == "lightning.pytorch"
        return f"{path}.pytorch" if exact else path  # the package itself has more names than Lightning's

    @staticmethod
    def _module(node: ast.ImportFrom) -> Chain:
        return tuple((node.module or "").split(".")) if not node.level else ()

    # roots

    def _root_fate(self, root: str) -> str:
        own = [
            (node, alias)
            for node in self.statements
            if isinstance(node, ast.Import)
            for alias in node.names
            if alias.asname is None and alias.name.partition(".")[0] == root
        ]
        if any(self.place.is_ignored(node) or in_ours(alias.name, self.names) is None for node, alias in own):
            return STAYS
        if self._is_all_dotted(root):
            return RENAMED
        return STAYS if root == known.ANCESTOR else ALIASED

    def _is_all_dotted(self, root: str) -> bool:
        """True where the name of a root stands nowhere but at the beginning of names that are known to be its own."""
        followed = {
            root_of(node)
            for use in self.place.uses
            if use.chain[0] == root and use.bound == 1
            if (node := self.place.attributes.get((use.line, use.column))) and not self.place.is_ignored(node)
        }
        return not any(self._binds_or_uses(node, root) for node in self.place.nodes if node not in followed)

    def _binds_or_uses(self, node: ast.AST, root: str) -> bool:
        if isinstance(node, ast.Constant):
            return isinstance(node.value, str) and self._speaks_of(node.value, root)
        if isinstance(node, ast.alias):
            is_own = is_theirs(tuple(node.name.split(".")), self.names)
            return root in ((node.asname,) if is_own else (node.asname, node.name))
        names = [getattr(node, field, None) for field in ("id", "arg", "name", "rest")]
        return root in [*names, *getattr(node, "names", ()), *getattr(node, "kwd_attrs", ())]

    def _speaks_of(self, text: str, root: str) -> bool:
        """True for a string that may be code, as an annotation is, or the name of the root itself."""
        if text == root or not re.search(rf"\b{root}\.", text):
            return text == root
        try:
            ast.parse(text, mode="eval")
        except (SyntaxError, ValueError):
            return False
        return not is_path(text, self.names) or in_ours(text, self.names) is None
