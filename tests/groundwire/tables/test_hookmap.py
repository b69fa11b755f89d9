import pytest

from groundwire.errors import HookMapError
from groundwire.tables.hookmap import Gap, HookMap, as_tuple, row


class Listener:
    def on_begin(self, trainer): ...

    def on_finish(self, trainer): ...


class Watcher(Listener): ...


def table(*rows, **more):
    return HookMap("Foreign", rows, bases={"Listener": Listener, "Watcher": Watcher}, **more)


def test_a_row_reads_as_a_sentence():
    line = row("Listener.on_begin", before="training_run_start", args=["trainer", "at.step"], maybe=["at.step"])
    assert (line.role, line.method, line.hook, line.position) == (
        "Listener",
        "on_begin",
        "training_run_start",
        "before",
    )
    assert line.args == ("trainer", "at.step")
    assert line.maybe == {"at.step"}
    assert line.moment.name == "training_run_start"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({}, "exactly one of before=, instead=, after=; got none"),
        ({"before": "training_run_start", "after": "training_run_end"}, "got before='training_run_start', after="),
        ({"around": "training_run_start"}, "got around='training_run_start'"),
        ({"before": "training_run_strat"}, "no hook 'training_run_strat'. Did you mean 'training_run_start'?"),
        ({"before": "zzz"}, "no hook 'zzz'. It has on_init_end, "),
        ({"instead": "on_train_step_end"}, "on_train_step_end is an event, nothing can run instead of it"),
        ({"before": "optimizer_step", "args": "trainer"}, "'trainer' is a string; names come as a tuple, ('trainer',)"),
        ({"before": "optimizer_step", "named": "trainer"}, "'trainer' is a string"),
        ({"before": "optimizer_step", "args": ("trainer()",)}, "'trainer()' is not a name"),
        ({"before": "optimizer_step", "args": ("at.",)}, "'at.' is not a name"),
        ({"before": "optimizer_step", "args": ("at.class",)}, "'at.class' is not a name"),
        ({"before": "optimizer_step", "named": ("at.step", "step")}, "named= passes ['step'] more than once"),
        ({"before": "optimizer_step", "maybe": ("batch",)}, "maybe= names ['batch'], which are in neither"),
    ],
)
def test_a_row_that_makes_no_sense_is_refused_where_it_is_written(said, told):
    with pytest.raises(HookMapError) as refusal:
        row("Listener.on_begin", **said)
    assert str(refusal.value).startswith("Listener.on_begin: ")
    assert told in str(refusal.value)


@pytest.mark.parametrize(("why", "use"), [("", "another"), ("because", ""), (" ", "another")])
def test_a_gap_has_a_reason_and_a_way_out(why, use):
    with pytest.raises(HookMapError, match=r"Listener\.on_begin: a gap says why= .* use="):
        Gap(source="Listener.on_begin", why=why, use=use)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (row("Stranger.on_begin", before="optimizer_step"), "'Stranger'; bases= has Listener, Watcher"),
        (
            row("Listener.on_finis", before="optimizer_step"),
            "Listener.on_finis is not a method of Listener. Did you mean 'on_finish'?",
        ),
        (
            row("Listener.on_begin", before="optimizer_step", args=("traner",)),
            "nothing is called 'traner' there. The hook gives (), the run knows (trainer, model, ",
        ),
        (row("Listener.on_begin", before="optimizer_step", named=("traner",)), "Did you mean 'trainer'?"),
        (row("Listener.on_begin", before="calculate_train_batch_loss", args=("batch_output",)), "'batch_output'"),
        (row("Listener.on_begin", before="on_init_end", args=("model",)), "the run knows (trainer)"),
        (row("Listener.on_begin", before="create_scheduler", args=("run_config",)), "'run_config'"),
        (Gap(source="Listener.on_never", why="It never happens.", use="patience"), "Listener.on_never is not a method"),
    ],
)
def test_a_table_that_names_what_does_not_exist_is_refused(line, told):
    with pytest.raises(HookMapError) as refusal:
        table(line)
    assert str(refusal.value).startswith("Foreign: ")
    assert told in str(refusal.value)


@pytest.mark.parametrize("name", ["batch", "batch_output", "trainer", "at.step", "batch_output.loss", "module"])
def test_a_row_may_name_what_is_given_made_known_or_supplied(name):
    line = row("Listener.on_begin", after="calculate_train_batch_loss", args=(name,))
    assert table(line, knows=("module",)).rows == (line,)


@pytest.mark.parametrize(
    "other",
    [
        row("Listener.on_begin", before="training_run_start"),
        Gap(source="Listener.on_begin", why="Still no place.", use="patience"),
    ],
)
def test_a_gap_is_the_only_line_about_its_method(other):
    gap = Gap(source="Listener.on_begin", why="No place.", use="patience")
    for rows in ((gap, other), (other, gap)):
        with pytest.raises(HookMapError, match=r"Listener\.on_begin is a gap and stands in the table a second time"):
            table(*rows)


@pytest.mark.parametrize(
    "more", [{"specialises": {"Watcher": "Nobody"}}, {"specialises": {"Nobody": "Watcher"}}, {"listed": {"Nobody"}}]
)
def test_roles_of_a_table_are_those_of_its_bases(more):
    with pytest.raises(HookMapError, match="names the role 'Nobody'; bases= has Listener, Watcher"):
        table(**more)


def test_a_special_role_runs_the_rows_of_the_general_one_save_those_it_has_itself():
    begin = row("Listener.on_begin", before="training_run_start")
    finish = row("Listener.on_finish", after="training_run_end")
    late = row("Watcher.on_finish", after="on_training_run_end")
    hookmap = table(begin, finish, late, specialises={"Watcher": "Listener"})
    assert hookmap.lines_of("Watcher") == (begin, late)
    assert hookmap.lines_of("Listener") == (begin, finish)
    assert hookmap.sources() == {"Listener.on_begin", "Listener.on_finish", "Watcher.on_finish"}


def test_a_row_stands_as_often_as_its_method_runs():
    rows = [row("Listener.on_begin", before=hook) for hook in ("training_run_start", "evaluation_run_start")]
    assert table(*rows).lines_of("Listener") == tuple(rows)


def test_one_base_or_several_come_as_several():
    assert as_tuple(Listener) == (Listener,)
    assert as_tuple((Listener, Watcher)) == (Listener, Watcher)
