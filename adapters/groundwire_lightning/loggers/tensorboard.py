"""A logger that writes event files for TensorBoard."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Iterable, Mapping
from typing import Any

from torch import Tensor

from groundwire.errors import rank_zero_warn
from groundwire_lightning.loggers.files import (
    HPARAMS_FILE,
    as_mapping,
    expanded,
    filesystem,
    flat,
    join,
    next_version,
    prefixed,
    primitive,
    version_name,
    write_hparams,
)
from groundwire_lightning.loggers.logger import Logger, in_first_process, rank_zero_experiment
from groundwire_tensorboard.writer import EventWriter


class TensorBoardLogger(Logger):
    """Writes values, hyper-parameters and on request the graph to ``save_dir/name/version_N``.

    Args:
        save_dir: The folder of all experiments.
        name: The experiment, a directory in it; None or empty for no such level.
        version: The run; by default the next number that is free. A string is the directory's name.
        log_graph: Draw the graph of the module, called with its ``example_input_array``.
        default_hp_metric: Write ``hp_metric`` = -1 with hyper-parameters that come without metrics,
            which TensorBoard needs to show them; ``hp_metrics`` names values of the run instead.
        prefix: A text that is put before the name of each value, with a dash.
        sub_dir: A directory within that of the run.
        hp_metrics: Names of logged values by which TensorBoard compares runs, each by its last value;
            True for all that were logged. Then no ``hp_metric`` is written.
        **kwargs: Further arguments of ``SummaryWriter``, ``max_queue`` and ``flush_secs`` for instance.
    """

    NAME_HPARAMS_FILE = HPARAMS_FILE
    LOGGER_JOIN_CHAR = "-"

    def __init__(
        self,
        save_dir: str | os.PathLike[str],
        name: str | None = "lightning_logs",
        version: int | str | None = None,
        log_graph: bool = False,
        default_hp_metric: bool = True,
        prefix: str = "",
        sub_dir: str | os.PathLike[str] | None = None,
        hp_metrics: Iterable[str] | bool = (),
        **kwargs: Any,
    ) -> None:
        self._root_dir = expanded(save_dir)
        self._name = name or ""
        self._version = version
        self._sub_dir = None if sub_dir is None else os.fspath(sub_dir)
        self._log_graph = log_graph
        self._default_hp_metric = default_hp_metric
        self._prefix = prefix
        self._hp_metrics = hp_metrics if isinstance(hp_metrics, bool) else tuple(hp_metrics)
        self._tags: dict[str, None] = {}
        self._kwargs = kwargs
        self._events: EventWriter | None = None
        self.hparams: Any = {}

    @property
    def name(self) -> str:
        """Name of the experiment."""
        return self._name

    @property
    def version(self) -> int | str:
        """The version of this run within the experiment."""
        if self._version is None:
            self._version = self._get_next_version()
        return self._version

    def _get_next_version(self) -> int:
        return next_version(filesystem(self._root_dir), self.root_dir)

    @property
    def save_dir(self) -> str:
        """Directory of all experiments."""
        return self._root_dir

    @property
    def root_dir(self) -> str:
        """Directory of the experiment."""
        return join(self._root_dir, self._name)

    @property
    def sub_dir(self) -> str | None:
        """Directory within that of the run."""
        return self._sub_dir

    @property
    def log_dir(self) -> str:
        """Directory of this run."""
        path = join(self.root_dir, version_name(self.version), *([self._sub_dir] if self._sub_dir else []))
        return os.path.expanduser(os.path.expandvars(path))  # noqa: PTH111  # may be a URL

    @property
    @rank_zero_experiment
    def experiment(self) -> Any:
        """The ``SummaryWriter``, made at the first access."""
        if self._events is None:
            if self._root_dir:
                filesystem(self._root_dir).makedirs(self.root_dir, exist_ok=True)
            self._events = EventWriter(self.log_dir, **self._kwargs)
        return self._events.summary_writer

    @in_first_process
    def log_metrics(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        """Write values; a dictionary of numbers becomes one chart.

        Raises:
            ValueError: A value is no number.
        """
        experiment = self.experiment
        for name, metric in prefixed(metrics, self._prefix).items():
            value = metric.item() if isinstance(metric, Tensor) else metric
            if isinstance(value, dict):
                experiment.add_scalars(name, value, step)
                continue
            try:
                experiment.add_scalar(name, value, step)
            except OSError:  # a full disk is no fault of the value; Patient tries again
                raise
            except Exception as error:
                raise ValueError(
                    f"TensorBoardLogger: {name!r} is {value!r}; a number, a tensor of one element or a dictionary of "
                    "them is due"
                ) from error
            self._tags[name] = None

    @in_first_process
    def log_hyperparams(
        self,
        params: dict[str, Any] | Namespace,
        metrics: dict[str, Any] | float | None = None,
        step: int | None = None,
    ) -> None:
        """Write hyper-parameters, so that TensorBoard compares runs by them.

        Args:
            params: Name of each hyper-parameter to its value; nested ones get names with slashes.
            metrics: Values that runs are compared by; ``hp_metric`` where it is a single number.
            step: Place of these values on the x-axis.
        """
        self._merge_hparams(params)
        if metrics is None and self._hp_metrics is not False and self._hp_metrics != ():
            if self._hp_metrics is not True:
                self._write_hparams(dict.fromkeys(self._hp_metrics, 0.0), step)
            return
        if metrics is None:
            metrics = {"hp_metric": -1} if self._default_hp_metric else {}
        elif not isinstance(metrics, dict):
            metrics = {"hp_metric": metrics}
        if metrics:
            self.log_metrics(metrics, step)
            self._write_hparams(metrics, step, params)

    def _merge_hparams(self, params: Any) -> None:
        if type(self.hparams).__module__.startswith("omegaconf") or type(params).__module__.startswith("omegaconf"):
            self.hparams = sys.modules["omegaconf"].OmegaConf.merge(self.hparams, params)
        else:
            self.hparams.update(as_mapping(params))

    def _write_hparams(self, metrics: Mapping[str, Any], step: int | None, params: Any = None) -> None:
        from torch.utils.tensorboard.summary import hparams

        nested = as_mapping(self.hparams if params is None else params)
        plain = {name: primitive(value) for name, value in flat(nested).items()}
        files = self.experiment._get_file_writer()
        # Into the run's own file: SummaryWriter.add_hparams would begin another run in a folder of its own.
        for summary in hparams(plain, dict(metrics)):  # type: ignore[no-untyped-call]
            files.add_summary(summary, step)

    @in_first_process
    def log_graph(self, model: Any, input_array: Any = None) -> None:
        """Draw the graph of the module, where ``log_graph=True`` asked for it.

        Args:
            model: The module.
            input_array: A tensor, or the arguments of ``forward`` in a tuple; by default the
                module's ``example_input_array``.
        """
        if not self._log_graph:
            return
        example = getattr(model, "example_input_array", None) if input_array is None else input_array
        if not isinstance(example, (Tensor, tuple)):
            rank_zero_warn(
                "TensorBoardLogger(log_graph=True): no graph is drawn; set self.example_input_array to a tensor or to "
                f"a tuple of the arguments of forward(), it is {type(example).__name__}"
            )
            return
        self.experiment.add_graph(model, _transferred(model, example))

    @in_first_process
    def save(self) -> None:
        """Write pending values to disk, and ``hparams.yaml`` where it does not exist."""
        self.experiment.flush()
        path = join(self.log_dir, self.NAME_HPARAMS_FILE)
        files = filesystem(self._root_dir)
        if files.isdir(self.log_dir) and not files.isfile(path):
            write_hparams(files, path, self.hparams)

    @in_first_process
    def finalize(self, status: str) -> None:
        """Close the event file; what is written after that goes into one more.

        Args:
            status: ``"success"`` or ``"failed"``.
        """
        if self._events is None:
            return
        if self._hp_metrics is True and self.hparams:
            self._write_hparams({tag: 0.0 for tag in self._tags if tag != "epoch"}, None)
        if status == "success":
            self.save()
        self._events.close()

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_events": None}


def _transferred(model: Any, example: Any) -> Any:
    """Pass an example through the transfer hooks of the module, to its device, as batches are."""
    from lightning_utilities.core.apply_func import apply_to_collection

    example = model.on_before_batch_transfer(example, 0) if hasattr(model, "on_before_batch_transfer") else example
    example = apply_to_collection(example, Tensor, lambda tensor: tensor.to(model.device))
    return model.on_after_batch_transfer(example, 0) if hasattr(model, "on_after_batch_transfer") else example
