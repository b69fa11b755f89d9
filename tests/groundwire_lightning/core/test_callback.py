import inspect

import pytest
from tests.groundwire_lightning.small import BATCHES, lit, loader, quiet, telling

import groundwire_lightning as L
from groundwire import HookMapError, TrainerCallback
from groundwire_lightning.core.callback import Monitor

HOOKS = [name for name, value in vars(L.Callback).items() if inspect.isfunction(value) and name.startswith("on_")]


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_does_nothing_by_itself(hook):
    method = getattr(L.Callback(), hook)
    assert method(*inspect.signature(method).parameters) is None


def test_a_callback_has_no_state_until_it_says_so():
    callback = L.Callback()
    assert callback.state_dict() == {}
    callback.load_state_dict({})
    assert vars(callback) == {}


def test_the_state_key_is_the_class_and_what_tells_two_instances_apart():
    class Saves(L.Callback):
        @property
        def state_key(self):
            return self._generate_state_key(monitor="loss")

    assert L.Callback().state_key == "Callback"
    name = Saves.__qualname__
    assert Saves().state_key == f"{name}{{'monitor': 'loss'}}"


# who is told first


def told(seen, *hooks, bases=(L.Callback,), name="One"):
    """A callback that writes down its name and the hook."""

    def method(hook):
        def tell(self, *args, **kwargs):
            seen.append((name, hook))

        return tell

    return type(name, bases, {hook: method(hook) for hook in hooks})()


@pytest.mark.parametrize("entry", ["fit", "train"])
def test_native_and_lightning_callbacks_are_told_in_the_order_of_the_list(entry):
    seen = []
    native = {"bases": (TrainerCallback,)}
    listed = [
        told(seen, "on_train_epoch_end", name="first"),
        told(seen, "on_train_epoch_end", name="second", **native),
        told(seen, "on_train_epoch_end", name="third"),
        told(seen, "on_train_epoch_end", name="fourth", **native),
    ]
    module = lit(on_train_epoch_end=lambda self: seen.append(("module", "on_train_epoch_end")))
    run(entry, module, listed)
    assert [who for who, _ in seen] == ["first", "second", "third", "fourth", "module"]


def run(entry, module, callbacks):
    if entry == "fit":
        quiet(callbacks=callbacks).fit(module, loader(), loader())
    else:
        L.adapt(module, callbacks=callbacks).train(loader(), 1, eval_dataset=loader())


@pytest.mark.parametrize("entry", ["fit", "train"])
def test_a_monitor_is_told_behind_the_module_at_the_end_of_a_training_epoch_alone(entry):
    seen = []
    hooks = ["on_train_epoch_end", "on_validation_end", "on_train_start"]
    listed = [told(seen, *hooks, bases=(Monitor,), name="monitor"), told(seen, *hooks, name="callback")]
    module = lit(**{name: lambda self, name=name: seen.append(("module", name)) for name in hooks})
    run(entry, module, listed)
    assert [who for who, hook in seen if hook == "on_train_epoch_end"] == ["callback", "module", "monitor"]
    for hook in hooks[1:]:
        assert [who for who, told_of in seen if told_of == hook] == ["monitor", "callback", "module"]


@pytest.mark.parametrize("entry", ["fit", "train"])
def test_a_callback_of_both_kinds_hears_both(entry):
    seen = []
    hooks = ["on_train_step_start", "on_train_batch_start", "on_train_update_end", "on_fit_start"]
    both = told(seen, *hooks, bases=(TrainerCallback, L.Callback), name="both")
    run(entry, lit(), [both])
    batch = ["on_train_batch_start", "on_train_step_start", "on_train_update_end"]
    assert [hook for _, hook in seen] == ["on_fit_start", *batch * BATCHES]


def test_a_hook_of_both_kinds_is_heard_once_in_each():
    shapes = []

    class Both(TrainerCallback, L.Callback):
        def on_train_epoch_end(self, trainer, *module, **kwargs):
            shapes.append(len(module))

    run("fit", lit(), [Both()])
    assert shapes == [0, 1]


def test_what_one_kind_inherits_is_no_override_of_the_other():
    both = type("Both", (TrainerCallback, L.Callback), {})()
    trainer = L.adapt(lit(), callbacks=[both])
    attached = [line["who"] for hook in trainer.explain(format="json")["hooks"] for line in hook["attached"]]
    assert "Both" not in attached


def test_an_instance_may_bring_a_hook_and_switch_one_off():
    seen = []
    callback = told(seen, "on_train_start", "on_train_end")
    callback.on_train_end = None
    callback.on_fit_start = lambda trainer, pl_module: seen.append(("One", "on_fit_start"))
    run("fit", lit(), [callback])
    assert [hook for _, hook in seen] == ["on_fit_start", "on_train_start"]


def test_a_lightning_callback_is_given_the_trainer_and_the_module():
    given = []

    class One(L.Callback):
        def on_train_start(self, trainer, pl_module):
            given.extend([trainer, pl_module])

    module = lit()
    trainer = quiet(callbacks=One())
    trainer.fit(module, loader())
    assert given == [trainer, module]


def test_a_callback_that_cannot_take_its_arguments_is_refused_with_its_place():
    class One(L.Callback):
        def on_train_batch_end(self, trainer, pl_module, outputs): ...

    module = lit(prepare_data=telling("prepare_data"))
    with pytest.raises(HookMapError) as refused:
        run("fit", module, [One()])
    said = str(refused.value)
    assert f"One.on_train_batch_end ({__file__}:" in said
    assert "passed (trainer, module, trainer.step_outputs, batch, step) and takes (trainer, pl_module, outputs)" in said
    assert module.seen == []


def test_a_callback_that_joins_within_a_run_is_heard_from_the_next_hook():
    seen = []

    class Invites(TrainerCallback):
        def on_training_run_start(self, trainer, **kwargs):
            trainer.callback_handler.add_callback(told(seen, "on_fit_start", "on_train_epoch_start"))

    run("fit", lit(), [Invites()])
    assert seen == [("One", "on_train_epoch_start")]


@pytest.mark.parametrize("entry", ["fit", "train"])
def test_an_error_is_told_to_callbacks_and_surfaces(entry):
    errors = []

    class One(L.Callback):
        def on_train_batch_end(self, trainer, pl_module, *args):
            raise KeyError("broken")

        def on_exception(self, trainer, pl_module, exception):
            errors.append(exception)

    with pytest.raises(KeyError, match="broken") as raised:
        run(entry, lit(), [One()])
    assert errors == [raised.value]
