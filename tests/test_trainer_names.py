"""Names of a Trainer: whatever our code reads from one is there, and what knows no Trainer knows it by a Protocol."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = {
    path: ast.parse(path.read_text("utf-8"))
    for path in sorted([*(ROOT / "src").rglob("*.py"), *(ROOT / "adapters").rglob("*.py")])
}
LIGHTNING = ROOT / "adapters/groundwire_lightning"
PROTOCOLS = LIGHTNING / "core/running.py", LIGHTNING / "loops/steered.py"
HOLDS_A_TRAINER = {"trainer", "_trainer"}
"""Names and attributes whose value is a Trainer, whatever their annotation says."""
OF_OTHERS = tuple(
    ROOT / path
    for path in (
        "src/groundwire/testing",
        "adapters/groundwire_tools/compare",
        "adapters/groundwire_tools/eject/writing",
    )
)
"""What hears trainers of Lightning and of groundwire alike, and what writes a trainer of its own."""
UNTYPED = 51
"""Parameters of this name that may be Any: those of the hooks that users override."""


def is_of_others(path: Path) -> bool:
    return any(folder in path.parents for folder in OF_OTHERS)


def package_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[1]


# which names there are


@cache
def classes() -> dict[tuple[str, str], tuple[Path, ast.ClassDef]]:
    """Every class of the project, by its package and its name."""
    return {
        (package_of(path), node.name): (path, node)
        for path, tree in FILES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }


@cache
def names_of(package: str, name: str) -> frozenset[str]:
    """What an object of a class has: attributes of the class and its bases, and what their methods set on ``self``."""
    if (package, name) not in classes():
        return frozenset()
    path, cls = classes()[package, name]
    names = set(_own_names(cls))
    for base in cls.bases:
        match base:
            case ast.Name(id=word) | ast.Attribute(attr=word):
                names |= names_of(_package_that_gives(word, path), word)
    return frozenset(names)


def _own_names(cls: ast.ClassDef) -> Iterator[str]:
    for node in cls.body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name
            case ast.Assign(targets=targets):
                yield from (target.id for target in targets if isinstance(target, ast.Name))
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                yield from _own_names(ast.ClassDef(cls.name, [], [], node.body, []))
    for node in ast.walk(cls):
        match node:
            case ast.Attribute(value=ast.Name(id="self"), attr=name, ctx=ast.Store()):
                yield name


def _package_that_gives(word: str, path: Path) -> str:
    """The package that a file imports a name from; its own where it imports none of that name."""
    for node in ast.walk(FILES[path]):
        match node:
            case ast.ImportFrom(module=str(module), names=names) if any(alias.name == word for alias in names):
                return module.partition(".")[0]
    return package_of(path)


def names_for(package: str) -> frozenset[str]:
    """What the Trainers have that a package is handed: that of Lightning and the tools both, others the native one."""
    has_both = package in ("groundwire_lightning", "groundwire_tools")
    own = names_of("groundwire_lightning", "Trainer") if has_both else frozenset()
    return own | names_of("groundwire", "Trainer") | frozenset(dir(object))


# which names are read


def unknown_reads(source: str | ast.AST, known: frozenset[str]) -> list[str]:
    """Attributes that are read from a trainer, in code, by ``getattr`` and in the rows of a table, and do not exist."""
    tree = ast.parse(source) if isinstance(source, str) else source
    return [f"line {line}: trainer.{name}" for line, name in _reads(tree, _trainers(tree)) if name not in known]


def _reads(tree: ast.AST, trainers: set[str]) -> Iterator[tuple[int, str]]:
    decorators = {id(one) for node in ast.walk(tree) for one in getattr(node, "decorator_list", ())}  # @trainer.setter
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=owner, attr=name, ctx=ast.Load()) if id(node) not in decorators:
                if _is_trainer(owner, trainers):
                    yield node.lineno, name
            case ast.Call(func=ast.Name(id="getattr" | "hasattr"), args=[owner, ast.Constant(value=str(name)), *_]):
                if _is_trainer(owner, trainers):
                    yield node.lineno, name
            case ast.Constant(value=str(text)) if path := re.fullmatch(r"trainer\.(\w+)[.\w]*", text):
                yield node.lineno, path[1]


def _is_trainer(owner: ast.AST, trainers: set[str]) -> bool:
    match owner:
        case ast.Name(id=name):
            return name in trainers
        case ast.Attribute(attr=name):
            return name in HOLDS_A_TRAINER
    return False


def _trainers(tree: ast.AST) -> set[str]:
    """The variables that hold a trainer: by name, by annotation, and by what is assigned to them."""
    trainers = set(HOLDS_A_TRAINER)
    for node in ast.walk(tree):
        match node:
            case ast.arg(arg=name, annotation=ast.expr() as annotation):
                words = set(re.findall(r"\w+", ast.unparse(annotation)))
                if words & {"Trainer", "Running", "Steered"} and "type" not in words:
                    trainers.add(name)
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Attribute(attr=attribute)):
                if attribute in HOLDS_A_TRAINER:
                    trainers.add(name)
            case ast.NamedExpr(target=ast.Name(id=name), value=ast.Attribute(attr=attribute)):
                if attribute in HOLDS_A_TRAINER:
                    trainers.add(name)
    return trainers


@pytest.mark.parametrize(
    "path", [path for path in FILES if not is_of_others(path)], ids=lambda path: str(path.relative_to(ROOT))
)
def test_every_attribute_that_is_read_from_a_trainer_exists(path: Path) -> None:
    assert unknown_reads(FILES[path], names_for(package_of(path))) == []


READS_WHAT_IS_NOT_THERE = [
    "def due(trainer):\n    return getattr(trainer, '_val_check_seconds', None) is not None",  # it was found by no test
    "def due(trainer):\n    return trainer.nothing",
    "def due(trainer):\n    trainer.nothing()",
    "def due(trainer):\n    trainer.nothing += 1\n    return trainer.nothing",
    "def due(it: 'Trainer | None'):\n    return it.nothing",
    "def due(it: Steered):\n    return hasattr(it, 'nothing')",
    "class Part:\n    def due(self):\n        return self.trainer.nothing.more",
    "class Part:\n    def due(self):\n        return self._trainer.nothing",
    "class Part:\n    def due(self):\n        it = self.trainer\n        return it.nothing",
    "def due(module):\n    return module.trainer.nothing",
    "row('Callback.on_fit_end', after='_run_training', args=('trainer.nothing.more',))",
]


@pytest.mark.parametrize("source", READS_WHAT_IS_NOT_THERE)
def test_reading_what_does_not_exist_is_found(source: str) -> None:
    assert len(unknown_reads(source, names_for("groundwire_lightning"))) >= 1


@pytest.mark.parametrize(
    "source",
    [
        "def due(trainer):\n    trainer.nothing = 1",
        "def due(trainer):\n    return trainer.plan.nothing",
        "class Part:\n    @trainer.setter\n    def trainer(self, trainer): ...",
        "def due(trainer):\n    return trainer.__class__, trainer.fit_loop, trainer._val_check_time_interval",
        "raise ValueError('trainer.nothing is not what it was')",
    ],
)
def test_reading_what_exists_is_right(source: str) -> None:
    assert unknown_reads(source, names_for("groundwire_lightning")) == []


# by which types


@pytest.mark.parametrize("path", PROTOCOLS, ids=lambda path: path.stem)
def test_the_trainer_has_every_name_of_its_protocols(path: Path) -> None:
    protocols = [node for node in FILES[path].body if isinstance(node, ast.ClassDef) and node.name != "Counters"]
    names = {name for protocol in protocols for name in _own_names(protocol)}
    assert names
    assert names <= names_of("groundwire_lightning", "Trainer")


def untyped_trainers(tree: ast.AST) -> list[str]:
    """Parameters that hold a trainer and are Any."""
    return [
        f"line {node.lineno}: {node.arg}"
        for node in ast.walk(tree)
        if isinstance(node, ast.arg) and node.arg in HOLDS_A_TRAINER
        if node.annotation is None or ast.unparse(node.annotation) == "Any"
    ]


def test_a_trainer_is_any_only_where_users_override_a_hook() -> None:
    assert sum(len(untyped_trainers(tree)) for path, tree in FILES.items() if not is_of_others(path)) <= UNTYPED


def test_a_trainer_without_a_type_is_counted() -> None:
    source = "def due(trainer: Any, it: Any): ...\nasync def late(_trainer): ...\ndef typed(trainer: Steered): ..."
    assert len(untyped_trainers(ast.parse(source))) == 2
