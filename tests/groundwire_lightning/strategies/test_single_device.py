import torch
from tests.groundwire_lightning.small import lit, loader, quiet

from groundwire_lightning.strategies import SingleDeviceStrategy


def test_a_trainer_on_one_device_has_it_as_its_strategy():
    trainer = quiet(strategy=SingleDeviceStrategy("cpu", accelerator=None))
    trainer.fit(lit(), loader())
    assert type(trainer.strategy) is SingleDeviceStrategy
    assert trainer.strategy.root_device == torch.device("cpu")
    assert trainer.strategy.strategy_name == "single_device"


def test_what_was_given_is_kept_without_what_was_left_out():
    assert SingleDeviceStrategy("cpu", accelerator=None, precision_plugin=3).given == {"precision_plugin": 3}
