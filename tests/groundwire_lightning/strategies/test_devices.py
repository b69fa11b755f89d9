"""What accelerator=, devices=, strategy= and num_nodes= come to, and what is refused in which words."""

import lightning.pytorch
import pytest
import torch
from tests.groundwire_lightning.small import Lit, loader, quiet, readable

import groundwire_lightning as L
from groundwire_lightning import MisconfigurationException, NotSupportedYetError
from groundwire_lightning.strategies import DDPStrategy, SingleDeviceStrategy, Strategy

no_card = pytest.mark.skipif(torch.cuda.is_available(), reason="about machines without a card")
TAKEN = [
    {"accelerator": "auto"},
    {"accelerator": "cpu", "devices": 1},
    {"accelerator": "cpu", "devices": "1"},
    {"accelerator": "CPU", "devices": "auto"},
    {"accelerator": L.accelerators.CPUAccelerator()},
    {"accelerator": "cpu", "strategy": "ddp"},
    {"accelerator": "cpu", "strategy": "ddp_spawn"},
    {"accelerator": "cpu", "strategy": "ddp_find_unused_parameters_true"},
    {"accelerator": "cpu", "strategy": "single_device"},
    {"accelerator": "cpu", "strategy": DDPStrategy(find_unused_parameters=False, gradient_as_bucket_view=True)},
    {"accelerator": "cpu", "strategy": lightning.pytorch.strategies.DDPStrategy(find_unused_parameters=True)},
    {"accelerator": "cpu", "strategy": SingleDeviceStrategy()},
]


@pytest.mark.parametrize("asked", TAKEN, ids=readable)
def test_what_one_process_on_the_cpu_is_asked_for_is_taken(asked):
    trainer = quiet(**asked, logger=False, enable_checkpointing=False)
    trainer.fit(Lit(), loader())
    assert trainer.device.type == "cuda" if asked["accelerator"] == "auto" and torch.cuda.is_available() else "cpu"
    assert (trainer.world_size, trainer.num_devices, trainer.num_nodes) == (1, 1, 1)
    assert isinstance(trainer.strategy, Strategy)


REFUSED = [
    ({"accelerator": "cpux"}, ValueError, r"Did you mean 'cpu'\?"),
    ({"accelerator": "tpu"}, MisconfigurationException, "accelerator='tpu'"),
    ({"strategy": "ddpp"}, ValueError, r"Did you mean 'ddp'\?"),
    ({"strategy": "fsdp"}, NotSupportedYetError, "FullyShardedDataParallelPlugin"),
    ({"strategy": "deepspeed_stage_2"}, NotSupportedYetError, "DeepSpeedPlugin"),
    ({"devices": 0}, MisconfigurationException, "devices=0"),
    ({"devices": "0"}, MisconfigurationException, "devices='0'"),
    ({"devices": []}, MisconfigurationException, r"devices=\[\]"),
    ({"devices": -1}, TypeError, "devices=-1"),
    ({"devices": [0]}, TypeError, r"devices=\[0\]"),
    ({"devices": "two"}, TypeError, "devices='two'"),
    ({"num_nodes": "1"}, ValueError, "num_nodes=.* '1'"),
    ({"num_nodes": 0}, ValueError, "num_nodes=.* 0"),
    ({"num_nodes": 2}, NotSupportedYetError, "--nnodes 2"),
]


@pytest.mark.parametrize(("asked", "error", "said"), REFUSED, ids=readable)
def test_what_cannot_be_had_is_refused_in_the_class_of_error_that_lightning_has(asked, error, said):
    with pytest.raises(error, match=said):
        L.Trainer(**{"accelerator": "cpu", **asked})
    wants_processes = asked.get("num_nodes") == 2  # Lightning would start them
    lacks_a_package = asked.get("strategy") in ("fsdp", "deepspeed_stage_2")
    if not (wants_processes or lacks_a_package or asked.get("accelerator") == "tpu"):
        theirs = lightning.pytorch.utilities.exceptions.MisconfigurationException
        with pytest.raises(theirs if error is MisconfigurationException else error):
            lightning.pytorch.Trainer(**{"accelerator": "cpu", **asked})


@no_card
@pytest.mark.parametrize("asked", ["gpu", "cuda", "mps"])
def test_a_missing_card_is_named_with_the_variable_that_goes_around_it(asked, monkeypatch):
    with pytest.raises(MisconfigurationException, match=rf"accelerator='{asked}'.*GROUNDWIRE_ACCELERATOR=cpu"):
        L.Trainer(accelerator=asked)
    monkeypatch.setenv("GROUNDWIRE_ACCELERATOR", "cpu")
    trainer = quiet(accelerator=asked, devices=[0, 1], strategy="ddp", precision="bf16")
    trainer.fit(Lit(), loader())
    assert (trainer.device.type, trainer.world_size, trainer.precision) == ("cpu", 1, "bf16-mixed")


def test_the_processes_of_a_launcher_are_held_against_what_is_asked(monkeypatch):
    from groundwire_lightning.strategies import devices

    monkeypatch.setenv("WORLD_SIZE", "2")
    given = {"accelerator": "cpu", "devices": 2, "num_nodes": 1, "strategy": "auto"}
    devices.processes_to_start(given, "cpu", 2)
    devices.processes_to_start(given | {"devices": "auto"}, "cpu", None)
    assert isinstance(devices.strategy_for(given, "cpu"), DDPStrategy)
    with pytest.raises(ValueError, match="are 3 processes, but the launcher started 2"):
        devices.processes_to_start(given | {"devices": 3}, "cpu", 3)


def test_a_strategy_says_what_accelerate_is_given():
    (wrapping, group) = DDPStrategy(find_unused_parameters=True, process_group_backend="gloo")._accelerate()
    assert wrapping.find_unused_parameters is True
    assert group.backend == "gloo"
    assert DDPStrategy()._accelerate() == SingleDeviceStrategy()._accelerate() == []
    with pytest.raises(MisconfigurationException, match="cluster_environment"):
        DDPStrategy(cluster_environment=1)


def test_a_trainer_on_the_cpu_is_on_the_cpu_whatever_was_made_before():
    assert L.Trainer(accelerator="auto", logger=False).device.type == ("cuda" if torch.cuda.is_available() else "cpu")
    assert L.Trainer(accelerator="cpu", logger=False).device.type == "cpu"
