"""Bytes of a file as text and back: its encoding and its byte order mark are those that it had."""

from __future__ import annotations

import codecs
import io
import re
import tokenize
from typing import NamedTuple


class Decoded(NamedTuple):
    """The text of a file, and what it takes to write one like it.

    Attributes:
        text: With the ends of lines as they are.
        encoding: Of the file.
        mark: The bytes before the text.
    """

    text: str
    encoding: str
    mark: bytes

    def encoded(self, text: str) -> bytes:
        """Another text as such a file has it."""
        return self.mark + text.encode(self.encoding)


def decoded(content: bytes, is_python: bool = False) -> Decoded:
    """The text of a file.

    Args:
        content: All of it.
        is_python: A comment in it may name its encoding.
    """
    mark = codecs.BOM_UTF8 if content.startswith(codecs.BOM_UTF8) else b""
    encoding = tokenize.detect_encoding(io.BytesIO(content).readline)[0] if is_python else "utf-8"
    encoding = "utf-8" if encoding == "utf-8-sig" else encoding
    return Decoded(content.removeprefix(mark).decode(encoding), encoding, mark)


def split_lines(text: str) -> list[str]:
    """The lines of a text with their ends; what else ``str.splitlines`` takes for an end is none in a file."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)
