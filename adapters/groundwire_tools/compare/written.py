"""What is in the files that a run wrote, as plain entries that can be compared and kept.

Left out, for it differs from run to run: the time and the machine in the names of event files, times of day, the
host's name and the folder of the run in texts, the numbers of ``version_N`` (the first is 0), the wall time of events
and of a Timer's state, the release of Lightning that a checkpoint names, and what groundwire adds to one for itself. A
checkpoint of Lightning 1.x is compared as the one of 2.x that it becomes, but for the counters of its loops, which are
laid out in another way.
"""

from __future__ import annotations

import csv
import re
import socket
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

CHECKPOINTS = (".ckpt", ".pt", ".pth", ".bin", ".safetensors")
EVENTS = "events.out.tfevents"
_MOST_LINES = 5000
_VERSION = re.compile(r"version_(\d+)")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[ T_]\d\d[:-]\d\d([:-]\d\d([.,]\d+)?)?(Z|[+-]\d\d:?\d\d)?")
_LEFT_OUT = r"(legacy_)?pytorch-lightning_version|groundwire|callbacks\.Timer.*\.time_elapsed"
_LEFT_OUT_OF_1 = _LEFT_OUT + r"|loops\.(fit|validate|test|predict)_loop\."

Entries = dict[str, Any]


def contents_of_files(files: Mapping[str, Path], start: Path, release: str = "") -> dict[str, Entries]:
    """Name of each file to what is in it.

    Args:
        files: Names, to where each file is now.
        start: The working directory of the run.
        release: The release of Lightning that the program was told.
    """
    tidy = Tidy(files, start)
    left_out = re.compile(_LEFT_OUT_OF_1 if release.startswith("1.") else _LEFT_OUT)
    contents: dict[str, Entries] = {}
    of_events: defaultdict[str, list[Path]] = defaultdict(list)
    for name, path in sorted(files.items()):
        folder, _, last = name.rpartition("/")
        if last.startswith(EVENTS):
            of_events[tidy(f"{folder}/{EVENTS}".lstrip("/"))].append(path)
        else:
            contents[tidy(name)] = _content(last, path, tidy, left_out)
    for name, paths in of_events.items():
        contents[name] = _of_events(paths)
    return contents


class Tidy:
    """Takes from a text what differs from run to run.

    Args:
        files: The files of the run.
        start: Its working directory.
    """

    def __init__(self, files: Iterable[str], start: Path) -> None:
        versions = sorted({int(number) for name in files for number in _VERSION.findall(name)})
        self._versions = {str(number): str(place) for place, number in enumerate(versions)}
        host = socket.gethostname()
        self._names = {str(start.resolve()): ".", str(start): "."} | ({host: "HOST"} if len(host) > 3 else {})

    def __call__(self, text: str) -> str:
        """The text without that."""
        for name, instead in self._names.items():
            text = text.replace(name, instead)
        text = _VERSION.sub(lambda match: f"version_{self._versions.get(match[1], match[1])}", text)
        return _TIME.sub("TIME", text)


def _content(name: str, path: Path, tidy: Tidy, left_out: re.Pattern[str]) -> Entries:
    if name.endswith(CHECKPOINTS) and (entries := _of_checkpoint(path, tidy)) is not None:
        return {place: value for place, value in entries.items() if not left_out.match(place)}
    if name.endswith(".csv"):
        return _of_table(path, tidy)
    return _of_text(path, tidy)


def _of_checkpoint(path: Path, tidy: Tidy) -> Entries | None:
    """The parts of a checkpoint; None where it is none."""
    import torch

    from groundwire.errors import CheckpointError
    from groundwire.testing.summaries import summary_of
    from groundwire_tools.ckpt.contents import contents_of, up_to_date
    from groundwire_tools.ckpt.differences import parts
    from groundwire_tools.ckpt.printable import brief, joined

    def leaf(value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            return summary_of(value)
        return value if isinstance(value, (int, float)) else tidy(brief(value, whole=True))

    try:
        found = list(parts(up_to_date(contents_of(path)).state))
    except CheckpointError:
        return None
    return {tidy(joined(place)): leaf(value) for place, value in found}


def _of_table(path: Path, tidy: Tidy) -> Entries:
    with path.open(newline="", encoding="utf-8", errors="replace") as file:
        rows = list(csv.DictReader(file))
    return {
        f"row {number} {name}": _number_or(str(value), tidy)
        for number, row in enumerate(rows, start=1)
        for name, value in row.items()
    }


def _number_or(text: str, tidy: Callable[[str], str]) -> Any:
    try:
        return float(text)
    except ValueError:
        return tidy(text)


def _of_text(path: Path, tidy: Tidy) -> Entries:
    from groundwire.testing.summaries import digest

    data = path.read_bytes()
    try:
        lines = data.decode("utf-8").splitlines()
    except UnicodeDecodeError:
        return {"bytes": f"{len(data)} bytes, {digest(data)}"}
    if len(lines) > _MOST_LINES:
        return {"text": f"{len(lines)} lines, {digest(tidy(data.decode('utf-8')).encode())}"}
    return {f"line {number}": tidy(line) for number, line in enumerate(lines, start=1)}


def _of_events(paths: list[Path]) -> Entries:
    """The scalars of the event files of a folder, and how much else there is."""
    try:
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    except ImportError:
        return {"not compared": "tensorboard, which reads event files, is not installed"}
    entries: Entries = {}
    for number, path in enumerate(paths):
        read = EventAccumulator(str(path), size_guidance={"scalars": 0, "tensors": 0}).Reload()
        place = f"file {number} " if number else ""
        for tag in read.Tags()["scalars"]:
            rows = enumerate(read.Scalars(tag), start=1)
            entries |= {f"{place}{tag} row {row} at step {event.step}": event.value for row, event in rows}
        entries |= {f"{place}{tag} entries": len(read.Tensors(tag)) for tag in sorted(read.Tags()["tensors"])}
        entries[f"{place}has a graph"] = bool(read.Tags()["graph"])
    return entries
