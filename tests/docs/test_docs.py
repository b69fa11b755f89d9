"""The pages are true: generated parts are fresh, programs print what stands below them, links lead somewhere."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from docs import generate

DOCS = generate.FOLDER
PAGES = generate.pages()
FENCE = re.compile(r"^(`{3,})(.*?)\n(.*?)^\1$", re.MULTILINE | re.DOTALL)

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))


def prose(text: str) -> str:
    """A page without its code."""
    return re.sub(r"`[^`\n]*`", "", FENCE.sub("", text))


# what is generated


@every_page
def test_generated_parts_are_fresh(page: Path) -> None:
    text = page.read_text("utf-8")
    assert text == generate.filled(text), f"python docs/generate.py writes {page.name} anew"


def test_every_line_of_every_table_is_on_a_page() -> None:
    tables = "".join((DOCS / f"{name.lower()}.md").read_text("utf-8") for name in generate.MAPS)
    sources = {line.source for hookmap in generate.MAPS.values() for line in hookmap.rows}
    assert {source for source in sources if f"| `{source}` |" not in tables} == set()


def test_every_row_of_lightning_1_is_on_its_page() -> None:
    page = (DOCS / "lightning-1.md").read_text("utf-8")
    old = {line.source for line in generate.JOINED.rows} - {line.source for line in generate.LIGHTNING.rows}
    old |= {line.source for line in generate.JOINED.rows if getattr(line, "mark", "")}
    assert {source for source in old if f"| `{source}` |" not in page} == set()


def test_every_hook_has_its_place_in_the_order_of_a_run() -> None:
    drawn = (DOCS / "how-a-batch-travels.md").read_text("utf-8")
    assert [name for name in generate.HOOKS if f"{name}" not in drawn] == []


# programs


def programs(page: Path) -> list[tuple[int, str, str | None]]:
    """Line, source and expected output of each program of a page, in order."""
    text, found = page.read_text("utf-8"), []
    for fence in FENCE.finditer(text):
        if fence[2] != "python":
            continue
        said = re.match(r"\n+```text\n(.*?)^```$", text[fence.end() :], re.MULTILINE | re.DOTALL)
        found.append((text.count("\n", 0, fence.start()) + 1, fence[3], said[1] if said else None))
    return found


@pytest.fixture
def own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty folder, and generators that are as before when a program is done."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    with torch.random.fork_rng(devices=[]):
        yield


@pytest.mark.usefixtures("own_place")
@pytest.mark.parametrize(
    "page", [page for page in PAGES if programs(page)], ids=lambda page: str(page.relative_to(DOCS))
)
def test_the_programs_of_a_page_run_one_after_the_other_and_print_what_it_says(page: Path) -> None:
    names: dict[str, object] = {"__name__": "__main__"}
    for line, source, expected in programs(page):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile("\n" * line + source, page, "exec"), names)  # noqa: S102  # that is what is tested
        assert is_as(expected or "", printed.getvalue()), f"{page.name}, line {line} printed\n{printed.getvalue()}"


def is_as(expected: str, printed: str) -> bool:
    """Whether that was printed; an ellipsis stands for what differs from machine to machine."""
    return re.fullmatch(".*".join(map(re.escape, expected.split("…"))), printed) is not None


@pytest.mark.parametrize(
    ("expected", "printed", "same"),
    [("0.5…\n", "0.512\n", True), ("0.5…\n", "0.41\n", False), ("a…\nb\n", "a\nc\nb\n", False), ("", "a\n", False)],
)
def test_an_ellipsis_stands_for_the_rest_of_a_line(expected: str, printed: str, same: bool) -> None:
    assert is_as(expected, printed) is same


@every_page
def test_what_is_not_run_is_python_all_the_same(page: Path) -> None:
    for fence in FENCE.finditer(page.read_text("utf-8")):
        if fence[2].startswith("python"):
            compile(fence[3], f"{page.name}, {fence[2]}", "exec")


def test_an_adapter_needs_its_table_and_less_than_a_hundred_other_lines() -> None:
    others = [source for _, source, _ in programs(DOCS / "write-an-adapter.md") if "hook_maps = (KERAS,)" in source]
    assert sum(source.count("\n") for source in others) in range(1, 100)


# links

ANCHOR = re.compile(r"[^\w\- ]")


def anchors(text: str) -> set[str]:
    """The names under which headings can be linked to, as GitHub makes them."""
    headings = re.findall(r"^#{1,3} (.+)$", FENCE.sub("", text), re.MULTILINE)
    return {ANCHOR.sub("", heading.lower()).replace(" ", "-") for heading in headings}


@every_page
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    for kind, target in re.findall(r"(!?)\[[^\]]*\]\(([^)\s]+)\)", prose(text)):
        if target.startswith("https://"):
            continue
        if kind == "!":
            assert (page.parent / target).is_file(), f"{page.name} shows {target}"
            continue
        name, _, anchor = target.partition("#")
        other = (page.parent / name).resolve() if name else page
        assert other in PAGES, f"{page.name} links to {target}"
        assert not anchor or anchor in anchors(other.read_text("utf-8")), f"{page.name} links to {target}"


def test_every_page_can_be_reached() -> None:
    listed = re.findall(r"^[\w/-]+$", (DOCS / "index.md").read_text("utf-8"), re.MULTILINE)
    assert {str(page.relative_to(DOCS).with_suffix("")) for page in PAGES} == {"index", *listed}


# nothing is left out


@pytest.mark.parametrize(
    "module",
    ["trainer", "callbacks", "tracking", "run_config", "schedulers", "utils", "hooks", "hookmap"],
)
def test_every_public_name_is_in_the_reference(module: str) -> None:
    reference = "".join(page.read_text("utf-8") for page in (DOCS / "api").glob("*.md"))
    names = importlib.import_module(f"groundwire.{module}").__all__
    assert [name for name in names if not re.search(rf"\b{name}\b", reference)] == []


@pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("sphinx", "myst_parser", "furo")),
    reason="Sphinx is not installed; it comes with the extra 'docs'",
)
def test_sphinx_builds_the_pages_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", str(DOCS), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
