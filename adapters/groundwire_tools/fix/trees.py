"""Nodes of LibCST as text."""

from __future__ import annotations

import re

import libcst as cst


def rendered(node: cst.CSTNode, source: str) -> str:
    """The text of a node, with lines that end as those of the source that it was parsed from."""
    line_end = re.search(r"\r\n|\r|\n", source)
    return cst.Module(body=[], default_newline=line_end[0] if line_end else "\n").code_for_node(node)
