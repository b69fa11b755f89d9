"""Directories of loggers: versions that are counted, hyper-parameters in a file, local or remote."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Mapping, MutableMapping
from dataclasses import asdict, is_dataclass
from enum import Enum
from typing import Any

HPARAMS_FILE = "hparams.yaml"

join = os.path.join  # the parts may be a URL, which pathlib would take apart


def filesystem(path: str) -> Any:
    """What reads and writes at ``path``: the local disk, or what fsspec knows of its protocol."""
    from fsspec.core import url_to_fs  # type: ignore[import-untyped]

    return url_to_fs(path)[0]


def next_version(files: Any, root: str) -> int:
    """One more than the highest ``version_N`` among the directories in ``root``."""
    try:
        names = [found["name"].rstrip("/").rpartition("/")[2] for found in files.listdir(root) if _is_dir(files, found)]
    except OSError:
        return 0
    numbers = [name.split("_")[1] for name in names if name.startswith("version_")]
    return max((int(number) for number in numbers if number.isdigit()), default=-1) + 1


def _is_dir(files: Any, found: Mapping[str, Any]) -> bool:
    return found.get("type") == "directory" or bool(files.isdir(found["name"]))


def version_name(version: int | str) -> str:
    """The directory of a version."""
    return version if isinstance(version, str) else f"version_{version}"


def write_hparams(files: Any, path: str, hparams: Any) -> None:
    """Write hyper-parameters as YAML; of what YAML cannot say, a warning names the key.

    Args:
        files: From :func:`filesystem`.
        path: The file.
        hparams: Name to value.
    """
    import yaml

    omegaconf = sys.modules.get("omegaconf")
    if omegaconf is not None and _wrote_with(omegaconf, files, path, hparams):
        return
    kept = {}
    for name, value in as_mapping(hparams).items():
        plain = value.name if isinstance(value, Enum) else value
        try:
            yaml.dump(plain)
        except (TypeError, ValueError):
            _warn_of_file(f"{path}: the hyper-parameter {name!r} is left out; YAML cannot say a {type(plain).__name__}")
        else:
            kept[name] = plain
    with files.open(path, "w", newline="") as file:
        yaml.dump(kept, file)


def _wrote_with(omegaconf: Any, files: Any, path: str, hparams: Any) -> bool:
    """Whether OmegaConf could write it; it says more of its own types than YAML does."""
    resolved = {
        name: omegaconf.OmegaConf.to_container(value, resolve=True) if omegaconf.OmegaConf.is_config(value) else value
        for name, value in as_mapping(hparams).items()
    }
    try:
        text = omegaconf.OmegaConf.to_yaml(omegaconf.OmegaConf.create(resolved))
    except (omegaconf.errors.UnsupportedValueType, omegaconf.errors.ValidationError):
        return False
    with files.open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return True


def as_mapping(params: Any) -> dict[str, Any]:
    """Hyper-parameters as a dictionary, whatever they came in."""
    if params is None:
        return {}
    return vars(params) if isinstance(params, Namespace) else dict(params)


def flat(params: Mapping[Any, Any], above: str = "") -> dict[str, Any]:
    """Nested dictionaries, and lists of them, as one whose names have the outer ones before a slash."""
    found: dict[str, Any] = {}
    for key, given in params.items():
        name, value = f"{above}/{key}" if above else str(key), given
        if is_dataclass(given) and not isinstance(given, type):
            value = asdict(given)
        elif isinstance(given, Namespace):
            value = vars(given)
        if isinstance(value, MutableMapping):
            found.update(flat(value, name))
        elif isinstance(value, list) and all(isinstance(entry, MutableMapping) for entry in value):
            for index, entry in enumerate(value):
                found.update(flat(entry, f"{name}/{index}"))
        else:
            found[name] = value
    return found


def primitive(value: Any) -> Any:
    """What event files can hold of a hyper-parameter: a number or a string; of anything else its text."""
    import numpy as np
    from torch import Tensor

    if isinstance(value, (np.bool_, np.integer, np.floating)) or (isinstance(value, Tensor) and value.numel() == 1):
        value = value.item()
    return value if type(value) in (bool, int, float, str) else str(value)


def prefixed(metrics: Mapping[str, Any], prefix: str) -> Mapping[str, Any]:
    """The metrics with ``prefix`` and a dash before each name, where there is one."""
    return {f"{prefix}-{name}": value for name, value in metrics.items()} if prefix else metrics


def _warn_of_file(message: str) -> None:
    from groundwire.errors import rank_zero_warn

    rank_zero_warn(message)
