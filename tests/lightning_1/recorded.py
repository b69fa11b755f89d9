"""A program of Lightning 1, run to its end, with all that it was called with and all that it left."""

from __future__ import annotations

import contextlib
import csv
import inspect
import io
import os
import random
import re
import sys
import warnings
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import torch

METRICS = ("callback", "logged", "progress_bar")
OF_A_CHECKPOINT = ("epoch", "global_step", "state_dict", "optimizer_states", "lr_schedulers", "hyper_parameters")
"""The entries of a checkpoint that mean the same to all releases and to groundwire."""


def recorded(text: str, name: str, folder: Path) -> dict[str, Any]:
    """Run a program in a folder of its own.

    Args:
        text: Its source; it may leave ``answer``, any data, and ``model`` and ``trainer``.
        name: What its functions are known by; every call of one of them is recorded.
        folder: Where it runs; it is made.

    Returns:
        ``calls``, ``answer``, ``weights``, ``metrics``, ``where`` and ``files``, as data that is equal only where
        every bit is.
    """
    folder.mkdir(parents=True)
    space: dict[str, Any] = {"__name__": "__main__"}
    calls: list[Any] = []
    torch.manual_seed(0)
    np.random.seed(0)  # programs of that time draw from this one
    random.seed(0)
    with within(folder), warnings.catch_warnings(), calls_heard(name, calls):
        warnings.simplefilter("ignore")
        exec(compile(text, name, "exec", dont_inherit=True), space)  # noqa: S102  # it is a program of this suite
    torch.use_deterministic_algorithms(False)
    trainer, model = space.get("trainer"), space.get("model")
    outcome = {
        "calls": calls,
        "answer": plain(space.get("answer")),
        "weights": model and plain(model.state_dict()),
        "metrics": trainer and {each: plain(getattr(trainer, f"{each}_metrics")) for each in METRICS},
        "where": trainer and [trainer.global_step, trainer.current_epoch],
        "files": files(folder),
    }
    return tidy(outcome, folder)  # type: ignore[no-any-return]


@contextlib.contextmanager
def within(folder: Path) -> Iterator[None]:
    """Work in a folder, without the variables that other runs left, and with nothing shown."""
    before, variables = Path.cwd(), dict(os.environ)
    os.chdir(folder)
    for variable in [variable for variable in os.environ if variable.startswith("PL_")]:
        del os.environ[variable]
    arguments, sys.argv = sys.argv, ["program"]
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        sys.argv = arguments
        os.chdir(before)
        os.environ.clear()
        os.environ.update(variables)


@contextlib.contextmanager
def calls_heard(name: str, calls: list[Any]) -> Iterator[None]:
    """Write down each call of a function that stands in the program: nothing is wrapped, so no signature changes."""

    def hear(frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event != "call" or code.co_filename != name or not code.co_flags & inspect.CO_OPTIMIZED:
            return  # the body of a class or of the program
        if code.co_name.startswith(("<", "__")):
            return
        sys.setprofile(None)
        values = frame.f_locals
        arguments = {each: values[each] for each in inspect.getargs(code)[0] if each in values}
        more = inspect.getargs(code)
        arguments |= {each: values[each] for each in (more.varargs, more.varkw) if each}
        calls.append(called(code.co_name, arguments))
        sys.setprofile(hear)

    sys.setprofile(hear)
    try:
        yield
    finally:
        sys.setprofile(None)


def called(function: str, arguments: dict[str, Any]) -> list[Any]:
    """A call as data: whose, with what, and where the run and the generators were."""
    own = arguments.pop("self", None)
    trainer = arguments.get("trainer") or getattr(own, "_trainer", None)
    name = function if own is None else f"{type(own).__name__}.{function}"
    at = None if trainer is None else [trainer.global_step, trainer.current_epoch]
    return [name, plain(arguments), at, zlib.crc32(torch.get_rng_state().numpy().tobytes())]


def plain(value: Any) -> Any:
    """A value as data that is equal only where every bit is; of what is no data, the kind."""
    if isinstance(value, torch.Tensor):
        return [str(value.dtype), list(value.shape), plain(value.detach().tolist())]
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, float):
        return value.hex()
    if isinstance(value, str):
        return str.__str__(getattr(value, "value", value))
    if isinstance(value, Mapping):
        return {str(name): plain(entry) for name, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    if isinstance(value, Exception):
        return type(value).__name__
    kind = type(value).__name__.removeprefix("Lightning")
    return "callable" if callable(value) and not isinstance(value, torch.nn.Module) else kind


def tidy(value: Any, folder: Path) -> Any:
    """Data with the paths below a folder as paths in it."""
    if isinstance(value, str):
        return value.replace(f"{folder}/", "").replace(str(folder), ".")
    if isinstance(value, dict):
        return {tidy(name, folder): tidy(entry, folder) for name, entry in value.items()}
    return [tidy(entry, folder) for entry in value] if isinstance(value, (list, tuple)) else value


def files(folder: Path) -> dict[str, Any]:
    """Name of each file to what stands in it; event files go by their folder."""
    contents: dict[str, Any] = {}
    for path in sorted(folder.rglob("*"), key=by_number):
        name = str(path.relative_to(folder))
        if path.name.startswith("events.out.tfevents"):
            contents.setdefault(f"{path.parent.relative_to(folder)}/events", []).append(events(path))
        elif path.suffix == ".ckpt":
            contents[name] = checkpoint(path)
        elif path.suffix == ".csv":
            contents[name] = list(csv.DictReader(path.open()))
        elif path.is_file():
            contents[name] = path.read_text("utf-8")
    return contents


def by_number(path: Path) -> list[int | str]:
    """A key that sorts the tenth event file of a process behind the ninth."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", str(path))]


def events(path: Path) -> Any:
    """The scalars of an event file."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    read = EventAccumulator(str(path)).Reload()
    return {tag: [[each.step, each.value.hex()] for each in read.Scalars(tag)] for tag in read.Tags()["scalars"]}


def checkpoint(path: Path) -> Any:
    """The entries of a checkpoint that are compared."""
    state = torch.load(path, weights_only=False)
    return {
        "callbacks": sorted(re_named(name) for name in state.get("callbacks", {})),
        **{name: plain(state.get(name)) for name in OF_A_CHECKPOINT},
    }


def re_named(callback: str) -> str:
    """The class of a callback whose state this is; what it was made with is written differently by each release."""
    return str(callback).partition("{")[0]


def differences(theirs: Any, ours: Any, at: str = "") -> list[str]:
    """Where two outcomes differ, a line or three for each place."""
    absent = "(absent)"
    if isinstance(theirs, dict) and isinstance(ours, dict):
        names = [*theirs, *(name for name in ours if name not in theirs)]
        return [line for n in names for line in differences(theirs.get(n, absent), ours.get(n, absent), f"{at}/{n}")]
    if isinstance(theirs, list) and isinstance(ours, list):
        pairs = zip(theirs, ours, strict=False)
        lines = [line for index, pair in enumerate(pairs) for line in differences(*pair, f"{at}/{index}")]
        if not lines and len(theirs) != len(ours):
            lines = [f"{at}: {len(theirs)} under Lightning 1, {len(ours)} under groundwire"]
        return lines
    return [] if theirs == ours else [f"{at}\n  Lightning 1: {str(theirs)[:300]}\n  groundwire:  {str(ours)[:300]}"]
