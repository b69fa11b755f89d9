import pytest
import torch

from groundwire_lightning.utilities import throughput as ours


@pytest.mark.parametrize("world_size", [1, 2])
def test_throughput_is_computed_as_in_lightning(world_size):
    from lightning.fabric.utilities.throughput import Throughput

    found = []
    for cls in (Throughput, ours.Throughput):
        made = cls(available_flops=1e6, world_size=world_size, window_size=3)
        for number in range(1, 6):
            made.update(time=number * 0.5, batches=number, samples=4 * number, lengths=9 * number, flops=100)
            last = made.compute()
        with pytest.raises(ValueError, match=r"greater|increase"):
            made.update(time=0.1, batches=9, samples=90)
        found.append(last)
    strange = "samples_per_sec"  # with several devices
    assert {**found[0], strange: 0} == pytest.approx({**found[1], strange: 0})


def test_the_operations_of_a_model_are_counted_as_in_lightning():
    from lightning.fabric.utilities.throughput import measure_flops

    layer, points = torch.nn.Linear(4, 8), torch.ones(2, 4)
    for loss in (None, torch.Tensor.sum):
        counted = [each(layer, lambda: layer(points), loss) for each in (measure_flops, ours.measure_flops)]
        assert counted[0] == counted[1] > 0


CHIPS = {
    "NVIDIA H100 80GB HBM3": "h100 sxm",
    "NVIDIA H100 PCIe": "h100 pcie",
    "NVIDIA L4": "l4",
    "Tesla L40": "l40",
    "NVIDIA GeForce RTX 4080 SUPER": "rtx 4080 super",
    "NVIDIA GeForce RTX 4080": "rtx 4080",
    "NVIDIA GeForce RTX 3090": "rtx 3090",
    "NVIDIA A100-SXM4-40GB": "a100",
    "NVIDIA A10G": "a10g",
    "Tesla T4": "t4",
    "Tesla V100-SXM2-16GB": "v100 sxm",
    "Tesla V100S-PCIE-32GB": "v100s pcie",
    "Quadro RTX 5000": "quadro rtx 5000",
    "TITAN RTX": "titan rtx",
    "A card of tomorrow": None,
}


@pytest.mark.parametrize("name", CHIPS)
def test_a_chip_is_known_by_the_name_its_driver_gives(name):
    assert ours.chip_of(name) == CHIPS[name]
