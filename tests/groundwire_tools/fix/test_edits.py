"""Edits: what is not edited stays byte by byte."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundwire_tools.fix.edits import Edit, Text


@given(st.text(), st.data())
def test_only_the_edited_piece_changes(text: str, data: st.DataObject) -> None:
    cuts = st.integers(0, len(text))
    start, end = sorted((data.draw(cuts), data.draw(cuts)))
    before, middle, behind = text[:start], text[start:end], text[end:]
    try:
        first = len(before.encode())
        last = first + len(middle.encode())
    except UnicodeEncodeError:
        return
    assert Text(text).edited([Edit(first, last, "new")]) == f"{before}new{behind}"


def test_of_two_that_overlap_the_first_is_made() -> None:
    assert Text("abcdef").edited([Edit(1, 4, "X"), Edit(2, 3, "Y"), Edit(4, 5, "Z")]) == "aXZf"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_places_are_those_of_the_parser_whatever_ends_a_line(end: str) -> None:
    text = Text(f"é = 1{end}\tx = 'ö'; call(é)".replace("\t", ""))
    call = ast.parse(text.text).body[2]
    assert text.of(call) == "call(é)"
    assert text.line_end == end


@pytest.mark.parametrize(
    ("source", "indent"),
    [("a = 1", ""), ("if x:\n\ta = 1  # c", "\t"), ("if x: a = 1", None), ("a = 1; b = 2", None)],
)
def test_the_indent_of_a_statement_that_has_its_line_for_itself(source: str, indent: str | None) -> None:
    node = next(node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Assign))
    assert Text(source).indent_of(node) == indent
