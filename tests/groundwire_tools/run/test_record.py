"""The record: counted from plans, told in a line, with the place where the program asked."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from groundwire import GroundwireError, listeners
from groundwire.tables.plan import Finding, Wired
from groundwire_lightning import MisconfigurationException, NotSupportedYetError
from groundwire_tools.run.record import Line, Record, where_it_was_asked

HERE = Path(__file__).name


@pytest.fixture(autouse=True)
def _starts_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parent)


def trainer(entry: str, *sources: str, findings: tuple[Finding, ...] = (), callbacks: tuple[object, ...] = ()) -> Any:
    attached: Any = [SimpleNamespace(row=SimpleNamespace(source=source, mark="")) for source in sources]
    plan = SimpleNamespace(wired={"on_a": Wired(tuple(attached[:1]), None, tuple(attached[1:]))}, findings=findings)
    state = SimpleNamespace(fn=SimpleNamespace(value=entry))
    return SimpleNamespace(state=state, plan=plan, callbacks=list(callbacks), loggers=[])


def test_calls_are_counted_once_over_all_trainers() -> None:
    record, shared = Record(), object()
    record.add_call(trainer("fit", "A.one", "A.two", callbacks=(shared,)))
    record.add_call(trainer("test", "A.one", callbacks=(shared, object())))
    told = "fit, test ran 2 methods at 1 hook, 2 callbacks, 0 loggers; "
    assert record.summary() == told + "nothing with another meaning; nothing lacking or refused"


def test_a_hook_of_lightning_1_is_in_the_record() -> None:
    row = SimpleNamespace(source="LightningModule.m", method="m", mark="1.x", use="on_m")
    plan = SimpleNamespace(wired={"on_a": Wired((), None, (attached_by(row),))}, findings=())
    record = Record()
    record.add_call(SimpleNamespace(**{**vars(trainer("fit")), "plan": plan}))
    (line,) = record.lines
    assert (line.code, line.text) == ("GW106", "Lit.m: called as in Lightning 1. Today: on_m")
    assert record.summary().endswith("nothing with another meaning; nothing lacking or refused")


def attached_by(row: Any) -> Any:
    return SimpleNamespace(row=row, owner=SimpleNamespace(__qualname__="Lit"), method=trainer)


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [
        ("gap", "GW201", "1 (GW201) with another meaning; nothing lacking"),
        ("unknown", "GW202", "1 (GW202) with another meaning; nothing lacking"),
        ("refused", "GW305", "nothing with another meaning; 1 (GW305) lacking"),
        ("wired", None, "nothing with another meaning; nothing lacking"),
    ],
)
def test_what_a_plan_says_has_a_code(status: Any, code: str | None, told: str) -> None:
    record = Record()
    for _ in range(2):
        record.add_call(trainer("fit", findings=(Finding("Lit", "LightningModule.m", status, "why", "a.py:3"),)))
    assert [*record.lines] == ([] if code is None else [Line(code, "Lit.m: why", "a.py:3")])
    assert told in record.summary()


class OwnError(Exception):
    """Of a program."""


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ImportError("cannot import name 'Foo' from 'lightning.pytorch' (x)"), "GW302"),
        (AttributeError("module 'pytorch_lightning' has no attribute 'nothing'"), "GW302"),
        (GroundwireError("refused"), "GW308"),
        (NotSupportedYetError("refused"), "GW308"),
        (MisconfigurationException("a mistake under Lightning too"), None),
        (ImportError("No module named 'numpy'"), None),
        (AttributeError("'list' object has no attribute 'x'", obj=[]), None),
        (AttributeError("'Row' object has no attribute 'x'", obj=Line("", "")), None),
        (OwnError("broken"), None),
    ],
)
def test_an_error_of_ours_is_in_the_record(error: Exception, code: str | None) -> None:
    record = Record()
    record.add_error(error)
    assert [line.code for line in record.lines] == ([] if code is None else [code])


def test_the_place_of_an_error_is_where_the_program_stood() -> None:
    record = Record()
    try:
        raise GroundwireError("refused")
    except GroundwireError as error:
        record.add_error(error)
    assert [line.place.rpartition(":")[0] for line in record.lines] == [HERE]


def test_names_that_are_lacking_are_heard_of_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listeners, "LACKING", [])
    monkeypatch.setattr(listeners, "CALLED", [])
    record = Record()
    record.listen()
    for _ in range(2):
        with pytest.raises(ModuleNotFoundError, match="there is no server"):
            importlib.import_module("groundwire_lightning.serve")
    (line,) = record.lines
    assert (line.code, line.place.rpartition(":")[0]) == ("GW301", HERE)
    (called,) = listeners.CALLED
    called(trainer("fit"))
    data = record.as_data("p.py", "2.6.6", 0)
    assert (data["calls"], data["findings"]) == (["fit"], [line._asdict()])


def test_the_place_of_a_question_is_the_callers() -> None:
    assert where_it_was_asked().rpartition(":")[0] == __file__
