"""Python to uses: one walk over a tree, with the names that imports and assignments have bound."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import Any

from groundwire_tools.check import known
from groundwire_tools.check.bindings import Bindings, Keywords, Scope, keyword, last_name
from groundwire_tools.check.signatures import method_of
from groundwire_tools.check.uses import CALL, Chain, ClassRecord, Keyword, Scanned, Use

_FALLS_BACK = {"ImportError", "ModuleNotFoundError", "AttributeError", "Exception", "BaseException"}
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


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
        self.names = Bindings()
        self.owner: ClassRecord | None = None
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
            self.names.scope[alias.asname or parts[0]] = parts if alias.asname else parts[:1]

    def _import_from(self, node: ast.ImportFrom) -> None:
        above = self.package[: len(self.package) - node.level + 1] if node.level else ()
        module = (*above, *(node.module.split(".") if node.module else ()))
        for alias in node.names:
            if alias.name == "*":
                self._use("import", module, alias)
                names = known.names_in(".".join(module)) if module[:1] and module[0] in known.roots() else ()
                self.names.scope.update({name: (*module, name) for name in names if not name.startswith("_")})
            else:
                self._use("import", (*module, alias.name), alias)
                self.names.scope[alias.asname or alias.name] = (*module, alias.name)

    # definitions

    def _class(self, node: ast.ClassDef) -> None:
        self._each(node.decorator_list)
        self._each([*node.bases, *(word.value for word in node.keywords)])
        bases = tuple(chain for base in node.bases if (chain := self.names.chain(_unsubscripted(base))))
        prefix = self.owner.chain if self.owner else self.module
        record = ClassRecord((*prefix, node.name), bases)
        self.scanned.classes.append(record)
        self.names.scope[node.name] = record.chain
        outside = self.names.scope, self.owner, self.names.me
        self.names.scope, self.owner, self.names.me = self.names.scope.new_child(), record, ""
        self._each(node.body)
        record.values.update(
            {name: value for name, value in self.names.scope.maps[0].items() if isinstance(value, tuple)}
        )
        record.values.update({name: () for name in self.names.scope.maps[0] if not record.has(name)})
        self.names.scope, self.owner, self.names.me = outside

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._each(node.decorator_list)
        self._visit(node.args)
        self._each([node.returns])
        owner = self.owner if not self.names.me else None  # a function in a method belongs to nobody
        if owner is not None:
            owner.methods[node.name] = method_of(node)
        self.names.scope[node.name] = None
        # the names of a class are not seen in its methods
        around = self.names.scope.parents if owner is not None else self.names.scope
        held, guarded, me = self.owner, self.is_guarded, self.names.me
        self.later.append(lambda: self._body(node, around, owner, (held, guarded, me)))

    def _body(
        self,
        node: ast.FunctionDef | ast.AsyncFunctionDef,
        around: Scope,
        owner: ClassRecord | None,
        held: tuple[ClassRecord | None, bool, str],
    ) -> None:
        self.names.scope = around.new_child()
        self.owner, self.is_guarded, self.names.me = held
        arguments = [*node.args.posonlyargs, *node.args.args]
        kinds = {decorator.id for decorator in node.decorator_list if isinstance(decorator, ast.Name)}
        if owner is not None and arguments and "staticmethod" not in kinds:
            self.names.me = arguments[0].arg
            self.names.scope[self.names.me] = owner.chain if "classmethod" in kinds else (*owner.chain, CALL)
            for place, argument in enumerate(arguments[1:]):
                self.names.scope[argument.arg] = (*owner.chain, CALL, parameter(node.name, place))
        for argument in [*arguments[1 if owner else 0 :], *node.args.kwonlyargs]:
            typed = self.names.annotated(argument.annotation)
            if typed or owner is None:
                self.names.scope[argument.arg] = typed
        for star in (node.args.vararg, node.args.kwarg):
            if star is not None:
                self.names.scope[star.arg] = None
        self._each(node.body)

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
            self._visit(node.annotation)
            typed = self.names.annotated(node.annotation)
            if typed and isinstance(node.target, ast.Name):
                self.names.scope[node.target.id] = typed

    def _bind(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self.names.scope[target.id] = self._value(value)
        elif isinstance(target, ast.Attribute):
            self._visit(target)
            if self.owner is not None and isinstance(target.value, ast.Name) and target.value.id == self.names.me:
                self.owner.values[target.attr] = self.names.chain(value) or self.owner.values.get(target.attr, ())
        elif isinstance(target, ast.Subscript):
            self._visit(target)
            words = self.names.scope.get(target.value.id) if isinstance(target.value, ast.Name) else None
            if isinstance(words, list) and isinstance(target.slice, ast.Constant):
                words.append(keyword(str(target.slice.value), target, value))
        else:
            for part in ast.walk(target):
                if isinstance(part, ast.Name):
                    self.names.scope[part.id] = None

    def _value(self, value: ast.expr) -> Chain | Keywords | None:
        words = self.names.words(value)
        return self.names.chain(value) if words is None else words

    def _with(self, node: ast.withitem) -> None:
        self._visit(node.context_expr)
        if node.optional_vars is not None:
            self._bind(node.optional_vars, node.context_expr)

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        self._visit(node.iter)
        self._bind(node.target, node.iter if isinstance(node.target, ast.Tuple) else _NOTHING)
        self._each([*node.body, *node.orelse])

    def _inside(self, node: ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        """Expressions with names of their own."""
        outside, self.names.scope = self.names.scope, self.names.scope.new_child()
        targets = node.args if isinstance(node, ast.Lambda) else ast.Tuple([part.target for part in node.generators])
        own = {getattr(part, "arg", None) or getattr(part, "id", None) for part in ast.walk(targets)}
        self.names.scope.update(dict.fromkeys(name for name in own if name))
        for name in node._fields:
            value = getattr(node, name)
            self._each(value if isinstance(value, list) else [value])
        self.names.scope = outside

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
        self.is_guarded = before or last_name(node.test) == "TYPE_CHECKING"
        self._each(node.body)
        self.is_guarded = before
        self._each(node.orelse)

    # expressions

    def _attribute(self, node: ast.Attribute) -> None:
        if chain := self.names.chain(node):
            self._use("read" if isinstance(node.ctx, ast.Load) else "store", chain, node, self.names.bound(node))
        self._inner(node.value)

    def _inner(self, node: ast.expr) -> None:
        """What stands below a chain and is a use by itself."""
        while isinstance(node, ast.Attribute):
            node = node.value
        if not isinstance(node, ast.Name):
            self._visit(node)

    def _call(self, node: ast.Call) -> None:
        chain = self.names.chain(node.func)
        if chain:
            self._use("call", chain, node.func, self.names.bound(node.func), tuple(self.names.keywords(node)))
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
            words = self.names.scope.get(func.value.id)
            if isinstance(words, list):
                words += [
                    *self.names.keywords(node),
                    *(word for one in node.args for word in self.names.words(one) or []),
                ]

    def _use(self, kind: Any, chain: Chain, node: Any, bound: int = 0, keywords: tuple[Keyword, ...] = ()) -> None:
        if chain and not (chain[0] in _NOBODYS and CALL not in chain):
            line, column = node.lineno, node.col_offset + 1
            if isinstance(node, ast.Attribute):  # its last name, where a chain goes over several lines
                line = node.end_lineno or line
                column = (node.end_col_offset or 0) - len(node.attr) + 1
            self.scanned.uses.append(Use(kind, chain, line, column, bound, self.is_guarded, keywords))


_NOTHING = ast.Constant(None)
_NOBODYS = {"torch", "numpy", "os", "sys", "math", "typing"}  # the most common roots, left out early for speed alone


def _unsubscripted(node: ast.expr) -> ast.expr:
    return node.value if isinstance(node, ast.Subscript) else node


def _falls_back(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or last_name(kind) in _FALLS_BACK for kind in kinds)


_SPECIAL: dict[type, Callable[[Scan, Any], None]] = {
    ast.Import: Scan._import,
    ast.ImportFrom: Scan._import_from,
    ast.ClassDef: Scan._class,
    ast.FunctionDef: Scan._function,
    ast.AsyncFunctionDef: Scan._function,
    ast.Assign: Scan._assign,
    ast.AnnAssign: Scan._bind_one,
    ast.NamedExpr: Scan._bind_one,
    ast.For: Scan._for,
    ast.AsyncFor: Scan._for,
    ast.withitem: Scan._with,
    **dict.fromkeys((ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp), Scan._inside),
    ast.Try: Scan._try,
    ast.If: Scan._if,
    ast.Attribute: Scan._attribute,
    ast.Call: Scan._call,
    **dict.fromkeys((ast.Name, ast.Constant, ast.Load, ast.Store, ast.Del, ast.Pass), Scan._skip),
}
