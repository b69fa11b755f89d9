"""The end that a machine announces to a process: SIGTERM, and in a job of SLURM the signal that comes before it.

A handler only takes a note. The loops heed it between two batches, where counters, gradients and weights agree.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import threading
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, Any

from groundwire_lightning.checkpoints.files import next_numbered
from groundwire_lightning.errors import SIGTERMException
from groundwire_lightning.utilities.console import tell

if TYPE_CHECKING:
    from groundwire_lightning.core.running import Running

log = logging.getLogger(__name__)


class Preemption:
    """The signals that came in a run, from its first batch to its last word.

    Args:
        environment: Where processes come from; that of SLURM has ``auto_requeue`` and ``requeue_signal``.

    Attributes:
        received_sigterm: A SIGTERM came in this run, or in the last one.
        is_due: There is something to heed.
        is_requeuing: The checkpoint is being written that a job of SLURM goes on from.
    """

    def __init__(self, environment: Any) -> None:
        requeues = getattr(environment, "auto_requeue", False)
        self._requeue_signal: int | None = environment.requeue_signal if requeues else None
        self._before: dict[int, Any] = {}
        self._requeue_is_due = False
        self.received_sigterm = self.is_due = self.is_requeuing = False

    def watch(self) -> None:
        """Take note of signals from here on; what handled a SIGTERM before is called after the note.

        Outside of the main thread, where Python lets nobody handle a signal, and on Windows nothing is changed.
        """
        if self._before or os.name == "nt" or threading.current_thread() is not threading.main_thread():
            return
        self.received_sigterm = self.is_due = self._requeue_is_due = False
        if self._requeue_signal is not None and not _handler(self._requeue_signal):
            self._handle(self._requeue_signal, self._note_requeue)
        self._handle(signal.SIGTERM, self._note_sigterm)

    def end(self) -> None:
        """Give signals back to whoever had them."""
        while self._before:
            number, handler = self._before.popitem()
            signal.signal(number, signal.SIG_DFL if handler is None else handler)

    def heed(self, trainer: Running, ends: bool) -> None:
        """Do what was asked for: queue the job again, with a checkpoint to go on from, and end the run.

        Args:
            trainer: Between two batches.
            ends: False leaves the run to its own end, which is the next thing.

        Raises:
            SIGTERMException: The run ends here.
        """
        if self._requeue_is_due:
            self._requeue_is_due, self.is_requeuing = False, True
            try:
                save_and_requeue(trainer)
            finally:
                self.is_requeuing = False
        self.is_due = self.received_sigterm
        if ends and self.received_sigterm:
            raise SIGTERMException(128 + signal.SIGTERM)  # the status by which shells know such an end

    def _handle(self, number: int, note: Callable[[], None]) -> None:
        before = self._before[number] = signal.getsignal(number)

        def handler(number: int, frame: FrameType | None) -> None:
            note()
            if callable(before):
                before(number, frame)

        signal.signal(number, handler)

    def _note_sigterm(self) -> None:
        self.received_sigterm = self.is_due = True

    def _note_requeue(self) -> None:
        self._requeue_is_due = self.is_due = True

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_before": {}}  # a copy handles no signal


def _handler(number: int) -> Any:
    """The handler of a signal, where it is not the system."""
    handler = signal.getsignal(number)
    return None if handler == signal.SIG_DFL else handler


def save_and_requeue(trainer: Running) -> None:
    """Write what a job of SLURM goes on from, and put the job into the queue again."""
    for logger in trainer.loggers:
        logger.finalize("finished")
    path = next_numbered(trainer.default_root_dir, "hpc_ckpt_", ".ckpt")
    trainer.save_checkpoint(path)
    if not trainer.is_global_zero:
        return
    array, job = os.environ.get("SLURM_ARRAY_JOB_ID"), os.environ.get("SLURM_JOB_ID")
    name = job if array is None else f"{array}_{os.environ['SLURM_ARRAY_TASK_ID']}"
    try:
        status = subprocess.run(["scontrol", "requeue", str(name)], check=False).returncode
    except FileNotFoundError:
        status = 127
    if status:
        log.warning("job %s could not be queued again: scontrol ended with %s; %s has its state", name, status, path)
    else:
        tell(log, "job %s is queued again, and goes on from %s", name, path)
