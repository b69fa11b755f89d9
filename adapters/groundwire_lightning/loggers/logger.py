"""The base class of loggers, an empty logger, and wrappers that let only the first process write."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from statistics import mean
from typing import Any, TypeVar

Method = TypeVar("Method", bound=Callable[..., Any])

_RANK_VARIABLES = ("RANK", "LOCAL_RANK", "SLURM_PROCID", "JSM_NAMESPACE_RANK")


def rank() -> int:
    """Index of this process, known from the environment before any process group exists."""
    from lightning_utilities.core.rank_zero import rank_zero_only as shared

    known: int | None = getattr(shared, "rank", None)
    if known is not None:
        return known
    return int(next((os.environ[name] for name in _RANK_VARIABLES if name in os.environ), 0))


def in_first_process(method: Method) -> Method:
    """Wrap a method so that it does nothing in any process but the first."""

    @wraps(method)
    def in_first(*args: Any, **kwargs: Any) -> Any:
        return method(*args, **kwargs) if rank() == 0 else None

    return in_first  # type: ignore[return-value]


def rank_zero_experiment(method: Method) -> Method:
    """Wrap an ``experiment`` getter so that every process but the first gets a :class:`DummyExperiment`."""

    @wraps(method)
    def experiment(self: Any) -> Any:
        return DummyExperiment() if rank() > 0 else method(self)

    return experiment  # type: ignore[return-value]


class Logger(ABC):
    """A destination for the values and the hyper-parameters of a run.

    A logger of your own has ``name``, ``version``, ``log_metrics`` and ``log_hyperparams``. Any
    object with these methods may stand in ``Trainer(logger=)``, subclass or not.
    """

    @property
    @abstractmethod
    def name(self) -> str | None:
        """Name of the experiment."""

    @property
    @abstractmethod
    def version(self) -> int | str | None:
        """The version of this run within the experiment."""

    @property
    def root_dir(self) -> str | None:
        """Directory of all runs of the experiment, where there is one."""
        return None

    @property
    def log_dir(self) -> str | None:
        """Directory of this run, where there is one."""
        return None

    @property
    def save_dir(self) -> str | None:
        """Directory of all experiments, where there is one."""
        return None

    @property
    def group_separator(self) -> str:
        """The text between the parts of a name that is shown in groups."""
        return "/"

    @abstractmethod
    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        """Write values.

        Args:
            metrics: Name of each value to the value.
            step: Place of the values on the x-axis.
        """

    @abstractmethod
    def log_hyperparams(self, params: dict[str, Any] | Namespace, *args: Any, **kwargs: Any) -> None:
        """Write hyper-parameters.

        Args:
            params: Name of each hyper-parameter to its value.
            *args: Further arguments of some loggers.
            **kwargs: Further keyword arguments of some loggers.
        """

    def log_graph(self, model: Any, input_array: Any = None) -> None:  # noqa: B027  # most loggers draw nothing
        """Draw the model; by default nothing.

        Args:
            model: The module.
            input_array: What it is called with; by default its ``example_input_array``.
        """

    def save(self) -> None:  # noqa: B027  # nor have all of them something pending
        """Write pending values to their destination."""

    def finalize(self, status: str) -> None:
        """Write the rest, now that the run is over.

        Args:
            status: ``"success"`` or ``"failed"``.
        """
        self.save()

    def after_save_checkpoint(self, checkpoint_callback: Any) -> None:  # noqa: B027  # nor look at checkpoints
        """Take note that a checkpoint was written; by default nothing is done.

        Args:
            checkpoint_callback: The callback that wrote it; it has the paths and the scores.
        """


class DummyExperiment:
    """Swallows whatever is called on it."""

    def nop(self, *args: Any, **kwargs: Any) -> None:
        """Accept any arguments and do nothing."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return self.nop

    def __getitem__(self, index: Any) -> DummyExperiment:
        return self

    def __setitem__(self, index: Any, value: Any) -> None:
        pass


class DummyLogger(Logger):
    """Stands in for the loggers of a run that logs nothing, so that code that calls them runs."""

    def __init__(self) -> None:
        self._experiment = DummyExperiment()

    @property
    def experiment(self) -> DummyExperiment:
        """An object that swallows every call."""
        return self._experiment

    @property
    def name(self) -> str:
        """An empty text."""
        return ""

    @property
    def version(self) -> str:
        """An empty text."""
        return ""

    def log_metrics(self, *args: Any, **kwargs: Any) -> None:
        """Drop the values."""

    def log_hyperparams(self, *args: Any, **kwargs: Any) -> None:
        """Drop the hyper-parameters."""

    def __getitem__(self, index: Any) -> DummyLogger:
        return self

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name.startswith("__"):  # or copy and pickle would take the answer for a protocol of theirs
            raise AttributeError(name)
        return DummyExperiment().nop


def merge_dicts(
    dicts: Sequence[Mapping[str, Any]],
    agg_key_funcs: Mapping[str, Any] | None = None,
    default_func: Callable[[Sequence[float]], float] = mean,
) -> dict[str, Any]:
    """Merge dictionaries, those within them too, into one.

    Args:
        dicts: Name to number, or to a dictionary of the same kind.
        agg_key_funcs: Name to the function that merges its numbers.
        default_func: Merges the others.

    Returns:
        Name to merged number.
    """
    functions: Mapping[str, Any] = agg_key_funcs or {}
    merged: dict[str, Any] = {}
    for name in dict.fromkeys(name for source in dicts for name in source):
        values = [source[name] for source in dicts if source.get(name) is not None]
        function = functions.get(name)
        if isinstance(values[0], Mapping):
            merged[name] = merge_dicts(values, function, default_func)
        else:
            merged[name] = (function or default_func)(values)
    return merged
