import pytest

from groundwire.callbacks import CallbackHandler, TrainerCallback


class Recorder(TrainerCallback):
    def __init__(self):
        self.heard = []

    def on_train_epoch_start(self, trainer, **kwargs):
        self.heard.append((trainer, kwargs))

    def on_coffee(self, *args, **kwargs):
        self.heard.append((args, kwargs))


class Duck:
    heard = ()

    def on_coffee(self, trainer):
        self.heard += (trainer,)


class Broken(TrainerCallback):
    def on_train_epoch_start(self, trainer, **kwargs):
        _ = self.nothing_here


def test_classes_are_made_and_instances_are_kept_in_order():
    duck = Duck()
    handler = CallbackHandler([Recorder, duck])
    assert handler.callback_list == ["Recorder", "Duck"]
    assert handler.callbacks[1] is duck
    assert list(handler) == handler.callbacks


def test_an_event_is_told_to_those_who_have_it():
    handler = CallbackHandler([TrainerCallback, Recorder, Duck])
    handler.call_event("on_train_epoch_start", "trainer", step=1)
    handler.call_event("on_coffee", "trainer")
    _, recorder, duck = handler.callbacks
    assert recorder.heard == [("trainer", {"step": 1}), (("trainer",), {})]
    assert duck.heard == ("trainer",)


def test_an_error_within_a_callback_surfaces():
    handler = CallbackHandler([Broken])
    with pytest.raises(AttributeError, match="nothing_here"):
        handler.call_event("on_train_epoch_start", None)


def test_an_attribute_that_cannot_be_called_is_no_method():
    recorder = Recorder()
    recorder.on_coffee = None
    CallbackHandler([recorder]).call_event("on_coffee", 1)
    assert recorder.heard == []


def test_foreign_callbacks_are_left_to_their_table():
    handler = CallbackHandler([Recorder, Duck])
    handler.foreign = (Duck,)
    handler.call_event("on_coffee", "trainer")
    assert [len(callback.heard) for callback in handler] == [1, 0]


def test_two_of_one_class_are_welcome_and_one_instance_twice_is_not():
    recorder = Recorder()
    handler = CallbackHandler([recorder, Recorder])
    with pytest.raises(ValueError, match="this Recorder is in the list already"):
        handler.add_callback(recorder)
    assert handler.callback_list == ["Recorder", "Recorder"]


def test_objects_that_are_equal_are_not_the_same():
    class Equal(Recorder):
        def __eq__(self, other):
            return True

        __hash__ = None

    assert len(CallbackHandler([Equal(), Equal()]).callbacks) == 2


@pytest.mark.parametrize("strange", [3, "Recorder", None, object, print])
def test_what_is_no_callback_is_refused_and_nothing_is_added(strange):
    handler = CallbackHandler([Recorder])
    with pytest.raises(TypeError, match="is not a callback, it has no on_… method"):
        handler.add_callbacks([Duck, strange])
    assert handler.callback_list == ["Recorder"]


@pytest.mark.parametrize("given", ["Recorder", Recorder(), None])
def test_callbacks_come_as_a_list(given):
    with pytest.raises(TypeError, match="a list of callback classes or instances is due"):
        CallbackHandler(given)


def test_a_class_with_a_table_of_its_own_needs_no_on_method():
    class Tabled:
        hookmap = "a table"

    assert CallbackHandler([Tabled]).callback_list == ["Tabled"]


def test_each_change_is_told_once_after_construction():
    changes = []
    handler = CallbackHandler([Recorder], on_change=lambda: changes.append(handler.callback_list))
    assert changes == []
    handler.add_callbacks([Duck, Duck])
    handler.add_callback(Recorder)
    handler.clear_callbacks()
    assert changes == [["Recorder", "Duck", "Duck"], ["Recorder", "Duck", "Duck", "Recorder"], []]


def test_a_change_that_is_refused_is_undone():
    def refuse():
        raise RuntimeError("cannot be wired")

    handler = CallbackHandler([Recorder], on_change=refuse)
    with pytest.raises(RuntimeError):
        handler.add_callback(Duck)
    assert handler.callback_list == ["Recorder"]


def test_a_callback_may_join_while_an_event_is_told():
    class Inviting(TrainerCallback):
        def on_coffee(self, handler):
            handler.add_callback(Duck)

    handler = CallbackHandler([Inviting])
    handler.call_event("on_coffee", handler)
    assert handler.callback_list == ["Inviting", "Duck"]
