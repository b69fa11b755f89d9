"""Cluster environments: classes that name the launcher of a run, for code that passes them as plugins."""

from __future__ import annotations

import os
from typing import Any

from groundwire_lightning.errors import NotSupportedYetError, missing_class

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
        auto_requeue: Must be False: a job is not queued again when its time is up.
        requeue_signal: Without effect.

    Raises:
        NotSupportedYetError: The job is to be queued again.
    """

    def __init__(self, auto_requeue: bool = True, requeue_signal: Any = None) -> None:
        if auto_requeue:
            raise NotSupportedYetError(
                "SLURMEnvironment(auto_requeue=True) is not supported yet. Instead: SLURMEnvironment(auto_requeue="
                "False), and fit(ckpt_path='last') in a job that is queued again"
            )
        self.auto_requeue = False
        self.requeue_signal = requeue_signal

    @staticmethod
    def detect() -> bool:
        """True in a job of SLURM that is not interactive."""
        return "SLURM_NTASKS" in os.environ and os.environ.get("SLURM_JOB_NAME") not in ("bash", "interactive")


_LAUNCH = "torchrun, whose processes Accelerate finds"
KubeflowEnvironment = missing_class("KubeflowEnvironment", __name__, _LAUNCH, ClusterEnvironment)
LSFEnvironment = missing_class("LSFEnvironment", __name__, _LAUNCH, ClusterEnvironment)
MPIEnvironment = missing_class("MPIEnvironment", __name__, _LAUNCH, ClusterEnvironment)
XLAEnvironment = missing_class("XLAEnvironment", __name__, "accelerate launch --tpu", ClusterEnvironment)
