"""What holds for the repository as a whole: budgets, versions, dependencies, the built wheel."""

import ast
import re
import subprocess
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

ROOT = Path(__file__).parents[1]
SOURCES = sorted([*(ROOT / "src").rglob("*.py"), *(ROOT / "adapters").rglob("*.py")])
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
PACKAGES = {
    "groundwire",
    "groundwire_lightning",
    "groundwire_tensorboard",
    "groundwire_tools",
    "groundwire_torchmetrics",
}
PYTHONS = ("3.10", "3.11", "3.12", "3.13")

LINES_A_FILE = 450
USUAL_LINES_A_FILE = 300
LINES_A_BODY = 50


# budgets


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from the first statement to the last; the signature and the docstring do not count."""
    body = function.body if ast.get_docstring(function) is None else function.body[1:]
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def long_functions(source: str) -> list[str]:
    functions = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [f"{f.name}, line {f.lineno}: {body_lines(f)}" for f in functions if body_lines(f) > LINES_A_BODY]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_stay_within_their_budget(path: Path) -> None:
    source = path.read_text("utf-8")
    assert source.count("\n") <= LINES_A_FILE
    assert long_functions(source) == []


def test_nine_of_ten_files_are_short() -> None:
    long = [path for path in SOURCES if path.read_text("utf-8").count("\n") >= USUAL_LINES_A_FILE]
    assert len(long) <= len(SOURCES) / 10


@pytest.mark.parametrize(("lines", "found"), [(50, []), (51, ["late, line 1: 51"])])
def test_a_body_is_counted_without_signature_and_docstring(lines: int, found: list[str]) -> None:
    head = 'def late(\n    a,\n    b,\n):\n    """Two\n\n    lines."""\n'
    assert long_functions(head + "    a\n" * lines) == found


# versions


def test_the_version_is_written_in_one_place() -> None:
    version = PROJECT["version"]
    quoted = re.compile(rf"['\"]{re.escape(version)}['\"]")
    assert [str(path.relative_to(ROOT)) for path in SOURCES if quoted.search(path.read_text("utf-8"))] == []
    assert metadata.version("groundwire") == version


def test_the_changelog_begins_with_the_current_version() -> None:
    versions = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), flags=re.MULTILINE)
    assert versions[0] == PROJECT["version"]


# dependencies


def requirements() -> list[Requirement]:
    extras = PROJECT["optional-dependencies"].values()
    lines = [*PROJECT["dependencies"], *(line for extra in extras for line in extra)]
    return [found for found in map(Requirement, lines) if found.name != PROJECT["name"]]


def pins() -> list[Requirement]:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def applies(requirement: Requirement, python: str) -> bool:
    environment = {"python_version": python, "python_full_version": f"{python}.0"}
    return requirement.marker is None or requirement.marker.evaluate(environment)


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("requirement", requirements(), ids=lambda requirement: requirement.name)
def test_a_dependency_is_pinned_once_for_each_python_within_its_bounds(requirement: Requirement, python: str) -> None:
    found = [pin for pin in pins() if pin.name.lower() == requirement.name.lower() and applies(pin, python)]
    assert len(found) == 1
    (pin,) = found[0].specifier
    assert pin.operator == "=="
    assert requirement.specifier.contains(pin.version)


def test_the_supported_pythons_are_those_that_are_said() -> None:
    said = [line.rpartition(" ")[2] for line in PROJECT["classifiers"] if " :: Python :: 3." in line]
    assert tuple(said) == PYTHONS
    assert PROJECT["requires-python"] == f">={PYTHONS[0]}"


def test_running_needs_six_libraries() -> None:
    names = {Requirement(line).name for line in PROJECT["dependencies"]}
    assert names == {"torch", "accelerate", "lightning-utilities", "torchmetrics", "tensorboard", "tqdm"}


# what is published

# a file that editors read for an import path of Lightning, and a line of it
TYPED = {
    "groundwire_lightning/callbacks/callback.pyi": "from groundwire_lightning.core.callback import *",
    "groundwire_lightning/pytorch/__init__.pyi": "from groundwire_lightning import Trainer as Trainer",
    "groundwire_lightning/pytorch/callbacks/timer.pyi": "from groundwire_lightning.callbacks.timer import *",
    "groundwire_lightning/fabric/utilities/seed.pyi": "from groundwire_lightning.utilities.seed import reset_seed",
}


def test_the_wheel_holds_the_five_packages_with_their_types_and_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hatchling.build import build_wheel

    monkeypatch.chdir(ROOT)
    with zipfile.ZipFile(tmp_path / build_wheel(str(tmp_path))) as wheel:
        names = wheel.namelist()
        commands = wheel.read(next(name for name in names if name.endswith("entry_points.txt"))).decode()
        typed = {name: wheel.read(name).decode() for name in TYPED}
    folders = {name.partition("/")[0] for name in names}
    assert {folder for folder in folders if not folder.endswith(".dist-info")} == PACKAGES
    assert {f"{package}/{file}" for package in PACKAGES for file in ("__init__.py", "py.typed")} <= set(names)
    assert "groundwire = groundwire.cli:main" in commands
    assert "[groundwire.commands]" in commands
    assert [name for name, line in TYPED.items() if line not in typed[name]] == []


def project_files() -> list[Path]:
    """The files that git tracks or would track; where there is no git, all but hidden folders and caches."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):
        every = [path.relative_to(ROOT) for path in ROOT.rglob("*")]
        names = [str(path) for path in every if not re.search(r"(^|/)(\.\w*|__pycache__|build|dist)/", path.as_posix())]
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


MACHINE = re.compile(r"(?<![\w.*~-])/(?:home|mnt|opt|root|srv|tmp|Users|work)/\w")


def test_no_file_names_a_path_of_the_machine_it_was_written_on() -> None:
    named = {path: MACHINE.findall(path.read_text("utf-8", errors="replace")) for path in project_files()}
    assert {str(path.relative_to(ROOT)): found for path, found in named.items() if found} == {}


@pytest.mark.parametrize(
    ("text", "found"), [("'{}home/ann'", True), ("cd {}work/a", True), ("~{0}work/a src{0}opt/b", False)]
)
def test_a_path_of_a_machine_is_recognised(text: str, found: bool) -> None:
    assert bool(MACHINE.search(text.format("/"))) is found
