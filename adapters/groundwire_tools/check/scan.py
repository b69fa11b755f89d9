"""Python to uses: one walk over a tree, with the names that imports and assignments have bound."""

from __future__ import annotations

import ast
from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from groundwire_tools.check import known
from groundwire_tools.check.signatures import method_of
from groundwire_tools.check.uses import UNKNOWN, Chain, ClassRecord, Keyword, Scanned, Use

CALL = "()"
_FALLS_BACK = {"ImportError", "ModuleNotFoundError", "AttributeError", "Exception", "BaseException"}
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
Keywords = list[Keyword]
Scope = ChainMap[str, "Chain | Keywords | None"]


def parameter(method: str, place: int) -> str:
    """The part of a chain that stands for what a method is given, which the hook table may tell."""
    return f"#{method}#{place}"


class Scan:
    """One walk over one file.

    Args:
        scanned: What is filled.
        module: The parts of the file's dotted name.
        is_package: It is an ``__init__.py``.
    """

    def __init__(self, scanned: Scanned, module: Chain, is_package: bool = False) -> None:
        self.scanned, self.module = scanned, module
        self.package = module if is_package else module[:-1]
        self.scope: Scope = ChainMap({})
        self.owner: ClassRecord | None = None
        self.me = ""
        self.is_guarded = False
        self.later: list[Callable[[], None]] = []

    def run(self, tree: ast.Module) -> None:
        """Walk over the file; bodies of functions come last, as they see what a module binds below them."""
        self._each(tree.body)
        while self.later:
            waiting, self.later = self.later, []
            for body in waiting:
                body()

    # walking

    def _visit(self, node: ast.AST) -> None:
        special = _SPECIAL.get(type(node))
        if special is not None:
            special(self, node)
            return
        for name in node._fields:
            value = getattr(node, name)
            if isinstance(value, list):
                self._each(value)
            elif isinstance(value, ast.AST):
                self._visit(value)

    def _each(self, nodes: Iterable[Any]) -> None:
        for node in nodes:
            if isinstance(node, ast.AST):
                self._visit(node)

    def _skip(self, node: ast.AST) -> None:
        """Nothing is in it."""

    # what imports bind

    def _import(self, node: ast.Import) -> None:
        for alias in node.names:
            parts = tuple(alias.name.split("."))
            self._use("import", parts, alias)
            self.scope[alias.asname or parts[0]] = parts if alias.asname else parts[:1]

    def _import_from(self, node: ast.ImportFrom) -> None:
        above = self.package[: len(self.package) - node.level + 1] if node.level else ()
        module = (*above, *(node.module.split(".") if node.module else ()))
        for alias in node.names:
            if alias.name == "*":
                self._use("import", module, alias)
                names = known.names_in(".".join(module)) if module[:1] and module[0] in known.roots() else ()
                self.scope.update({name: (*module, name) for name in names if not name.startswith("_")})
            else:
                self._use("import", (*module, alias.name), alias)
                self.scope[alias.asname or alias.name] = (*module, alias.name)

    # definitions

    def _class(self, node: ast.ClassDef) -> None:
        self._each(node.decorator_list)
        self._each([*node.bases, *(word.value for word in node.keywords)])
        bases = tuple(chain for base in node.bases if (chain := self._chain(_unsubscripted(base))))
        prefix = self.owner.chain if self.owner else self.module
        record = ClassRecord((*prefix, node.name), bases)
        self.scanned.classes.append(record)
        self.scope[node.name] = record.chain
        outside = self.scope, self.owner, self.me
        self.scope, self.owner, self.me = self.scope.new_child(), record, ""
        self._each(node.body)
        record.values.update({name: value for name, value in self.scope.maps[0].items() if isinstance(value, tuple)})
        record.values.update({name: () for name in self.scope.maps[0] if not record.has(name)})
        self.scope, self.owner, self.me = outside

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._each(node.decorator_list)
        self._visit(node.args)
        owner = self.owner if not self.me else None  # a function in a method belongs to nobody
        if owner is not None:
            owner.methods[node.name] = method_of(node)
        self.scope[node.name] = None
        # the names of a class are not seen in its methods
        around = self.scope.parents if owner is not None else self.scope
        held, guarded, me = self.owner, self.is_guarded, self.me
        self.later.append(lambda: self._body(node, around, owner, (held, guarded, me)))

    def _body(
        self,
        node: ast.FunctionDef | ast.AsyncFunctionDef,
        around: Scope,
        owner: ClassRecord | None,
        held: tuple[ClassRecord | None, bool, str],
    ) -> None:
        self.scope = around.new_child()
        self.owner, self.is_guarded, self.me = held
        arguments = [*node.args.posonlyargs, *node.args.args]
        kinds = {decorator.id for decorator in node.decorator_list if isinstance(decorator, ast.Name)}
        if owner is not None and arguments and "staticmethod" not in kinds:
            self.me = arguments[0].arg
            self.scope[self.me] = owner.chain if "classmethod" in kinds else (*owner.chain, CALL)
            for place, argument in enumerate(arguments[1:]):
                self.scope[argument.arg] = (*owner.chain, CALL, parameter(node.name, place))
        for argument in [*arguments[1 if owner else 0 :], *node.args.kwonlyargs]:
            typed = self._annotated(argument.annotation)
            if typed or owner is None:
                self.scope[argument.arg] = typed
        for star in (node.args.vararg, node.args.kwarg):
            if star is not None:
                self.scope[star.arg] = None
        self._each(node.body)

    def _annotated(self, annotation: ast.expr | None) -> Chain | None:
        """What an annotation names, as an object of it."""
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            try:
                annotation = ast.parse(annotation.value, mode="eval").body
            except (SyntaxError, ValueError):
                return None
        if isinstance(annotation, ast.BinOp):
            return self._annotated(annotation.left) or self._annotated(annotation.right)
        if isinstance(annotation, ast.Subscript) and _last(annotation.value) == "Optional":
            return self._annotated(annotation.slice)
        chain = self._chain(annotation) if annotation is not None else None
        return (*chain, CALL) if chain else None

    # statements that bind

    def _assign(self, node: ast.Assign) -> None:
        self._visit(node.value)
        for target in node.targets:
            self._bind(target, node.value)

    def _bind_one(self, node: ast.AnnAssign | ast.NamedExpr) -> None:
        if node.value is not None:
            self._visit(node.value)
            self._bind(node.target, node.value)
        if isinstance(node, ast.AnnAssign):
            typed = self._annotated(node.annotation)
            if typed and isinstance(node.target, ast.Name):
                self.scope[node.target.id] = typed

    def _bind(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self.scope[target.id] = self._value(value)
        elif isinstance(target, ast.Attribute):
            self._visit(target)
            if self.owner is not None and isinstance(target.value, ast.Name) and target.value.id == self.me:
                self.owner.values[target.attr] = self._chain(value) or self.owner.values.get(target.attr, ())
        elif isinstance(target, ast.Subscript):
            self._visit(target)
            words = self.scope.get(target.value.id) if isinstance(target.value, ast.Name) else None
            if isinstance(words, list) and isinstance(target.slice, ast.Constant):
                words.append(_keyword(str(target.slice.value), target, value))
        else:
            for part in ast.walk(target):
                if isinstance(part, ast.Name):
                    self.scope[part.id] = None

    def _value(self, value: ast.expr) -> Chain | Keywords | None:
        words = self._words(value)
        return self._chain(value) if words is None else words

    def _words(self, value: ast.expr) -> Keywords | None:
        """The arguments that a literal dictionary stands for."""
        if isinstance(value, ast.Name):
            words = self.scope.get(value.id)
            return words if isinstance(words, list) else None
        if isinstance(value, ast.Dict):
            words = []
            for key, one in zip(value.keys, value.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    words.append(_keyword(key.value, key, one))
                elif key is None:
                    words += self._words(one) or []
            return words
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "dict":
            return [*self._keywords(value), *(word for one in value.args for word in self._words(one) or [])]
        return None

    # guards

    def _try(self, node: ast.Try) -> None:
        before = self.is_guarded
        self.is_guarded = before or any(_falls_back(handler) for handler in node.handlers)
        self._each(node.body)
        self.is_guarded = before
        self._each([*node.handlers, *node.orelse, *node.finalbody])

    def _if(self, node: ast.If) -> None:
        self._visit(node.test)
        before = self.is_guarded
        self.is_guarded = before or _last(node.test) == "TYPE_CHECKING"
        self._each(node.body)
        self.is_guarded = before
        self._each(node.orelse)

    # expressions

    def _attribute(self, node: ast.Attribute) -> None:
        if chain := self._chain(node):
            self._use("read" if isinstance(node.ctx, ast.Load) else "store", chain, node, self._bound(node))
        self._inner(node.value)

    def _inner(self, node: ast.expr) -> None:
        """What stands below a chain and is a use by itself."""
        while isinstance(node, ast.Attribute):
            node = node.value
        if not isinstance(node, ast.Name):
            self._visit(node)

    def _call(self, node: ast.Call) -> None:
        chain = self._chain(node.func)
        if chain:
            self._use("call", chain, node.func, self._bound(node.func), tuple(self._keywords(node)))
            self._inner(node.func)
        else:
            self._update(node)
            self._visit(node.func)
        self._each(node.args)
        self._each(word.value for word in node.keywords)

    def _update(self, node: ast.Call) -> None:
        """``arguments.update(more)`` of a literal dictionary."""
        func = node.func
        if isinstance(func, ast.Attribute) and func.attr == "update" and isinstance(func.value, ast.Name):
            words = self.scope.get(func.value.id)
            if isinstance(words, list):
                words += [*self._keywords(node), *(word for one in node.args for word in self._words(one) or [])]

    def _keywords(self, node: ast.Call) -> Iterator[Keyword]:
        for word in node.keywords:
            if word.arg is not None:
                yield _keyword(word.arg, word, word.value)
            else:
                yield from self._words(word.value) or ()

    def _chain(self, node: ast.expr) -> Chain | None:
        """What an expression names, where imports, classes and assignments tell."""
        if isinstance(node, ast.Name):
            value = self.scope.get(node.id)
            return value if isinstance(value, tuple) else None
        if isinstance(node, ast.Attribute):
            above = self._chain(node.value)
            return (*above, node.attr) if above else None
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id == "super" and self.me:
                mine = self.scope.get(self.me)
                return mine if isinstance(mine, tuple) else None
            above = self._chain(node.func)
            return (*above, CALL) if above else None
        return None

    def _bound(self, node: ast.expr) -> int:
        """How much of a chain was named before this expression."""
        while isinstance(node, (ast.Attribute, ast.Call)):
            if isinstance(node, ast.Call):
                return len(self._chain(node) or ())
            node = node.value
        return len(self._chain(node) or ())

    def _use(self, kind: Any, chain: Chain, node: Any, bound: int = 0, keywords: tuple[Keyword, ...] = ()) -> None:
        if chain and not (chain[0] in _NOBODYS and CALL not in chain):
            place = (
                (node.end_lineno, node.end_col_offset - len(node.attr) + 1) if isinstance(node, ast.Attribute) else None
            )
            line, column = place or (node.lineno, node.col_offset + 1)
            self.scanned.uses.append(Use(kind, chain, line, column, bound, self.is_guarded, keywords))


_NOBODYS = {"torch", "numpy", "os", "sys", "math", "typing"}  # the most common roots, left out early for speed alone


def _keyword(name: str, node: Any, value: ast.expr) -> Keyword:
    try:
        literal = ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        literal = UNKNOWN
    return Keyword(name, node.lineno, node.col_offset + 1, literal)


def _unsubscripted(node: ast.expr) -> ast.expr:
    return node.value if isinstance(node, ast.Subscript) else node


def _last(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _falls_back(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or _last(kind) in _FALLS_BACK for kind in kinds)


_SPECIAL: dict[type, Callable[[Scan, Any], None]] = {
    ast.Import: Scan._import,
    ast.ImportFrom: Scan._import_from,
    ast.ClassDef: Scan._class,
    ast.FunctionDef: Scan._function,
    ast.AsyncFunctionDef: Scan._function,
    ast.Assign: Scan._assign,
    ast.AnnAssign: Scan._bind_one,
    ast.NamedExpr: Scan._bind_one,
    ast.Try: Scan._try,
    ast.If: Scan._if,
    ast.Attribute: Scan._attribute,
    ast.Call: Scan._call,
    **dict.fromkeys((ast.Name, ast.Constant, ast.Load, ast.Store, ast.Del, ast.Pass), Scan._skip),
}
