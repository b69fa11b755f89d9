"""Cluster environments: classes that name the launcher of a run, for code that passes them as plugins."""

from __future__ import annotations

import os
import signal
from typing import Any

from groundwire_lightning.errors import missing_class

__path__: list[str] = []  # what Lightning has below this path are rows of paths.py

__all__ = [
    "ClusterEnvironment",
    "KubeflowEnvironment",
    "LSFEnvironment",
    "LightningEnvironment",
    "MPIEnvironment",
    "SLURMEnvironment",
    "TorchElasticEnvironment",
    "XLAEnvironment",
]


class ClusterEnvironment:
    """The launcher of the processes of a run; Accelerate finds them, so that a subclass's methods are never called."""


class LightningEnvironment(ClusterEnvironment):
    """The Trainer itself as the launcher; with one process there is nothing to start."""


class TorchElasticEnvironment(ClusterEnvironment):
    """Processes that ``torchrun`` started."""

    @staticmethod
    def detect() -> bool:
        """True under ``torchrun``."""
        return "TORCHELASTIC_RUN_ID" in os.environ


class SLURMEnvironment(ClusterEnvironment):
    """A job of SLURM; one process, or those that ``torchrun`` starts in it.

    Args:
        auto_requeue: At ``requeue_signal`` a run writes ``hpc_ckpt_N.ckpt`` and the job is queued again; ``fit``
            goes on from that file by itself.
        requeue_signal: What ``sbatch --signal`` sends before the time is up; by default SIGUSR1.
    """

    def __init__(self, auto_requeue: bool = True, requeue_signal: Any = None) -> None:
        self.auto_requeue = auto_requeue
        self.requeue_signal = getattr(signal, "SIGUSR1", None) if requeue_signal is None else requeue_signal

    @staticmethod
    def detect() -> bool:
        """True in a job of SLURM that is not interactive."""
        return "SLURM_NTASKS" in os.environ and os.environ.get("SLURM_JOB_NAME") not in ("bash", "interactive")


def chosen(plugin: Any) -> Any:
    """The origin of the processes of a run: what was passed, or what the variables of this process tell.

    Args:
        plugin: Of ``Trainer(plugins=)``, or None.
    """
    if plugin is not None:
        return plugin
    detected = (kind for kind in (TorchElasticEnvironment, SLURMEnvironment) if kind.detect())
    return next(detected, LightningEnvironment)()


_LAUNCH = "torchrun, whose processes Accelerate finds"
KubeflowEnvironment = missing_class("KubeflowEnvironment", __name__, _LAUNCH, ClusterEnvironment)
LSFEnvironment = missing_class("LSFEnvironment", __name__, _LAUNCH, ClusterEnvironment)
MPIEnvironment = missing_class("MPIEnvironment", __name__, _LAUNCH, ClusterEnvironment)
XLAEnvironment = missing_class("XLAEnvironment", __name__, "accelerate launch --tpu", ClusterEnvironment)
