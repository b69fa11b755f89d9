"""Programs: whatever their form, twice is as good as once, all names are bound, and only what has to changes."""

from __future__ import annotations

import ast
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.groundwire_tools.fix.programs import FILE, fixed, names

from groundwire_tools.fix.python import fixed_python

MODULES = {
    "": ["Trainer", "LightningModule", "callbacks", "loggers", "seed_everything"],
    ".callbacks": ["Timer", "EarlyStopping", "ModelCheckpoint"],
    ".core.lightning": ["LightningModule"],
    ".loggers.base": ["LightningLoggerBase"],
    ".profiler": ["SimpleProfiler", "BaseProfiler"],
    ".utilities.distributed": ["rank_zero_only", "gather_all_tensors"],
    ".utilities": ["rank_zero_only", "argparse"],
}
ROOTS = st.sampled_from(["lightning.pytorch", "pytorch_lightning"])
COMMENTS = st.sampled_from(["", "  # é", "  # groundwire: no such word"])


@st.composite
def froms(draw: st.DrawFn) -> str:
    module = draw(st.sampled_from(sorted(MODULES)))
    listed = draw(st.lists(st.sampled_from(MODULES[module]), min_size=1, max_size=3, unique=True))
    items = [
        f"{name} as {name.lower()}_{number}" if draw(st.booleans()) else name for number, name in enumerate(listed)
    ]
    head = f"from {draw(ROOTS)}{module} import "
    form = draw(st.sampled_from(["plain", "one line", "lines", "slash"]))
    if form == "plain":
        return head + ", ".join(items) + draw(COMMENTS)
    if form == "one line":
        return f"{head}({', '.join(items)}{draw(st.sampled_from(['', ',', ' , ']))}){draw(COMMENTS)}"
    if form == "slash":
        return head + ", \\\n    ".join(items)
    lines = "".join(f"    {item},{draw(COMMENTS)}\n" for item in items)
    return f"{head}({draw(COMMENTS)}\n{lines}){draw(COMMENTS)}"


IMPORTS = st.builds(
    lambda root, module, alias: f"import {root}{module}{alias}",
    ROOTS,
    st.sampled_from(["", ".callbacks", ".loggers", ".profiler", ".strategies.launchers"]),
    st.sampled_from(["", " as pl", " as x, os"]),
)
USES = st.sampled_from(
    [
        "def f(t: 'pytorch_lightning.Trainer'): return lightning.pytorch.callbacks.Timer",
        "def g(pl): return pytorch_lightning.Trainer(gpus=1, max_nb_epochs=2)",
        "def h(): return lightning",
        "NAME = 'lightning.pytorch.callbacks.Timer'",
    ]
)
AROUND = ["{}", "try:\n{}\nexcept ImportError:\n    pass", "def inner():\n{}", "if True:\n{}\nelse: pass"]


@st.composite
def programs(draw: st.DrawFn) -> str:
    parts = []
    for statement in draw(st.lists(st.one_of(froms(), IMPORTS, USES), min_size=1, max_size=5)):
        around = draw(st.sampled_from(AROUND))
        indent = "" if around == "{}" else draw(st.sampled_from(["    ", "\t"]))
        parts.append(around.format("\n".join(indent + line for line in statement.split("\n"))))
    text = "\n".join(["'''Doc é.'''", *parts]) + draw(st.sampled_from(["", "\n"]))
    return text.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))


def bound(source: str) -> list[str]:
    """The names that imports of a program bind, but for those of a root."""
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import | ast.ImportFrom)]
    listed = [(alias.asname or alias.name) for node in nodes for alias in node.names]
    return sorted({name for name in listed if "." not in name and name not in ("lightning", "pytorch_lightning")})


@settings(max_examples=60, deadline=None)
@given(programs())
def test_twice_is_once_and_every_name_stays_bound(source: str) -> None:
    after = fixed_python(source, FILE, names())
    assert fixed_python(after, FILE, names()) == after
    ours = {"groundwire_lightning"}
    assert set(bound(after)) - ours == set(bound(source)) - ours
    comments = [line.partition("#")[2].strip() for line in source.splitlines() if "#" in line]
    assert all(after.count(comment) >= 1 for comment in comments)
    assert after.count("\r\n") in (0, after.count("\n"))


@settings(max_examples=30, deadline=None)
@given(st.lists(froms(), min_size=1, max_size=4))
def test_what_was_fixed_can_be_imported(statements: list[str]) -> None:
    after = fixed_python("\n".join(statements), FILE, names())
    ours = [node for node in ast.parse(after).body if "groundwire_lightning" in ast.unparse(node)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(ast.Module(ours, []), "fixed", "exec"), {})  # noqa: S102  # these are import statements


@pytest.mark.parametrize(
    "source",
    [
        "",
        "x = 1",
        "\x0cimport os\n\x0c\nx = 'a\x0cb'\n",
        "def f():\n\treturn 1;\n\n\n",
        "match x:\n    case {'lightning': 1, **rest}: pass\n",
        "import groundwire_lightning as L\nL.Trainer(max_epochs=1)\n",
    ],
)
def test_what_has_nothing_to_fix_stays(source: str) -> None:
    assert fixed_python(source, FILE, names()) == source


def test_form_feeds_and_tabs_beside_an_import_stay() -> None:
    source = "\x0cimport lightning as L\n\x0c\nif L:\n\tx = L ; y=(L .\tTrainer)\n"
    assert fixed(source) == source.replace("import lightning", "import groundwire_lightning")
