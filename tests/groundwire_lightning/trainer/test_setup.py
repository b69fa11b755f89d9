import logging
from types import SimpleNamespace

import pytest

from groundwire_lightning.accelerators import CPUAccelerator, CUDAAccelerator
from groundwire_lightning.errors import PossibleUserWarning
from groundwire_lightning.trainer.setup import _log_device_info


def said_of(accelerator, caplog):
    log = logging.getLogger("groundwire_lightning.trainer.setup")
    log.addHandler(caplog.handler)
    with caplog.at_level(logging.INFO, logger=log.name):
        _log_device_info(SimpleNamespace(accelerator=accelerator))
    log.removeHandler(caplog.handler)
    return {record.getMessage() for record in caplog.records}


def test_without_a_card_the_cpu_is_used(caplog, monkeypatch):
    monkeypatch.setattr(CUDAAccelerator, "is_available", lambda: False)
    assert said_of(CPUAccelerator(), caplog) == {"GPU: none, so the CPU is used"}


def test_a_card_in_use_is_counted(caplog, monkeypatch):
    monkeypatch.setattr(CUDAAccelerator, "is_available", lambda: True)
    monkeypatch.setattr(CUDAAccelerator, "auto_device_count", lambda: 4)
    assert said_of(CUDAAccelerator(), caplog) == {"GPU: 4 of cuda, used"}


def test_a_card_that_is_not_used_is_warned_of(caplog, monkeypatch):
    monkeypatch.setattr(CUDAAccelerator, "is_available", lambda: True)
    monkeypatch.setattr(CUDAAccelerator, "auto_device_count", lambda: 1)
    with pytest.warns(PossibleUserWarning, match=r"there is a GPU \(cuda\).*accelerator='gpu'"):
        assert said_of(CPUAccelerator(), caplog) == {"GPU: 1 of cuda, not used"}
