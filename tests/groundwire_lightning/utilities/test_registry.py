from types import ModuleType

from groundwire_lightning.utilities.registry import _register_classes


class Parent:
    @classmethod
    def enter(cls, registry): ...


class Enters(Parent):
    @classmethod
    def enter(cls, registry):
        registry.append(cls)


class Inherits(Parent): ...


def test_those_enter_themselves_that_say_how():
    module = ModuleType("module")
    module.Enters, module.Inherits, module.number, module.int = Enters, Inherits, 3, int
    registry = []
    _register_classes(registry, "enter", module, Parent)
    assert registry == [Enters]
