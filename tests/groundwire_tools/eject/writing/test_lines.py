"""Code as lists is written as a formatter would."""

from __future__ import annotations

import ast

from hypothesis import given
from hypothesis import strategies as st

from groundwire_tools.eject.writing.lines import WIDTH, bracketed, function, lines_of_block, over_batches, spliced

NAMES = st.lists(st.text("xyz", min_size=1, max_size=40), min_size=1, max_size=12)


def test_a_list_within_a_list_is_a_block_and_nothing_is_left_out() -> None:
    assert lines_of_block(["if a:", ["b", False, "", ["c"]]], 1) == "    if a:\n        b\n\n            c\n"


def test_blocks_follow_each_other_without_those_that_are_nothing() -> None:
    assert spliced("a", None, ["b", ["c"]], False, "") == ["a", "b", ["c"]]


@given(names=NAMES)
def test_a_line_that_is_too_long_is_opened_at_its_brackets_and_means_the_same(names: list[str]) -> None:
    call = f"call({', '.join(f'{name}=({name}, [{name}])' for name in names)})"
    text = lines_of_block([["with one:", [call]]])
    assert ast.dump(ast.parse(text.strip())) == ast.dump(ast.parse(f"with one:\n    {call}"))
    assert all(len(line) <= WIDTH or line.count("(") == 1 for line in text.splitlines())


def test_brackets_are_on_one_line_then_on_one_of_their_own_then_open() -> None:
    assert bracketed(["a", "b"], "(", ")", "", 10, 0) == "(a, b)"
    assert bracketed(["a", "b"], "(", ")", "  ", WIDTH, 0) == "(\n      a, b\n  )"
    assert bracketed(["a" * 70, "b" * 70], "[", "]", "", 0, 0) == f"[\n    {'a' * 70},\n    {'b' * 70},\n]"


def test_batches_are_counted_where_their_number_is_read() -> None:
    assert over_batches("batch", "loader", ["use(batch)"])[0] == "for batch in loader:"
    assert over_batches("(batch, last)", "loader", ["use(batch, batch_idx)"])[0] == (
        "for batch_idx, (batch, last) in enumerate(loader):"
    )


def test_a_function_has_a_docstring() -> None:
    written = lines_of_block(function("f() -> None", "Do it.", ["pass"]))
    assert written == 'def f() -> None:\n    """Do it."""\n    pass\n'
