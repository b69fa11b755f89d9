"""The table that ``validate`` and ``test`` print."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from typing import NamedTuple

from groundwire_lightning.utilities.console import load_rich

LEAST_WIDTH = 25
"""Characters of a column at least."""


class Block(NamedTuple):
    """As many loaders as fit side by side.

    Attributes:
        heads: What stands above the columns; the names are the first.
        rows: A name, and its value for each of the loaders.
    """

    heads: list[str]
    rows: list[list[str]]


def show(results: Sequence[Mapping[str, float]], stage: str) -> None:
    """Print the values of each loader side by side, one name a line; with rich where it is installed.

    Args:
        results: Name to value, for each loader; what a name says of its loader is left out.
        stage: ``"validate"`` or ``"test"``.
    """
    columns = [{name.partition("/dataloader_idx_")[0]: value for name, value in column.items()} for column in results]
    names = sorted({name for column in columns for name in column})
    if not names:
        return
    screen = shutil.get_terminal_size((120, 30)).columns or 120
    width = min(max(LEAST_WIDTH, len(f"DataLoader {len(columns) - 1}"), *map(len, names)), screen // 2)
    draw = _with_rich if find_spec("rich") is not None else _as_text
    for block in _blocks(columns, names, f"{stage} metric".capitalize(), screen // width - 1):
        draw(block, width, screen)


def _blocks(columns: list[dict[str, float]], names: list[str], head: str, fitting: int) -> Iterator[Block]:
    for start in range(0, len(columns), fitting):
        part = range(start, min(start + fitting, len(columns)))
        heads = [head, *(f"DataLoader {number}" for number in part)]
        yield Block(heads, [[name, *(str(columns[number].get(name, " ")) for number in part)] for name in names])


def _with_rich(block: Block, width: int, screen: int) -> None:
    load_rich()
    from rich import get_console
    from rich.table import Column, Table

    styles = ["cyan", *["magenta"] * (len(block.heads) - 1)]
    heads = zip(block.heads, styles, strict=True)
    table = Table(*(Column(head, justify="center", style=style, width=width) for head, style in heads))
    for row in block.rows:
        table.add_row(*row)
    get_console().print(table)


def _as_text(block: Block, width: int, screen: int) -> None:
    bar = _bar_of(sys.stdout.encoding) * screen
    head, *lines = ["".join(f"{cell:^{width}}" for cell in row).rstrip() for row in _wrapped(block, screen // 2)]
    print("\n".join([bar, head, bar, *lines, bar]))


def _wrapped(block: Block, longest: int) -> Iterator[list[str]]:
    """The rows; what is too long of a name goes on in the next line, where no value stands."""
    yield block.heads
    for name, *values in block.rows:
        parts = [name[start : start + longest] for start in range(0, len(name), longest)]
        *above, last = parts or [""]
        yield from ([part, *values] for part in above)
        yield [last, *(values if not above else [" "])]


def _bar_of(encoding: str | None) -> str:
    try:
        "─".encode(encoding or "utf-8")
    except UnicodeEncodeError:
        return "-"
    return "─"
