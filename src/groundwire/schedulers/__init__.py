"""Schedules of the learning rate, or of any field of a parameter group, counted in optimizer updates."""

from groundwire.schedulers.cosine_scheduler import CosineLrScheduler
from groundwire.schedulers.scheduler_base import SchedulerBase, StatefulSchedulerBase
from groundwire.schedulers.wsd_scheduler import WSDLrScheduler

__all__ = ["CosineLrScheduler", "SchedulerBase", "StatefulSchedulerBase", "WSDLrScheduler"]
