"""What is otherwise on purpose: the calls that rows name exist, and are told of without failing the check."""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path

import pytest
from tests.groundwire_tools.check.projects import IMPORTS, check, codes

from groundwire_tools.check import known
from groundwire_tools.check.deviations import DEVIATIONS
from groundwire_tools.check.on_purpose import on_purpose

USES = [use for row in DEVIATIONS for use in row.uses]


@pytest.mark.parametrize("use", USES)
def test_what_a_row_is_about_is_there(use: str) -> None:
    name, _, argument = use.rstrip("=)").partition("(")
    owner, _, method = name.rpartition(".")
    if owner == known.paths().OURS:
        assert importlib.import_module(name)
        return
    called = getattr(getattr(importlib.import_module(known.paths().OURS), owner), method)
    assert not argument or argument in inspect.signature(called).parameters


@pytest.mark.parametrize(
    ("method", "words", "count"),
    [("log", ["sync_dist"], 1), ("log", ["prog_bar"], 0), ("load_from_checkpoint", ["hparams_file"], 2), ("", [], 0)],
)
def test_a_call_is_about_the_rows_that_name_it(method: str, words: list[str], count: int) -> None:
    assert len(list(on_purpose(known.MODULE, method, words))) == count


def test_it_is_told_and_the_check_passes(tmp_path: Path) -> None:
    source = """
class Lit(LightningModule):
    def validation_step(self, batch, batch_idx):
        self.log("loss", 1.0, sync_dist=True)
        self.log("other", 1.0)
Lit.load_from_checkpoint("a.ckpt")
pl.loggers.CSVLogger("logs")
"""
    report = check(tmp_path, {"train.py": IMPORTS + source})
    assert codes(report) == ["GW104", "GW104", "GW104"]
    assert report.will_it_run == "yes"
    assert "log: the mean over an epoch" in report.findings[0].text
    assert "`" not in report.findings[0].text
