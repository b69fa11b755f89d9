from types import SimpleNamespace

import pytest
import torch
from torch import nn

from groundwire.callbacks import MoveModulesToDeviceCallback


@pytest.mark.parametrize("event", ["on_training_run_start", "on_evaluation_run_start", "on_prediction_run_start"])
def test_modules_of_the_trainer_are_moved_but_not_its_model(event):
    loss, model = nn.BCELoss(weight=torch.ones(1)), nn.Linear(1, 1)
    trainer = SimpleNamespace(model=model, same=model, loss_func=loss, epochs=3, device=torch.device("meta"))
    getattr(MoveModulesToDeviceCallback(), event)(trainer)
    assert loss.weight.is_meta
    assert not model.weight.is_meta


def test_properties_of_the_trainer_are_not_evaluated():
    class Lazy(SimpleNamespace):
        @property
        def expensive(self):
            raise AssertionError("read")

    MoveModulesToDeviceCallback().on_training_run_start(Lazy(model=None, device="cpu"))
