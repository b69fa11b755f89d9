"""The parser of a command line: arguments read from the signatures of trainer, module and data module."""

from __future__ import annotations

import importlib.util
import re
import sys
from argparse import Namespace as PlainNamespace
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from groundwire_lightning.cli.guard import guard
from groundwire_lightning.core.callback import Callback
from groundwire_lightning.core.datamodule import LightningDataModule
from groundwire_lightning.core.module import LightningModule
from groundwire_lightning.errors import MisconfigurationException
from groundwire_lightning.paths import ROOTS, home_of_name
from groundwire_lightning.trainer.trainer import Trainer

try:
    import jsonargparse

    argparsing: Any = jsonargparse
    """The package, whose stubs do not list all that it documents."""
    ArgumentParser: Any = jsonargparse.ArgumentParser
    argparsing.register_unresolvable_import_paths(torch)
    if importlib.util.find_spec("fsspec") is not None:
        argparsing.set_parsing_settings(config_read_mode_fsspec_enabled=True)  # a configuration may be at a URL
except ModuleNotFoundError:
    argparsing, ArgumentParser = None, object


class ReduceLROnPlateau(torch.optim.lr_scheduler.ReduceLROnPlateau):
    """torch's scheduler with the name of the metric it waits for.

    Args:
        optimizer: Whose learning rate.
        monitor: The metric.
        *args: Further arguments of torch's.
        **kwargs: Likewise.
    """

    __module__ = "groundwire_lightning.cli.lightning_cli"  # the path in saved configurations

    def __init__(self, optimizer: Optimizer, monitor: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(optimizer, *args, **kwargs)
        self.monitor = monitor


LRSchedulerTypeTuple = (LRScheduler, ReduceLROnPlateau)
LRSchedulerTypeUnion = LRScheduler | ReduceLROnPlateau
LRSchedulerType = type[LRScheduler] | type[ReduceLROnPlateau]
ArgsType = list[str] | dict[str, Any] | PlainNamespace | None
OptimizerCallable = Callable[[Iterable[Any]], Optimizer]
LRSchedulerCallable = Callable[[Optimizer], LRScheduler | ReduceLROnPlateau]

CONFIGURED = (Trainer, LightningModule, LightningDataModule, Callback)

THEIR_PATH = re.compile(rf"\b(?:{'|'.join(ROOTS)})(?:\.[A-Za-z_]\w*)+")


def ours(text: str) -> str:
    """A text with the dotted paths of Lightning that groundwire has too written as groundwire's.

    Args:
        text: An argument, or a configuration file.
    """
    return THEIR_PATH.sub(lambda found: _our_path(found[0]) or found[0], text)


def _our_path(theirs: str) -> str | None:
    module, _, name = (home_of_name(theirs) or "").rpartition(".")
    try:
        return f"{module}.{name}" if module and hasattr(importlib.import_module(module), name) else None
    except ImportError:
        return None


def ours_in(value: Any) -> Any:
    """The same for every text in lists and dictionaries."""
    if isinstance(value, str):
        return ours(value)
    if isinstance(value, dict):
        return {key: ours_in(entry) for key, entry in value.items()}
    return [ours_in(entry) for entry in value] if isinstance(value, list) else value


class LightningArgumentParser(ArgumentParser):  # type: ignore[misc]  # object where there is no parser
    """jsonargparse's parser, with arguments from the classes of a run.

    Class paths of Lightning (``lightning.pytorch.callbacks.EarlyStopping``) are read as groundwire's, so that a
    configuration works whether Lightning is installed or not.

    Args:
        *args: Of jsonargparse's parser.
        description: What ``--help`` begins with.
        env_prefix: What the names of environment variables begin with.
        default_env: Read them.
        **kwargs: Of jsonargparse's parser.

    Attributes:
        callback_keys: Keys of the callbacks that were added.
    """

    def __init__(
        self,
        *args: Any,
        description: str = "Lightning Trainer command line tool",
        env_prefix: str = "PL",
        default_env: bool = False,
        **kwargs: Any,
    ) -> None:
        if argparsing is None:
            raise ModuleNotFoundError(
                "LightningCLI needs the package jsonargparse: pip install 'jsonargparse[signatures]'",
                name="jsonargparse",
            )
        super().__init__(*args, description=description, env_prefix=env_prefix, default_env=default_env, **kwargs)
        self.callback_keys: list[str] = []
        self._optimizers: dict[str, tuple[Any, str]] = {}
        self._lr_schedulers: dict[str, tuple[Any, str]] = {}

    def parse_args(self, args: Any = None, *more: Any, **kwargs: Any) -> Any:
        """Parse a command line, by default that of the program, as the base class does."""
        given = sys.argv[1:] if args is None else args
        guard(self._actions)
        return super().parse_args([ours_in(word) for word in given], *more, **kwargs)

    def _load_config_parser_mode(self, content: Any, *args: Any, **kwargs: Any) -> Any:
        guard(self._actions)
        return super()._load_config_parser_mode(ours_in(content), *args, **kwargs)

    def parse_object(self, cfg_obj: Any, *args: Any, **kwargs: Any) -> Any:
        """Parse a dictionary or namespace, as the base class does."""
        guard(self._actions)
        return super().parse_object(ours_in(cfg_obj), *args, **kwargs)

    def add_lightning_class_args(
        self, lightning_class: Any, nested_key: str, subclass_mode: bool = False, required: bool = True
    ) -> list[str]:
        """Add the arguments of a class.

        Args:
            lightning_class: A Trainer, module, data module or callback class, or a function that makes one.
            nested_key: The key that they stand under.
            subclass_mode: Take any subclass, by its path.
            required: It has to be given.

        Returns:
            The names of the arguments.

        Raises:
            MisconfigurationException: Another kind of class.
        """
        if callable(lightning_class) and not isinstance(lightning_class, type):
            lightning_class = argparsing.class_from_function(lightning_class)
        if not (isinstance(lightning_class, type) and issubclass(lightning_class, CONFIGURED)):
            raise MisconfigurationException(
                f"add_lightning_class_args({lightning_class!r}): a Trainer, LightningModule, LightningDataModule or "
                "Callback class is due, or a function that returns one of these"
            )
        if issubclass(lightning_class, Callback):
            self.callback_keys.append(nested_key)
        if subclass_mode:
            added = self.add_subclass_arguments(lightning_class, nested_key, fail_untyped=False, required=required)
            return list(added or [])
        instantiate = not issubclass(lightning_class, Trainer)
        added = self.add_class_arguments(
            lightning_class, nested_key, fail_untyped=False, instantiate=instantiate, sub_configs=True
        )
        return list(added)

    def add_optimizer_args(
        self, optimizer_class: Any = (Optimizer,), nested_key: str = "optimizer", link_to: str = "AUTOMATIC"
    ) -> None:
        """Add the arguments of an optimizer.

        Args:
            optimizer_class: Its class; a tuple takes subclasses of its classes.
            nested_key: The key that they stand under.
            link_to: The key that they are passed to; by default ``configure_optimizers`` is written from them.
        """
        self._add_late(optimizer_class, nested_key, "params")
        self._optimizers[nested_key] = (optimizer_class, link_to)

    def add_lr_scheduler_args(
        self,
        lr_scheduler_class: Any = LRSchedulerTypeTuple,
        nested_key: str = "lr_scheduler",
        link_to: str = "AUTOMATIC",
    ) -> None:
        """Add the arguments of a learning-rate scheduler.

        Args:
            lr_scheduler_class: Its class; a tuple takes subclasses of its classes.
            nested_key: The key that they stand under.
            link_to: The key that they are passed to; by default ``configure_optimizers`` is written from them.
        """
        self._add_late(lr_scheduler_class, nested_key, "optimizer")
        self._lr_schedulers[nested_key] = (lr_scheduler_class, link_to)

    def _add_late(self, cls: Any, key: str, without: str) -> None:
        """Arguments of a class that is made later, when there is what it needs besides."""
        words: dict[str, Any] = {"instantiate": False, "fail_untyped": False, "skip": {without}}
        if isinstance(cls, tuple):
            self.add_subclass_arguments(cls, key, **words)
        else:
            self.add_class_arguments(cls, key, sub_configs=True, **words)

    def _link_late(self) -> None:
        """Link optimizers and schedulers that are to be passed to somebody."""
        for key, (cls, link_to) in {**self._optimizers, **self._lr_schedulers}.items():
            if link_to == "AUTOMATIC":
                continue
            if isinstance(cls, tuple):
                self.link_arguments(key, link_to)
            else:
                self.link_arguments(key, link_to, compute_fn=adds_class_path(cls))


def with_class_path(cls: type, init_args: Any = None) -> dict[str, Any]:
    """A class and its arguments as they stand in a configuration."""
    if argparsing is not None and isinstance(init_args, argparsing.Namespace):
        init_args = init_args.as_dict()
    return {"class_path": f"{cls.__module__}.{cls.__name__}", "init_args": init_args or {}}


def adds_class_path(cls: type) -> Callable[[Any], dict[str, Any]]:
    """What makes an entry of a configuration from the arguments of a class."""

    def add_class_path(init_args: Any) -> dict[str, Any]:
        return with_class_path(cls, init_args)

    return add_class_path


def instantiate_class(args: Any, init: dict[str, Any]) -> Any:
    """Make an instance of a class of a configuration.

    Args:
        args: What the class takes first; a tuple for several.
        init: ``class_path`` and ``init_args``.
    """
    module, _, name = ours(init["class_path"]).rpartition(".")
    cls = getattr(importlib.import_module(module), name)
    return cls(*(args if isinstance(args, tuple) else (args,)), **init.get("init_args", {}))
