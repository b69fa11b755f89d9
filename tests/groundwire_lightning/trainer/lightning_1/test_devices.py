"""Devices and processes as Lightning 1 asked for them."""

import pytest
import torch

import groundwire_lightning as L
from groundwire_lightning import MisconfigurationException, NotSupportedYetError
from groundwire_lightning.strategies import DDPStrategy
from groundwire_lightning.trainer.lightning_1 import devices
from groundwire_lightning.trainer.lightning_1.taking import translated


def today(**given):
    return translated("Trainer", given)[0]


CPU = {"accelerator": "cpu"}
GPU = {"accelerator": "gpu"}
ROWS = [
    ({"gpus": None}, CPU),
    ({"gpus": 0}, CPU),
    ({"gpus": "0"}, CPU),
    ({"gpus": []}, CPU),
    ({"gpus": 1}, {**GPU, "devices": 1}),
    ({"gpus": "1"}, {**GPU, "devices": 1}),
    ({"gpus": -1}, {**GPU, "devices": -1}),
    ({"gpus": "-1"}, {**GPU, "devices": -1}),
    ({"gpus": "0,"}, {**GPU, "devices": "0,"}),
    ({"gpus": [1]}, {**GPU, "devices": [1]}),
    ({"gpus": "auto"}, {**GPU, "devices": "auto"}),
    ({"gpus": 1, "accelerator": "cuda"}, {"accelerator": "cuda", "devices": 1}),
    ({"gpus": None, "accelerator": "gpu"}, GPU),
    ({"gpus": 2, "num_processes": 2}, {**GPU, "devices": 2}),
    ({"num_processes": 3}, {**CPU, "devices": 3}),
    ({"accelerator": None}, CPU),
    ({"accelerator": None, "gpus": 1}, {**GPU, "devices": 1}),
    ({"accelerator": "ddp"}, {**CPU, "strategy": "ddp"}),
    ({"accelerator": "ddp", "gpus": 2}, {**GPU, "devices": 2, "strategy": "ddp"}),
    ({"accelerator": "ddp_cpu", "num_processes": 2}, {**CPU, "devices": 2, "strategy": "ddp"}),
    ({"accelerator": "ddp_spawn", "gpus": 2}, {**GPU, "devices": 2, "strategy": "ddp_spawn"}),
    ({"distributed_backend": "ddp", "gpus": 2}, {**GPU, "devices": 2, "strategy": "ddp"}),
    ({"distributed_backend": "dp", "gpus": 1}, {**GPU, "devices": 1, "strategy": "auto"}),
    ({"strategy": None, "devices": None}, {"devices": "auto"}),
    ({"strategy": "dp", "accelerator": "gpu", "devices": 1}, {**GPU, "devices": 1, "strategy": "auto"}),
    ({"plugins": "ddp"}, {"plugins": None, "strategy": "ddp"}),
    ({"gpus": 1, "auto_select_gpus": False}, {**GPU, "devices": 1}),
]


@pytest.mark.parametrize(("given", "expected"), ROWS, ids=[str(given) for given, _ in ROWS])
def test_devices_are_those_that_were_asked_for(given, expected):
    assert today(**given) == expected


def test_a_strategy_among_the_plugins_has_an_argument_of_its_own():
    ddp, io = DDPStrategy(), L.plugins.TorchCheckpointIO()
    assert today(plugins=[ddp, io]) == {"plugins": [io], "strategy": ddp}


@pytest.mark.parametrize("way", [*devices.REFUSED_WAYS, "ddp_sharded_spawn", "hpu_parallel"])
@pytest.mark.parametrize("name", ["accelerator", "strategy", "distributed_backend"])
def test_a_way_that_nothing_offers_is_refused_by_name(name, way):
    with pytest.raises(NotSupportedYetError, match=rf"Trainer\({name}='{way}'\): "):
        today(**{name: way})
    with pytest.raises(NotSupportedYetError, match=rf"Trainer\(plugins='{way}'\): "):
        today(plugins=way)


@pytest.mark.parametrize("cards", [2, [0, 1], "0,1"])
def test_batches_are_not_split_over_several_cards(cards, monkeypatch):
    with pytest.raises(NotSupportedYetError, match=r"'dp' splits each batch .* Instead: one device"):
        today(gpus=cards, accelerator="dp")
    monkeypatch.setenv("GROUNDWIRE_ACCELERATOR", "cpu")
    assert today(gpus=cards, accelerator="dp")["strategy"] == "auto"


@pytest.mark.parametrize("there", [1, 2])
def test_all_cards_are_counted_where_batches_would_be_split(there, monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: there)
    if there == 1:
        assert today(gpus=-1, strategy="dp")["devices"] == -1
    else:
        with pytest.raises(NotSupportedYetError, match="the -1 devices"):
            today(gpus=-1, strategy="dp")


def test_free_cards_are_chosen_where_there_are_cards(monkeypatch):
    assert today(gpus=1, auto_select_gpus=True)["devices"] == 1  # none here; what follows says so
    monkeypatch.setattr(devices.KINDS["cuda"], "is_available", lambda: True)
    monkeypatch.setattr(devices, "find_usable_cuda_devices", lambda number: [3][:number])
    assert today(gpus=1, auto_select_gpus=True)["devices"] == [3]


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a card here")
def test_a_card_that_is_absent_is_the_error_of_today(monkeypatch):
    with pytest.raises(MisconfigurationException, match="GROUNDWIRE_ACCELERATOR=cpu"):
        L.Trainer(gpus=1, logger=False)
    monkeypatch.setenv("GROUNDWIRE_ACCELERATOR", "cpu")
    assert L.Trainer(gpus=2, logger=False, accelerator="dp").world_size == 1
