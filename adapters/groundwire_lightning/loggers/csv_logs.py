"""A logger that writes ``metrics.csv`` and ``hparams.yaml``, and needs nothing installed."""

from __future__ import annotations

import csv
import os
from argparse import Namespace
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from torch import Tensor

from groundwire.errors import rank_zero_warn
from groundwire_lightning.loggers.files import (
    HPARAMS_FILE,
    as_mapping,
    expanded,
    filesystem,
    join,
    local_file_path,
    next_version,
    prefixed,
    version_name,
    write_hparams,
)
from groundwire_lightning.loggers.logger import Logger, in_first_process, rank_zero_experiment

BESIDE = ".part"
"""Ending of a file under way, which then takes the place of the one without it."""
ROW_END = b"\r\n"
"""The end of each row, as the csv module writes it."""


class CSVLogger(Logger):
    """Writes each row of values as a line of ``save_dir/name/version_N/metrics.csv``.

    Args:
        save_dir: The folder of all experiments.
        name: The experiment, a directory in it; None or empty for no such level.
        version: The run; by default the next number that is free. A string is the directory's name.
        prefix: A text that is put before the name of each value, with a dash.
        flush_logs_every_n_steps: Steps between two writes; :meth:`save` writes at other times.
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
        self._save_dir = expanded(save_dir)
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
        """The version of this run within the experiment."""
        if self._version is None:
            self._version = next_version(filesystem(self._save_dir), self.root_dir)
        return self._version

    @property
    def save_dir(self) -> str:
        """Directory of all experiments."""
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
        """The writer of the files, made at the first access."""
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
        """Add a row, which the next :meth:`save` writes into the file."""
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
        """Write the last rows.

        Args:
            status: ``"success"`` or ``"failed"``.

        Raises:
            OSError: The rows cannot be written; a warning says how many there are.
        """
        if self._experiment is None:
            return
        try:
            self.save()
        except OSError as error:
            rank_zero_warn(f"{self.log_dir}: {len(self.experiment.metrics)} rows are not written: {error}")
            raise


class ExperimentWriter:
    """Writes the two files of a run.

    Attributes:
        metrics: Rows that are not in the file yet.
        metrics_keys: The columns of the file.
        hparams: The hyper-parameters in ``hparams.yaml``.
        log_dir: Directory of the files.
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
        self._local = local_file_path(self.metrics_file_path)
        self._clear()
        self._files.makedirs(log_dir, exist_ok=True)

    def _clear(self) -> None:
        if self._files.exists(self.log_dir) and self._files.listdir(self.log_dir):
            rank_zero_warn(f"{self.log_dir} has files of an earlier run; its metrics.csv is replaced")
            for path in (self.metrics_file_path, self.metrics_file_path + BESIDE):
                if self._files.isfile(path):
                    self._files.rm_file(path)

    def log_hparams(self, params: Mapping[str, Any]) -> None:
        """Write hyper-parameters, beside those that are there."""
        self.hparams.update(params)
        write_hparams(self._files, join(self.log_dir, self.NAME_HPARAMS_FILE), self.hparams)

    def log_metrics(self, metrics_dict: Mapping[str, Any], step: int | None = None) -> None:
        """Add a row; without a step it is numbered by the rows that wait to be written."""
        row = {name: value.item() if isinstance(value, Tensor) else value for name, value in metrics_dict.items()}
        row["step"] = len(self.metrics) if step is None else step
        self.metrics.append(row)

    def save(self) -> None:
        """Append the rows; where they bring new columns, a file with all of them takes the place of the old one.

        Rows that cannot be written stay in ``metrics`` for the next call, and those that are in the
        file stay there, whenever the process ends or the disk is full.

        Raises:
            OSError: The file cannot be written.
        """
        if not self.metrics:
            return
        columns = sorted(set(self.metrics_keys).union(*self.metrics))
        exists = self._files.isfile(self.metrics_file_path)
        if exists:
            self._cut_torn_row()
        if exists and columns == self.metrics_keys:
            self._append(columns)
        else:
            self._replace([*(self._rows() if exists else ()), *self.metrics], columns)
        self.metrics_keys, self.metrics = columns, []

    def _append(self, columns: list[str]) -> None:
        size = None if self._local is None else self._local.stat().st_size
        try:
            with self._files.open(self.metrics_file_path, "a", newline="") as file:
                csv.DictWriter(file, columns).writerows(self.metrics)
        except OSError:
            if self._local is not None and size is not None:
                with suppress(OSError):  # the row that is torn then is cut off at the next try
                    os.truncate(self._local, size)
            raise

    def _rows(self) -> list[dict[str, Any]]:
        with self._files.open(self.metrics_file_path, "r", newline="") as file:
            return list(csv.DictReader(file))

    def _replace(self, rows: list[dict[str, Any]], columns: list[str]) -> None:
        """Write the file anew, beside the old one on this machine, so that a crash leaves one of them whole.

        A store elsewhere shows a file only when it is complete, so there it is written in its place.
        """
        self._files.makedirs(self.log_dir, exist_ok=True)
        beside = self.metrics_file_path + (BESIDE if self._local is not None else "")
        try:
            with self._files.open(beside, "w", newline="") as file:
                writer = csv.DictWriter(file, columns, extrasaction="ignore")
                writer.writeheader()
                writer.writerows(rows)
            if self._local is not None:
                Path(f"{self._local}{BESIDE}").replace(self._local)
        except OSError:
            if self._local is not None:
                with suppress(OSError):
                    Path(f"{self._local}{BESIDE}").unlink(missing_ok=True)
            raise

    def _cut_torn_row(self) -> None:
        """Cut off what a full disk left of a last row; without an end it would run into the next one."""
        if self._local is None:
            return
        with self._local.open("rb+") as file:
            file.seek(-min(len(ROW_END), file.seek(0, os.SEEK_END)), os.SEEK_END)
            if file.read() not in (ROW_END, b""):
                file.seek(0)
                complete, end, _ = file.read().rpartition(ROW_END)
                file.truncate(len(complete) + len(end))
