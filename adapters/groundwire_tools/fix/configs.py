"""YAML, fixed: the classes that ``_target_:`` and ``class_path:`` name."""

from __future__ import annotations

import re

from groundwire_tools.check.configs import read_config
from groundwire_tools.check.files import ignored_in
from groundwire_tools.check.follow import Names
from groundwire_tools.check.uses import Scanned
from groundwire_tools.fix.edits import Edit, Text
from groundwire_tools.fix.spelling import in_ours, is_theirs


def fixed_config(text: str, names: Names) -> str:
    """A configuration with the spellings of groundwire.

    Args:
        text: It can be parsed.
        names: Tell what is here.
    """
    page, scanned = Text(text), Scanned("")
    read_config(page.content, scanned)
    ignored = ignored_in(page.content)
    edits = []
    for use in scanned.uses:
        path = in_ours(".".join(use.chain), names) if is_theirs(use.chain, names) else None
        if path is not None and use.line not in ignored:
            start = page.starts[use.line - 1]
            line = page.content[start:].split(b"\n", 1)[0].decode()
            literal = re.compile(rf"([\"']?){re.escape('.'.join(use.chain))}(?![\w.])").match(line, use.column - 1)
            if literal is not None:
                before, end = line[: literal.end(1)], line[: literal.end()]
                edits.append(Edit(start + len(before.encode()), start + len(end.encode()), path))
    return page.edited(edits)
