"""Bytes and text: a file keeps its encoding, its mark and the ends of its lines."""

from __future__ import annotations

import pytest

from groundwire_tools.fix.texts import decoded, split_lines


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"x = 1\r\ny = 2\rz",
        "é = 'ö'\n".encode(),
        b"\xef\xbb\xbfimport a\n",
        "# -*- coding: latin-1 -*-\nx = 'é'\n".encode("latin-1"),
        "\r\n# vim: set fileencoding=cp1252 :\r\nx = '€'".encode("cp1252"),
    ],
)
def test_there_and_back(content: bytes) -> None:
    source = decoded(content, is_python=True)
    assert source.encoded(source.text) == content
    assert not source.text.startswith("\ufeff")


def test_a_cookie_is_one_in_python_alone() -> None:
    content = "# coding: latin-1\né".encode()
    assert decoded(content).text.endswith("é")
    assert not decoded(content, is_python=True).text.endswith("\né")


@pytest.mark.parametrize("content", [b"# coding: no-such\n", b"\xff\n"])
def test_what_cannot_be_decoded_is_said_so(content: bytes) -> None:
    with pytest.raises((SyntaxError, ValueError)):
        decoded(content, is_python=True)


def test_lines_end_where_those_of_a_file_do() -> None:
    assert split_lines("a\r\nb\x0c\n\u2028c") == ["a\r\n", "b\x0c\n", "\u2028c"]
    assert split_lines("") == []
