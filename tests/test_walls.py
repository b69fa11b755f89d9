"""The walls between the packages: who may import whom, who may set and iterate over what.

A wall is a function from source text to the offences in it, so that each is shown to hold for the
project and to fall over snippets that break it.
"""

import ast
import importlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CORE = sorted((ROOT / "src").rglob("*.py"))
ADAPTERS = sorted((ROOT / "adapters").rglob("*.py"))

STANDARD = sys.stdlib_module_names
CORE_AT_IMPORT = STANDARD | {"accelerate", "groundwire", "torch"}
FOR_ALL_ADAPTERS = CORE_AT_IMPORT | {"lightning_utilities", "numpy"}
# What an adapter may import beyond that: its own ecosystem, itself, and at most the TensorBoard adapter.
ECOSYSTEM = {
    "groundwire_lightning": {
        "fsspec",
        "groundwire_lightning",
        "groundwire_tensorboard",
        "groundwire_tools",
        "jsonargparse",
        "matplotlib",
        "mlflow",
        "omegaconf",
        "psutil",
        "rich",
        "sklearn",
        "torchmetrics",
        "tqdm",
        "wandb",
        "yaml",
    },
    "groundwire_tensorboard": {"groundwire_tensorboard", "tensorboard"},
    "groundwire_tools": {"groundwire_lightning", "groundwire_tools", "libcst", "safetensors", "tensorboard", "yaml"},
    "groundwire_torchmetrics": {"groundwire_torchmetrics", "torchmetrics"},
}
LIGHTNING = {"lightning", "lightning_fabric", "pytorch_lightning"}

Wall = Callable[[str], list[str]]


@dataclass(frozen=True)
class Import:
    """One imported module; ``name`` is what is taken from it, empty for the module itself."""

    line: int
    module: str
    name: str = ""
    at_import: bool = True

    @property
    def root(self) -> str:
        return self.module.partition(".")[0]

    def __str__(self) -> str:
        said = f"from {self.module} import {self.name}" if self.name else f"import {self.module}"
        return f"line {self.line}: {said}"


def imports(source: str) -> list[Import]:
    """Every import of a module, those in functions and those by name (``import_module("x")``) too."""
    return list(_imports(ast.parse(source), at_import=True))


def _imports(node: ast.AST, at_import: bool) -> Iterator[Import]:
    match node:
        case ast.Import(names=names):
            yield from (Import(node.lineno, alias.name, at_import=at_import) for alias in names)
        case ast.ImportFrom(module=module, names=names, level=level):
            yield from (Import(node.lineno, "." * level + (module or ""), a.name, at_import) for a in names)
        case ast.Call(args=[ast.Constant(value=str(module)), *_]) if _last_name(node.func) in _BY_NAME:
            yield Import(node.lineno, module, at_import=at_import)
    for child in ast.iter_child_nodes(node):
        runs_now = not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for_types_alone = isinstance(node, ast.If) and child in node.body and _last_name(node.test) == "TYPE_CHECKING"
        yield from _imports(child, at_import and runs_now and not for_types_alone)


_BY_NAME = {"import_module", "__import__"}


def _last_name(node: ast.AST) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def imports_of_adapters(source: str) -> list[str]:
    return [str(found) for found in imports(source) if found.root in ECOSYSTEM]


def imports_of_lightning(source: str) -> list[str]:
    return [str(found) for found in imports(source) if found.root in LIGHTNING]


def heavy_imports(source: str) -> list[str]:
    """What the core may not import while it is being imported."""
    return [str(found) for found in imports(source) if found.at_import and found.root not in CORE_AT_IMPORT]


def foreign_imports(adapter: str) -> Wall:
    """What an adapter may not import anywhere: other adapters, other ecosystems."""

    def wall(source: str) -> list[str]:
        allowed = FOR_ALL_ADAPTERS | ECOSYSTEM[adapter]
        return [str(found) for found in imports(source) if found.root not in allowed]

    return wall


def private_imports(source: str) -> list[str]:
    """What is taken from groundwire and is in no ``__all__``."""
    return [str(found) for found in imports(source) if found.root == "groundwire" and not _is_public(found)]


def _is_public(found: Import) -> bool:
    if any(part.startswith("_") for part in found.module.split(".")):
        return False
    listed = getattr(importlib.import_module(found.module), "__all__", None)
    if not found.name:
        return listed is not None
    return found.name in (listed or ()) or _is_public_module(f"{found.module}.{found.name}")


def _is_public_module(name: str) -> bool:
    path = ROOT / "src" / name.replace(".", "/")
    return (path.is_dir() or path.with_suffix(".py").exists()) and _is_public(Import(0, name))


def sets_trainer_attributes(source: str) -> list[str]:
    """Assignments to attributes of a trainer, under any name that it was given."""
    tree = ast.parse(source)
    trainers = _names_of_the_trainer(tree)

    def is_trainer(node: ast.AST) -> bool:
        return _last_name(node) in ({"trainer"} if isinstance(node, ast.Attribute) else trainers)

    found = []
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=owner, ctx=ast.Store() | ast.Del()) if is_trainer(owner):
                found.append(node)
            case ast.Call(args=[owner, *_]) if _last_name(node.func) in _SETTERS and is_trainer(owner):
                found.append(node)
            case ast.Attribute(value=owner, attr="__dict__") if is_trainer(owner):
                found.append(node)
    return [f"line {node.lineno}: {ast.unparse(node)}" for node in found]


_SETTERS = {"setattr", "delattr", "__setattr__", "__delattr__", "vars"}


def _names_of_the_trainer(tree: ast.AST) -> set[str]:
    names = {"trainer"}
    for node in ast.walk(tree):
        match node:
            case ast.arg(arg=name, annotation=ast.expr() as annotation) if "Trainer" in _words(annotation):
                names.add(name)
            case ast.Assign(targets=targets, value=value) if _last_name(value) == "trainer":
                names.update(target.id for target in targets if isinstance(target, ast.Name))
            case ast.NamedExpr(target=ast.Name(id=name), value=value) if _last_name(value) == "trainer":
                names.add(name)
    return names


def _words(annotation: ast.expr) -> set[str]:
    """The names in an annotation, which may be quoted."""
    text = ast.unparse(annotation)
    return set("".join(letter if letter.isidentifier() else " " for letter in text).split())


def iterates_over_batches(source: str) -> list[str]:
    """Loops over a loader, ``next`` on its iterator, and loops whose variable is a batch."""
    found = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.For() | ast.AsyncFor() | ast.comprehension():
                if _yields_batches(node.iter) or any(_last_name(part) == "batch" for part in ast.walk(node.target)):
                    found.append(node.iter)
            case ast.Call(func=ast.Name(id="iter" | "next" | "map" | "list" | "tuple"), args=args):
                if any(map(_yields_batches, args)):
                    found.append(node)
    return [f"line {node.lineno}: {ast.unparse(node)}" for node in found]


_LOADERS = {"dl", "dls", "loader", "dataloader", "batches"}


def _yields_batches(node: ast.AST) -> bool:
    """True for a loader and what wraps one; not for ``(train_dl, eval_dl)``, whose items are loaders."""
    match node:
        case ast.Call(func=func, args=args):
            return _yields_batches(func) or any(map(_yields_batches, args))
        case ast.Name() | ast.Attribute():
            return _last_name(node).rpartition("_")[2] in _LOADERS
        case ast.IfExp(body=body, orelse=orelse):
            return _yields_batches(body) or _yields_batches(orelse)
    return False


# the walls hold


def inside(paths: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", paths, ids=lambda path: str(path.relative_to(ROOT)))


def test_every_adapter_has_its_ecosystem_here() -> None:
    assert {path.name for path in (ROOT / "adapters").iterdir() if path.is_dir()} == set(ECOSYSTEM)


@inside(CORE)
def test_the_core_never_imports_an_adapter(path: Path) -> None:
    assert imports_of_adapters(path.read_text("utf-8")) == []


@inside(CORE)
def test_the_core_imports_torch_and_accelerate_and_nothing_else(path: Path) -> None:
    assert heavy_imports(path.read_text("utf-8")) == []


@inside(CORE + ADAPTERS)
def test_nothing_imports_lightning(path: Path) -> None:
    assert imports_of_lightning(path.read_text("utf-8")) == []


@inside(ADAPTERS)
def test_an_adapter_imports_its_own_ecosystem(path: Path) -> None:
    adapter = path.relative_to(ROOT / "adapters").parts[0]
    assert foreign_imports(adapter)(path.read_text("utf-8")) == []


@inside(ADAPTERS)
def test_an_adapter_imports_public_names_of_the_core(path: Path) -> None:
    assert private_imports(path.read_text("utf-8")) == []


def test_the_loop_sets_no_attribute_of_a_trainer() -> None:
    assert sets_trainer_attributes((ROOT / "src/groundwire/loop.py").read_text("utf-8")) == []


def test_the_trainer_iterates_over_no_batch() -> None:
    assert iterates_over_batches((ROOT / "src/groundwire/trainer/trainer.py").read_text("utf-8")) == []


@pytest.mark.parametrize("statement", ["import groundwire", "from groundwire import Trainer"])
def test_importing_groundwire_leaves_the_heavy_libraries_alone(statement: str) -> None:
    program = f"""
import sys, torch, accelerate            # torch itself brings tqdm
brought = set(sys.modules)
{statement}
print(*(name for name in set(sys.modules) - brought if "." not in name))
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert set(ran.stdout.split()) & (LIGHTNING | {"torchmetrics", "tensorboard", "tqdm", *ECOSYSTEM}) == set()


# the walls can fall

BREAKS: list[tuple[Wall, str]] = [
    (imports_of_adapters, "import groundwire_lightning"),
    (imports_of_adapters, "from groundwire_tensorboard.writer import Writer"),
    (imports_of_adapters, "def late():\n    from groundwire_torchmetrics import MetricsCallback"),
    (imports_of_adapters, "if TYPE_CHECKING:\n    from groundwire_lightning import Trainer"),
    (imports_of_adapters, "importlib.import_module('groundwire_lightning.map')"),
    (imports_of_lightning, "import lightning.pytorch as pl"),
    (imports_of_lightning, "def late():\n    import pytorch_lightning"),
    (imports_of_lightning, "__import__('lightning')"),
    (heavy_imports, "import tqdm"),
    (heavy_imports, "from .errors import GroundwireError"),
    (heavy_imports, "try:\n    import numpy\nexcept ImportError:\n    pass"),
    (heavy_imports, "class Bar:\n    from tqdm import tqdm"),
    (heavy_imports, "if TYPE_CHECKING:\n    pass\nelse:\n    import tqdm"),
    (foreign_imports("groundwire_lightning"), "from groundwire_torchmetrics import MetricsCallback"),
    (foreign_imports("groundwire_tensorboard"), "import groundwire_lightning"),
    (foreign_imports("groundwire_torchmetrics"), "def late():\n    import tensorboard"),
    (private_imports, "from groundwire.errors import difflib"),
    (private_imports, "from groundwire._hidden import anything"),
    (private_imports, "from groundwire import nothing_of_this_name"),
    (sets_trainer_attributes, "trainer.step = 1"),
    (sets_trainer_attributes, "trainer.step += 1"),
    (sets_trainer_attributes, "self.trainer.step: int = 1"),
    (sets_trainer_attributes, "del trainer.step"),
    (sets_trainer_attributes, "for trainer.step in range(3): ..."),
    (sets_trainer_attributes, "a, (trainer.step, b) = values"),
    (sets_trainer_attributes, "setattr(trainer, 'step', 1)"),
    (sets_trainer_attributes, "object.__setattr__(trainer, 'step', 1)"),
    (sets_trainer_attributes, "vars(trainer).update(step=1)"),
    (sets_trainer_attributes, "trainer.__dict__['step'] = 1"),
    (sets_trainer_attributes, "t = trainer\nt.step = 1"),
    (sets_trainer_attributes, "def run(who: 'Trainer | None'):\n    who.step = 1"),
    (iterates_over_batches, "for batch in self.data: ..."),
    (iterates_over_batches, "for step, batch in something(): ..."),
    (iterates_over_batches, "for x, y in self._train_dataloader: ..."),
    (iterates_over_batches, "for i, item in enumerate(tqdm(train_dl)): ..."),
    (iterates_over_batches, "for item in self.create_train_dataloader(): ..."),
    (iterates_over_batches, "sizes = [len(item) for item in loader]"),
    (iterates_over_batches, "first = next(iter(eval_dl))"),
    (iterates_over_batches, "everything = list(batches)"),
]

KEEPS: list[tuple[Wall, str]] = [
    (imports_of_adapters, "import groundwire.tables.hooks"),
    (imports_of_lightning, "import lightning_utilities, groundwire_lightning\nsys.modules.get('lightning')"),
    (heavy_imports, "import os, torch\nfrom accelerate import Accelerator\nfrom groundwire.tables.hooks import HOOKS"),
    (heavy_imports, "def late():\n    import tqdm"),
    (heavy_imports, "if TYPE_CHECKING:\n    import tqdm"),
    (foreign_imports("groundwire_lightning"), "from groundwire_tensorboard import SummaryWriter"),
    (foreign_imports("groundwire_torchmetrics"), "import torchmetrics, torch, os, groundwire"),
    (private_imports, "import os\nfrom torch import nn"),
    (sets_trainer_attributes, "step = trainer.step\nsetattr(batch, 'step', 1)\nself.step = 1"),
    (sets_trainer_attributes, "trainer.history.step = 1"),
    (iterates_over_batches, "for callback in self.callbacks: ..."),
    (iterates_over_batches, "for name in train_dl_kwargs: ..."),
    (iterates_over_batches, "for loader in (self.train_dl, self.eval_dl): ..."),
    (iterates_over_batches, "names = list(self.hooks)"),
]


@pytest.mark.parametrize(("wall", "snippet"), BREAKS)
def test_a_wall_falls_over_what_breaks_it(wall: Wall, snippet: str) -> None:
    assert len(wall(snippet)) >= 1


@pytest.mark.parametrize(("wall", "snippet"), KEEPS)
def test_a_wall_stands_where_nothing_is_wrong(wall: Wall, snippet: str) -> None:
    assert wall(snippet) == []
