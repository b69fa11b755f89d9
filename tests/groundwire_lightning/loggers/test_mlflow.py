from pathlib import Path
from typing import Any

import lightning
import lightning.pytorch.loggers
import pytest
from tests.groundwire_lightning.loggers.services import ROWS, SIDES, checkpoints, fit, side_of

import groundwire_lightning
import groundwire_lightning.loggers

# MLflow


@pytest.fixture(autouse=True)
def _files_may_be_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")


def stored(folder: Path) -> dict[str, Any]:
    """What stands in a local store, without what is random or a time."""
    found: dict[str, Any] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != "meta.yaml":
            name = "/".join(path.relative_to(folder).parts[2:])
            text = path.read_text()
            found[name] = [line.split()[1:] for line in text.splitlines()] if name.startswith("metrics/") else text
    return found


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "arguments", [{}, {"prefix": "p", "run_name": "r", "tags": {"t": "u"}, "experiment_name": "e"}]
)
@pytest.mark.parametrize("name", ROWS)
def test_mlflow_stores_the_same(tmp_path: Path, name: str, arguments: Any) -> None:
    found = []
    for side, loggers in SIDES.items():
        logger = loggers.MLFlowLogger(tracking_uri=f"file:{tmp_path / side}", **arguments)
        ROWS[name](logger)
        logger.finalize("success")
        run = logger.experiment.get_run(logger.run_id)
        files = stored(tmp_path / side)
        if "run_name" not in arguments:
            files.pop("tags/mlflow.runName")  # which MLflow makes up
        facts = [
            logger.name == logger.experiment_id,
            logger.version == logger.run_id,
            Path(logger.save_dir).name == side,
        ]
        found.append((run.info.status, files, facts))
    assert found[0] == found[1]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("log_model", [True, "all", False])
@pytest.mark.parametrize("status", ["success", "failed"])
def test_mlflow_keeps_the_same_checkpoints(tmp_path: Path, log_model: Any, status: str) -> None:
    found = []
    (tmp_path / "ckpt").mkdir()
    callback = checkpoints(tmp_path / "ckpt", save_top_k=2)
    for side, loggers in SIDES.items():
        logger = loggers.MLFlowLogger(tracking_uri=f"file:{tmp_path / side}", run_name="r", log_model=log_model)
        logger.log_metrics({"a": 1.0}, 0)
        logger.after_save_checkpoint(callback)
        logger.finalize(status)
        found.append((logger.experiment.get_run(logger.run_id).info.status, stored(tmp_path / side)))
    assert found[0] == found[1]


@pytest.mark.filterwarnings("ignore")
def test_mlflow_goes_on_with_a_run(tmp_path: Path) -> None:
    make = groundwire_lightning.loggers.MLFlowLogger
    first = make(experiment_name="e", save_dir=str(tmp_path / "store"))
    first.log_metrics({"a": 1.0}, 0)
    again = make(save_dir=str(tmp_path / "store"), run_id=first.run_id, checkpoint_path_prefix="kept", log_model="all")
    again.log_metrics({"a": 2.0}, 1)
    (tmp_path / "ckpt").mkdir()
    again.after_save_checkpoint(checkpoints(tmp_path / "ckpt", save_top_k=2))
    assert again.experiment_id == first.experiment_id
    kept = stored(tmp_path / "store")
    assert kept["metrics/a"] == [["1.0", "0"], ["2.0", "1"]]
    assert {name.rsplit("/", 1)[0] for name in kept if name.startswith("artifacts/")} == {
        f"artifacts/kept/{name}" for name in ("a", "b", "last")
    }


@pytest.mark.filterwarnings("ignore")
def test_a_fit_is_stored_with_the_same_rows(tmp_path: Path) -> None:
    found = []
    for framework in (lightning, groundwire_lightning):
        side = tmp_path / framework.__name__
        logger = SIDES[side_of(framework)].MLFlowLogger(tracking_uri=f"file:{side}", run_name="r")
        fit(framework, logger)
        found.append((logger.experiment.get_run(logger.run_id).info.status, stored(side)))
    assert found[0] == found[1]
    assert "params/width" in found[1][1]
