import functools
import inspect

import pytest

from groundwire.errors import HookMapError
from groundwire.tables import fuse
from groundwire.tables.fuse import Attached, without_other_variants
from groundwire.tables.hookmap import Gap, HookMap, row
from groundwire.tables.plan import Part, attach

HOOK = "_run_train_step"


class Guest:
    """What a foreign framework's objects inherit."""

    def done(self, batch): ...

    def elsewhere(self): ...


PLAIN = row("Module.done", after=HOOK, args=("batch",))
LONGER = row("Module.done", after=HOOK, args=("batch", "step"), takes=())
NAMED = row("Module.done", after=HOOK, args=("step",), takes=("number", "index"))
OTHER = row("Module.elsewhere", after=HOOK)
GAP = Gap(source="Module.nowhere", why="No place.", use="done")
LINES = [OTHER, LONGER, NAMED, PLAIN, GAP]


def chosen(method, lines=LINES):
    player = type("Mine", (Guest,), {"done": method})()
    return [line for line in without_other_variants(lines, player) if line.method == "done"]


@pytest.mark.parametrize(
    ("method", "due"),
    [
        (lambda self, batch: None, PLAIN),
        (lambda self, anything: None, PLAIN),
        (lambda self, *args: None, PLAIN),
        (lambda self, batch, step=None: None, PLAIN),
        (lambda self, batch, step: None, LONGER),
        (lambda self, number: None, NAMED),
        (lambda self, batch, *, index=0: None, NAMED),
        (lambda self: None, PLAIN),  # nothing fits, and the refusal tells of this one
    ],
)
def test_the_signature_chooses_the_row(method, due):
    assert chosen(method) == [due]


def test_lines_of_other_methods_stay_as_they_are():
    player = type("Mine", (Guest,), {"done": lambda self, number: None})()
    assert list(without_other_variants(LINES, player)) == [OTHER, NAMED, GAP]
    assert without_other_variants([OTHER, PLAIN, GAP], player) == [OTHER, PLAIN, GAP]


def test_variants_need_no_plain_row():
    assert chosen(lambda self, one, two: None, [LONGER, NAMED]) == [LONGER]
    assert chosen(lambda self: None, [LONGER, NAMED]) == []  # a method of its own that happens to have this name


def test_all_rows_of_the_chosen_variant_count():
    again = row("Module.done", before=HOOK, args=("step",), takes=("number", "index"))
    assert chosen(lambda self, number: None, [again, *LINES]) == [again, NAMED]


def test_a_method_without_a_signature_is_what_the_plain_row_is_for():
    assert chosen(max) == [PLAIN]


def test_the_plan_attaches_the_row_that_was_chosen():
    table = HookMap("Foreign", (LONGER, PLAIN), bases={"Module": Guest})
    player = type("Mine", (Guest,), {"done": lambda self, batch, step: None})()
    wired, findings = attach(object(), [Part(table, "Module", player)], "assembly")
    assert [attached.row for attached in wired[HOOK].after] == [LONGER]
    assert [finding.status for finding in findings] == ["wired"]


PASSED = [
    row("Module.done", after=HOOK, args=("batch", "step")),
    row("Module.done", after=HOOK, args=("batch", "step"), maybe=("step",)),
    row("Module.done", after=HOOK, args=("batch",), named=("step",)),
    row("Module.done", after=HOOK, named=("batch", "at.step"), maybe=("at.step",)),
    row("Module.done", after=HOOK),
]
SIGNATURES = [
    "self",
    "self, a",
    "self, a, b",
    "self, a, b=1",
    "self, a=1, b=2, c=3",
    "self, a, step",
    "self, step, a",
    "self, *args",
    "self, a, *args, step",
    "self, **kwargs",
    "self, a, **kwargs",
    "self, *, step",
    "self, *, step=1, batch=2",
    "self, a, /, step",
    "self, batch, step",
]


@pytest.mark.parametrize("signature", SIGNATURES)
@pytest.mark.parametrize("line", PASSED, ids=lambda line: f"{line.args}{line.named}{sorted(line.maybe)}")
def test_a_row_fits_where_it_can_be_attached(line, signature):
    space = {}
    exec(f"def done({signature}): ...", space)  # noqa: S102
    player = type("Mine", (Guest,), {"done": space["done"]})()
    # functions of which the signature is asked
    wrapped = functools.wraps(player.done)(lambda *args, **kwargs: None)
    signed = lambda *args, **kwargs: None  # noqa: E731
    signed.__signature__ = inspect.signature(player.done)
    fits = [fuse._fits(line, fuse._shape(method)) for method in (player.done, wrapped, signed)]
    try:
        Attached.check(line, player)
    except HookMapError:
        assert fits == [False] * 3
    else:
        assert fits == [True] * 3
