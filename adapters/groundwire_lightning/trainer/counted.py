"""Lightning's progress objects of a run; values that people set there are written where the Trainer counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from groundwire_lightning.loops.progress import Count, Progress

Write = Callable[[int], None]
COUNTS = ("ready", "started", "processed", "completed")


class Counted:
    """Counts of something that is begun and done.

    Args:
        said: What this is, for messages.
        numbers: ``ready``, ``completed`` and so on, each with its number.
        writes: Those that may be set, each with what sets it.
    """

    def __init__(self, said: str, numbers: Mapping[str, int], writes: Mapping[str, Write]) -> None:
        vars(self).update(numbers, _said=said, _writes=writes)

    @classmethod
    def of(cls, said: str, count: Count, writes: Mapping[str, Write] | None = None) -> Counted:
        """The numbers of a count."""
        return cls(said, {name: getattr(count, name) for name in COUNTS}, writes or {})

    def __setattr__(self, name: str, value: int) -> None:
        write = vars(self)["_writes"].get(name)
        if write is None:
            raise AttributeError(f"{self}.{name} cannot be set: the Trainer counts otherwise, and would not heed it")
        write(value)
        vars(self)[name] = value

    def __str__(self) -> str:
        said: str = vars(self)["_said"]
        return said


class Passes:
    """Counts of something done, in the epoch or run under way and altogether.

    Args:
        current: In the epoch or run under way.
        total: Since the Trainer was made.
        is_last_batch: The batch in use is the last.
    """

    def __init__(self, current: Counted, total: Counted, is_last_batch: bool = False) -> None:
        self.current, self.total, self.is_last_batch = current, total, is_last_batch


def setting(progress: Progress, *names: str) -> Write:
    """Sets counters of a run.

    Args:
        progress: Where they are.
        *names: Which of them get the number.
    """

    def write(number: int) -> None:
        for name in names:
            setattr(progress, name, number)

    return write


def updates(said: str, progress: Progress) -> Passes:
    """The optimizer steps of a run."""
    steps = progress.at_start[0]
    total = {"ready": progress.steps_ready, "completed": progress.steps}
    writes = {"ready": setting(progress, "steps_ready"), "completed": setting(progress, "steps")}
    current = {name: number - steps for name, number in total.items()}
    return Passes(Counted(f"{said}.current", current, {}), Counted(f"{said}.total", total, writes))


class OfOptimizer:
    """Counts of the calls of the optimizer: ``step`` and ``zero_grad``."""

    def __init__(self, said: str, progress: Progress) -> None:
        self.step = updates(f"{said}.step", progress)
        now, total = progress.cleared - progress.at_start[1], progress.cleared
        self.zero_grad = Passes(
            _three_counts(f"{said}.zero_grad.current", now), _three_counts(f"{said}.zero_grad.total", total)
        )


class OptimProgress:
    """``optim_progress`` of automatic optimization."""

    def __init__(self, said: str, progress: Progress) -> None:
        self.optimizer = OfOptimizer(f"{said}.optimizer", progress)

    @property
    def optimizer_steps(self) -> int:
        """Optimizer steps made so far."""
        steps: int = vars(self.optimizer.step.total)["completed"]
        return steps


def moves(said: str, progress: Progress) -> Passes:
    """Counts of the moves of a scheduler."""
    now, total = progress.moved - progress.at_start[2], progress.moved
    return Passes(_two_counts(f"{said}.current", now), _two_counts(f"{said}.total", total))


def _two_counts(said: str, number: int) -> Counted:
    return Counted(said, {"ready": number, "completed": number}, {})


def _three_counts(said: str, number: int) -> Counted:
    return Counted(said, {"ready": number, "started": number, "completed": number}, {})
