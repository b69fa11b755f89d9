"""Names of Lightning 1 on an object."""

import pytest
import torch

from groundwire_lightning.core.old import Old, old_method, old_names


class Thing:
    length = Old("size", lambda thing: thing.size)

    def __init__(self):
        self.size = 3

    @old_method("grow()")
    def lengthen(self, by, *, twice=False):
        """Make it longer."""
        return self.size + by * (1 + twice)

    @classmethod
    @old_method("Thing()")
    def make(cls):
        return cls()


def test_a_name_answers_and_says_so_once_of_each_object():
    for _ in range(2):
        thing = Thing()
        with pytest.warns(UserWarning, match="Thing.length is of Lightning 1; today: size") as warned:
            assert (thing.length, thing.length) == (3, 3)
        assert len(warned) == 1


def test_what_is_set_takes_its_place(recwarn):
    thing = Thing()
    thing.length = 5
    assert thing.length == 5
    assert not recwarn


def test_a_method_answers_and_says_so_once():
    thing = Thing()
    with pytest.warns(UserWarning, match=r"Thing.lengthen is of Lightning 1; today: grow\(\)") as warned:
        assert (thing.lengthen(2), thing.lengthen(2, twice=True)) == (5, 7)
    assert len(warned) == 1
    assert Thing.lengthen.__doc__ == "Make it longer."


def test_a_method_of_a_class_says_so_once_of_the_class():
    class Other(Thing):
        pass

    with pytest.warns(UserWarning, match=r"Other.make is of Lightning 1") as warned:
        assert [type(Other.make()), type(Other.make())] == [Other, Other]
    assert len(warned) == 1


@pytest.mark.parametrize(
    "value", [torch.nn.Identity(), torch.nn.Parameter(torch.ones(1))], ids=["a module", "a parameter"]
)
def test_what_torch_keeps_beside_the_attributes_takes_its_place_too(value, recwarn):
    class Net(torch.nn.Module):
        length = Old("size", lambda net: 3)

    net = Net()
    net.length = value
    assert net.length is value
    other = Net()
    other.register_buffer("length", value.data if isinstance(value, torch.nn.Parameter) else None)
    assert other.length is None or torch.equal(other.length, value)
    assert not recwarn


def test_the_names_of_a_class_are_listed():
    assert old_names(Thing) == {"length": "size", "lengthen": "grow()", "make": "Thing()"}
    assert isinstance(Thing.length, Old)
    assert old_names(type("Other", (Thing,), {})) == {}
