import pytest
import torch

from groundwire_lightning import MisconfigurationException, accelerators
from groundwire_lightning.accelerators import AcceleratorRegistry, CPUAccelerator, MPSAccelerator


def test_kinds_are_registered_under_the_words_of_the_trainer():
    assert AcceleratorRegistry.available_accelerators() == ["cpu", "cuda", "mps", "tpu"]
    assert all(kind.name() == word for word, kind in AcceleratorRegistry.items())


def test_a_processor_is_one_device_and_reports_its_load():
    assert CPUAccelerator.is_available()
    assert CPUAccelerator.auto_device_count() == 1
    for stats in (CPUAccelerator().get_device_stats("cpu"), accelerators.get_cpu_stats()):
        assert set(stats) == {"cpu_percent", "cpu_vm_percent", "cpu_swap_percent"}
        assert all(0 <= share <= 100 for share in stats.values())


def test_two_of_a_kind_are_equal():
    assert CPUAccelerator() == CPUAccelerator() != MPSAccelerator()
    assert len({CPUAccelerator(), CPUAccelerator(), MPSAccelerator()}) == 2


def test_cards_on_which_nothing_can_be_made_are_passed_over(monkeypatch):
    def zeros(*size, device):
        if device == "cuda:1":
            raise RuntimeError("busy")

    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    monkeypatch.setattr(torch, "zeros", zeros)
    assert accelerators.find_usable_cuda_devices() == [0, 2]
    assert accelerators.find_usable_cuda_devices(1) == [0]
    with pytest.raises(MisconfigurationException, match=r"find_usable_cuda_devices\(3\): 2 can be used"):
        accelerators.find_usable_cuda_devices(3)
