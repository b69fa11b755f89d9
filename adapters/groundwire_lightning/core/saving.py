"""Where Lightning has what reads modules and hyper-parameters from files."""

from __future__ import annotations

from typing import Any

from groundwire_lightning.datamodule import LightningDataModule
from groundwire_lightning.fabric.utilities.cloud_io import get_filesystem
from groundwire_lightning.loading import from_file
from groundwire_lightning.module import LightningModule

__all__ = ["_load_from_checkpoint", "get_filesystem", "load_hparams_from_yaml", "save_hparams_to_yaml"]


def _load_from_checkpoint(cls: Any, *args: Any, **kwargs: Any) -> Any:
    """What ``load_from_checkpoint`` of our base class does, for a class that overrides it."""
    base = LightningDataModule if issubclass(cls, LightningDataModule) else LightningModule
    return vars(base)["load_from_checkpoint"].method(cls, *args, **kwargs)


def load_hparams_from_yaml(config_yaml: Any, use_omegaconf: bool = True) -> dict[str, Any]:
    """Hyper-parameters out of a file.

    Args:
        config_yaml: The file; one that is missing holds none.
        use_omegaconf: Without effect: they come as a dictionary.
    """
    return from_file(config_yaml) if get_filesystem(config_yaml).exists(str(config_yaml)) else {}


def save_hparams_to_yaml(config_yaml: Any, hparams: Any, use_omegaconf: bool = True) -> None:
    """Hyper-parameters into a file.

    Args:
        config_yaml: The file.
        hparams: A dictionary or a namespace.
        use_omegaconf: Without effect: a container of omegaconf is written as one.
    """
    from groundwire_lightning.loggers.files import as_mapping, write_hparams

    write_hparams(get_filesystem(config_yaml), str(config_yaml), as_mapping(hparams))
