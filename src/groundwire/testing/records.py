"""The record of a run, and the golden file that it can be kept in: JSON and safetensors, which run nothing."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from groundwire.errors import GroundwireError

__all__ = ["Record", "RecordError"]

FORMAT = 1
EVENTS, WEIGHTS, FILES, ABOUT = "events.jsonl", "weights.safetensors", "files.json", "groundwire-record.json"
STREAM, SAVED = "events.jsonl", "weights.pt"
"""The files of a folder that a recorder writes into."""


class RecordError(GroundwireError):
    """A record cannot be read or written."""


@dataclass
class Record:
    """What a run did.

    Attributes:
        events: What happened, in order.
        weights: The weights when the last call of a Trainer was over.
        files: Name of each file that was written, to what is in it; None where nobody looked.
        name: Whose run it was.
    """

    events: list[dict[str, Any]]
    weights: dict[str, Any] = field(default_factory=dict)
    files: dict[str, dict[str, Any]] | None = None
    name: str = "the run"

    @classmethod
    def of_folder(cls, folder: Path, name: str) -> Record:
        """Read what a recorder has written; the last line of one that was killed may be torn."""
        import torch

        path = folder / STREAM
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        weights: dict[str, Any] = {}
        if (folder / SAVED).exists():
            weights = torch.load(folder / SAVED, map_location="cpu", weights_only=True)
        return cls([event for event in map(_parsed, lines) if event is not None], weights, None, name)

    @classmethod
    def of_file(cls, path: str | Path) -> Record:
        """Read a golden file.

        Raises:
            RecordError: It is none, or it is torn.
        """
        from safetensors.torch import load

        try:
            with zipfile.ZipFile(path) as file:
                about = json.loads(file.read(ABOUT))
                if about["format"] != FORMAT:
                    raise RecordError(f"{path} has format {about['format']}, and this groundwire reads {FORMAT}")
                events = [json.loads(line) for line in file.read(EVENTS).decode().splitlines()]
                weights = _as_in_module(load(file.read(WEIGHTS)), events)
                return cls(events, weights, json.loads(file.read(FILES)), about["name"])
        except RecordError:
            raise
        except OSError as error:
            raise RecordError(f"{path} cannot be read: {error.strerror or error}") from error
        except Exception as error:  # whatever the readers say of bytes that are something else
            raise RecordError(f"{path} is no record of a run that groundwire wrote, or it is torn: {error}") from error

    def export(self, path: str | Path) -> None:
        """Write a golden file.

        Raises:
            RecordError: It cannot be written there.
        """
        from safetensors.torch import save

        parts: dict[str, str | bytes] = {
            ABOUT: json.dumps({"format": FORMAT, "name": self.name}),
            EVENTS: "".join(json.dumps(event) + "\n" for event in self.events),
            FILES: json.dumps(self.files),
            WEIGHTS: save({name: each.detach().contiguous().clone() for name, each in self.weights.items()}),
        }
        try:
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
                for name, data in parts.items():
                    file.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)  # with no time in it
        except OSError as error:
            raise RecordError(f"{path} cannot be written: {error.strerror}") from error

    def of_kind(self, *kinds: str) -> list[dict[str, Any]]:
        """The events of some kinds."""
        return [event for event in self.events if event["k"] in kinds]

    def entry(self, kind: str, name: str) -> Any:
        """An entry of the first event of a kind that has it; None where none has."""
        return next((event[name] for event in self.events if event["k"] == kind and name in event), None)

    @property
    def is_empty(self) -> bool:
        """True where no Trainer was called, no optimizer made a step, and nothing was backpropagated."""
        return not self.of_kind("call", "step", "loss")

    @property
    def is_cut(self) -> int | None:
        """The step after which the run was ended on demand; None where it went on to its end."""
        steps: int | None = self.entry("limit", "steps")
        return steps

    def cut(self, steps: int) -> Record:
        """The record up to a step of an optimizer; what only the end of a run tells is left out."""
        events, count = [], 0
        for event in self.events:
            events.append(event)
            count += event["k"] == "step"
            if count == steps:
                return Record([*events, {"k": "limit", "steps": steps}], {}, None, self.name)
        return self

    def first(self, count: int) -> Record:
        """The record up to an event; what only the end of a run tells is left out."""
        return Record([event for event in self.events[:count] if event["k"] != "end"], {}, None, self.name)

    def progress(self) -> str:
        """How far the run got, in a line."""
        calls, steps = self.of_kind("call"), len(self.of_kind("step"))
        last = f", last {calls[-1]['name']}" if calls else ""
        return f"{steps} optimizer step{'' if steps == 1 else 's'}, {len(calls)} hook calls{last}"


def _as_in_module(weights: dict[str, Any], events: list[dict[str, Any]]) -> dict[str, Any]:
    """Weights in the order of their module, which safetensors does not keep: the first that differs is told of."""
    names = next((event["tensors"] for event in reversed(events) if event["k"] == "weights"), sorted(weights))
    return {name: weights[name] for name in [*names, *sorted(weights)] if name in weights}


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and "k" in event else None
