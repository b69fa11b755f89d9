import types
from pathlib import Path

import fsspec
import yaml
from tests.groundwire_lightning.cli.test_guard import QUIET, cli

import groundwire_lightning as L
from groundwire_lightning.cli.config import without_own_defaults


def test_a_configuration_comes_from_a_url():
    with fsspec.open("memory://own.yaml", "w") as file:
        file.write("model:\n  width: 7\n")
    assert cli("--config=memory://own.yaml").model.width == 7


def test_a_saved_configuration_leaves_out_what_lightning_does_not_know(tmp_path):
    config = types.SimpleNamespace(
        numerics="parity", loggers=[{"hp_metrics": [], "name": "a"}, {"hp_metrics": ["loss"]}]
    )
    assert vars(without_own_defaults(config)) == {"loggers": [{"name": "a"}, {"hp_metrics": ["loss"]}]}
    words = ["fit", "--trainer.logger=TensorBoardLogger", f"--trainer.logger.save_dir={tmp_path}"]
    kwargs = {"save_config_kwargs": {"overwrite": True}, "trainer_defaults": QUIET}
    made = cli(*words, run=True, **{"save_config_callback": L.cli.SaveConfigCallback, **kwargs})
    saved = yaml.safe_load(Path(made.trainer.log_dir, "config.yaml").read_text())
    assert "numerics" not in saved["trainer"]
    assert "hp_metrics" not in saved["trainer"]["logger"]["init_args"]
    assert "log_graph" in saved["trainer"]["logger"]["init_args"]
