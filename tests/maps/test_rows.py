"""Every row of every table in a run: a tiny object brings just that method, which runs at its place."""

import pytest
from tests.maps import scenes
from torch import Tensor

import groundwire_lightning as L
from groundwire import Row, TrainerCallback
from groundwire.callbacks.map import NATIVE
from groundwire.tables.fuse import Attached
from groundwire.tables.hookmap import as_tuple
from groundwire_lightning.map_1x import JOINED
from groundwire_tensorboard import TENSORBOARD
from groundwire_torchmetrics import TORCHMETRICS


def rows(*hookmaps):
    """Each row that can be met in a run, named after what it says."""
    lines = [(hookmap, line) for hookmap in hookmaps for line in hookmap.rows if isinstance(line, Row)]
    # who gets a state back gets its own, and only where there is one: tests/groundwire_lightning/loops/test_saved.py
    lines = [(hookmap, line) for hookmap, line in lines if line.method != "load_state_dict"]
    # nobody plays this role unless the Trainer is asked to: tests/groundwire_lightning/core/test_grad_norms.py
    lines = [(hookmap, line) for hookmap, line in lines if line.role != "BeforeClipping"]
    return [pytest.param(hookmap, line, id=f"{line.source}-{line.position}-{line.hook}") for hookmap, line in lines]


def twins(hookmap, line):
    """All rows of the same method: a tiny object is told by each of them."""
    return [other for other in hookmap.rows if isinstance(other, Row) and other.source == line.source]


def same(one, other):
    return one is other or (not isinstance(one, Tensor) and one == other)


def check_places(trace, hookmap, line):
    """At each coming of the hook the method ran, there and nowhere else, with what the row says."""
    calls = [index for index, moment in enumerate(trace) if moment.kind == "row"]
    due = {index: other for other in twins(hookmap, line) for index in places(trace, other)}
    assert calls == sorted(due)
    ours = [index for index in calls if due[index] is line]
    assert ours, f"{line.hook} did not come"
    for index in ours:
        check_arguments(trace, index, line)


def places(trace, line):
    """Where in the trace the method of a row belongs: beside the beginning or the end of its hook."""
    before = line.position == "before"
    kind = "event" if line.moment.is_event else "ends" if line.position == "after" else "begins"
    comings = [i for i, moment in enumerate(trace) if (moment.kind, moment.name) == (kind, line.hook)]
    return [index - 1 if before else index + 1 for index in comings]


def check_arguments(trace, index, line):
    hook = trace[index + 1 if line.position == "before" else index - 1]
    told = trace[index].given
    assert set(told["given"]) == {*line.args, *line.named} - which_loader(line)
    for name, value in told["given"].items():
        due = hook.made if name == line.moment.makes and line.position == "after" and hook.kind == "ends" else None
        due = told["due"][name] if name in told["due"] else hook.given[name] if due is None else due
        assert same(value, due), f"{name} is {value!r} and not {due!r}"


def which_loader(line):
    """What is passed only where there are several loaders, as in none of these runs."""
    return {"at.loader"} & line.maybe


def native_player(hookmap, role, method, function):
    """A callback of a table whose maps need nothing but a native Trainer."""
    (base,) = (hookmap.bases[role],)
    own = {} if hookmap is NATIVE else {"hookmap": hookmap}
    return type("Tiny", (base,), {method: function, **own})()


@pytest.mark.parametrize(("hookmap", "line"), rows(NATIVE, TENSORBOARD, TORCHMETRICS))
def test_a_row_of_a_callbacks_table_runs_at_its_place(hookmap, line, tmp_path):
    trace = scenes.traced()
    tiny = native_player(hookmap, line.role, line.method, scenes.recorded(line))
    scenes.run_native(scenes.run_for(line.hook), [tiny], tmp_path)
    check_places(trace, hookmap, line)


@pytest.mark.parametrize(("hookmap", "line"), rows(NATIVE))
def test_a_native_callback_need_not_take_what_is_optional(hookmap, line, tmp_path):
    heard = []
    tight = [name for name in line.named if name not in line.maybe]
    function = eval(f"lambda self, trainer{''.join(f', {name}' for name in tight)}: heard.append(trainer)", locals())  # noqa: S307
    tiny = native_player(hookmap, line.role, line.method, function)
    scenes.traced()
    trainer = scenes.run_native(scenes.run_for(line.hook), [tiny], tmp_path)
    assert set(heard) == {trainer}


def lightning_scene(line, tiny_method):
    """Module, callbacks, data module, and whether the module is asked for its data."""
    methods = {line.method: tiny_method}
    (base, *_) = as_tuple(L.LIGHTNING.bases[line.role])
    if line.role in ("Callback", "Monitor"):
        return scenes.module_with(), [type("Tiny", (base,), methods)()], None, False
    if line.role == "LightningDataModule":
        return scenes.module_with(), [], scenes.datamodule_with(**methods), False
    loaders = dict.fromkeys([name for name in scenes.ACTS if name.endswith("_dataloader")], scenes.loader)
    asks = line.method in loaders
    return scenes.module_with(**({**loaders, **methods} if asks else methods)), [], None, asks


def met(line, run_it, folder):
    """The trace of a run that comes to a row's hook."""
    trace = scenes.traced()
    module, callbacks, datamodule, asks = lightning_scene(line, scenes.recorded(line))
    run_it(scenes.run_of(line), module, callbacks, folder, datamodule, asks)
    return trace


IN_NATIVE_ORDER = [param for param in rows(L.LIGHTNING) if scenes.run_of(param.values[1]) != "test"]


@pytest.mark.parametrize(("hookmap", "line"), IN_NATIVE_ORDER)
def test_a_lightning_row_runs_at_its_place_in_native_order(hookmap, line, tmp_path):
    check_places(met(line, scenes.run_adapter, tmp_path), hookmap, line)


@pytest.mark.filterwarnings("ignore:.*forward and backward pass run within optimizer_step")  # the scene overrides both
@pytest.mark.parametrize(("hookmap", "line"), rows(L.LIGHTNING))
def test_a_lightning_row_runs_at_its_place_in_lightnings_order(hookmap, line, tmp_path):
    check_places(met(line, scenes.run_lightning, tmp_path), hookmap, line)


OPTIONAL = [param for param in rows(L.LIGHTNING) if param.values[1].maybe]


@pytest.mark.parametrize(("hookmap", "line"), OPTIONAL)
def test_a_lightning_method_need_not_take_what_is_optional(hookmap, line, tmp_path):
    trace = scenes.traced()
    short = scenes.recorded(line, names=len(line.args) - len(line.maybe))
    module, callbacks, datamodule, asks = lightning_scene(line, short)
    scenes.run_lightning(scenes.run_of(line), module, callbacks, tmp_path, datamodule, asks)
    told = [moment.given["given"] for moment in trace if moment.kind == "row"]
    assert told
    assert all(set(given) == set(line.args) - line.maybe for given in told)


TURNED = [param for param in rows(L.LIGHTNING) if param.values[1].turn and param.values[1].position == "instead"]


@pytest.mark.parametrize(("hookmap", "line"), TURNED)
def test_what_comes_back_instead_of_a_hook_is_turned_into_what_the_hook_makes(hookmap, line, tmp_path):
    trace = scenes.traced()
    module, *_ = lightning_scene(line, scenes.recorded(line))
    scenes.run_lightning(scenes.run_of(line), module, [], tmp_path)
    for index, moment in enumerate(trace):
        if moment.kind == "row":
            begun, ended = trace[index - 1], trace[index + 1]
            assert ended.made == line.turn(moment.made, *begun.given.values())


@pytest.mark.parametrize(("hookmap", "line"), rows(L.LIGHTNING))
def test_the_methods_of_the_base_class_take_what_a_row_passes(hookmap, line):
    player = as_tuple(L.LIGHTNING.bases[line.role])[0]()
    assert Attached.check(line, player).spelled()


# gaps


class Untouched:
    """Data that nobody may read."""

    def __len__(self):
        return 2

    def __iter__(self):
        raise AssertionError("data was read")


def gaps():
    return [pytest.param(line, id=line.source) for line in JOINED.rows if not isinstance(line, Row)]


def gap_scene(gap, touched):
    """A run whose module, callback or data module brings the method of a gap, and notes what is called."""

    def method(self, *args, **kwargs):
        touched.append(gap.method)

    def prepare_data(self):
        touched.append("prepare_data")

    methods = {gap.method: method}
    if gap.role == "Callback":
        return scenes.module_with(prepare_data=prepare_data), [type("Tiny", (L.Callback,), methods)()], None
    if gap.role == "LightningDataModule":
        return scenes.module_with(), [], scenes.datamodule_with(prepare_data=prepare_data, **methods)
    return scenes.module_with(prepare_data=prepare_data, **methods), [], None


def owner_of(gap):
    owners = {"Callback": "Tiny", "LightningDataModule": "Data"}
    return owners.get(gap.role, "Lit")


def check_report(gap, said):
    """The message names who, where, why and what to do instead."""
    for part in (f"{owner_of(gap)}.{gap.method} (", f"{__file__}:", gap.why, gap.use):
        assert part in said


@pytest.mark.parametrize("gap", gaps())
def test_any_other_gap_is_reported_and_the_run_goes_on_without_it(gap, tmp_path):
    touched = []
    module, callbacks, datamodule = gap_scene(gap, touched)
    scenes.traced()
    trainer = scenes.run_lightning("train", module, callbacks, tmp_path, datamodule)
    assert set(touched) == {"prepare_data"}
    assert trainer.global_step == 4
    (line,) = [line for line in trainer.explain(format="json")["gaps"] if line["source"] == gap.source]
    check_report(gap, f"{line['owner']}.{gap.method} ({line['place']}) {line['detail']}")


def test_every_base_class_of_the_tables_is_met_here():
    roles = {"Callback", "Monitor", "LightningModule", "LightningDataModule", "BeforeClipping"}
    assert set(L.LIGHTNING.bases) == roles
    assert NATIVE.bases == {"TrainerCallback": TrainerCallback}
