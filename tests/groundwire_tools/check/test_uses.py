"""What a scan says of a class, before anybody knows whose it is."""

import ast

from groundwire_tools.check.signatures import method_of
from groundwire_tools.check.uses import UNKNOWN, ClassRecord, Keyword


def test_a_class_has_its_methods_and_its_values() -> None:
    (node,) = ast.parse("def f(self): ...").body
    assert isinstance(node, ast.FunctionDef)
    record = ClassRecord(("train", "Lit"), (), {"f": method_of(node)}, {"trainer": ("lightning", "Trainer")})
    assert record.has("f")
    assert record.has("trainer")


def test_a_value_that_names_nothing_is_an_attribute_all_the_same() -> None:
    assert ClassRecord(("train", "Lit"), (), values={"x": ()}).has("x")


def test_what_a_base_brings_is_not_its_own() -> None:
    assert not ClassRecord(("train", "Lit"), (("lightning", "LightningModule"),)).has("log")


def test_an_argument_is_unknown_until_it_is_read() -> None:
    assert Keyword("devices", 1, 1).value is UNKNOWN
