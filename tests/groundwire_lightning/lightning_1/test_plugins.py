"""Plugins of Lightning 1."""

from __future__ import annotations

import pytest

import groundwire_lightning as pl
from groundwire_lightning import MisconfigurationException
from groundwire_lightning.plugins import DDPPlugin, MixedPrecisionPlugin, NativeMixedPrecisionPlugin
from groundwire_lightning.strategies import DDPStrategy


def test_mixed_precision_is_spelled_as_it_was() -> None:
    plugin = NativeMixedPrecisionPlugin("bf16", "cpu")
    assert pl.Trainer(plugins=[plugin], accelerator="cpu", logger=False).precision == "bf16-mixed"
    with pytest.raises(MisconfigurationException, match="precision=64"):
        MixedPrecisionPlugin(64)


def test_a_strategy_was_a_plugin() -> None:
    with pytest.warns(UserWarning, match=r"plugins=DDPStrategy\(\)\) is of Lightning 1; today: strategy=DDPStrategy"):
        trainer = pl.Trainer(plugins=DDPPlugin(find_unused_parameters=False), accelerator="cpu", devices=1)
    assert isinstance(trainer.strategy, DDPStrategy)


def test_two_strategies_are_both_named() -> None:
    with pytest.raises(MisconfigurationException, match=r"plugins=DDPStrategy\(\), strategy='ddp'"):
        pl.Trainer(plugins=DDPPlugin(), strategy="ddp", accelerator="cpu", devices=1)
