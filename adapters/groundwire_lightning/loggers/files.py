"""Files of loggers, on this machine or at a URL: folders of versions, and hyper-parameters as YAML or text."""

from __future__ import annotations

import importlib.util
import os
from argparse import Namespace
from collections.abc import Mapping, MutableMapping
from dataclasses import asdict, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from groundwire.errors import rank_zero_warn
from groundwire.saved.storage import is_url, without_file_scheme

HPARAMS_FILE = "hparams.yaml"

join = os.path.join  # the parts may be a URL, which pathlib would take apart


def filesystem(path: str) -> Any:
    """The file system of ``path``: the local disk, or the one that fsspec has for the protocol of a URL."""
    from fsspec.core import url_to_fs  # type: ignore[import-untyped]

    return url_to_fs(path)[0]


def local_file_path(path: str) -> Path | None:
    """A path or ``file:`` URL as a path of this machine; None for one that is elsewhere."""
    from fsspec.core import url_to_fs

    files, place = url_to_fs(path)
    return Path(place) if getattr(files, "local_file", False) else None


def expanded(path: str | os.PathLike[str]) -> str:
    """A path, or a URL, with the home folder in place of a first ``~``."""
    return os.path.expanduser(os.fspath(path))  # noqa: PTH111  # may be a URL


def root_folder(path: Any) -> str:
    """The folder, or the URL of one, that an argument names; the current folder where it is empty."""
    folder = os.fspath(path or Path.cwd())
    return folder if is_url(folder) else os.path.normpath(expanded(without_file_scheme(folder)))


def next_version(files: Any, root: str) -> int:
    """One more than the highest ``version_N`` among the directories in ``root``."""
    try:
        folders = [entry["name"].rstrip("/") for entry in files.listdir(root) if _is_dir(files, entry)]
    except OSError:
        return 0
    names = [folder.rpartition("/")[2] for folder in folders]
    numbers = [name.split("_")[1] for name in names if name.startswith("version_")]
    return max((int(number) for number in numbers if number.isdigit()), default=-1) + 1


def _is_dir(files: Any, entry: Mapping[str, Any]) -> bool:
    # fsspec does not list a link to a folder as a directory, so the file system is asked as well.
    return entry.get("type") == "directory" or bool(files.isdir(entry["name"]))


def version_name(version: int | str) -> str:
    """The name of the directory of a version."""
    return version if isinstance(version, str) else f"version_{version}"


def write_hparams(files: Any, path: str, hparams: Any) -> None:
    """Write hyper-parameters as YAML; those that YAML cannot hold are left out with a warning.

    Args:
        files: From :func:`filesystem`.
        path: The path of the file.
        hparams: Name of each hyper-parameter to its value.
    """
    import yaml

    if importlib.util.find_spec("omegaconf") is not None and _wrote_with_omegaconf(files, path, hparams):
        return
    writable = {}
    for name, value in as_mapping(hparams).items():
        plain = value.name if isinstance(value, Enum) else value
        try:
            yaml.dump(plain)
        except (TypeError, ValueError):
            _warn_of_file(f"{path}: the hyper-parameter {name!r} is left out; YAML cannot say a {type(plain).__name__}")
        else:
            writable[name] = plain
    with files.open(path, "w", newline="") as file:
        yaml.dump(writable, file)


def _wrote_with_omegaconf(files: Any, path: str, hparams: Any) -> bool:
    """Write with OmegaConf, as Lightning does where that is installed: in the order of the arguments.

    Returns:
        False if OmegaConf cannot hold one of the values; then nothing is written.
    """
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
    """Hyper-parameters as a dictionary: those of a namespace, a mapping, pairs or None."""
    if params is None:
        return {}
    return vars(params) if isinstance(params, Namespace) else dict(params)


def flat(params: Mapping[Any, Any], above: str = "") -> dict[str, Any]:
    """Flatten nested dictionaries, and lists of them; an inner name has the outer ones before it, with slashes."""
    values: dict[str, Any] = {}
    for key, param in params.items():
        name, value = f"{above}/{key}" if above else str(key), param
        if is_dataclass(param) and not isinstance(param, type):
            value = asdict(param)
        elif isinstance(param, Namespace):
            value = vars(param)
        if isinstance(value, MutableMapping):
            values.update(flat(value, name))
        elif isinstance(value, list) and all(isinstance(entry, MutableMapping) for entry in value):
            for index, entry in enumerate(value):
                values.update(flat(entry, f"{name}/{index}"))
        else:
            values[name] = value
    return values


def primitive(value: Any) -> Any:
    """Turn a hyper-parameter into what event files can hold: a number or a string, else its text."""
    import numpy as np
    from torch import Tensor

    if isinstance(value, (np.bool_, np.integer, np.floating)) or (isinstance(value, Tensor) and value.numel() == 1):
        value = value.item()
    return value if type(value) in (bool, int, float, str) else str(value)


def prefixed(metrics: Mapping[str, Any], prefix: str) -> Mapping[str, Any]:
    """Put ``prefix`` and a dash before each name, where the prefix is not empty."""
    return {f"{prefix}-{name}": value for name, value in metrics.items()} if prefix else metrics


def _warn_of_file(message: str) -> None:
    rank_zero_warn(message)
