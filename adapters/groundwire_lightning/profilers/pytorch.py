"""A profiler that reports the operators of each action, as ``torch.profiler`` records them."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import nn
from torch.autograd.profiler import record_function
from torch.autograd.profiler_util import EventList
from torch.profiler import ProfilerAction, ProfilerActivity

from groundwire.errors import rank_zero_warn
from groundwire_lightning.errors import MisconfigurationException
from groundwire_lightning.profilers.profiler import Profiler

PROFILED_STEPS = {"training": "train", "validation": "val", "test": "test", "predict": "predict"}
"""First word in the name of a step, to the word in ``trainer.num_<word>_batches`` that counts its batches."""
LEAST_STEPS = 5
"""The fewest batches for the default schedule: one to wait, one to warm up, three to record."""


class RegisterRecordFunction:
    """Labels the forward pass of every submodule in a recording, inside a ``with`` block.

    Args:
        model: The module whose submodules are labelled.
    """

    def __init__(self, model: nn.Module) -> None:
        self._model = model
        self._handles: list[Any] = []

    def __enter__(self) -> None:
        for name, module in self._model.named_modules():
            if name:
                cls = type(module)
                self._label(module, f"[pl][module]{cls.__module__}.{cls.__name__}: {name}")

    def _label(self, module: nn.Module, label: str) -> None:
        open_labels: list[Any] = []  # a stack, for a module may call itself

        def before(*_: Any) -> None:
            open_labels.append(_opened(label))

        def after(*_: Any) -> None:
            open_labels.pop().__exit__(None, None, None)

        self._handles += [module.register_forward_pre_hook(before), module.register_forward_hook(after)]

    def __exit__(self, *_: object) -> None:
        for handle in self._handles:
            handle.remove()
        self._handles = []


class ScheduleWrapper:
    """A schedule that counts the batches of each kind of step on its own.

    Args:
        schedule: A function from the number of a batch to the action of the profiler there.
    """

    def __init__(self, schedule: Callable[[int], ProfilerAction]) -> None:
        self._schedule = schedule
        self._start_action_name = ""
        self.reset()

    def reset(self) -> None:
        """Set all counts to zero."""
        self._counts = dict.fromkeys(PROFILED_STEPS, 0)
        self._finished: set[str] = set()
        self._kind: str | None = None
        self._last: ProfilerAction | None = None

    def setup(self, start_action_name: str) -> None:
        """Take note of the first action of a run.

        Args:
            start_action_name: The name of the action.
        """
        self._start_action_name = start_action_name

    def pre_step(self, current_action: str) -> None:
        """Take note of the kind of the step that has just ended.

        Args:
            current_action: The name of the step's action, which ends with that of the method.
        """
        self._kind = next((kind for kind in PROFILED_STEPS if current_action.endswith(f"{kind}_step")), None)

    @property
    def num_step(self) -> int:
        """Number of batches of the present kind so far."""
        return 0 if self._kind is None else self._counts[self._kind]

    @property
    def has_finished(self) -> bool:
        """True where the recording of the present kind is complete."""
        return self._kind in self._finished

    def __call__(self, num_step: int) -> ProfilerAction:
        """Choose the action of the profiler for the next batch.

        Args:
            num_step: The number of torch, which counts all kinds together, and so is not read.
        """
        if self._kind is None or self.has_finished:
            return ProfilerAction.NONE
        checks_sanity = self._start_action_name.endswith("on_fit_start") and not self._counts["training"]
        if self._kind != "validation" or not checks_sanity:
            self._counts[self._kind] += 1
        action = self._schedule(self.num_step)
        if self._last is ProfilerAction.RECORD and action is ProfilerAction.WARMUP:
            action = ProfilerAction.RECORD  # another kind began in the middle of a recording; torch forbids going back
        if action is ProfilerAction.RECORD_AND_SAVE:
            self._finished.add(self._kind)
        self._last = action
        return action


class PyTorchProfiler(Profiler):
    """Records the operators of the steps, and labels them with the actions and the submodules they ran in.

    Args:
        dirpath: Folder of report and traces; by default the folder of the run's logger.
        filename: Name of the report, without its ending; without one it is shown on the console.
        group_by_input_shapes: Tell calls with different shapes apart; needs ``record_shapes=True``.
        emit_nvtx: Emit NVTX ranges for NVIDIA's tools, and report nothing.
        export_to_chrome: Write a trace that Chrome, Perfetto and TensorBoard show.
        row_limit: Rows of the report; -1 for all.
        sort_by_key: Column that the report is sorted by.
        record_module_names: Label the forward pass of each submodule.
        table_kwargs: Further arguments of the table of ``torch.profiler``.
        **profiler_kwargs: Arguments of ``torch.profiler.profile``; also ``export_to_flame_graph`` and ``metric``.

    Raises:
        MisconfigurationException: ``sort_by_key`` is no column, or ``schedule`` is no schedule.
        KeyError: ``table_kwargs`` holds an argument that the table does not take.
    """

    STEP_FUNCTIONS: ClassVar[set[str]] = {f"{kind}_step" for kind in PROFILED_STEPS}
    AVAILABLE_SORT_KEYS: ClassVar[set[str]] = {
        *(f"{device}_time{total}" for device in ("cpu", "cuda") for total in ("", "_total")),
        *(f"{own}{device}_memory_usage" for device in ("cpu", "cuda") for own in ("", "self_")),
        "count",
    }

    def __init__(
        self,
        dirpath: str | os.PathLike[str] | None = None,
        filename: str | None = None,
        group_by_input_shapes: bool = False,
        emit_nvtx: bool = False,
        export_to_chrome: bool = True,
        row_limit: int = 20,
        sort_by_key: str | None = None,
        record_module_names: bool = True,
        table_kwargs: dict[str, Any] | None = None,
        **profiler_kwargs: Any,
    ) -> None:
        super().__init__(dirpath=dirpath, filename=filename)
        self._group_by_input_shapes = group_by_input_shapes and profiler_kwargs.get("record_shapes", False)
        self._emit_nvtx = emit_nvtx
        self._export_to_chrome = export_to_chrome
        self._row_limit = row_limit
        self._record_module_names = record_module_names
        self._table_kwargs = table_kwargs or {}
        self._export_to_flame_graph = profiler_kwargs.pop("export_to_flame_graph", False)
        self._metric = profiler_kwargs.pop("metric", "self_cpu_time_total")
        self._profiler_kwargs = profiler_kwargs
        self._has_own_schedule = "schedule" in profiler_kwargs
        self._schedule = _checked_schedule(profiler_kwargs.get("schedule", default_schedule()))
        profiler_kwargs["activities"] = profiler_kwargs.get("activities") or _activities()
        profiler_kwargs["with_stack"] = profiler_kwargs.get("with_stack", False) or self._export_to_flame_graph
        on_cuda = ProfilerActivity.CUDA in profiler_kwargs["activities"]
        self._sort_by_key = sort_by_key or f"{'cuda' if on_cuda else 'cpu'}_time_total"
        if self._sort_by_key not in self.AVAILABLE_SORT_KEYS:
            raise MisconfigurationException(
                f"sort_by_key={self._sort_by_key!r}: there are {sorted(self.AVAILABLE_SORT_KEYS)}"
            )
        _check_table(self._table_kwargs)
        self.profiler: Any = None
        self.function_events: EventList | None = None
        self._parent_profiler: Any = None
        self._register: RegisterRecordFunction | None = None
        self._recording_map: dict[str, Any] = {}

    def start(self, action_name: str) -> None:
        """Label an action that begins; the first one starts the recording.

        Args:
            action_name: The name of the action.
        """
        if self.profiler is None:
            if self._schedule is not None:
                self._schedule.setup(action_name)
            self._open_profiler()
        if self._register is None and self._record_module_names and self._lightning_module is not None:
            self._register = RegisterRecordFunction(self._lightning_module)
            self._register.__enter__()
        if action_name not in self._recording_map:
            self._recording_map[action_name] = _opened(f"[pl][profile]{action_name}")

    def stop(self, action_name: str) -> None:
        """End the label of an action; after a step the schedule moves on.

        Args:
            action_name: The name of the action.
        """
        label = self._recording_map.pop(action_name, None)
        if label is not None:
            label.__exit__(None, None, None)
        is_step = any(action_name.endswith(step) for step in self.STEP_FUNCTIONS)
        if self.profiler is None or self._emit_nvtx or not is_step:
            return
        if self._schedule is not None:
            self._schedule.pre_step(action_name)
            if not self._has_own_schedule and self._batches_of(action_name) < LEAST_STEPS:
                self._record_everything()
        if "on_trace_ready" not in self._profiler_kwargs:
            self.profiler.on_trace_ready = lambda profiler: self._export(profiler, action_name)
        if self._schedule is not None:
            self.profiler.step_num = self._schedule.num_step
        self.profiler.step()

    def _record_everything(self) -> None:
        rank_zero_warn(f"PyTorchProfiler: fewer than {LEAST_STEPS} batches, so all of them are recorded")
        self._schedule = None
        self.profiler.schedule = lambda step: ProfilerAction.RECORD

    def _batches_of(self, action_name: str) -> float:
        kind = next(kind for kind in PROFILED_STEPS if action_name.endswith(f"{kind}_step"))
        trainer = getattr(self._lightning_module, "_trainer", None) if self._lightning_module is not None else None
        if trainer is None:
            return LEAST_STEPS
        if kind == "training":
            return float(trainer.num_training_batches)
        names = [f"num_{PROFILED_STEPS[kind]}_batches", *(["num_sanity_val_batches"] if kind == "validation" else [])]
        batches = [getattr(trainer, name) for name in names]
        return sum(sum(number) if isinstance(number, list) else number for number in batches)

    def _export(self, profiler: Any, action_name: str) -> None:
        if self.dirpath is None:
            rank_zero_warn("PyTorchProfiler: no trace was written, for there is no dirpath")
            return
        if self._export_to_chrome:
            name = self._prepare_filename(action_name=action_name, extension="")
            torch.profiler.tensorboard_trace_handler(str(self.dirpath), name)(profiler)
        if self._export_to_flame_graph:
            name = self._prepare_filename(action_name=action_name, extension=".stack")
            profiler.export_stacks(str(Path(self.dirpath) / name), metric=self._metric)

    def summary(self) -> str:
        """A table of the operators of the last recording."""
        if self._emit_nvtx:
            return ""
        self._close_profiler()
        if not self.function_events:
            return ""
        averages: Any = self.function_events.key_averages(  # type: ignore[no-untyped-call]  # torch's
            group_by_input_shapes=self._group_by_input_shapes
        )
        table = averages.table(sort_by=self._sort_by_key, row_limit=self._row_limit, **self._table_kwargs)
        return self._stats_to_str({"records": table})

    def _open_profiler(self) -> None:
        if self._emit_nvtx:
            self._parent_profiler = torch.cuda.profiler.profile()
            self._parent_profiler.__enter__()
            self.profiler = torch.autograd.profiler.emit_nvtx()  # type: ignore[no-untyped-call]  # torch's
        else:
            autograd: Any = torch.autograd
            if autograd._profiler_enabled():
                autograd._disable_profiler()  # a profiler that was never closed; there can be one
            known = inspect.signature(torch.profiler.profile).parameters
            arguments = {name: value for name, value in self._profiler_kwargs.items() if name in known}
            self.profiler = torch.profiler.profile(**arguments | {"schedule": self._schedule})
        self.profiler.__enter__()

    def _close_profiler(self) -> None:
        if self.profiler is not None:
            self.profiler.__exit__(None, None, None)
            if not self._emit_nvtx and self.profiler.profiler is not None:  # None where no batch was recorded
                self.function_events = self.profiler.events()
            self.profiler = None
        if self._schedule is not None:
            self._schedule.reset()
        if self._parent_profiler is not None:
            self._parent_profiler.__exit__(None, None, None)
            self._parent_profiler = None
        if self._register is not None:
            self._register.__exit__(None, None, None)
            self._register = None

    def teardown(self, stage: str | None) -> None:
        """Close the recording and the report of a run that has ended.

        Args:
            stage: As in :meth:`setup`.
        """
        if "_recording_map" in vars(self):  # not where the constructor refused
            self._close_profiler()
            for action_name in list(self._recording_map):
                self.stop(action_name)
        super().teardown(stage=stage)


def _opened(label: str) -> Any:
    """Begin the range of a label, and return it to be closed."""
    label_range: Any = record_function(label)
    return label_range.__enter__()


@lru_cache(1)
def default_schedule() -> Callable[[int], ProfilerAction]:
    """The schedule of one batch to wait, one to warm up and three to record, which costs little over a long run."""
    schedule: Callable[[int], ProfilerAction] = torch.profiler.schedule(wait=1, warmup=1, active=3)
    return schedule


def _activities() -> list[ProfilerActivity]:
    return [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if torch.cuda.is_available() else [])]


def _checked_schedule(schedule: Any) -> ScheduleWrapper | None:
    if schedule is None:
        return None
    if not callable(schedule):
        raise MisconfigurationException(f"schedule={schedule!r}: a function from a number to a ProfilerAction is due")
    action = schedule(0)
    if not isinstance(action, ProfilerAction):
        raise MisconfigurationException(f"schedule returned {action!r}; a torch.profiler.ProfilerAction is due")
    return ScheduleWrapper(schedule)


def _check_table(table_kwargs: dict[str, Any]) -> None:
    """Refuse arguments that the table does not take, or that the profiler sets itself."""
    known = set(inspect.signature(EventList.table).parameters) - {"self", "sort_by", "row_limit"}
    for name in table_kwargs:
        if name in ("sort_by", "row_limit"):
            raise KeyError(f"table_kwargs holds {name!r}; pass sort_by_key= and row_limit= to PyTorchProfiler itself")
        if name not in known:
            raise KeyError(f"table_kwargs holds {name!r}; the table takes {sorted(known)}")
