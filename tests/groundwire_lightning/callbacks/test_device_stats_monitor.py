import pytest
from tests.groundwire_lightning.callbacks.test_lr_monitor import Rows
from tests.side_by_side.twins import BOTH, twins

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
