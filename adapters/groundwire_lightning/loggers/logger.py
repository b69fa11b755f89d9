"""What a logger is, and what the loggers of this package have in common."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from statistics import mean
from typing import Any, TypeVar

Method = TypeVar("Method", bound=Callable[..., Any])

_RANKS = ("RANK", "LOCAL_RANK", "SLURM_PROCID", "JSM_NAMESPACE_RANK")


def rank() -> int:
    """Index of this process, known before there is any process group."""
    from lightning_utilities.core.rank_zero import rank_zero_only as shared

    known = getattr(shared, "rank", None)
    return int(next((os.environ[name] for name in _RANKS if name in os.environ), 0)) if known is None else known


def in_first_process(method: Method) -> Method:
    """A method that does nothing in any process but the first."""

    @wraps(method)
    def only_there(*args: Any, **kwargs: Any) -> Any:
        return method(*args, **kwargs) if rank() == 0 else None

    return only_there  # type: ignore[return-value]


def rank_zero_experiment(method: Method) -> Method:
    """An ``experiment`` property that is real in the first process, and swallows every call in the others."""

    @wraps(method)
    def experiment(self: Any) -> Any:
        return DummyExperiment() if rank() > 0 else method(self)

    return experiment  # type: ignore[return-value]


class Logger(ABC):
    """Takes the values and the hyper-parameters of a run to wherever they are looked at.

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
        """Which run of the experiment this is."""

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
        """Directory that all experiments are kept in, where there is one."""
        return None

    @property
    def group_separator(self) -> str:
        """What stands between the parts of a name that is shown in groups."""
        return "/"

    @abstractmethod
    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        """Take values.

        Args:
            metrics: Name to value.
            step: Where they stand on the x-axis.
        """

    @abstractmethod
    def log_hyperparams(self, params: dict[str, Any] | Namespace, *args: Any, **kwargs: Any) -> None:
        """Take hyper-parameters.

        Args:
            params: Name to value.
            *args: Further arguments of some loggers.
            **kwargs: Likewise.
        """

    def log_graph(self, model: Any, input_array: Any = None) -> None:  # noqa: B027  # most loggers draw nothing
        """Draw the model; by default nothing.

        Args:
            model: The module.
            input_array: What it is called with; by default its ``example_input_array``.
        """

    def save(self) -> None:  # noqa: B027  # nor have all of them something pending
        """Write out what is pending."""

    def finalize(self, status: str) -> None:
        """The run is over.

        Args:
            status: ``"success"`` or ``"failed"``.
        """
        self.save()

    def after_save_checkpoint(self, checkpoint_callback: Any) -> None:  # noqa: B027  # nor look at checkpoints
        """A checkpoint was written.

        Args:
            checkpoint_callback: The callback that wrote it; it has the paths and the scores.
        """


class DummyExperiment:
    """Swallows whatever is called on it."""

    def nop(self, *args: Any, **kwargs: Any) -> None:
        """Nothing."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return self.nop

    def __getitem__(self, index: Any) -> DummyExperiment:
        return self

    def __setitem__(self, index: Any, value: Any) -> None:
        pass


class DummyLogger(Logger):
    """Stands for the loggers of a run that shall log nothing, so that code that uses them runs."""

    def __init__(self) -> None:
        self._experiment = DummyExperiment()

    @property
    def experiment(self) -> DummyExperiment:
        """Swallows every call."""
        return self._experiment

    @property
    def name(self) -> str:
        """Empty."""
        return ""

    @property
    def version(self) -> str:
        """Empty."""
        return ""

    def log_metrics(self, *args: Any, **kwargs: Any) -> None:
        """Nothing."""

    def log_hyperparams(self, *args: Any, **kwargs: Any) -> None:
        """Nothing."""

    def __getitem__(self, index: Any) -> DummyLogger:
        return self

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name.startswith("__"):
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
    for name in dict.fromkeys(name for given in dicts for name in given):
        values = [given[name] for given in dicts if given.get(name) is not None]
        function = functions.get(name)
        if isinstance(values[0], Mapping):
            merged[name] = merge_dicts(values, function, default_func)
        else:
            merged[name] = (function or default_func)(values)
    return merged
