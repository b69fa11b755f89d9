"""YAML: the classes of `_target_:` and `class_path:` change, and nothing else does."""

from __future__ import annotations

import pytest
from tests.groundwire_tools.fix.programs import names

from groundwire_tools.fix.configs import fixed_config


@pytest.mark.parametrize(
    ("source", "after"),
    [
        ("_target_: lightning.pytorch.Trainer # c", "_target_: groundwire_lightning.Trainer # c"),
        ("a: {class_path: 'pytorch_lightning.callbacks.Timer', b: 1}",
         "a: {class_path: 'groundwire_lightning.callbacks.Timer', b: 1}"),
        ('é: ö\r\na:\r\n- _target_: "lightning.Trainer"', 'é: ö\r\na:\r\n- _target_: "groundwire_lightning.Trainer"'),
        ("{é: 1, _target_: lightning.Trainer}", "{é: 1, _target_: groundwire_lightning.Trainer}"),
        ("class_path: pytorch_lightning.loggers.base.LightningLoggerBase",
         "class_path: groundwire_lightning.loggers.base.LightningLoggerBase"),
        ("class_path: pytorch_accelerated.trainer.Trainer", "class_path: groundwire.trainer.Trainer"),
        ("class_path: lightning.pytorch.strategies.FSDPStrategy",
         "class_path: groundwire_lightning.strategies.FSDPStrategy"),
        ("a: 1\n---\n_target_: lightning.Trainer\n", "a: 1\n---\n_target_: groundwire_lightning.Trainer\n"),
    ],
)  # fmt: skip
def test_a_class(source: str, after: str) -> None:
    assert fixed_config(source, names()) == after
    assert fixed_config(after, names()) == after


@pytest.mark.parametrize(
    "source",
    [
        "_target_: lightning.pytorch.Trainer # groundwire: ignore",
        "_target_: lightning.pytorch.nowhere.Timer",
        "name: lightning.pytorch.Trainer",
        "_target_: my.lightning.Trainer",
        "_target_: &a lightning.Trainer",
        "trainer: {gpus: 2, max_epochs: 3}",
    ],
)
def test_what_is_no_class_of_ours_stays(source: str) -> None:
    assert fixed_config(source, names()) == source
