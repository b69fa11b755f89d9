import pytest

from groundwire import listeners
from groundwire_lightning import utilities
from groundwire_lightning.utilities.lazily import lazy_attribute, modules_of

HERE = utilities.__name__


def test_a_name_of_the_table_is_taken_from_its_module():
    assert lazy_attribute(HERE, {"grad_norm": "grads"}, "grad_norm").__module__ == f"{HERE}.grads"


def test_a_module_of_the_package_is_imported():
    assert modules_of(HERE)("grads").__name__ == f"{HERE}.grads"


@pytest.mark.parametrize("name", ["nothing", "_private"])
def test_there_is_nothing_else(name):
    with pytest.raises(AttributeError, match=rf"'{HERE}' has no attribute '{name}'"):
        lazy_attribute(HERE, {}, name)


def test_a_name_that_code_uses_is_told_of_and_one_that_it_asks_for_is_not(monkeypatch):
    told = []
    monkeypatch.setattr(listeners, "LACKING", [lambda kind, name, text: told.append((kind, name))])
    assert not hasattr(utilities, "nothing")
    assert getattr(utilities, "nothing", None) is None
    with pytest.raises(AttributeError):
        utilities.__nothing__  # noqa: B018
    assert told == []
    with pytest.raises(AttributeError):
        utilities.nothing  # noqa: B018
    with pytest.raises(ImportError):
        from groundwire_lightning.utilities import neither  # noqa: F401
    assert told == [("name", "nothing"), ("module", "neither"), ("name", "neither")]
