"""The loops of a ``.ckpt`` file: our counters as Lightning writes them, and read back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from groundwire_lightning.loops.progress import Count, Progress

EPOCH = "epoch_progress"
BATCH = "epoch_loop.batch_progress"
AUTOMATIC = "epoch_loop.automatic_optimization.optim_progress"
MANUAL = "epoch_loop.manual_optimization.optim_step_progress"
SCHEDULER = "epoch_loop.scheduler_progress"
VALIDATION_PROGRESS = "epoch_loop.val_loop.batch_progress"
STEPPED = "_batches_that_stepped"
OTHERS = ("validate", "test", "predict")


def written(progress: Progress, automatic: bool, loaders: list[Any]) -> dict[str, Any]:
    """The entry ``loops`` of a checkpoint.

    Args:
        progress: How far fitting has come.
        automatic: The trainer steps the optimizer; the steps of manual optimization stand elsewhere.
        loaders: The states of training loaders that have one.
    """
    epoch = Count(progress.epochs_ready, progress.epochs_started, progress.processed, progress.epochs)
    now = _batch(progress)
    steps, cleared, moved = progress.at_start
    step = _twice(
        {"ready": progress.steps_ready, "completed": progress.steps},
        {"ready": progress.steps_ready - steps, "completed": progress.steps - steps},
    )
    by_hand = {"ready": progress.steps, "completed": progress.steps}
    no_step = _twice({"ready": 0, "completed": 0}, {"ready": 0, "completed": 0})
    zero_grad = _twice(_three(progress.cleared), _three(progress.cleared - cleared))
    fit_loop = {
        "state_dict": {"combined_loader": loaders} if loaders else {},
        "epoch_loop.state_dict": {STEPPED: progress.stepped},
        BATCH: _both(progress.before.plus(now), now) | {"is_last_batch": progress.is_last},
        SCHEDULER: _twice(_two(progress.moved), _two(progress.moved - moved)),
        "epoch_loop.automatic_optimization.state_dict": {},
        AUTOMATIC: {"optimizer": {"step": step if automatic else no_step, "zero_grad": zero_grad}},
        "epoch_loop.manual_optimization.state_dict": {},
        MANUAL: no_step if automatic else _twice(by_hand, dict(by_hand)),
        "epoch_loop.val_loop.state_dict": {},
        VALIDATION_PROGRESS: _both(progress.val_before.plus(progress.val_batch), progress.val_batch)
        | {"is_last_batch": progress.val_is_last},
        EPOCH: _both(epoch, epoch),
    }
    return {
        "fit_loop": fit_loop,
        **{f"{name}_loop": {"state_dict": {}, "batch_progress": _other(progress, name)} for name in OTHERS},
    }


def taken(progress: Progress, fit_loop: Mapping[str, Any], automatic: bool) -> None:
    """Put the counters where those of a checkpoint were.

    Args:
        progress: What is overwritten.
        fit_loop: The entry ``loops["fit_loop"]``.
        automatic: The trainer steps the optimizer.
    """
    epoch = fit_loop.get(EPOCH, {}).get("current", {})
    progress.epochs_ready, progress.epochs_started = epoch.get("ready", 0), epoch.get("started", 0)
    progress.processed, progress.epochs = epoch.get("processed", 0), epoch.get("completed", 0)
    total, current = _counts(fit_loop.get(BATCH, {}))
    progress.batch, progress.before = current, total.minus(current)
    progress.ready, progress.batches = current.ready, total.ready
    progress.is_last = bool(fit_loop.get(BATCH, {}).get("is_last_batch", False))
    optimizer = fit_loop.get(AUTOMATIC, {}).get("optimizer", {})
    step = optimizer.get("step", {}) if automatic else fit_loop.get(MANUAL, {})
    cleared, moved = optimizer.get("zero_grad", {}), fit_loop.get(SCHEDULER, {})
    in_epoch = _completed(step, "current"), _completed(cleared, "current"), _completed(moved, "current")
    progress.steps = _completed(step, "total")
    progress.steps_ready = progress.steps
    progress.cleared, progress.moved = _completed(cleared, "total"), _completed(moved, "total")
    progress.at_start = (
        progress.steps - in_epoch[0],
        progress.cleared - in_epoch[1],
        progress.moved - in_epoch[2],
    )
    total, current = _counts(fit_loop.get(VALIDATION_PROGRESS, {}))
    progress.val_batch, progress.val_before = current, total.minus(current)
    progress.val_is_last = bool(fit_loop.get(VALIDATION_PROGRESS, {}).get("is_last_batch", False))
    progress.stepped = fit_loop.get("epoch_loop.state_dict", {}).get(STEPPED, 0)


def validated(fit_loop: Mapping[str, Any]) -> int:
    """How many loaders the validation under way or the last one was through; Lightning 1 alone counted them."""
    return _completed(fit_loop.get("epoch_loop.val_loop.dataloader_progress", {}), "current")


def taken_of_other(progress: Progress, entry: str, loops: Mapping[str, Any]) -> None:
    """Put the counters of an entry point other than ``fit`` where those of a checkpoint were.

    Args:
        progress: What is overwritten.
        entry: The entry point.
        loops: The entry ``loops``.
    """
    batches = loops.get(f"{entry}_loop", {}).get("batch_progress", {})
    total, current = _counts(batches)
    progress.others[entry] = current, total.minus(current), bool(batches.get("is_last_batch", False))


def _other(progress: Progress, entry: str) -> dict[str, Any]:
    current, before, is_last = progress.others.get(entry, (Count(), Count(), False))
    counted = _both(before.plus(current), current)
    return counted if entry == "predict" else counted | {"is_last_batch": is_last}


def _batch(progress: Progress) -> Count:
    batch = progress.batch
    return Count(progress.ready, batch.started, batch.processed, batch.completed)


def _counts(entry: Mapping[str, Any]) -> tuple[Count, Count]:
    return Count(**entry.get("total", {})), Count(**entry.get("current", {}))


def _completed(entry: Mapping[str, Any], which: str) -> int:
    return int(entry.get(which, {}).get("completed", 0))


def _both(total: Count, current: Count) -> dict[str, Any]:
    return {"total": _four(total), "current": _four(current)}


def _four(count: Count) -> dict[str, int]:
    numbers = asdict(count)
    return {name: numbers[name] for name in ("ready", "completed", "started", "processed")}


def _twice(total: dict[str, int], current: dict[str, int]) -> dict[str, Any]:
    return {"total": total, "current": current}


def _two(number: int) -> dict[str, int]:
    return {"ready": number, "completed": number}


def _three(number: int) -> dict[str, int]:
    return {"ready": number, "completed": number, "started": number}
