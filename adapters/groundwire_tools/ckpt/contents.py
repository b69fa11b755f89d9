"""The contents of a checkpoint file of any form, read without running or importing what the file names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from groundwire.errors import CheckpointError
from groundwire.saved import archive
from groundwire.saved.unpickling import BrokenFileError, HostileFileError, first_line
from groundwire_lightning.checkpoints.migration import LEGACY_VERSION_KEY, VERSION_KEY, migrated_state
from groundwire_lightning.checkpoints.reading import allowed_names
from groundwire_tools.ckpt import tensor_files
from groundwire_tools.ckpt.printable import brief, printable

__all__ = ["Contents", "contents_of", "up_to_date", "written_by"]

LIGHTNING, NATIVE, STATE_DICT, SAFETENSORS = "lightning", "native", "state-dict", "safetensors"
TRAINING_STATES = "training-state"
_WEIGHTS_IN = {LIGHTNING: "state_dict", NATIVE: "model_state_dict", TRAINING_STATES: "model_state_dict"}
_RAW, _AVERAGING = "current_model_state", "averaging_state"
"""Entries of Lightning's WeightAveraging, beside which ``state_dict`` is the average."""


@dataclass(frozen=True)
class Contents:
    """What is in a file.

    Attributes:
        path: The file.
        form: ``lightning``, ``native`` (that of pytorch-accelerated too), ``training-state``, ``state-dict`` or
            ``safetensors``.
        state: The value in it; for the last two these are the weights.
    """

    path: Path
    form: str
    state: dict[str, Any]

    @property
    def weights(self) -> dict[str, Any]:
        """The weights that whoever loads the file gets."""
        key = _WEIGHTS_IN.get(self.form)
        weights: dict[str, Any] = self.state if key is None else self.state.get(key, {})
        return weights

    @property
    def both(self) -> dict[str, dict[str, Any]]:
        """``raw`` and ``averaged`` to their weights, where the file has an average beside what was trained."""
        if {_RAW, _AVERAGING} <= self.state.keys() and self.form == LIGHTNING:
            return {"raw": self.state[_RAW], "averaged": self.weights}
        average = self._average_of_callbacks()
        return {} if average is None else {"raw": self.weights, "averaged": average}

    def _average_of_callbacks(self) -> dict[str, Any] | None:
        """The average of StochasticWeightAveraging, or that of a ModelEmaCallback."""
        for state in self._callbacks().values():
            if isinstance(average := _entry(state, "average_model_state"), dict):
                return average
            if isinstance(average := _entry(state, "ema_model"), dict):
                return {str(name).removeprefix("module."): value for name, value in average.items()}
        return None

    def _callbacks(self) -> dict[Any, Any]:
        callbacks = self.state.get("callbacks") if self.form in (LIGHTNING, TRAINING_STATES) else None
        return callbacks if isinstance(callbacks, dict) else {}

    def settled(self, which: str | None) -> Contents:
        """The contents with one set of weights alone.

        Args:
            which: ``averaged``, ``raw``, or None where that need not be said.

        Raises:
            CheckpointError: It need be said, or the file has none of these.
        """
        if not (both := self.both):
            if which == "averaged":
                raise CheckpointError(f"{self.path} has no averaged weights beside those that were trained")
            return self
        if which is None:
            raise CheckpointError(f"{self.path} has averaged weights and raw ones: say --averaged or --raw")
        state = {key: value for key, value in self.state.items() if key not in (_RAW, _AVERAGING)}
        if callbacks := self._callbacks():
            state["callbacks"] = {
                key: entry
                for key, entry in callbacks.items()
                if not any(isinstance(_entry(entry, name), dict) for name in ("average_model_state", "ema_model"))
            }
        return Contents(self.path, self.form, state).with_weights(both[which])

    def with_weights(self, weights: dict[str, Any]) -> Contents:
        """The contents with other weights in the place of its own."""
        key = _WEIGHTS_IN.get(self.form)
        return Contents(self.path, self.form, weights if key is None else self.state | {key: weights})


def _entry(state: Any, name: str) -> Any:
    return state.get(name) if isinstance(state, dict) else None


def contents_of(path: Path) -> Contents:
    """Read a file, as it stands.

    Args:
        path: The file.

    Raises:
        CheckpointError: There is none, it is torn, hostile, or of no form that is known here.
    """
    if path.is_dir():
        inside = next(path.glob("training_state.pt"), None)  # the folder of a training state
        raise CheckpointError(f"{path} is a folder" + (f"; {inside} is the file in it" if inside else ""))
    if not path.is_file():
        raise CheckpointError(f"there is no file {path}")
    try:
        with path.open("rb") as file:
            is_of_tensors = file.read(9)[8:] == b"{"
        state = tensor_files.read_tensors(path) if is_of_tensors else archive.load(path, "cpu", allowed_names())
    except HostileFileError as error:
        raise CheckpointError(f"{path} is hostile: {error}; nothing of it was run") from error
    except (BrokenFileError, RuntimeError, OSError, MemoryError) as error:
        raise CheckpointError(f"{path} is not a whole checkpoint: {first_line(error)}") from error
    form = SAFETENSORS if is_of_tensors else _form(state)
    if form is None:
        raise CheckpointError(f"{path} is no checkpoint of a form that is known here: it holds {_outline(state)}")
    contents = Contents(path, form, state)
    _check_weights(contents)
    return contents


def _form(state: Any) -> str | None:
    if not isinstance(state, dict):
        return None
    if isinstance(kind := state.get("kind"), str) and kind.startswith("groundwire training state"):
        return TRAINING_STATES
    if "model_state_dict" in state:
        return NATIVE
    if "state_dict" in state or VERSION_KEY in state:
        return LIGHTNING
    return (
        STATE_DICT
        if any(isinstance(value, torch.Tensor) for value in state.values()) and all(type(key) is str for key in state)
        else None
    )


def _outline(state: Any) -> str:
    if not isinstance(state, Mapping):
        return f"a {type(state).__name__}"
    return f"a dictionary with {', '.join(map(brief, list(state)[:8])) or 'nothing'}"


def _check_weights(contents: Contents) -> None:
    sets: list[Any] = [contents.weights, *contents.both.values()]
    for weights in sets:
        if not (isinstance(weights, dict) and all(type(name) is str for name in weights)):
            raise CheckpointError(f"{contents.path} is damaged: its weights are not tensors by their names")


def up_to_date(contents: Contents) -> Contents:
    """The contents as the Lightning of today would have written them; other forms as they are.

    Raises:
        CheckpointError: It says that an older Lightning wrote it, and lacks what such files have.
    """
    if contents.form != LIGHTNING:
        return contents
    try:
        return Contents(contents.path, LIGHTNING, migrated_state(dict(contents.state), str(contents.path)))
    except (KeyError, TypeError, AttributeError, ValueError, RuntimeError) as error:
        version = _version(contents.state.get(VERSION_KEY))
        raise CheckpointError(
            f"{contents.path} lacks what a file of Lightning {version} has: {type(error).__name__}: {first_line(error)}"
        ) from error


def written_by(contents: Contents) -> str:
    """Who wrote a file, and in which version, as far as it says so."""
    if contents.form == LIGHTNING:
        version = contents.state.get(VERSION_KEY)
        first = contents.state.get(LEGACY_VERSION_KEY)
        before = "" if first is None else f", first by {_version(first)}"
        return ("Lightning of some version" if version is None else f"Lightning {_version(version)}") + before
    return {
        NATIVE: "groundwire or pytorch-accelerated",
        TRAINING_STATES: _version(contents.state.get("kind")),
        SAFETENSORS: "safetensors",
    }.get(contents.form, "torch.save")


def _version(version: Any) -> str:
    return printable(version) if isinstance(version, str) else brief(version)
