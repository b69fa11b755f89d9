import functools
import inspect
import linecache
import traceback
from types import FunctionType, SimpleNamespace

import pytest

from groundwire.errors import HookMapError
from groundwire.tables.fuse import Attached, fuse, nothing, stand_in
from groundwire.tables.hookmap import row
from groundwire.tables.hooks import HOOKS

LOSS = HOOKS["calculate_train_batch_loss"]
STEP_END = HOOKS["on_train_step_end"]


class Player:
    def __init__(self, method):
        self.on_it = method


def line(hook="on_train_step_end", position="after", args=("batch", "step"), **more):
    return row("Listener.on_it", **{position: hook}, args=args, **more)


def attached(method, known=None, **how):
    made = Attached.check(line(**how), Player(method))
    made.bind(known or {})
    return made


def recorded(seen, name):
    return lambda *args, **kwargs: seen.append((name, args, kwargs))


@pytest.mark.parametrize(
    ("method", "passed"),
    [
        (lambda batch, step: 0, ("batch", "step")),
        (lambda batch: 0, ("batch",)),
        (lambda: 0, ()),
        (lambda *args: 0, ("batch", "step")),
        (lambda batch, *rest: 0, ("batch", "step")),
        (lambda batch, *, step=1: 0, ("batch",)),
        (lambda batch, /, **more: 0, ("batch",)),
    ],
)
def test_names_by_position_are_left_out_from_the_end_where_there_is_no_room(method, passed):
    assert attached(method, maybe=("batch", "step")).args == passed


@pytest.mark.parametrize(
    ("method", "passed"),
    [
        (lambda *, trainer, step: 0, ("trainer", "at.step")),
        (lambda trainer: 0, ("trainer",)),
        (lambda **more: 0, ("trainer", "at.step")),
        (lambda trainer, step: 0, ("trainer", "at.step")),
    ],
)
def test_names_by_keyword_are_left_out_where_they_are_not_taken(method, passed):
    assert attached(method, args=(), named=("trainer", "at.step"), maybe=("at.step",)).named == passed


@pytest.mark.parametrize(
    "method", [lambda batch: 0, lambda: 0, lambda batch, step, more: 0, lambda batch, *, step: 0, lambda **names: 0]
)
def test_a_method_that_cannot_take_its_arguments_is_refused(method):
    with pytest.raises(HookMapError):
        Attached.check(line(maybe=()), Player(method))


class Narrow:
    def on_it(self, batch, other): ...


def test_the_refusal_says_who_where_what_is_passed_and_what_is_taken():
    with pytest.raises(HookMapError) as refusal:
        Attached.check(line(args=("batch", "batch_output", "step"), named=("at.epoch",)), Narrow())
    told = str(refusal.value)
    assert f"Narrow.on_it ({__file__}:{inspect.getsourcelines(Narrow.on_it)[1]})" in told
    assert "after on_train_step_end" in told
    assert "it is passed (batch, batch_output, step, epoch=)" in told
    assert "takes (batch, other)" in told
    assert "**kwargs" in told


@pytest.mark.parametrize(
    "player",
    [
        type("Owner", (), {"on_it": staticmethod(lambda *a: 0)})(),
        type("Owner", (), {"on_it": classmethod(lambda *a: 0)})(),
        type("Owner", (Player,), {})(Narrow().on_it),
    ],
)
def test_a_method_is_said_to_be_its_players_however_it_came_there(player):
    assert Attached.check(line(), player).owner.__name__ == "Owner"


def test_what_has_no_signature_is_taken_as_it_is():
    assert attached(dict.__init__, maybe=("step",)).args == ("batch", "step")  # (self, /, *args, **kwargs)
    assert attached(max, maybe=("step",)).args == ("batch", "step")


def test_a_hook_at_which_nothing_runs_is_the_own_method():
    own = recorded([], "own")
    assert fuse(LOSS, own, (), ()) is own
    assert fuse(STEP_END, nothing, (), ()) is nothing
    assert nothing(1, 2, 3) is None


def test_rows_run_around_the_own_method_in_order():
    seen = []
    before, after = (
        [attached(recorded(seen, f"{position} {n}"), hook=LOSS.name, args=(), position=position) for n in (1, 2)]
        for position in ("before", "after")
    )
    assert fuse(LOSS, lambda batch: seen.append(batch) or "made", before, after)("b") == "made"
    assert [name if name == "b" else name[0] for name in seen] == [
        "before 1",
        "before 2",
        "b",
        "after 1",
        "after 2",
    ]


def test_an_event_returns_nothing_whatever_its_rows_return():
    event = fuse(STEP_END, nothing, (), [attached(lambda batch, step: "something")])
    assert event("b", "o", 3) is None


def test_rows_are_passed_what_the_hook_gives_by_position_and_by_name():
    seen = []
    one = attached(recorded(seen, "one"), args=("step", "batch"), named=("batch_output",))
    fuse(STEP_END, nothing, [], [one])("b", "o", 3)
    assert seen == [("one", (3, "b"), {"batch_output": "o"})]


def test_what_the_hook_made_is_known_after_it_and_returned():
    seen = []
    one = attached(recorded(seen, "one"), hook=LOSS.name, args=("batch_output", "batch_output.real", "batch"))
    assert fuse(LOSS, lambda batch: batch + 1, [], [one])(4) == 5
    assert seen == [("one", (5, 5, 4), {})]


def test_what_the_hook_made_stands_before_what_the_run_knows_by_the_same_name():
    seen = []
    hook = HOOKS["_create_optimizer"]
    early, late = (
        attached(recorded(seen, p), {"optimizer": "given"}, hook=hook.name, args=("optimizer",), position=p)
        for p in ("before", "after")
    )
    fuse(hook, lambda: "made", [early], [late])()
    assert seen == [("before", ("given",), {}), ("after", ("made",), {})]


def test_a_dotted_name_is_read_at_call_time_and_any_other_is_fixed():
    seen, at = [], SimpleNamespace(step=1)
    known = {"at": at, "model": "first"}
    event = fuse(
        STEP_END, nothing, [], [attached(recorded(seen, ""), known, args=("model", "at.step"), named=("at.epoch",))]
    )
    known["model"] = "second"
    for at.step, at.epoch in ((5, 1), (6, 2)):
        event("b", "o", 0)
    assert seen == [("", ("first", 5), {"epoch": 1}), ("", ("first", 6), {"epoch": 2})]


def test_two_rows_of_one_hook_keep_their_methods_apart():
    seen = []
    rows = [attached(recorded(seen, name), {"model": "m"}, args=("model",)) for name in ("one", "two")]
    fuse(STEP_END, nothing, rows[:1], rows[1:])("b", "o", 0)
    assert [name for name, _, _ in seen] == ["one", "two"]


def test_what_runs_instead_is_the_foreign_method_itself_where_it_takes_the_same():
    def method(batch):
        return batch

    assert stand_in(LOSS, attached(method, hook=LOSS.name, position="instead", args=("batch",))) is method


def test_what_runs_instead_is_called_with_its_own_names_and_what_comes_back_is_turned():
    one = attached(
        lambda batch, epoch: (batch, epoch),
        {"at": SimpleNamespace(epoch=2)},
        hook=LOSS.name,
        position="instead",
        args=("batch", "at.epoch"),
        turn=lambda value, batch: {"loss": value, "size": batch},
    )
    assert stand_in(LOSS, one)("b") == {"loss": ("b", 2), "size": "b"}


def test_what_runs_instead_may_take_its_names_in_another_order():
    hook = HOOKS["_run_train_step"]
    one = attached(lambda step, batch: (step, batch), hook=hook.name, position="instead", args=("step", "batch"))
    assert stand_in(hook, one)("b", 3) == (3, "b")


def _fails(batch, step):
    raise RuntimeError("inside the callback")


def test_a_traceback_shows_the_generated_line_and_then_the_callback():
    with pytest.raises(RuntimeError, match="inside the callback") as caught:
        fuse(STEP_END, nothing, [], [attached(_fails)])("b", "o", 3)
    told = "".join(traceback.format_exception(caught.value))
    assert "<groundwire plan" in told
    assert "after_0(batch, step)" in told
    assert told.index("after_0(batch, step)") < told.index('raise RuntimeError("inside the callback")')


def test_the_generated_source_survives_a_check_of_the_line_cache():
    event = fuse(STEP_END, nothing, [], [attached(_fails)])
    linecache.checkcache()
    assert inspect.getsource(event) == (
        "def on_train_step_end(batch, batch_output, step):\n"
        f"    after_0(batch, step)  # Player.on_it (test_fuse.py:{_fails.__code__.co_firstlineno})\n"
    )


def test_a_traceback_says_in_the_generated_line_whose_method_it_is():
    with pytest.raises(RuntimeError, match="inside the callback") as caught:
        fuse(STEP_END, nothing, [], [attached(_fails)])("b", "o", 3)
    generated = traceback.extract_tb(caught.value.__traceback__)[-2]
    assert generated.line == f"after_0(batch, step)  # Player.on_it (test_fuse.py:{_fails.__code__.co_firstlineno})"
    assert generated.filename.endswith(": on_train_step_end of Player>")


def own_step(batch):
    return {"loss": batch}


def test_the_line_of_the_own_method_says_whose_it_is_too():
    source = inspect.getsource(fuse(LOSS, own_step, [], [attached(_fails, hook=LOSS.name, args=("batch", "step"))]))
    assert f"returned = own(batch)  # own_step (test_fuse.py:{own_step.__code__.co_firstlineno})\n" in source


def test_the_line_of_what_runs_instead_says_whose_it_is():
    one = attached(lambda: 0, hook=LOSS.name, position="instead", args=())
    assert "return instead()  # Player.on_it (test_fuse.py:" in inspect.getsource(stand_in(LOSS, one))


def attached_to(player, args=()):
    made = Attached.check(line(args=args), player)
    made.bind({})
    return made


def calls_of(names):
    return [attached_to(type(name, (), {"on_it": lambda self: None})()) for name in names]


def test_the_file_of_a_function_names_the_classes_that_it_calls_each_once_and_not_too_many():
    few = fuse(STEP_END, nothing, calls_of("AB"), calls_of("A"))
    many = fuse(STEP_END, nothing, calls_of("ABCDEF"), [])
    assert few.__code__.co_filename.endswith(": on_train_step_end of A, B>")
    assert many.__code__.co_filename.endswith(": on_train_step_end of A, B, C, D, …>")


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("two\nlines", "a.py"),
        ("A\r\x0c#", "a.py"),
        ("ends\\", "a.py"),
        ("A", "two\nlines.py"),
        ("A", "not-utf8-\udcff.py"),
    ],
    ids=["lines", "returns", "backslash", "file of two lines", "file that is not UTF-8"],
)
def test_no_name_of_a_class_or_file_breaks_the_source(name, file):
    method = FunctionType(_fails.__code__.replace(co_filename=file), {})
    player = type(name, (), {"on_it": staticmethod(method)})()
    with pytest.raises(RuntimeError, match="inside the callback"):
        fuse(STEP_END, nothing, [attached_to(player, ("batch", "step"))], [])("b", "o", 3)


@functools.wraps(_fails)
def _wrapped(*args, **kwargs):
    return _fails(*args, **kwargs)


def test_a_line_names_the_method_and_not_what_it_is_called_through():
    call = attached(_wrapped)
    call.method = lambda *args: None  # as a profiler does
    source = inspect.getsource(fuse(STEP_END, nothing, [], [call]))
    assert f"(test_fuse.py:{_fails.__code__.co_firstlineno})" in source


def test_a_method_without_source_is_named_without_a_place():
    source = inspect.getsource(fuse(STEP_END, nothing, [], [attached(max)]))
    assert source.endswith("# Player.on_it\n")


def test_no_source_file_is_read_to_say_whose_a_line_is(monkeypatch):
    call = attached(_fails)
    monkeypatch.setattr(inspect, "findsource", lambda function: pytest.fail("a source file is read"))
    fuse(STEP_END, nothing, [call], [call])


def test_the_same_hook_is_compiled_once_and_bound_each_time():
    seen = []
    one, two = (fuse(STEP_END, nothing, [], [attached(recorded(seen, name))]) for name in ("one", "two"))
    assert one.__code__ is two.__code__
    one("b", "o", 0)
    two("b", "o", 0)
    assert [name for name, _, _ in seen] == ["one", "two"]
