"""Loggers of Lightning 1: the base class under its old name, several loggers as one, and the one of test-tube."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterable
from os import PathLike
from typing import Any

from groundwire.errors import rank_zero_warn
from groundwire_lightning.loggers.logger import Logger
from groundwire_lightning.loggers.tensorboard import TensorBoardLogger


class LightningLoggerBase(Logger):
    """The base class of loggers, with the methods that it had in Lightning 1.

    Args:
        agg_key_funcs: Name to a function that merges values of one step; such values are not gathered here.
        agg_default_func: The function for all others, likewise.
    """

    def __init__(self, agg_key_funcs: Any = None, agg_default_func: Any = None) -> None:
        if agg_key_funcs or agg_default_func:
            rank_zero_warn(
                f"{type(self).__qualname__}(agg_key_funcs=, agg_default_func=): values of one step are not gathered, "
                "as in Lightning since 1.6; each is written when it is logged"
            )

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "agg_and_log_metrics" in vars(cls):
            rank_zero_warn(
                f"{cls.__qualname__}.agg_and_log_metrics is not called, as in Lightning since 1.6; log_metrics is"
            )

    def agg_and_log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        """Write values.

        Args:
            metrics: Name of each value to the value.
            step: Place of the values on the x-axis.
        """
        self.log_metrics(metrics=metrics, step=step)

    def update_agg_funcs(self, agg_key_funcs: Any = None, agg_default_func: Callable[..., float] | None = None) -> None:
        """Nothing: values of one step are not gathered."""

    def close(self) -> None:
        """Write pending values."""
        self.save()


class LoggerCollection(LightningLoggerBase):
    """Several loggers as one, each told all that this one is told.

    Args:
        logger_iterable: The loggers.
    """

    def __init__(self, logger_iterable: Iterable[Logger]) -> None:
        super().__init__()
        self._logger_iterable = [*logger_iterable]

    def __getitem__(self, index: int) -> Logger:
        return self._logger_iterable[index]

    @property
    def name(self) -> str:
        """Their names, one after the other; each once."""
        return "_".join(dict.fromkeys(str(logger.name) for logger in self._logger_iterable))

    @property
    def version(self) -> str:
        """Their versions, one after the other; each once."""
        return "_".join(dict.fromkeys(str(logger.version) for logger in self._logger_iterable))

    @property
    def save_dir(self) -> str | None:
        """The directory of the first, where all have that one; else nothing."""
        folders = {logger.save_dir for logger in self._logger_iterable}
        return folders.pop() if len(folders) == 1 else None

    @property
    def experiment(self) -> list[Any]:
        """What each of them writes to."""
        return [logger.experiment for logger in self._logger_iterable]  # type: ignore[attr-defined]  # most have one

    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        """Write values through each."""
        for logger in self._logger_iterable:
            logger.log_metrics(metrics=metrics, step=step)

    def log_hyperparams(self, params: dict[str, Any] | Namespace, *args: Any, **kwargs: Any) -> None:
        """Write hyper-parameters through each."""
        for logger in self._logger_iterable:
            logger.log_hyperparams(params, *args, **kwargs)

    def log_graph(self, model: Any, input_array: Any = None) -> None:
        """Draw the model through each."""
        for logger in self._logger_iterable:
            logger.log_graph(model, input_array)

    def log_text(self, *args: Any, **kwargs: Any) -> None:
        """Write a text through each."""
        for logger in self._logger_iterable:
            logger.log_text(*args, **kwargs)  # type: ignore[attr-defined]  # theirs who have it

    def log_image(self, *args: Any, **kwargs: Any) -> None:
        """Write an image through each."""
        for logger in self._logger_iterable:
            logger.log_image(*args, **kwargs)  # type: ignore[attr-defined]  # theirs who have it

    def save(self) -> None:
        """Write pending values of each."""
        for logger in self._logger_iterable:
            logger.save()

    def finalize(self, status: str) -> None:
        """Write the rest of each."""
        for logger in self._logger_iterable:
            logger.finalize(status)

    def after_save_checkpoint(self, checkpoint_callback: Any) -> None:
        """Tell each that a checkpoint was written."""
        for logger in self._logger_iterable:
            logger.after_save_checkpoint(checkpoint_callback)


class TestTubeLogger(TensorBoardLogger):
    """The event files that test-tube wrote; its tables and git tags are not written.

    Args:
        save_dir: The folder of all experiments.
        name: The experiment.
        description: A text about it, which stays unwritten.
        debug: True wrote nothing; use ``Trainer(logger=False)`` for it.
        version: The run.
        create_git_tag: Tag the repository, which is refused.
        log_graph: Draw the graph of the module.
        prefix: A text that is put before the name of each value, with a dash.
    """

    __test__ = False  # pytest takes it for tests

    def __init__(
        self,
        save_dir: str | PathLike[str],
        name: str = "default",
        description: str | None = None,
        debug: bool = False,
        version: int | None = None,
        create_git_tag: bool = False,
        log_graph: bool = False,
        prefix: str = "",
    ) -> None:
        if debug or create_git_tag:
            asked = "debug" if debug else "create_git_tag"
            raise ValueError(f"TestTubeLogger({asked}=True): nobody does this here; leave it out")
        rank_zero_warn("TestTubeLogger writes the event files of TensorBoardLogger alone; test-tube is given up")
        super().__init__(save_dir, name, version, log_graph, prefix=prefix)
        self.description = description
