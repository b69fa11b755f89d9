"""The record: counted from plans, told in a line, with the place where the program asked."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import groundwire_lightning
from groundwire import GroundwireError, listeners
from groundwire.tables.plan import Finding, Wired
from groundwire_lightning import MisconfigurationException, NotSupportedYetError
from groundwire_lightning.core.boring_classes import BoringModel
from groundwire_lightning.utilities.lazily import tell_of_move
from groundwire_tools.run.record import AnotherMeaningError, Line, Record, where_it_was_asked

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
        ("wired", None, "nothing with another meaning; nothing lacking"),
    ],
)
def test_what_a_plan_says_has_a_code(status: Any, code: str | None, told: str) -> None:
    record = Record()
    for _ in range(2):
        record.add_plan(trainer("fit", findings=(Finding("Lit", "LightningModule.m", status, "why", "a.py:3"),)))
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


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Record:
    for name in ("BUILT", "PLANNED", "CALLED", "LACKING", "OUTDATED"):
        monkeypatch.setattr(listeners, name, [])
    record = Record()
    record.listen()
    return record


def test_all_that_is_told_of_stands_in_the_data(heard: Record) -> None:
    (called,), (planned,) = listeners.CALLED, listeners.PLANNED
    planned(trainer("fit", findings=(Finding("Lit", "LightningModule.m", "gap", "why", "a.py:3"),)))
    called(trainer("fit"))
    data = heard.as_data("p.py", "2.6.6", 0)
    assert (data["calls"], data["findings"]) == (["fit"], [line._asdict() for line in heard.lines])
    assert len(data["findings"]) == 1


def _import_a_module() -> None:
    importlib.import_module("groundwire_lightning.serve")


def _import_a_name() -> None:
    from groundwire_lightning.pytorch import Nothing  # noqa: F401  # type: ignore[attr-defined]


def _import_a_name_of_a_module() -> None:
    from groundwire_lightning.pytorch.callbacks.timer import Nothing  # noqa: F401  # type: ignore[attr-defined]


def _read_an_attribute() -> None:
    groundwire_lightning.serve  # noqa: B018


def _pass_an_argument() -> None:
    groundwire_lightning.Trainer(max_epoch=1)


def _pass_a_value() -> None:
    groundwire_lightning.Trainer(accelerator="cpu", num_nodes=2)


def _make_a_class() -> None:
    groundwire_lightning.Fabric()


def _refuse_a_hook() -> None:
    class Old(BoringModel):
        def on_train_epoch_end(self, outputs: Any, unused: Any, more: Any) -> None: ...

    quiet: Any = {"enable_checkpointing": False, "enable_progress_bar": False, "enable_model_summary": False}
    groundwire_lightning.Trainer(accelerator="cpu", logger=False, **quiet).fit(Old())


@pytest.mark.parametrize(
    ("use", "error", "code", "told"),
    [
        (_import_a_module, ImportError, "GW301", "there is no server"),
        (_import_a_name, ImportError, "GW302", "has no attribute 'Nothing'"),
        (_import_a_name_of_a_module, ImportError, "GW302", "callbacks.timer' has no attribute 'Nothing'"),
        (_read_an_attribute, AttributeError, "GW302", "there is no server"),
        (_pass_an_argument, TypeError, "GW303", "there is no argument 'max_epoch'"),
        (_pass_a_value, NotSupportedYetError, "GW308", "asks for 2 processes"),
        (_make_a_class, NotSupportedYetError, "GW308", "Fabric has no counterpart here"),
        (_refuse_a_hook, GroundwireError, "GW305", "Old.on_train_epoch_end"),
    ],
)
def test_what_is_lacking_is_heard_of_once_and_at_its_place_though_the_program_goes_on(
    use: Any, error: type[Exception], code: str, told: str, heard: Record
) -> None:
    for _ in range(2):
        with pytest.raises(error) as caught:
            use()
        heard.add_error(caught.value)
    (line,) = heard.of_kind("GW3")
    assert line.code == code
    assert told in line.text
    first = use.__code__.co_firstlineno
    assert line.place in {f"{HERE}:{first + below}" for below in range(9)}


def test_asking_whether_there_is_a_name_is_no_use_of_it(heard: Record) -> None:
    assert not hasattr(groundwire_lightning, "serve")
    assert getattr(groundwire_lightning, "Nothing", None) is None
    assert [*heard.lines] == []


def test_arguments_that_something_of_ours_answers_for_are_told(heard: Record) -> None:
    groundwire_lightning.Trainer(accelerator="cpu", max_epochs=1, logger=False, enable_checkpointing=False)
    (line,) = heard.lines
    assert (line.code, line.place.rpartition(":")[0]) == ("GW102", HERE)
    assert line.text.startswith("Trainer(accelerator=): ")


def test_in_strict_another_meaning_is_an_error_when_it_is_planned() -> None:
    record = Record(strict=True)
    planned = trainer("fit", findings=(Finding("Lit", "LightningModule.m", "gap", "why", "a.py:3"),))
    with pytest.raises(AnotherMeaningError, match=r"--strict: GW201 Lit\.m: why \(a\.py:3\)") as caught:
        record.add_plan(planned)
    record.add_error(caught.value)
    assert [line.code for line in record.lines] == ["GW201"]


def test_a_folder_that_is_gone_is_no_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert Record().add("GW201", "text", "/a.py:1").place == "/a.py:1"


def test_names_that_moved_are_heard_of_once_with_their_new_path(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LACKING", "CALLED", "OUTDATED"):
        monkeypatch.setattr(listeners, name, [])
    record = Record()
    record.listen()
    for path in ("groundwire_lightning.core.lightning", "groundwire_lightning.pytorch.core.lightning"):
        monkeypatch.delitem(sys.modules, path, raising=False)
    for _ in range(2):
        importlib.import_module("groundwire_lightning.core.lightning")
    (line,) = record.lines
    assert (line.code, line.place.rpartition(":")[0]) == ("GW105", HERE)
    assert (
        line.text == "pytorch_lightning.core.lightning is a name of Lightning 1; today: lightning.pytorch.core.module"
    )


def test_a_name_that_moved_is_one_line_under_whatever_root(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LACKING", "CALLED", "OUTDATED"):
        monkeypatch.setattr(listeners, name, [])
    record = Record()
    record.listen()
    for root in ("groundwire_lightning", "groundwire_lightning.pytorch", "pytorch_lightning"):
        tell_of_move(f"{root}.metrics.Accuracy")
    assert [line.text for line in record.lines] == [
        "pytorch_lightning.metrics.Accuracy is a name of Lightning 1; today: torchmetrics, with task="
    ]


def test_the_place_of_a_question_is_the_callers() -> None:
    assert where_it_was_asked().rpartition(":")[0] == __file__
