"""The rooms of each package: which import which, how wide they are, and that a name stands in one place.

A wall is a function from modules (name to source) to the offences in them, as in test_walls.py.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest
from tests.test_walls import Import, imports

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

ROOT = Path(__file__).parents[1]
PACKAGES = {path.name: path for root in ("src", "adapters") for path in (ROOT / root).iterdir() if path.is_dir()}
ORDERS: dict[str, list[list[str]]] = {
    package: [line.split() for line in rooms["order"]]
    for package, rooms in tomllib.loads((ROOT / "docs/rooms.toml").read_text("utf-8")).items()
}
WIDEST = 24
ROOMS, BESIDE = 13, 9
OF_A_PROTOCOL = {"log", "_log", "main"}
"""Names that modules have for somebody else to find, beside those with underscores around them."""
OF_LIGHTNING = {"LRSchedulerType", "LRSchedulerTypeTuple", "LRSchedulerTypeUnion"}
"""Names that Lightning has in two of its modules, where they mean two things."""

Modules = Mapping[str, str]


def modules_of(package: str) -> dict[str, str]:
    folder = PACKAGES[package]
    return {_dotted(path.relative_to(folder.parent)): path.read_text("utf-8") for path in folder.rglob("*.py")}


def _dotted(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def arrows(modules: Modules) -> dict[str, set[str]]:
    """Who imports whom, in functions and for types too."""
    known: dict[str, set[str]] = {name: set() for name in modules}
    for name, source in modules.items():
        for found in _imports(source):
            taken = f"{found.module}.{found.name}"
            target = taken if taken in known else found.module
            if target in known and target != name:
                known[name].add(target)
    return known


@cache
def _imports(source: str) -> list[Import]:
    return imports(source)


def upward_imports(modules: Modules, order: list[list[str]]) -> list[str]:
    """Arrows from a room to one that does not stand below it; the package itself stands below the last line alone."""
    rank = {room: float(number) for number, line in enumerate(order) for room in line}
    rank[""] = len(order) - 1.5
    return [
        f"{name} -> {target}"
        for name, targets in arrows(modules).items()
        for target in targets
        if _room(name) and _room(name) != _room(target)
        if rank.get(_room(target), len(order)) >= rank.get(_room(name), len(order))
    ]


def without_a_place(modules: Modules, order: list[list[str]]) -> list[str]:
    """Modules whose room the order does not name."""
    rooms = {room for line in order for room in line}
    return [name for name in modules if _room(name) and _room(name) not in rooms]


def _room(module: str) -> str:
    return (*module.split("."), "")[1]


def circles(modules: Modules) -> list[set[str]]:
    """Modules that import each other, however long the way round is."""
    graph = arrows(modules)
    reach = {name: _reached(name, graph) for name in modules}
    found = {frozenset(two for two in reach[one] if one in reach[two]) for one in modules if one in reach[one]}
    return [set(circle) for circle in found]


def _reached(name: str, graph: Mapping[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    ahead = list(graph[name])
    while ahead:
        if (module := ahead.pop()) not in reached:
            reached.add(module)
            ahead.extend(graph[module])
    return reached


def shared_names(modules: Modules) -> list[str]:
    """Functions and constants of one name in several modules; aliases of an import are no definitions."""
    where: defaultdict[str, set[str]] = defaultdict(set)
    for module, source in modules.items():
        for name in _top_level(ast.parse(source)):
            where[name].add(module)
    exempt = OF_A_PROTOCOL | OF_LIGHTNING
    return [
        f"{name}: {', '.join(sorted(places))}"
        for name, places in sorted(where.items())
        if len(places) > 1 and name not in exempt and not re.fullmatch("__.*__", name)
    ]


def _top_level(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.AnnAssign(target=ast.Name(id=name)):
                yield name
            case ast.Assign(targets=targets):
                yield from (target.id for target in targets if isinstance(target, ast.Name))


def of_types_of_callbacks(modules: Modules) -> dict[str, str]:
    """The modules, but that callbacks annotate the concrete Trainer: users' editors need its type."""
    by_type = re.compile(r"^    from groundwire\.trainer import Trainer$", flags=re.MULTILINE)
    return {
        name: by_type.sub("    pass", source) if _room(name) == "callbacks" else source
        for name, source in modules.items()
    }


# the walls hold


@pytest.mark.parametrize("package", ORDERS)
def test_imports_go_only_down(package: str) -> None:
    assert upward_imports(of_types_of_callbacks(modules_of(package)), ORDERS[package]) == []


@pytest.mark.parametrize("package", PACKAGES)
def test_no_modules_import_each_other(package: str) -> None:
    assert circles(of_types_of_callbacks(modules_of(package))) == []


@pytest.mark.parametrize("package", ORDERS)
def test_every_module_has_its_place_in_the_order(package: str) -> None:
    assert without_a_place(modules_of(package), ORDERS[package]) == []


@pytest.mark.parametrize("package", ORDERS)
def test_every_room_of_the_order_is_there(package: str) -> None:
    assert {room for line in ORDERS[package] for room in line} <= {_room(name) for name in modules_of(package)}


@pytest.mark.parametrize("package", PACKAGES)
def test_a_name_stands_in_one_module(package: str) -> None:
    assert shared_names(modules_of(package)) == []


@pytest.mark.parametrize("package", PACKAGES)
def test_no_folder_is_wide(package: str) -> None:
    folders = {path.parent for path in PACKAGES[package].rglob("*.py")}
    assert {str(folder): count for folder in folders if (count := len(list(folder.glob("*.py")))) > WIDEST} == {}


def test_the_lightning_adapter_has_thirteen_rooms() -> None:
    folder = PACKAGES["groundwire_lightning"]
    assert len({path.parent for path in folder.glob("*/*.py")}) == ROOMS


def test_few_modules_stand_beside_the_rooms() -> None:
    assert len(list(PACKAGES["groundwire_lightning"].glob("*.py"))) <= BESIDE


# the walls can fall

ORDER = [["ground"], ["first", "beside"], ["roof"]]


@pytest.mark.parametrize(
    ("modules", "expected"),
    [
        ({"p.ground.a": "from p.roof.b import c", "p.roof.b": ""}, ["p.ground.a -> p.roof.b"]),
        ({"p.ground.a": "def late():\n    import p.first", "p.first": ""}, ["p.ground.a -> p.first"]),
        ({"p.first.a": "if TYPE_CHECKING:\n    from p.roof import b", "p.roof.b": ""}, ["p.first.a -> p.roof.b"]),
        ({"p.first.a": "from p.beside.b import c", "p.beside.b": ""}, ["p.first.a -> p.beside.b"]),
        ({"p.first.a": "from p import c", "p": ""}, ["p.first.a -> p"]),
        ({"p.roof.a": "from p import c", "p": ""}, []),
        ({"p.roof.a": "from p.first.b import c", "p.first.b": "from p.ground import d", "p.ground": ""}, []),
        ({"p.first.a": "from p.first.b import c", "p.first.b": "", "p": "from p.roof import d", "p.roof": ""}, []),
        ({"p.ground.a": "import os\nfrom elsewhere.roof import b"}, []),
    ],
)
def test_an_import_that_goes_up_is_found(modules: Modules, expected: list[str]) -> None:
    assert upward_imports(modules, ORDER) == expected


@pytest.mark.parametrize(
    ("modules", "expected"),
    [
        ({"p.a": "import p.b", "p.b": "import p.a"}, [{"p.a", "p.b"}]),
        ({"p.a": "import p.b", "p.b": "import p.c", "p.c": "def late():\n    import p.a"}, [{"p.a", "p.b", "p.c"}]),
        ({"p.a": "import p.b", "p.b": "if TYPE_CHECKING:\n    from p.a import c"}, [{"p.a", "p.b"}]),
        ({"p.a": "import p.b\nimport p.c", "p.b": "import p.c", "p.c": ""}, []),
    ],
)
def test_a_circle_is_found(modules: Modules, expected: list[set[str]]) -> None:
    assert circles(modules) == expected


def test_a_module_without_a_place_is_found() -> None:
    assert without_a_place({"p": "", "p.roof.a": "", "p.cellar.b": ""}, ORDER) == ["p.cellar.b"]


@pytest.mark.parametrize(
    ("one", "other", "count"),
    [
        ("STEPS = 1", "STEPS: int = 2", 1),
        ("def chosen(): ...", "async def chosen(): ...", 1),
        ("log = 1\n__all__ = []", "log = 2\n__all__ = []", 0),
        ("def chosen(): ...", "from p.a import chosen\nclass A:\n    chosen = 1", 0),
    ],
)
def test_a_name_in_two_modules_is_found(one: str, other: str, count: int) -> None:
    assert len(shared_names({"p.a": one, "p.b": other})) == count
