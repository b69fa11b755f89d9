import inspect
import json
from pathlib import Path

import pytest

from groundwire.tables import report
from groundwire.tables.hookmap import Gap, HookMap, row
from groundwire.tables.hooks import HOOKS
from groundwire.tables.plan import Part, Plan, attach, by_row

LOSS = "calculate_train_batch_loss"


def _start(self):
    self.plan = Plan()
    self.plan.put(self, HOOKS)


# Stands for the Trainer: a class of the core with every method hook.
Trainer = type(
    "Trainer",
    (),
    {"__init__": _start, "__module__": "groundwire.trainer"}
    | {name: lambda self, *moment: None for name, hook in HOOKS.items() if not hook.is_event},
)


class Adapter(Trainer):
    __module__ = "groundwire_somewhere.adapter"
    calculate_train_batch_loss = by_row()

    def _assemble_run(self):
        return super()._assemble_run()


class Mine(Adapter):
    def calculate_train_batch_loss(self, batch):
        return super().calculate_train_batch_loss(batch)


class Module:
    def begin(self): ...

    def step(self, batch): ...

    def finish(self, batch_output): ...

    def on_nowhere(self): ...


TABLE = HookMap(
    "Foreign",
    (
        row("Module.begin", before=LOSS),
        row("Module.step", instead=LOSS, args=("batch",)),
        row("Module.finish", after=LOSS, args=("batch_output",), named=("at.step",), maybe=("at.step",)),
        Gap(source="Module.on_nowhere", why="No place.", use="begin"),
    ),
    bases={"Module": Module},
)


class Lit(Module):
    def begin(self): ...

    def step(self, batch): ...

    def finish(self, batch_output, **rest): ...

    def on_nowhere(self): ...

    def on_nowere(self): ...


def explained(trainer, *players, order=tuple(HOOKS)):
    parts = [Part(TABLE, "Module", player) for player in players]
    return report.explain(trainer, *attach(trainer, parts, "assembly"), order)


def hook(data, name):
    (found,) = (line for line in data["hooks"] if line["name"] == name)
    return found


def place(function):
    return f"{__file__}:{inspect.getsourcelines(function)[1]}"


def test_every_hook_is_told_in_the_order_of_the_run():
    order = tuple(reversed(HOOKS))
    data = explained(Trainer(), order=order)
    assert tuple(line["name"] for line in data["hooks"]) == order
    assert data["trainer"] == "Trainer"
    assert hook(data, "optimizer_step") == {
        "name": "optimizer_step",
        "every": "update",
        "documented": True,
        "about": HOOKS["optimizer_step"].about,
        "override": None,
        "attached": [],
    }
    assert not hook(data, "_run_train_step")["documented"]


def test_a_hook_with_rows_is_told_though_the_order_leaves_it_out():
    assert [line["name"] for line in explained(Adapter(), Lit(), order=())["hooks"]] == [LOSS]


def test_who_is_attached_is_told_with_place_and_arguments_in_the_order_of_the_run():
    attached = hook(explained(Mine(), Lit()), LOSS)["attached"]
    assert [line["position"] for line in attached] == ["before", "instead", "after"]
    assert attached[2] == {
        "who": "Lit",
        "method": "finish",
        "source": "Module.finish",
        "position": "after",
        "place": place(Lit.finish),
        "passes": "(batch_output, step=)",
        "mark": "",
    }


def test_the_mark_of_a_row_stands_behind_it():
    marked = row("Module.begin", before=LOSS, mark="0.9")
    wired, _ = attach(
        Adapter(), [Part(HookMap("Old", (marked,), bases={"Module": Module}), "Module", Lit())], "assembly"
    )
    data = report.explain(Adapter(), wired, [], ())
    (line,) = report.wired_rows(data)
    assert line.endswith(" [0.9]")
    assert "Lit.begin (" in line


def test_plain_data_is_what_json_gives_back():
    data = explained(Mine(), Lit())
    assert json.loads(json.dumps(data)) == data


def test_an_override_is_told_by_the_class_that_writes_it():
    class Sub(Mine): ...

    own = {"class": "Mine", "place": place(vars(Mine)[LOSS]), "package": ""}
    assert hook(explained(Sub(), Lit()), LOSS)["override"] == own
    assert hook(explained(Sub()), "optimizer_step")["override"] is None


def test_an_adapters_override_names_its_package():
    override = hook(explained(Mine()), "_assemble_run")["override"]
    assert (override["class"], override["package"]) == ("Adapter", "groundwire_somewhere")


def test_a_place_that_a_row_fills_is_no_override_and_an_empty_one_lets_the_next_class_answer():
    class Behind(Trainer):
        def calculate_train_batch_loss(self, batch): ...

    class Before(Behind):
        calculate_train_batch_loss = by_row()

    assert hook(explained(Before(), Lit()), LOSS)["override"] is None
    assert hook(explained(Before()), LOSS)["override"]["class"].endswith("Behind")


def test_a_method_set_on_the_trainer_itself_is_an_override():
    trainer = Trainer()
    trainer.optimizer_step = lambda: None
    assert hook(explained(trainer), "optimizer_step")["override"]["place"].startswith(__file__)


def test_what_does_not_run_is_told_by_why():
    narrow = type("Narrow", (Module,), {"step": lambda self: None})()
    data = explained(Adapter(), Lit(), narrow)
    (gap,), (unknown,), (refused,) = data["gaps"], data["unknown"], data["refused"]
    assert gap == {
        "owner": "Lit",
        "source": "Module.on_nowhere",
        "detail": "No place. Instead: begin",
        "place": place(Lit.on_nowhere),
    }
    assert "Did you mean 'on_nowhere'?" in unknown["detail"]
    assert refused["owner"] == "Narrow"


def test_the_text_reads_as_a_table_of_contents(monkeypatch):
    monkeypatch.chdir(Path(__file__).parent)
    order = ("training_run_start", "train_epoch_start", "_run_train_step", LOSS, "optimizer_step", "_run_prediction")

    typo = "No hook has this name; nothing in a run calls it. Did you mean 'on_nowhere'?"

    def line(function):
        return f"(test_report.py:{inspect.getsourcelines(function)[1]})"

    assert report.as_text(explained(Mine(), Lit(), order=order)).splitlines() == [
        "What Mine runs, in order:",
        "",
        "training_run_start",
        "  train_epoch_start",
        "    _run_train_step",
        f"    {LOSS}",
        f"          before    Lit.begin {line(Lit.begin)}",
        f"          override  Mine.{LOSS} {line(vars(Mine)[LOSS])}",
        f"          instead   Lit.step {line(Lit.step)}",
        f"          after     Lit.finish {line(Lit.finish)}",
        "      optimizer_step",
        "",
        "Has no place here:",
        f"  Lit.on_nowhere {line(Lit.on_nowhere)}: No place. Instead: begin",
        "",
        "Unknown:",
        f"  Lit.on_nowere {line(Lit.on_nowere)}: {typo}",
    ]


def test_the_text_marks_what_an_adapter_overrides():
    (line,) = (line for line in report.as_text(explained(Mine())).splitlines() if "Adapter._assemble_run" in line)
    assert line.endswith(" [groundwire_somewhere]")


def test_what_is_refused_is_told_in_a_section_of_its_own():
    told = report.as_text(explained(Trainer(), Lit()))
    assert "\n\nRefused:\n  Lit.step (" in told
    assert "Refused" not in report.as_text(explained(Adapter(), Lit()))


@pytest.mark.parametrize("name", ["_run_prediction", "calculate_predictions", "on_evaluation_run_end"])
def test_what_training_does_not_meet_is_told_in_the_data_only(name):
    data = explained(Trainer())
    assert hook(data, name)
    assert name not in report.as_text(data).split()


def test_what_training_does_not_meet_is_told_where_something_happens_there():
    mine = type("Mine", (Trainer,), {"__module__": "mine", "calculate_predictions": lambda self, batch: None})
    told = report.as_text(explained(mine())).split()
    assert "calculate_predictions" in told
    assert "_run_prediction" not in told


def test_a_path_outside_the_current_directory_is_written_whole(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert f"({__file__}:" in report.as_text(explained(Mine()))


def test_a_directory_of_the_same_name_elsewhere_is_left_whole(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    data = explained(Mine())
    hook(data, LOSS)["override"]["place"] = f"/elsewhere{tmp_path}/mine.py:3"
    assert f"(/elsewhere{tmp_path}/mine.py:3)" in report.as_text(data)


def test_wired_rows_come_one_a_line(monkeypatch):
    monkeypatch.chdir(Path(__file__).parent)
    rows = report.wired_rows(explained(Mine(), Lit()))
    assert [line.split()[:3] for line in rows] == [
        [LOSS, "before", "Lit.begin"],
        [LOSS, "instead", "Lit.step"],
        [LOSS, "after", "Lit.finish"],
    ]
    assert all("(test_report.py:" in line for line in rows)
    assert report.wired_rows(explained(Trainer())) == []
