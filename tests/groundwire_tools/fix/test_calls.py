"""Calls: an argument becomes several or none, and lines, commas and comments keep their form."""

from __future__ import annotations

import pytest

from groundwire_tools.fix.calls import rewritten_call

TWO = {"old": [("a", "'x'"), ("b", "{}")]}
NONE: dict[str, list[tuple[str, str]]] = {"old": []}


@pytest.mark.parametrize(
    ("source", "after"),
    [
        ("f(old=1)", 'f(a="x", b=1)'),
        ("f(old = 1 , c=2)", 'f(a = "x" , b = 1 , c=2)'),
        ("f('', old=1)", "f('', a='x', b=1)"),
        ("f(\n    old=1,  # of old\n    c=2,\n)", 'f(\n    a="x",\n    b=1,  # of old\n    c=2,\n)'),
        ("f(\n    c=2,  # of c\n\n    old=1\n)", 'f(\n    c=2,  # of c\n\n    a="x",\n    b=1\n)'),
        ("f(c=2,\n  old=1)", 'f(c=2,\n  a="x",\n  b=1)'),
        ("f(*args, old=g(\n  1), **more)", 'f(*args, a="x", b=g(\n  1), **more)'),
        ("f\r\n(\r\n\told=1)", 'f\r\n(\r\n\ta="x",\r\n\tb=1)'),
    ],
)
def test_one_becomes_two(source: str, after: str) -> None:
    assert rewritten_call(source, TWO) == after


@pytest.mark.parametrize(
    ("source", "after"),
    [
        ("f(old=1)", "f()"),
        ("f(old=1, c=2)", "f(c=2)"),
        ("f(c=2, old=1)", "f(c=2)"),
        ("f(c=2, old=1,)", "f(c=2,)"),
        ("f(c=2, old=1, d=3)", "f(c=2, d=3)"),
        ("f(\n    old=1,\n)", "f()"),
        ("f(\n    old=1,  # why\n)", "f(\n    # why\n)"),
        ("f(\n    c=2,\n    old=1,\n)", "f(\n    c=2,\n)"),
        ("f(\n    c=2,\n    old=1\n)", "f(\n    c=2\n)"),
        ("f(\n    old=1,\n    c=2,\n)", "f(\n    c=2,\n)"),
        ("f(\n    c=2,  # of c\n    old=1,  # of old\n    d=3,\n)", "f(\n    c=2,  # of c\n    # of old\n    d=3,\n)"),
        ("f(c=2,\n  old=1)", "f(c=2)"),
        ("f(c=2, old=1,\n  d=3)", "f(c=2,\n  d=3)"),
    ],
)
def test_one_is_left_out(source: str, after: str) -> None:
    assert rewritten_call(source, NONE) == after


def test_others_stay() -> None:
    source = "f(a , *b,\n  c = 3 # c\n  , **d)"
    assert rewritten_call(source, NONE) == source
