"""Nodes as text: their lines end as those of the source."""

from __future__ import annotations

import libcst as cst
import pytest

from groundwire_tools.fix.trees import rendered


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_they_did(end: str) -> None:
    source = f"f({end}    a,{end})"
    assert rendered(cst.parse_expression(source), source) == source
