"""Programs of Lightning 1, unchanged but for the import line: what they do under 1.9.5, they do here, bit for bit."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path

import pytest
from tests.lightning_1.oracle import Oracle
from tests.lightning_1.recorded import differences, recorded

SCRIPTS = sorted((Path(__file__).parent / "scripts").glob("*.py"))
ROOT = re.compile(r"\bpytorch_lightning\b")


def in_ours(text: str) -> str:
    """A program whose import lines name groundwire."""
    lines = text.splitlines(keepends=True)
    return "".join(
        ROOT.sub("groundwire_lightning", line) if re.match(r"\s*(import|from) ", line) else line for line in lines
    )


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_program_of_lightning_1_does_the_same(
    script: Path, tmp_path: Path, lightning_1: Oracle, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR, "groundwire_lightning")  # until the test ends
    text = script.read_text("utf-8")
    theirs = lightning_1.ask(text, script.name, tmp_path / "theirs")
    ours = json.loads(json.dumps(recorded(in_ours(text), script.name, tmp_path / "ours")))
    assert theirs["calls"], "a program whose functions nobody calls shows nothing"
    lines = differences(theirs, ours)
    assert not lines, f"{len(lines)} places\n" + "\n".join(lines[:12])
