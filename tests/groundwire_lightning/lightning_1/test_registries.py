"""The registries by which the command line of Lightning 1.5 to 1.7 found classes."""

from __future__ import annotations

from types import ModuleType

import groundwire_lightning as pl
from groundwire_lightning.utilities.cli import CALLBACK_REGISTRY, MODEL_REGISTRY


def test_a_decorated_class_is_given_back_and_known() -> None:
    cls = type("Known", (pl.LightningModule,), {})
    assert MODEL_REGISTRY(cls) is cls
    assert MODEL_REGISTRY(key="Other", override=True)(cls) is cls
    assert MODEL_REGISTRY["Other"] is MODEL_REGISTRY["Known"] is cls
    assert {"Known", "Other"} <= {*MODEL_REGISTRY.names}
    assert cls in MODEL_REGISTRY.classes


def test_a_name_stays_with_its_first_class_unless_asked() -> None:
    first, second = (type("Twice", (pl.Callback,), {}) for _ in range(2))
    CALLBACK_REGISTRY(first)
    CALLBACK_REGISTRY(second)
    assert CALLBACK_REGISTRY["Twice"] is first
    CALLBACK_REGISTRY(second, override=True)
    assert CALLBACK_REGISTRY["Twice"] is second


def test_the_classes_of_a_module_are_known() -> None:
    module = ModuleType("mine")
    module.Mine, module.number = type("Mine", (pl.Callback,), {}), 3  # type: ignore[attr-defined]
    CALLBACK_REGISTRY.register_classes(module, pl.Callback)
    assert CALLBACK_REGISTRY["Mine"] is module.Mine
