"""The table that ``validate`` and ``test`` print."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence


def as_table(results: Sequence[Mapping[str, float]], stage: str) -> str:
    """The values of each loader side by side, one name a line.

    Args:
        results: Name to value, for each loader; what a name says of its loader is left out.
        stage: ``"validate"`` or ``"test"``.
    """
    columns = [{name.partition("/dataloader_idx_")[0]: value for name, value in column.items()} for column in results]
    names = sorted({name for column in columns for name in column})
    rows = [[f"{stage} metric".capitalize(), *(f"DataLoader {number}" for number in range(len(columns)))]]
    rows += [[name, *(str(column.get(name, "")) for column in columns)] for name in names]
    width = max(25, *(len(cell) for row in rows for cell in row))
    fitting = max(1, shutil.get_terminal_size((120, 30)).columns // width - 1)
    blocks = [_block(rows, start, start + fitting, width) for start in range(1, len(columns) + 1, fitting)]
    return "\n".join(blocks)


def _block(rows: list[list[str]], start: int, end: int, width: int) -> str:
    lines = ["".join(f"{cell:^{width}}" for cell in (row[0], *row[start:end])).rstrip() for row in rows]
    bar = "─" * (width * len(rows[0][:1] + rows[0][start:end]))
    return "\n".join([bar, lines[0], bar, *lines[1:], bar])
