"""Where a test belongs: each file with logic has tests at the place that follows from its own.

A wall is a function from modules to the offences in them, as in test_walls.py.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parents[1]


def place_of(file: str) -> str:
    """``package/room/file.py`` is tested in ``tests/package/room/test_file.py``, an ``__init__`` in ``test_init``."""
    path = PurePosixPath(file)
    return str(PurePosixPath("tests") / path.with_name(f"test_{path.name.replace('__', '')}"))


def has_logic(source: str) -> bool:
    """True for a file that does something: names, tables, re-exports, Protocols and empty hooks do nothing."""
    return any(not _is_empty(function) for function in _functions(ast.parse(source)))


def _functions(tree: ast.Module | ast.ClassDef) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in tree.body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield node
            case ast.ClassDef(bases=bases) if not any(_is_protocol(base) for base in bases):
                yield from _functions(node)


def _is_protocol(base: ast.expr) -> bool:
    return ast.unparse(base).partition("[")[0].rpartition(".")[2] == "Protocol"


def _is_empty(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """True for a docstring, an ellipsis or a pass, and nothing else."""
    return all(
        isinstance(line, ast.Pass) or (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant))
        for line in function.body
    )


def without_tests(modules: Mapping[str, str], tests: Iterable[str]) -> list[str]:
    """Files with logic, and the place where nothing is about them."""
    there = {*tests}
    return [
        f"{file}: {place_of(file)}"
        for file, source in modules.items()
        if place_of(file) not in there and has_logic(source)
    ]


# the wall holds

MODULES = {
    path.relative_to(root).as_posix(): path.read_text("utf-8")
    for root in (ROOT / "src", ROOT / "adapters")
    for path in sorted(root.rglob("*.py"))
}
TESTS = [path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("test_*.py")]


def test_each_file_with_logic_has_tests_of_its_own() -> None:
    assert without_tests(MODULES, TESTS) == []


# the wall can fall


@pytest.mark.parametrize(
    ("file", "place"),
    [
        ("p/room/deep/a.py", "tests/p/room/deep/test_a.py"),
        ("p/a.py", "tests/p/test_a.py"),
        ("p/room/__init__.py", "tests/p/room/test_init.py"),
    ],
)
def test_the_place_of_a_test_follows_from_that_of_the_file(file: str, place: str) -> None:
    assert place_of(file) == place
    assert without_tests({file: "def f():\n    return 1"}, [place]) == []
    assert without_tests({file: "def f():\n    return 1"}, ["tests/p/test_other.py"]) == [f"{file}: {place}"]


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n    return 1",
        "async def f():\n    raise ValueError",
        "class A:\n    def f(self):\n        '''Doc.'''\n        self.a = 1",
        "class A(Enum):\n    @property\n    def f(self): return 1",
        "class A:\n    class B:\n        def f(self): return 1",
    ],
)
def test_a_file_that_does_something_is_seen(source: str) -> None:
    assert has_logic(source)


@pytest.mark.parametrize(
    "source",
    [
        "'''Doc.'''\nfrom p.a import b\n__all__ = ['b']",
        "ROWS = {'a': (1, 2)}\nclass A(Enum):\n    B = 'b'",
        "class A:\n    def f(self):\n        '''Doc.'''\n    def g(self): ...\n    def h(self):\n        pass",
        "class A(typing.Protocol[T]):\n    @property\n    def f(self):\n        return 1",
    ],
)
def test_a_file_that_does_nothing_needs_no_tests(source: str) -> None:
    assert not has_logic(source)
    assert without_tests({"p/a.py": source}, []) == []
