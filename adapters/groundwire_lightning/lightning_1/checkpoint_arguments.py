"""Arguments and states of a ModelCheckpoint in Lightning 1, written as those of today."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from groundwire_lightning.checkpoints import files
from groundwire_lightning.lightning_1.older_arguments import Arguments, Older, renamed


def with_real_paths(state: dict[str, Any]) -> dict[str, Any]:
    """A state of Lightning 1, which kept paths as they were given, with the absolute ones of today."""
    folder = state.get("dirpath")
    if not folder or Path(folder).is_absolute() or "://" in str(folder):
        return state
    paths = ("dirpath", "best_model_path", "kth_best_model_path", "last_model_path")
    real = {name: files.real_folder(state[name]) for name in paths if state.get(name)}
    kept = {files.real_folder(path): score for path, score in state.get("best_k_models", {}).items()}
    return {**state, **real, "best_k_models": kept}


def _folder_and_name(filepath: Any) -> Arguments:
    """The folder, or folder and name, that one path stood for until Lightning 1.2."""
    path = os.fspath(filepath) if filepath else ""
    if not path or Path(path).is_dir():
        return {"dirpath": path or None}
    folder, name = os.path.split(files.real_folder(path))
    return {"dirpath": folder, "filename": name}


def _prefixed(others: Arguments, prefix: str) -> Arguments:
    """The template of names with what until Lightning 1.2 stood before it."""
    template = others.pop("filename", None) or "{epoch}-{step}"
    return {"filename": f"{prefix}-{template}" if prefix else template}


def _mode(others: Mapping[str, Any]) -> Arguments:
    """The direction that until Lightning 1.2 followed from the name of the value."""
    monitor = str(others.get("monitor"))
    return {"mode": "max" if "acc" in monitor or monitor.startswith("fmeasure") else "min"}


def _auto_mode(others: Mapping[str, Any]) -> Arguments:
    """The direction where none is asked for, in the releases that had ``filepath`` and ``prefix``."""
    return {} if "mode" in others else _mode(others)


OF_CHECKPOINTS = {
    "filepath": Older("dirpath= and filename=", lambda others, path: _auto_mode(others) | _folder_and_name(path)),
    "prefix": Older("filename=", lambda others, prefix: _auto_mode(others) | _prefixed(others, prefix)),
    "period": renamed("every_n_epochs"),
    "every_n_val_epochs": renamed("every_n_epochs"),
    "mode": Older("mode='min' or 'max'", lambda others, mode: _mode(others), lambda mode: mode == "auto"),
}
"""Argument to what is done with it."""
