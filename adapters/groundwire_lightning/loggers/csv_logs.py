"""A logger that writes ``metrics.csv`` and ``hparams.yaml``, and needs nothing installed."""

from __future__ import annotations

import csv
import os
from argparse import Namespace
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from groundwire_lightning.loggers.files import (
    HPARAMS_FILE,
    as_mapping,
    filesystem,
    join,
    next_version,
    prefixed,
    version_name,
    write_hparams,
)
from groundwire_lightning.loggers.logger import Logger, in_first_process, rank_zero_experiment


class CSVLogger(Logger):
    """Writes each row of values as a line of ``save_dir/name/version_N/metrics.csv``.

    Args:
        save_dir: Where all experiments are kept.
        name: The experiment, a directory in it; None or empty for no such level.
        version: The run; by default the next number that is free. A string is the directory's name.
        prefix: Stands before the name of each value.
        flush_logs_every_n_steps: Rows between two writes, where nobody calls :meth:`save` before.
    """

    LOGGER_JOIN_CHAR = "-"

    def __init__(
        self,
        save_dir: str | os.PathLike[str],
        name: str | None = "lightning_logs",
        version: int | str | None = None,
        prefix: str = "",
        flush_logs_every_n_steps: int = 100,
    ) -> None:
        self._save_dir = os.fspath(save_dir)
        self._name = name or ""
        self._version = version
        self._prefix = prefix
        self._flush_logs_every_n_steps = flush_logs_every_n_steps
        self._experiment: ExperimentWriter | None = None

    @property
    def name(self) -> str:
        """Name of the experiment."""
        return self._name

    @property
    def version(self) -> int | str:
        """Which run of the experiment this is."""
        if self._version is None:
            self._version = next_version(filesystem(self._save_dir), self.root_dir)
        return self._version

    @property
    def save_dir(self) -> str:
        """Where all experiments are kept."""
        return self._save_dir

    @property
    def root_dir(self) -> str:
        """Directory of the experiment."""
        return join(self._save_dir, self._name)

    @property
    def log_dir(self) -> str:
        """Directory of this run."""
        return join(self.root_dir, version_name(self.version))

    @property
    @rank_zero_experiment
    def experiment(self) -> ExperimentWriter:
        """What writes the files; made when it is first asked for."""
        if self._experiment is None:
            filesystem(self._save_dir).makedirs(self.root_dir, exist_ok=True)
            self._experiment = ExperimentWriter(self.log_dir)
        return self._experiment

    @in_first_process
    def log_hyperparams(self, params: dict[str, Any] | Namespace | None = None) -> None:
        """Write hyper-parameters to ``hparams.yaml``, beside those that are there."""
        self.experiment.log_hparams(as_mapping(params))

    @in_first_process
    def log_metrics(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        """Keep a row; it is in the file after the next :meth:`save`."""
        if step is None:
            step = len(self.experiment.metrics)
        self.experiment.log_metrics(prefixed(metrics, self._prefix), step)
        if (step + 1) % self._flush_logs_every_n_steps == 0:
            self.save()

    @in_first_process
    def save(self) -> None:
        """Write the rows that are not in the file yet."""
        self.experiment.save()

    @in_first_process
    def finalize(self, status: str) -> None:
        """Write the last rows."""
        if self._experiment is not None:
            self.save()


class ExperimentWriter:
    """Writes the two files of a run.

    Attributes:
        metrics: Rows that are not in the file yet.
        metrics_keys: The columns of the file.
        hparams: What ``hparams.yaml`` holds.
        log_dir: Where the files are.
    """

    NAME_METRICS_FILE = "metrics.csv"
    NAME_HPARAMS_FILE = HPARAMS_FILE

    def __init__(self, log_dir: str) -> None:
        self.metrics: list[dict[str, Any]] = []
        self.metrics_keys: list[str] = []
        self.hparams: dict[str, Any] = {}
        self.log_dir = log_dir
        self.metrics_file_path = join(log_dir, self.NAME_METRICS_FILE)
        self._files = filesystem(log_dir)
        self._clear()
        self._files.makedirs(log_dir, exist_ok=True)

    def _clear(self) -> None:
        if self._files.exists(self.log_dir) and self._files.listdir(self.log_dir):
            from groundwire.errors import rank_zero_warn

            rank_zero_warn(f"{self.log_dir} has files of an earlier run; its metrics.csv is replaced")
            if self._files.isfile(self.metrics_file_path):
                self._files.rm_file(self.metrics_file_path)

    def log_hparams(self, params: Mapping[str, Any]) -> None:
        """Write hyper-parameters, beside those that are there."""
        self.hparams.update(params)
        write_hparams(self._files, join(self.log_dir, self.NAME_HPARAMS_FILE), self.hparams)

    def log_metrics(self, metrics_dict: Mapping[str, Any], step: int | None = None) -> None:
        """Keep a row, by default numbered by how many wait to be written."""
        row = {name: value.item() if isinstance(value, Tensor) else value for name, value in metrics_dict.items()}
        row["step"] = len(self.metrics) if step is None else step
        self.metrics.append(row)

    def save(self) -> None:
        """Append the rows; where they bring new columns, the file is written anew with all of them."""
        if not self.metrics:
            return
        new = set().union(*self.metrics) - set(self.metrics_keys)
        self.metrics_keys = sorted({*self.metrics_keys, *new})
        exists = self._files.isfile(self.metrics_file_path)
        rows, anew = self.metrics, bool(new) or not exists
        if anew and exists:
            with self._files.open(self.metrics_file_path, "r", newline="") as file:
                rows = [*csv.DictReader(file), *rows]
        with self._files.open(self.metrics_file_path, mode="w" if anew else "a", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=self.metrics_keys)
            if anew:
                writer.writeheader()
            writer.writerows(rows)
        self.metrics = []
