import inspect

import lightning
import pytest
import torch
from tests.groundwire_lightning.small import lit, loader, loss_of, network, quiet, sgd

import groundwire_lightning as L
from groundwire import HookMapError, Row
from groundwire.tables.fuse import Attached
from groundwire.tables.plan import attach
from groundwire_lightning import map_1x
from groundwire_lightning.map import LIGHTNING, ONE_LOADER
from groundwire_lightning.map_1x import JOINED, JOINED_ONE_LOADER

pytestmark = pytest.mark.filterwarnings("ignore")
ANCHORS = [*map_1x.AHEAD, *map_1x.BEHIND]
OLD = [line for line in JOINED.rows if isinstance(line, Row) and line.mark]
BOTH = {line.source for line in LIGHTNING.rows}


# the table


def test_the_rows_of_lightning_2_stand_in_it_as_they_are():
    assert [line for line in JOINED.rows if line in LIGHTNING.rows] == list(LIGHTNING.rows)
    assert [line for line in JOINED_ONE_LOADER.rows if line in ONE_LOADER.rows] == list(ONE_LOADER.rows)


def test_every_other_row_is_marked_and_says_what_to_write_now():
    assert [line for line in JOINED.rows if isinstance(line, Row) and line not in LIGHTNING.rows] == OLD
    assert all(line.use and line.mark == "1.x" for line in OLD)


@pytest.mark.parametrize("anchor", ANCHORS)
def test_rows_stand_beside_one_row_alone(anchor):
    assert sum(line.source == anchor for line in LIGHTNING.rows) == 1


def test_every_row_has_a_place():
    placed = [*map_1x.BEGIN, *map_1x.HOOK_GAPS]
    placed += [line for rows in (*map_1x.AHEAD.values(), *map_1x.BEHIND.values()) for line in rows]
    assert len([line for line in JOINED.rows if line in placed]) == len(placed)
    assert {line for line in map_1x.VARIANTS if line not in JOINED.rows} == set()


@pytest.mark.parametrize(
    "line",
    [line for line in OLD if all(line.source != other.source for other in LIGHTNING.rows)],
    ids=lambda o: o.source,
)
def test_the_base_class_takes_what_a_row_passes(line):
    player = {"Callback": L.Callback, "LightningModule": L.LightningModule}.get(line.role, L.LightningDataModule)()
    if line.method.endswith("_step_end"):  # passed a batch output, of which it is given what the step returned
        assert len(inspect.signature(getattr(player, line.method)).parameters) in (1, 2)
    assert Attached.check(line, player).spelled()


def test_a_module_without_an_old_name_is_wired_by_the_rows_of_lightning_2_alone():
    trainer = quiet(callbacks=[L.callbacks.EarlyStopping("x")])
    trainer.model = lit(on_train_epoch_end=lambda self: None, on_validation_batch_end=lambda self, *args: None)
    wired, _ = attach(trainer, trainer._parts(), "assembly")
    rows = [one.row for each in wired.values() for one in (*each.before, *filter(None, [each.instead]), *each.after)]
    assert rows
    assert not any(row.mark for row in rows)


# which row a signature chooses


def given(hook, method, entry="fit", loaders=1, role="module"):
    """What a hook is passed, behind trainer and module."""
    calls = []
    hook_method = _listening(method, calls)
    methods = {hook: hook_method} if role == "module" else {}
    module = lit(test_step=lambda self, *_: 1, predict_step=lambda self, *_: 2, **methods)
    listens = [type("Listens", (L.Callback,), {hook: hook_method})()] if role == "callback" else []
    trainer = quiet(callbacks=listens)
    if entry == "fit":
        trainer.fit(module, loader(), loader())
    else:
        getattr(trainer, entry)(module, [loader() for _ in range(loaders)])
    return calls


def _listening(signature, calls):
    space = {"calls": calls}
    names = ", ".join(part.partition("=")[0].strip().lstrip("*") for part in signature.split(",")[1:])
    exec(f"def hook({signature}):\n    calls.append(({names},))", space)  # noqa: S102
    return space["hook"]


@pytest.mark.parametrize(
    ("hook", "signature", "last"),
    [
        ("on_train_batch_start", "self, batch, batch_idx", [0, 1, 2]),
        ("on_train_batch_start", "self, batch, batch_idx, dataloader_idx", [0, 0, 0]),
        ("on_train_batch_start", "self, batch, batch_idx, unused=7", [7, 7, 7]),
        ("on_train_batch_end", "self, outputs, batch, batch_idx, dataloader_idx", [0, 0, 0]),
        ("on_train_batch_end", "self, outputs, batch, batch_idx", [0, 1, 2]),
        ("on_train_batch_end", "self, *args", None),
        ("on_validation_batch_start", "self, batch, batch_idx, dataloader_idx", [0, 0, 0]),
        ("on_validation_batch_end", "self, outputs, batch, batch_idx, dataloader_idx=5", [5, 5, 5]),
        ("on_validation_batch_end", "self, outputs, batch, batch_idx, dataloader_idx", [0, 0, 0]),
    ],
)
@pytest.mark.parametrize("role", ["module", "callback"])
def test_a_hook_around_a_batch_is_given_what_it_takes(hook, signature, last, role):
    if role == "callback":
        signature = signature.replace("self, ", "self, trainer, pl_module, ")
    calls = given(hook, signature, role=role)
    assert len(calls) == 3
    assert [len(call[-1]) if last is None else call[-1] for call in calls] == ([3, 3, 3] if last is None else last)


@pytest.mark.parametrize(("loaders", "last"), [(1, [0, 0, 0]), (2, [0, 0, 0, 1, 1, 1])])
@pytest.mark.parametrize("entry", ["test", "predict"])
def test_the_index_of_the_loader_is_told_by_position(entry, loaders, last):
    calls = given(f"on_{entry}_batch_end", "self, outputs, batch, batch_idx, which", entry, loaders)
    assert [call[-1] for call in calls] == last


@pytest.mark.parametrize("name", ["results", "outputs", "anything"])
def test_the_end_of_a_prediction_may_take_all_of_it(name):
    assert given("on_predict_epoch_end", f"self, {name}", "predict") == [([[2, 2, 2]],)]
    assert given("on_predict_epoch_end", f"self, {name}", "predict", 2) == [([[2, 2, 2], [2, 2, 2]],)]


@pytest.mark.parametrize("name", ["stage", "step", "of_the_run"])
def test_setup_and_teardown_may_call_the_stage_what_they_like(name):
    for hook in ("setup", "teardown"):
        assert given(hook, f"self, {name}") == [("fit",)]
        assert given(hook, f"self, {name}=None", "test") == [("test",)]
        assert [call[-1] for call in given(hook, f"self, trainer, pl_module, {name}", role="callback")] == ["fit"]


def test_a_method_that_takes_neither_is_refused_with_what_it_would_be_passed():
    with pytest.raises(
        HookMapError, match=r"Lit\.on_train_batch_end .* is passed \(trainer.step_outputs, batch, step\)"
    ):
        given("on_train_batch_end", "self, outputs")


# where old hooks are called

RUN_OF_1_7 = [
    "on_before_accelerator_backend_setup",
    "configure_sharded_model",
    "on_configure_sharded_model",
    "on_pretrain_routine_start",
    "on_pretrain_routine_start",
    "on_pretrain_routine_end",
    "on_pretrain_routine_end",
    "on_train_dataloader",
    "on_val_dataloader",
    "on_epoch_start",
    "on_epoch_start",
    "on_train_epoch_start",
    "on_batch_start",
    "on_batch_start",
    "on_train_batch_start",
    "training_step_end",
    "on_train_batch_end",
    "on_batch_end",
    "on_batch_end",
    "on_validation_start",
    "on_epoch_start",
    "on_epoch_start",
    "on_validation_epoch_start",
    "validation_step_end",
    "validation_epoch_end",
    "on_validation_epoch_end",
    "on_epoch_end",
    "on_epoch_end",
    "on_validation_end",
    "training_epoch_end",
    "on_train_epoch_end",
    "on_epoch_end",
    "on_epoch_end",
]
"""A fit of one batch: where one name stands twice, that is the callback and then the module."""


def test_the_hooks_that_1_8_removed_are_called_where_1_7_called_them():
    order = []

    def telling(name):
        return lambda self, *args: order.append(name)

    both = {"on_epoch_start", "on_epoch_end", "on_batch_start", "on_batch_end"}
    both |= {"on_pretrain_routine_start", "on_pretrain_routine_end"}
    of_callback = {"on_before_accelerator_backend_setup", "on_configure_sharded_model"}
    callback = type("Listens", (L.Callback,), {name: telling(name) for name in both | of_callback})()
    module = lit(**{name: telling(name) for name in RUN_OF_1_7 if name not in of_callback})
    quiet(callbacks=[callback], limit_train_batches=1, limit_val_batches=1).fit(module, loader(), loader())
    assert order == RUN_OF_1_7


def test_a_trainer_that_is_made_tells_its_callbacks_twice():
    told = []

    class Listens(L.Callback):
        def on_init_start(self, trainer):
            told.append(("start", trainer.callbacks[0]))

        def on_init_end(self, trainer):
            told.append(("end", trainer))

    listens = Listens()
    trainer = quiet(callbacks=[listens])
    assert told == [("start", listens), ("end", trainer)]


def test_epochs_of_a_test_begin_and_end_too():
    order = []
    hooks = ("on_test_start", "on_epoch_start", "on_test_epoch_start", "test_epoch_end", "on_epoch_end", "on_test_end")
    module = lit(test_step=lambda self, *_: 1, **{name: (lambda self, *_, n=name: order.append(n)) for name in hooks})
    quiet().test(module, loader(), verbose=False)
    assert order == list(hooks)


# the state of callbacks


def keeping(on_save, on_load, **more):
    return type("Keeps", (L.Callback,), {"on_save_checkpoint": on_save, "on_load_checkpoint": on_load, **more})()


LOADING = {
    "1.3": lambda self, trainer, pl_module, callback_state: setattr(self, "state", callback_state),
    "1.0": lambda self, checkpointed_state: setattr(self, "state", checkpointed_state),
    "1.0 by any name": lambda self, mine: setattr(self, "state", mine),
}
SAVING = {
    "1.3": lambda self, trainer, pl_module, checkpoint: {"seen": 3},
    "1.0": lambda self, trainer, pl_module: {"seen": 3},
}


@pytest.mark.parametrize("loads", LOADING)
@pytest.mark.parametrize("saves", SAVING)
def test_the_state_of_a_callback_goes_by_what_its_hooks_return_and_take(saves, loads, tmp_path):
    trainer = quiet(callbacks=[keeping(SAVING[saves], LOADING[loads])])
    trainer.fit(lit(), loader())
    trainer.save_checkpoint(tmp_path / "a.ckpt")
    assert torch.load(tmp_path / "a.ckpt")["callbacks"] == {"Keeps": {"seen": 3}}
    other = keeping(SAVING[saves], LOADING[loads])
    quiet(max_epochs=2, callbacks=[other]).fit(lit(), loader(), ckpt_path=tmp_path / "a.ckpt")
    assert other.state == {"seen": 3}


def test_a_callback_without_a_state_in_the_file_is_asked_nothing(tmp_path):
    trainer = quiet()
    trainer.fit(lit(), loader())
    trainer.save_checkpoint(tmp_path / "a.ckpt")
    other = keeping(SAVING["1.3"], LOADING["1.3"])
    quiet(max_epochs=2, callbacks=[other]).fit(lit(), loader(), ckpt_path=tmp_path / "a.ckpt")
    assert not hasattr(other, "state")


@pytest.mark.parametrize(
    ("returned", "more"),
    [({"seen": 3}, {"state_dict": lambda self: {"new": 1}}), (None, {}), ("checkpoint", {})],
    ids=["it has a state_dict", "nothing", "the checkpoint itself"],
)
def test_what_a_callback_of_today_returns_is_no_state(returned, more, tmp_path):
    def on_save(self, trainer, pl_module, checkpoint):
        return checkpoint if returned == "checkpoint" else returned

    trainer = quiet(callbacks=[keeping(on_save, LOADING["1.3"], **more)])
    trainer.fit(lit(), loader())
    trainer.save_checkpoint(tmp_path / "a.ckpt")
    assert torch.load(tmp_path / "a.ckpt")["callbacks"] == ({"Keeps": {"new": 1}} if more else {})


def test_a_data_module_keeps_what_it_puts_into_a_checkpoint(tmp_path):
    class Data(L.LightningDataModule):
        def train_dataloader(self):
            return loader()

        def on_save_checkpoint(self, checkpoint):
            checkpoint["of data"] = 4

        def on_load_checkpoint(self, checkpoint):
            self.taken = checkpoint["of data"]

    trainer = quiet()
    trainer.fit(lit(), datamodule=Data())
    trainer.save_checkpoint(tmp_path / "a.ckpt")
    data = Data()
    quiet(max_epochs=2).fit(lit(), datamodule=data, ckpt_path=tmp_path / "a.ckpt")
    assert data.taken == 4


# who else takes part


class Guest(lightning.LightningModule):
    """A module of the real Lightning with hooks of Lightning 1."""

    def __init__(self):
        super().__init__()
        self.net, self.told = network(), []

    def training_step(self, batch, batch_idx):
        return loss_of(self, batch)

    def validation_step(self, batch, batch_idx):
        return batch_idx

    def configure_optimizers(self):
        return sgd(self)

    def training_epoch_end(self, outputs):
        self.told.append(sorted(outputs[0]))

    def validation_epoch_end(self, outputs):
        self.told.append(outputs)
        self.log("seen", float(len(outputs)))

    def on_epoch_end(self):
        self.told.append("end")


def test_a_guest_may_have_old_hooks_too():
    class Listens(lightning.Callback):
        def on_train_epoch_end(self, trainer, pl_module, outputs):
            pl_module.told.append(len(outputs))

    module = Guest()
    trainer = quiet(callbacks=[Listens()])
    trainer.fit(module, loader(), loader())
    assert module.told == [[0, 1, 2], "end", ["loss"], 3, "end"]
    assert trainer.callback_metrics["seen"] == 3


def test_hooks_may_be_set_on_the_object_and_while_a_run_is_under_way():
    told = []
    module = lit()
    module.validation_epoch_end = lambda outputs: told.append(("first", len(outputs)))

    def on_train_start(self):
        self.validation_epoch_end = lambda outputs: told.append(("second", len(outputs)))
        self.training_epoch_end = lambda outputs: told.append(("training", len(outputs)))

    module.on_train_start = on_train_start.__get__(module)
    quiet(num_sanity_val_steps=1).fit(module, loader(), loader())
    assert told == [("first", 1), ("second", 3), ("training", 3)]


def test_epoch_ends_are_called_in_native_order_too():
    module = lit(
        training_epoch_end=lambda self, outputs: self.seen.append(("trained", len(outputs))),
        validation_step_end=lambda self, output: 2 * output,
        validation_epoch_end=lambda self, outputs: self.seen.append(("validated", len(outputs))),
        on_epoch_end=lambda self: self.seen.append("end"),
    )
    trainer = L.adapt(module)
    trainer.train(loader(), 1, eval_dataset=loader())
    assert module.seen == [("trained", 3), "end", ("validated", 3), "end"]
    trainer.evaluate(loader())
    assert module.seen[4:] == [("validated", 3), "end"]


def test_explain_marks_the_rows_of_lightning_1():
    text = quiet().explain(model=lit(validation_epoch_end=lambda self, outputs: None))
    assert "Lit.validation_epoch_end (" in text
    (line,) = [line for line in text.splitlines() if "Lit.validation_epoch_end" in line]
    assert line.endswith("[1.x]")
