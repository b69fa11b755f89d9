import inspect
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundwire.errors import HookMapError
from groundwire.tables.hookmap import Gap, HookMap, row
from groundwire.tables.hooks import HOOKS
from groundwire.tables.plan import Part, Plan, attach, by_row, compile_plan, overridden

LOSS = "calculate_train_batch_loss"
METHODS = [name for name, hook in HOOKS.items() if not hook.is_event]
EVENTS = [name for name, hook in HOOKS.items() if hook.is_event]


def _recording(name, who="core"):
    def hook(self, *moment):
        self.seen.append((who, name))
        return f"<{name}>"

    return hook


def _start(self):
    self.seen = []
    self.plan = Plan()
    self.plan.put(self, HOOKS)


# Every method hook of a Trainer, recording itself.
Core = type("Core", (), {"__init__": _start} | {name: _recording(name) for name in METHODS})


class Guest:
    """What a foreign framework's objects inherit; each method can be a row's."""


for _name in HOOKS:
    setattr(Guest, f"on_{_name.strip('_')}", lambda self: None)
Guest.on_loss = lambda self, batch: None


class Adapter(Core):
    calculate_train_batch_loss = by_row()


LOSS_ROW = row("Module.on_loss", instead=LOSS, args=("batch",))


def table(*rows, name="Foreign", base=Guest, listed=frozenset(), **more):
    roles = {line.role for line in rows} | set(listed)
    return HookMap(name, rows, bases=dict.fromkeys(roles, base), listed=frozenset(listed), **more)


def player(seen, *methods, base=Guest, name="Player"):
    def method(source):
        def call(self, *args):
            seen.append((type(self).__name__, source))
            return f"<{source} of {type(self).__name__}>"

        return call

    return type(name, (base,), {source: method(source) for source in methods})()


def compiled(trainer, *parts, stage="run", **known):
    compile_plan(trainer.plan, trainer, parts, {"trainer": trainer, **known}, stage)
    return trainer


def run(trainer, name):
    return getattr(trainer.plan, name)(*(f"<{given}>" for given in HOOKS[name].gives))


@pytest.mark.parametrize("name", METHODS)
def test_a_hook_nobody_attaches_to_is_the_trainers_own_bound_method(name):
    trainer = Core()
    assert getattr(trainer.plan, name) == getattr(trainer, name)
    compiled(trainer)
    assert getattr(trainer.plan, name) == getattr(trainer, name)


def test_an_adapter_whose_row_nobody_implements_costs_nothing_either():
    trainer = Adapter()
    compiled(trainer, Part(table(LOSS_ROW), "Module", Guest()))
    assert getattr(trainer.plan, LOSS) == super(Adapter, trainer).calculate_train_batch_loss


def test_events_have_a_place_too_and_do_nothing_by_themselves():
    trainer = compiled(Core())
    assert all(run(trainer, name) is None for name in EVENTS)
    assert trainer.seen == []


SOURCES = {name: f"on_{name.strip('_')}" for name in HOOKS if HOOKS[name].stage != "init"}
ALL_ROWS = table(
    *(
        row(f"Callback.{source}", **{("before", "after")[n % 2]: name})
        for n, (name, source) in enumerate(SOURCES.items())
    )
)
POSITION = {line.hook: line.position for line in ALL_ROWS.rows}


@given(st.lists(st.sets(st.sampled_from(list(SOURCES))), min_size=1, max_size=3))
def test_any_subset_of_overridden_hooks_runs_exactly_once_at_its_place_in_row_order(subsets):
    trainer = Core()
    players = [
        player(trainer.seen, *(SOURCES[name] for name in names), name=f"P{n}") for n, names in enumerate(subsets)
    ]
    compiled(trainer, *(Part(ALL_ROWS, "Callback", one, order) for order, one in enumerate(players)))
    for name, source in SOURCES.items():
        trainer.seen.clear()
        made = run(trainer, name)
        own = [] if HOOKS[name].is_event else [("core", name)]
        theirs = [(f"P{n}", source) for n, names in enumerate(subsets) if name in names]
        assert trainer.seen == (theirs + own if POSITION[name] == "before" else own + theirs)
        assert made == (None if HOOKS[name].is_event else f"<{name}>")


@given(st.permutations(["on_one", "on_two", "on_three"]), st.sets(st.sampled_from(["on_one", "on_two", "on_three"])))
def test_rows_of_one_hook_run_in_the_order_of_the_table(order, implemented):
    base = type("Base", (), dict.fromkeys(order, lambda self: None))
    hookmap = table(*(row(f"Callback.{name}", after="optimizer_step") for name in order), base=base)
    trainer = Core()
    run(compiled(trainer, Part(hookmap, "Callback", player(trainer.seen, *implemented, base=base))), "optimizer_step")
    assert trainer.seen == [
        ("core", "optimizer_step"),
        *(("Player", name) for name in order if name in implemented),
    ]


def test_a_users_method_stands_before_the_row_and_reaches_it_by_super():
    class Mine(Adapter):
        def calculate_train_batch_loss(self, batch):
            self.seen.append(("mine", batch))
            return "mine around " + super().calculate_train_batch_loss(batch)

    trainer = Mine()
    compiled(trainer, Part(table(LOSS_ROW), "Module", player(trainer.seen, "on_loss", name="Lit")))
    assert run(trainer, LOSS) == "mine around <on_loss of Lit>"
    assert trainer.seen == [("mine", "<batch>"), ("Lit", "on_loss")]


def test_a_users_trainer_and_the_adapter_mix_as_two_bases():
    class MyTrainer(Core):
        def calculate_train_batch_loss(self, batch):
            return "mine around " + super().calculate_train_batch_loss(batch)

    trainer = type("Mine", (MyTrainer, Adapter), {})()
    compiled(trainer, Part(table(LOSS_ROW), "Module", player(trainer.seen, "on_loss", name="Lit")))
    assert run(trainer, LOSS) == "mine around <on_loss of Lit>"


def test_a_users_method_behind_the_adapter_is_reached_only_where_no_row_is_wired():
    class MyTrainer(Core):
        def calculate_train_batch_loss(self, batch):
            return "mine"

    class Late(MyTrainer):
        calculate_train_batch_loss = by_row()

    assert run(compiled(Late()), LOSS) == "mine"
    trainer = Late()
    compiled(trainer, Part(table(LOSS_ROW), "Module", player([], "on_loss", name="Lit")))
    assert run(trainer, LOSS) == "<on_loss of Lit>"


def test_without_an_override_the_row_runs_in_place_of_the_core():
    trainer = Adapter()
    lit = player(trainer.seen, "on_loss", name="Lit")
    compiled(trainer, Part(table(LOSS_ROW), "Module", lit))
    assert getattr(trainer.plan, LOSS) == lit.on_loss
    run(trainer, LOSS)
    assert trainer.seen == [("Lit", "on_loss")]


def test_rows_before_and_after_run_once_around_the_outermost_method():
    class Mine(Adapter):
        def calculate_train_batch_loss(self, batch):
            self.seen.append(("mine", "begins"))
            super().calculate_train_batch_loss(batch)
            self.seen.append(("mine", "ends"))

    class Yours(Mine):
        def calculate_train_batch_loss(self, batch):
            self.seen.append(("yours", "begins"))
            super().calculate_train_batch_loss(batch)
            self.seen.append(("yours", "ends"))

    around = [row("Module.on_backward_step", before=LOSS), row("Module.on_optimizer_step", after=LOSS)]
    trainer = Yours()
    lit = player(trainer.seen, "on_loss", "on_backward_step", "on_optimizer_step", name="Lit")
    run(compiled(trainer, Part(table(LOSS_ROW, *around), "Module", lit)), LOSS)
    assert trainer.seen == [
        ("Lit", "on_backward_step"),
        ("yours", "begins"),
        ("mine", "begins"),
        ("Lit", "on_loss"),
        ("mine", "ends"),
        ("yours", "ends"),
        ("Lit", "on_optimizer_step"),
    ]


def test_an_open_place_keeps_the_documentation_of_the_hook():
    class Documented:
        def optimizer_step(self):
            """The optimizer moves."""

    class Open(Documented):
        optimizer_step = by_row()

    assert Open.optimizer_step.__doc__ == "The optimizer moves."


def test_two_rows_that_want_to_run_instead_are_refused_by_name():
    trainer = Adapter()
    hookmap = table(LOSS_ROW)
    parts = [Part(hookmap, "Module", player([], "on_loss", name=name)) for name in ("One", "Two")]
    with pytest.raises(HookMapError, match=rf"{LOSS}: One\.on_loss .* and Two\.on_loss .* all want to run instead"):
        compiled(trainer, *parts)


def test_a_row_that_runs_instead_needs_a_class_that_leaves_room():
    with pytest.raises(HookMapError, match=rf"no class of Core leaves room for it: write `{LOSS} = by_row\(\)`"):
        compiled(Core(), Part(table(LOSS_ROW), "Module", player([], "on_loss")))


def test_everything_that_is_refused_is_told_at_once_and_the_plan_stays_as_it_was():
    trainer = Adapter()
    first = player(trainer.seen, "on_loss", name="Lit")
    compiled(trainer, Part(table(LOSS_ROW), "Module", first))
    before = {name: getattr(trainer.plan, name) for name in Plan.__slots__}
    narrow = type("Narrow", (Guest,), {"on_loss": lambda self: None})()
    stops = table(Gap(source="Module.on_optimizer_step", why="No place.", use="optimizer_step", stop=True))
    with pytest.raises(HookMapError) as refusal:
        compiled(
            trainer,
            Part(table(LOSS_ROW), "Module", narrow),
            Part(stops, "Module", player([], "on_optimizer_step", name="Lit")),
        )
    assert "Narrow.on_loss" in str(refusal.value)
    assert "it is passed (batch) and takes ()" in str(refusal.value)
    assert "Lit.on_optimizer_step" in str(refusal.value)
    assert "would change the numbers: No place. Instead: optimizer_step" in str(refusal.value)
    assert {name: getattr(trainer.plan, name) for name in Plan.__slots__} == before


def test_signatures_of_the_run_are_checked_when_it_is_assembled():
    narrow = type("Narrow", (Guest,), {"on_loss": lambda self: None})()
    with pytest.raises(HookMapError, match=r"Narrow\.on_loss"):
        compiled(Adapter(), Part(table(LOSS_ROW), "Module", narrow), stage="assembly")


class Native:
    def on_it(self): ...


class Foreign:
    def on_optimizer_step(self): ...


NATIVE = table(row("Native.on_it", after="optimizer_step"), name="Native", base=Native, listed={"Native"})
FOREIGN = HookMap(
    "Foreign",
    (
        row("Callback.on_optimizer_step", after="optimizer_step"),
        row("Module.on_optimizer_step", after="optimizer_step"),
        row("Monitor.on_optimizer_step", after="optimizer_step"),
    ),
    bases=dict.fromkeys(("Callback", "Module", "Monitor"), Foreign),
    specialises={"Monitor": "Callback"},
    listed=frozenset({"Callback", "Monitor"}),
)


@given(st.lists(st.sampled_from(["Native", "Callback", "Monitor"]), max_size=6))
def test_callbacks_run_as_listed_then_the_module_then_monitors(roles):
    trainer = Core()
    parts = []
    for order, role in enumerate(roles):
        native = role == "Native"
        method, base = ("on_it", Native) if native else ("on_optimizer_step", Foreign)
        one = player(trainer.seen, method, base=base, name=f"{role}{order}")
        parts.append(Part(NATIVE if native else FOREIGN, role, one, order))
    parts.append(Part(FOREIGN, "Module", player(trainer.seen, "on_optimizer_step", base=Foreign, name="Module")))
    parts.sort(key=lambda part: part.hookmap is not NATIVE)
    run(compiled(trainer, *parts), "optimizer_step")
    names = [f"{role}{order}" for order, role in enumerate(roles)]
    listed = [name for name in names if not name.startswith("Monitor")]
    monitors = [name for name in names if name.startswith("Monitor")]
    told = [who for who, _ in trainer.seen[1:]]
    assert told == [*listed, "Module", *monitors]


@given(st.lists(st.booleans(), max_size=5))
def test_who_takes_what_a_variant_passes_keeps_its_place_among_the_callbacks(old):
    trainer = Core()
    base = type("Base", (), {"on_it": lambda self: None})
    plain = row("Callback.on_it", after="optimizer_step")
    variant = row("Callback.on_it", after="optimizer_step", args=("trainer",), takes=("trainer",))
    hookmap = table(variant, plain, base=base, listed={"Callback"})

    def on_it(number, is_old):
        def new(self):
            trainer.seen.append(number)

        return (lambda self, trainer: trainer.seen.append(number)) if is_old else new

    kinds = [type("One", (base,), {"on_it": on_it(number, is_old)}) for number, is_old in enumerate(old)]
    compiled(trainer, *(Part(hookmap, "Callback", kind(), order) for order, kind in enumerate(kinds)))
    run(trainer, "optimizer_step")
    assert trainer.seen[1:] == [*range(len(old))]


def test_two_players_of_one_class_both_run():
    trainer = Core()
    one = player(trainer.seen, "on_optimizer_step")
    parts = [Part(FOREIGN, "Callback", one, 0), Part(FOREIGN, "Callback", type(one)(), 1)]
    run(compiled(trainer, *parts), "optimizer_step")
    assert trainer.seen == [("core", "optimizer_step"), *[("Player", "on_optimizer_step")] * 2]


def test_an_unknown_moment_is_found_with_a_hint():
    made = player([], "on_optimiser_step", "on_loss", "on_zzz")
    _, findings = attach(Adapter(), [Part(table(LOSS_ROW), "Module", made)], "assembly")
    told = {found.source: found for found in findings}
    assert told["Module.on_loss"].status == "wired"
    assert told["Module.on_loss"].detail == f"instead {LOSS}"
    assert told["Module.on_loss"].place.rpartition(":")[0] == __file__
    assert told["Module.on_zzz"].status == "unknown"
    assert told["Module.on_zzz"].detail == "No hook has this name; nothing in a run calls it."
    hinted = attach(Core(), [Part(FOREIGN, "Callback", made, 0)], "assembly")[1]
    assert "Did you mean 'on_optimizer_step'?" in {f.source: f.detail for f in hinted}["Callback.on_optimiser_step"]


def test_what_one_of_an_objects_tables_knows_is_not_unknown_to_it():
    both = type("Both", (Foreign, Native), {"on_it": lambda self: 0, "on_optimizer_step": lambda self: 0})()
    parts = [Part(NATIVE, "Native", both, 0), Part(FOREIGN, "Callback", both, 0)]
    assert [found.status for found in attach(Core(), parts, "assembly")[1]] == ["wired", "wired"]


def test_a_gap_is_a_finding_that_says_what_to_do_instead():
    gap = table(Gap(source="Module.on_loss", why="No place.", use="another method"))
    _, (found,) = attach(Core(), [Part(gap, "Module", player([], "on_loss"))], "assembly")
    assert (found.owner, found.status, found.detail) == ("Player", "gap", "No place. Instead: another method")


def test_looking_at_a_run_binds_nothing():
    trainer = Adapter()
    before = {name: getattr(trainer.plan, name) for name in Plan.__slots__}
    wired, _ = attach(trainer, [Part(table(LOSS_ROW), "Module", player([], "on_loss"))], "assembly")
    assert wired[LOSS].instead.values == {}
    assert {name: getattr(trainer.plan, name) for name in Plan.__slots__} == before


class Child(Guest):
    def on_loss(self, batch): ...


def _with(**own):
    made = Guest()
    vars(made).update(own)
    return made


@pytest.mark.parametrize(
    ("one", "answer"),
    [
        (Guest(), False),
        (Child(), True),
        (type("Grandchild", (Child,), {})(), True),
        (type("Off", (Child,), {"on_loss": None})(), False),
        (_with(on_loss=lambda batch: 0), True),
        (_with(on_loss=None), False),
        (type("Mixed", (type("Mixin", (), {"on_loss": lambda self, batch: 0}), Guest), {})(), True),
        (SimpleNamespace(on_loss=lambda batch: 0), True),
        (SimpleNamespace(), False),
    ],
)
def test_a_method_counts_where_its_player_brings_it(one, answer):
    assert overridden(one, "on_loss", (Guest,)) is answer


def test_hooks_of_a_later_stage_wait_for_theirs():
    trainer = Adapter()
    lit = player(trainer.seen, "on_loss", "on_create_optimizer", name="Lit")
    hookmap = table(LOSS_ROW, row("Module.on_create_optimizer", before="_create_optimizer"))
    part = Part(hookmap, "Module", lit)
    compiled(trainer, part, stage="assembly")
    run(trainer, "_create_optimizer")
    run(trainer, LOSS)
    assert trainer.seen == [("Lit", "on_create_optimizer"), ("core", "_create_optimizer"), ("core", LOSS)]
    compiled(trainer, part)
    trainer.seen.clear()
    run(trainer, LOSS)
    assert trainer.seen == [("Lit", "on_loss")]


def test_names_are_bound_to_what_the_run_knows_at_the_last_compilation():
    seen = []

    class Reads(Guest):
        def on_optimizer_step(self, scheduler, step):
            seen.append((scheduler, step))

    hookmap = table(row("Module.on_optimizer_step", after="optimizer_step", args=("scheduler", "at.step")))
    trainer, at = Core(), SimpleNamespace(step=1)
    for scheduler in ("first", "second"):
        compiled(trainer, Part(hookmap, "Module", Reads()), scheduler=scheduler, at=at)
        run(trainer, "optimizer_step")
        at.step += 1
    assert seen == [("first", 1), ("second", 2)]


def test_who_joins_inside_a_hook_is_heard_at_the_next_one():
    trainer = Core()
    late = Part(FOREIGN, "Callback", player(trainer.seen, "on_optimizer_step", name="Late"), 1)

    class Opens(Guest):
        def on_optimizer_step(self):
            trainer.seen.append(("Opens", "on_optimizer_step"))
            compiled(trainer, first, late)

    first = Part(FOREIGN, "Callback", Opens(), 0)
    compiled(trainer, first)
    run(trainer, "optimizer_step")
    run(trainer, "optimizer_step")
    who = [name for name, _ in trainer.seen]
    assert who == ["core", "Opens", "core", "Opens", "Late"]


def test_an_evaluation_assembled_inside_a_run_leaves_the_runs_own_hooks_alone():
    class Mine(Adapter):
        def calculate_train_batch_loss(self, batch):
            compiled(self, part, stage="assembly")  # and its data cannot be read: no second stage follows
            return super().calculate_train_batch_loss(batch)

    trainer = Mine()
    part = Part(table(LOSS_ROW), "Module", player(trainer.seen, "on_loss", name="Lit"))
    compiled(trainer, part)
    assert run(trainer, LOSS) == "<on_loss of Lit>"


def test_a_player_that_left_is_not_called_again():
    trainer = Adapter()
    compiled(trainer, Part(table(LOSS_ROW), "Module", player(trainer.seen, "on_loss", name="Lit")))
    compiled(trainer)
    assert run(trainer, LOSS) == f"<{LOSS}>"
    assert trainer.seen == [("core", LOSS)]


def test_before_construction_ends_only_its_own_rows_are_looked_at():
    hookmap = table(row("Module.on_on_init_end", after="on_init_end", args=("trainer",)), LOSS_ROW)
    seen = []
    early = type("Early", (Guest,), {"on_on_init_end": lambda self, trainer: seen.append(trainer)})
    narrow = type("Narrow", (early,), {"on_loss": lambda self: None, "on_zzz": lambda self: None})()
    trainer = Core()
    run(compiled(trainer, Part(hookmap, "Module", narrow), stage="init"), "on_init_end")
    assert seen == [trainer]
    assert [found.status for found in trainer.plan.findings] == ["wired"]


def test_a_wired_hook_is_called_as_its_declaration_says():
    trainer = Core()
    part = Part(ALL_ROWS, "Callback", player(trainer.seen, *SOURCES.values()))
    compiled(trainer, part)
    for name in SOURCES:
        assert tuple(inspect.signature(getattr(trainer.plan, name)).parameters) == HOOKS[name].gives


def test_a_method_that_a_program_puts_into_a_base_runs_for_all_that_inherit_it(monkeypatch):
    class Upper:
        def on_loss(self, batch): ...

    class Base(Upper):
        pass

    hookmap = table(LOSS_ROW, base=Base)
    plain, own = Base(), type("Own", (Base,), {"on_loss": lambda self, batch: "own"})()
    assert not overridden(plain, "on_loss", (Base,))
    for owner in (Base, Upper):
        with monkeypatch.context() as patch:
            patch.setattr(owner, "on_loss", lambda self, batch: "replaced", raising=False)
            trainer = Adapter()
            compile_plan(trainer.plan, trainer, [Part(hookmap, "Module", plain)], {}, "run")
            assert trainer.plan.calculate_train_batch_loss(None) == "replaced"
    trainer = Adapter()
    compile_plan(trainer.plan, trainer, [Part(hookmap, "Module", own)], {}, "run")
    assert trainer.plan.calculate_train_batch_loss(None) == "own"
    assert not overridden(plain, "on_loss", (Base,))
