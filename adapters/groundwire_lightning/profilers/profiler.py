"""The base class of profilers, which hear when an action starts and stops, and report when a run is over."""

from __future__ import annotations

import logging
import os
import re
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from groundwire_lightning.errors import NotSupportedYetError

log = logging.getLogger(__name__)


class Profiler(ABC):
    """Writes a report of what a subclass records in :meth:`start` and :meth:`stop`.

    Args:
        dirpath: Folder of the report; by default the folder of the run's logger.
        filename: Name of the report, without its ending; without one the report is shown on the console.

    Raises:
        NotSupportedYetError: ``dirpath`` is a URL.
    """

    def __init__(self, dirpath: str | os.PathLike[str] | None = None, filename: str | None = None) -> None:
        if dirpath is not None and "://" in str(dirpath):
            raise NotSupportedYetError(f"dirpath={str(dirpath)!r}: reports are written to local folders; copy it later")
        self.dirpath = dirpath
        self.filename = filename
        self._output_file: IO[str] | None = None
        self._write_stream: Callable[[str], Any] | None = None
        self._local_rank: int | None = None
        self._stage: str | None = None
        self._lightning_module: Any = None

    @abstractmethod
    def start(self, action_name: str) -> None:
        """Record the begin of an action.

        Args:
            action_name: The name of the action.
        """

    @abstractmethod
    def stop(self, action_name: str) -> None:
        """Record the end of an action.

        Args:
            action_name: The name that the action was started under.
        """

    def summary(self) -> str:
        """The text of the report; an empty one is not written."""
        return ""

    @contextmanager
    def profile(self, action_name: str) -> Iterator[str]:
        """Record what happens inside a ``with`` block.

        Args:
            action_name: The name of the action in the report.
        """
        try:
            self.start(action_name)
            yield action_name
        finally:
            self.stop(action_name)

    def describe(self) -> None:
        """Write the report into its file, or show it; the Trainer calls this when a run ends."""
        self._prepare_streams()
        summary = self.summary()
        if summary and self._write_stream is not None:
            self._write_stream(summary)
        if self._output_file is not None:
            self._output_file.flush()
        self.teardown(stage=self._stage)

    def setup(self, stage: str, local_rank: int | None = None, log_dir: str | None = None) -> None:
        """Take the stage and the folder of a run that begins.

        Args:
            stage: ``"fit"``, ``"validate"``, ``"test"`` or ``"predict"``.
            local_rank: Index of this process on its machine, where there are several.
            log_dir: The folder of the report where ``dirpath`` is None.
        """
        self._stage = stage
        self._local_rank = local_rank
        self.dirpath = self.dirpath or log_dir

    def teardown(self, stage: str | None) -> None:
        """Close the report of a run that has ended.

        Args:
            stage: As in :meth:`setup`.
        """
        self._write_stream = None
        if self._output_file is not None:
            self._output_file.close()
            self._output_file = None

    def __del__(self) -> None:
        if "_stage" in vars(self):  # not where the constructor refused
            self.teardown(stage=self._stage)

    @property
    def local_rank(self) -> int:
        """Index of this process on its machine, 0 where there is one."""
        return self._local_rank or 0

    def _rank_zero_info(self, text: str) -> None:
        """Show a text in the first process: through ``logging`` where that shows it, else on standard error."""
        if self.local_rank:
            return
        if log.isEnabledFor(logging.INFO) and log.hasHandlers():
            log.info(text)
        else:
            print(text, file=sys.stderr, flush=True)

    def _prepare_filename(self, action_name: str | None = None, extension: str = ".txt") -> str:
        parts = [self._stage, self.filename or None, self._local_rank, action_name]
        name = "-".join(str(part) for part in parts if part is not None)
        # what one of the usual file systems does not take becomes an underscore
        return (re.sub(r'[\\/:*?"<>|\n\r\t_]+', "_", name).strip() or "profile") + extension

    def _prepare_streams(self) -> None:
        if self._write_stream is not None:
            return
        if self.filename and self.dirpath:
            folder = Path(self.dirpath)
            folder.mkdir(parents=True, exist_ok=True)
            self._output_file = (folder / self._prepare_filename()).open("a", encoding="utf-8")
            self._write_stream = self._output_file.write
        else:
            self._write_stream = self._rank_zero_info

    def _stats_to_str(self, stats: Mapping[str, str]) -> str:
        rank = "" if self._local_rank is None else f" rank: {self._local_rank}"
        lines = [self._title()]
        for action, value in stats.items():
            lines += [f"Profile stats for: {action}{rank}", value]
        return os.linesep.join(lines)

    def _title(self) -> str:
        return "Profiler Report" if self._stage is None else f"{self._stage.upper()} Profiler Report"
