"""Directories of loggers: versions that are counted, hyper-parameters in a file, local or remote."""

from __future__ import annotations

import importlib.util
import os
from argparse import Namespace
from collections.abc import Mapping, MutableMapping
from dataclasses import asdict, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from groundwire_lightning.errors import MisconfigurationException, NotSupportedYetError

HPARAMS_FILE = "hparams.yaml"

join = os.path.join  # the parts may be a URL, which pathlib would take apart


def filesystem(path: str) -> Any:
    """What reads and writes at ``path``: the local disk, or what fsspec knows of its protocol."""
    from fsspec.core import url_to_fs  # type: ignore[import-untyped]

    return url_to_fs(path)[0]


def local_path(path: str) -> Path | None:
    """A path as one of this machine; None where it is of another."""
    from fsspec.core import url_to_fs

    files, place = url_to_fs(path)
    return Path(place) if getattr(files, "local_file", False) else None


def expanded(path: str | os.PathLike[str]) -> str:
    """A path, or a URL, in which a first ``~`` stands for the home folder."""
    return os.path.expanduser(os.fspath(path))  # noqa: PTH111  # may be a URL


def local_folder(argument: str, path: Any) -> str:
    """A folder of this machine that an argument names; the current one where it says nothing.

    Args:
        argument: The argument.
        path: What it says.

    Raises:
        MisconfigurationException: It is no path.
        NotSupportedYetError: It is a URL.
    """
    if path is not None and not isinstance(path, (str, os.PathLike)):
        raise MisconfigurationException(f"{argument}: a path is due, got {path!r}")
    folder = os.fspath(path or Path.cwd())
    if "://" in folder:
        raise NotSupportedYetError(
            f"{argument}={folder!r} is a URL, and checkpoints are files of this machine. Instead: a folder where the "
            "storage is mounted, or that is copied afterwards; a logger's save_dir= may be a URL"
        )
    return os.path.normpath(expanded(folder))


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

    if importlib.util.find_spec("omegaconf") is not None and _wrote_with_omegaconf(files, path, hparams):
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


def _wrote_with_omegaconf(files: Any, path: str, hparams: Any) -> bool:
    """Whether OmegaConf could write it: in the order of the arguments, and as plain YAML, as Lightning does."""
    from omegaconf import OmegaConf, errors

    resolved = {
        name: OmegaConf.to_container(value, resolve=True) if OmegaConf.is_config(value) else value
        for name, value in as_mapping(hparams).items()
    }
    try:
        text = OmegaConf.to_yaml(OmegaConf.create(resolved))
    except (errors.UnsupportedValueType, errors.ValidationError):
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
