"""A logger over the mlflow package: values, hyper-parameters, and checkpoints as artifacts."""

from __future__ import annotations

import os
import re
import time
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from groundwire.errors import rank_zero_warn
from groundwire_lightning.loggers.files import as_mapping, flat, prefixed
from groundwire_lightning.loggers.logger import Logger, in_first_process, rank_zero_experiment
from groundwire_lightning.loggers.utilities import aliases_of, description_of, need, new_checkpoints

LOCAL = "file:"
TRACKING_URI = os.environ.get("MLFLOW_TRACKING_URI")
"""The place that the environment names, read at import: mlflow itself sets the variable later."""
MOST_CHARACTERS = 250
"""The most characters of a hyper-parameter that MLflow stores; the rest is cut off."""
MOST_PARAMS = 100
"""The most hyper-parameters that MLflow takes in one call."""
STATUS = {"success": "FINISHED", "finished": "FINISHED", "failed": "FAILED"}
FORBIDDEN = re.compile(r"[^a-zA-Z0-9_/. -]+")
"""Characters that MLflow does not take in the name of a value."""


class MLFlowLogger(Logger):
    """Logs to MLflow.

    Args:
        experiment_name: The experiment; made where there is none of that name.
        run_name: The name of the run.
        tracking_uri: The server; by default ``MLFLOW_TRACKING_URI`` of the environment, else files in ``save_dir``.
        tags: Tags of the run.
        save_dir: The folder of the files where there is no ``tracking_uri``.
        log_model: Upload checkpoints: True at the end of a run (during it where all are kept), ``"all"`` during it.
        prefix: A text that is put before the name of each value, with a dash.
        artifact_location: The place in which a new experiment keeps its artifacts.
        run_id: Go on with this run.
        synchronous: Wait until the server has each value; by default mlflow decides.
        checkpoint_path_prefix: Folder of the checkpoints among the artifacts.

    Attributes:
        tags: Tags of the run.

    Raises:
        ModuleNotFoundError: mlflow is not installed.
    """

    LOGGER_JOIN_CHAR = "-"

    def __init__(
        self,
        experiment_name: str = "lightning_logs",
        run_name: str | None = None,
        tracking_uri: str | None = None,
        tags: dict[str, Any] | None = None,
        save_dir: str | None = "./mlruns",
        log_model: Literal["all"] | bool = False,
        prefix: str = "",
        artifact_location: str | None = None,
        run_id: str | None = None,
        synchronous: bool | None = None,
        checkpoint_path_prefix: str = "",
    ) -> None:
        need("mlflow", "MLFlowLogger", "mlflow")
        from mlflow.tracking import MlflowClient

        self._experiment_name = experiment_name
        self._experiment_id: str | None = None
        self._tracking_uri = tracking_uri or TRACKING_URI or f"{LOCAL}{save_dir}"
        self._run_name = run_name
        self._run_id = run_id
        self.tags = tags
        self._log_model = log_model
        self._logged_model_time: dict[str, float] = {}
        self._checkpoint_callback: Any = None
        self._prefix = prefix
        self._artifact_location = artifact_location
        self._log_batch_kwargs: dict[str, Any] = {} if synchronous is None else {"synchronous": synchronous}
        self._checkpoint_path_prefix = checkpoint_path_prefix
        self._initialized = False
        self._mlflow_client = MlflowClient(self._tracking_uri)

    @property
    def name(self) -> str | None:
        """The id of the experiment."""
        return self.experiment_id

    @property
    def version(self) -> str | None:
        """The id of the run."""
        return self.run_id

    @property
    def save_dir(self) -> str | None:
        """The folder of the files; None where a server keeps them."""
        return self._tracking_uri.removeprefix(LOCAL) if self._tracking_uri.startswith(LOCAL) else None

    @property
    def run_id(self) -> str | None:
        """The id of the run, which is begun if need be."""
        _ = self.experiment
        return self._run_id

    @property
    def experiment_id(self) -> str | None:
        """The id of the experiment, which is made if need be."""
        _ = self.experiment
        return self._experiment_id

    @property
    @rank_zero_experiment
    def experiment(self) -> Any:
        """The ``MlflowClient``; the first access begins the run."""
        if not self._initialized:
            import mlflow

            mlflow.set_tracking_uri(self._tracking_uri)
            if self._run_id is None:
                self._experiment_id = self._experiment_id or self._experiment_of_name()
                self._run_id = self._begin_run(self._experiment_id)
            else:
                self._experiment_id = self._mlflow_client.get_run(self._run_id).info.experiment_id
            self._initialized = True
        return self._mlflow_client

    def _experiment_of_name(self) -> str:
        client, name = self._mlflow_client, self._experiment_name
        experiment = client.get_experiment_by_name(name)
        if experiment is not None and experiment.lifecycle_stage != "deleted":
            return str(experiment.experiment_id)
        return str(client.create_experiment(name, artifact_location=self._artifact_location))

    def _begin_run(self, experiment_id: str) -> str:
        from mlflow.tracking.context.registry import resolve_tags
        from mlflow.utils.mlflow_tags import MLFLOW_RUN_NAME

        if self._run_name is not None:
            self.tags = self.tags or {}
            if MLFLOW_RUN_NAME in self.tags:
                _warn_of_mlflow(f"MLFlowLogger: run_name={self._run_name!r} replaces the tag {MLFLOW_RUN_NAME}")
            self.tags[MLFLOW_RUN_NAME] = self._run_name
        run = self._mlflow_client.create_run(experiment_id=experiment_id, tags=resolve_tags(self.tags))
        return str(run.info.run_id)

    @in_first_process
    def log_hyperparams(self, params: dict[str, Any] | Namespace) -> None:
        """Log hyper-parameters, each as text; nested ones with the outer names before a slash."""
        from mlflow.entities import Param

        entries = [
            Param(key=key, value=str(value)[:MOST_CHARACTERS]) for key, value in flat(as_mapping(params)).items()
        ]
        for first in range(0, len(entries), MOST_PARAMS):
            batch = entries[first : first + MOST_PARAMS]
            self.experiment.log_batch(run_id=self.run_id, params=batch, **self._log_batch_kwargs)

    @in_first_process
    def log_metrics(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        """Log values; characters that MLflow does not take are left out of their names."""
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        entries = []
        for key, value in prefixed(metrics, self._prefix).items():
            if isinstance(value, str):
                _warn_of_mlflow(f"MLFlowLogger: {key}={value!r} is no number, so it is dropped")
                continue
            plain = FORBIDDEN.sub("", key)
            if plain != key:
                _warn_of_mlflow(
                    f"MLFlowLogger: {key!r} is logged as {plain!r}; MLflow takes letters, digits and '_/. -'"
                )
            entries.append(Metric(key=plain, value=value, timestamp=now, step=step or 0))
        self.experiment.log_batch(run_id=self.run_id, metrics=entries, **self._log_batch_kwargs)

    @in_first_process
    def finalize(self, status: str = "success") -> None:
        """Upload the checkpoints that wait for it, and end the run."""
        if not self._initialized:
            return
        if self._checkpoint_callback:
            self._upload_checkpoints(self._checkpoint_callback)
        if self.experiment.get_run(self.run_id):
            self.experiment.set_terminated(self.run_id, STATUS.get(status, status))

    def after_save_checkpoint(self, checkpoint_callback: Any) -> None:
        """Upload what was saved, or note the callback for the end of the run."""
        if self._log_model == "all" or (self._log_model is True and checkpoint_callback.save_top_k == -1):
            self._upload_checkpoints(checkpoint_callback)
        elif self._log_model is True:
            self._checkpoint_callback = checkpoint_callback

    @in_first_process
    def _upload_checkpoints(self, callback: Any) -> None:
        import tempfile

        import yaml

        for checkpoint in new_checkpoints(callback, self._logged_model_time):
            place = (Path(self._checkpoint_path_prefix) / Path(checkpoint.path).stem).as_posix()
            self.experiment.log_artifact(self.run_id, checkpoint.path, place)
            with tempfile.TemporaryDirectory() as folder:
                metadata = yaml.dump(description_of(checkpoint, callback, "Checkpoint"), default_flow_style=False)
                (Path(folder) / "metadata.yaml").write_text(metadata, "utf-8")
                (Path(folder) / "aliases.txt").write_text(str(aliases_of(checkpoint, callback)), "utf-8")
                self.experiment.log_artifacts(self.run_id, folder, place)
            self._logged_model_time[checkpoint.path] = checkpoint.time


def _warn_of_mlflow(message: str) -> None:
    rank_zero_warn(message, category=RuntimeWarning)
