"""Callbacks that watch: predictions, devices, throughput, jumps of the loss; and that all of Lightning's are there."""

import inspect
import json

import lightning
import pytest
import torch
from tests.side_by_side.test_callbacks_rates import Rows
from tests.side_by_side.twins import BOTH, loss_of, twins

import groundwire_lightning.callbacks
from groundwire_lightning.utilities import throughput as ours

THEIRS = lightning.pytorch.callbacks
NAMES = sorted(THEIRS.__all__)


@pytest.mark.parametrize("name", NAMES)
def test_every_callback_of_lightning_is_there_and_takes_what_it_takes(name):
    theirs, mine = getattr(THEIRS, name), getattr(groundwire_lightning.callbacks, name)
    assert name in groundwire_lightning.callbacks.__all__
    assert list(inspect.signature(mine).parameters) == list(inspect.signature(theirs).parameters)
    public = {key for key in dir(theirs) if not key.startswith("_")} - set(dir(THEIRS.Callback))
    assert public <= set(dir(mine)), sorted(public - set(dir(mine)))


def test_every_callback_has_the_place_that_it_has_in_lightning():
    for name in NAMES:
        place = getattr(THEIRS, name).__module__.replace(
            "lightning.pytorch.callbacks", "groundwire_lightning.callbacks"
        )
        if name != "Callback":
            assert getattr(groundwire_lightning.callbacks, name).__module__ == place


# predictions


def predict_step(self, batch, batch_idx, dataloader_idx=0):
    return {"logits": self.layers(batch[0]), "number": batch_idx}


def writer(callbacks, interval, written):
    class Writer(callbacks.BasePredictionWriter):
        def write_on_batch_end(self, trainer, module, prediction, batch_indices, batch, batch_idx, dataloader_idx):
            written.append(["batch", prediction, batch_indices, batch_idx, dataloader_idx])

        def write_on_epoch_end(self, trainer, module, predictions, batch_indices):
            written.append(["epoch", predictions, batch_indices])

    return Writer(interval)


@pytest.mark.parametrize("loaders", [1, 2])
@pytest.mark.parametrize("returned", [True, False])
@pytest.mark.parametrize("interval", ["batch", "epoch", "batch_and_epoch"])
def test_predictions_are_written_as_in_lightning(interval, returned, loaders):
    def scenario(stage):
        written = []
        module = stage.make_module(methods={**BOTH, "predict_step": predict_step})
        data = [stage.loader("val", samples=10, shuffle=False) for _ in range(loaders)]
        trainer = stage.make_trainer(callbacks=[writer(stage.callbacks, interval, written)])
        answer = trainer.predict(module, data if loaders > 1 else data[0], return_predictions=returned)
        return [written, answer]

    assert len(twins(scenario, hears=False)["answer"][0]) > 0


# devices


def monitored(make, before=lambda stage: None, told=sorted, **arguments):
    def scenario(stage):
        before(stage)
        logger, rows = Rows().made_for(stage)
        module = stage.make_module(methods=BOTH)
        given = {"log_every_n_steps": 2, "logger": logger, **arguments}
        callbacks = [make(stage.callbacks), stage.make_callback()]
        stage.make_trainer(callbacks=callbacks, **given).fit(
            module, stage.loader("train"), stage.loader("val", samples=10)
        )
        return [[told(metrics), step] for metrics, step in rows]

    return scenario


@pytest.mark.parametrize("cpu_stats", [None, True, False])
def test_the_load_of_the_device_is_written_as_in_lightning(cpu_stats):
    assert twins(monitored(lambda c: c.DeviceStatsMonitor(cpu_stats)), hears=False)["answer"][0] != "raised"


def test_the_load_of_the_device_needs_a_logger_as_in_lightning():
    record = twins(monitored(lambda c: c.DeviceStatsMonitor(), logger=False), hears=False)
    assert record["answer"] == ["raised", "MisconfigurationException"]


# throughput


@pytest.mark.parametrize(
    "options",
    [{}, {"window_size": 3}, {"length_fn": lambda batch: 3 * len(batch[0])}],
    ids=["usual", "short window", "items"],
)
def test_throughput_is_written_as_in_lightning(options, monkeypatch):
    def make(callbacks):
        return callbacks.ThroughputMonitor(batch_size_fn=lambda batch: len(batch[0]), **options)

    def set_clock(stage):
        monkeypatch.setattr(f"{stage.callbacks.__name__}.throughput_monitor.time", Clock())

    assert twins(monitored(make, set_clock, dict, max_epochs=2), hears=False)["answer"][0] != "raised"


class Clock:
    """A clock that is a second later each time it is looked at."""

    def __init__(self):
        self.now = 0.0

    def perf_counter(self):
        self.now += 1.0
        return self.now


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


# jumps of the loss


def jumping(self, batch, batch_idx):
    loss = loss_of(self, batch)
    if self.trainer.current_epoch == 1 and batch_idx == 3:
        return loss * self.factor
    return loss


@pytest.mark.parametrize(
    ("factor", "options"),
    [
        (1.0, {}),
        (1e4, {}),
        (float("nan"), {}),
        (1e4, {"warmup": 5}),
        (1e4, {"atol": 1e9}),
        (1e4, {"rtol": None, "atol": 1.0}),
        (-1e4, {"mode": "max"}),
    ],
    ids=str,
)
def test_a_jump_of_the_loss_ends_training_as_in_lightning(factor, options, tmp_path):
    def scenario(stage):
        folder = tmp_path / stage.L.__name__
        callback = stage.callbacks.SpikeDetection(**options)
        module = stage.make_module(methods={"training_step": jumping, "factor": factor})
        trainer = stage.make_trainer(callbacks=[callback], default_root_dir=str(folder))
        try:
            trainer.fit(module, stage.loader("train"))
            said = None
        except RuntimeError as error:
            said = type(error).__name__
        path = folder / "skip_batches.json"
        left = json.loads(path.read_text()) if path.exists() else None
        state = callback.state_dict()
        state["bad_batches_path"] = None
        return [said, left, state]

    twins(scenario, hears=False)
