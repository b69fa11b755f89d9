"""The table of ``validate`` and ``test``, against the one that Lightning prints of the same values."""

import importlib.util
import io
import sys

import pytest
import rich
from lightning.pytorch.loops import evaluation_loop

from groundwire_lightning.logged import results_table

RESULTS = {
    "one": [{"test_loss": 0.5, "accuracy": 1.0}],
    "of several loaders": [{"a/dataloader_idx_0": 0.25}, {"a/dataloader_idx_1": 2.0, "b": 1e-9}],
    "more loaders than fit": [{f"loss/dataloader_idx_{number}": float(number)} for number in range(7)],
    "a long name": [{"a_rather_long_name_of_a_metric_" * 4: 0.125, "b": float("nan")}],
    "markup": [{"[bold]loss": 1.0}],
    "nothing": [{}, {}],
}


@pytest.fixture
def printed(capsys, monkeypatch):
    """What a function prints, rich's console included."""
    monkeypatch.setenv("COLUMNS", "100")

    def of(call):
        out = io.StringIO()
        rich.reconfigure(file=out, width=100, force_terminal=True, color_system="standard")
        call()
        return out.getvalue(), capsys.readouterr().out

    yield of
    rich.reconfigure()


@pytest.mark.parametrize("name", RESULTS)
@pytest.mark.parametrize("stage", ["validate", "test"])
def test_with_rich_the_table_is_lightnings(printed, stage, name):
    theirs = printed(lambda: evaluation_loop._EvaluationLoop._print_results(RESULTS[name], stage))
    assert printed(lambda: results_table.show(RESULTS[name], stage)) == theirs
    assert bool(theirs[0]) is (name != "nothing")


@pytest.mark.parametrize("name", RESULTS)
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_without_rich_the_table_is_lightnings(printed, monkeypatch, name, encoding):
    found = importlib.util.find_spec
    monkeypatch.setattr(results_table, "find_spec", lambda package: None if package == "rich" else found(package))
    monkeypatch.setattr(evaluation_loop, "_RICH_AVAILABLE", False)
    monkeypatch.setattr(type(sys.stdout), "encoding", encoding, raising=False)
    theirs = printed(lambda: evaluation_loop._EvaluationLoop._print_results(RESULTS[name], "test"))
    assert printed(lambda: results_table.show(RESULTS[name], "test")) == theirs
    assert bool(theirs[1]) is (name != "nothing")


def test_without_rich_long_names_of_several_loaders_are_wrapped(printed, monkeypatch):
    monkeypatch.setattr(results_table, "find_spec", lambda package: None)
    _, text = printed(lambda: results_table.show([{"name" * 15: 1.5}], "test"))
    name_lines = [line for line in text.splitlines() if "name" in line]
    assert "".join(line.split()[0] for line in name_lines) == "name" * 15
