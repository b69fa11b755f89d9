"""The parser of a command line, which reads arguments from the signatures of trainer, module and data module."""

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
    """jsonargparse; untyped, since its stubs do not list all that it documents."""
    ArgumentParser: Any = jsonargparse.ArgumentParser
    argparsing.register_unresolvable_import_paths(torch)
    if importlib.util.find_spec("fsspec") is not None:
        argparsing.set_parsing_settings(config_read_mode_fsspec_enabled=True)  # a configuration may be at a URL
except ModuleNotFoundError:
    argparsing, ArgumentParser = None, object


class ReduceLROnPlateau(torch.optim.lr_scheduler.ReduceLROnPlateau):
    """torch's scheduler with the name of the metric that it watches.

    Args:
        optimizer: The optimizer whose learning rate is changed.
        monitor: The name of the metric.
        *args: Further arguments of torch's scheduler.
        **kwargs: Further keyword arguments of torch's scheduler.
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

LIGHTNING_PATH = re.compile(rf"\b(?:{'|'.join(ROOTS)})(?:\.[A-Za-z_]\w*)+")


def our_paths(text: str) -> str:
    """Write dotted paths of Lightning as groundwire's, where groundwire has the same name.

    Args:
        text: An argument, or a configuration file.
    """
    return LIGHTNING_PATH.sub(lambda match: _our_path(match[0]) or match[0], text)


def _our_path(theirs: str) -> str | None:
    module, _, name = (home_of_name(theirs) or "").rpartition(".")
    try:
        return f"{module}.{name}" if module and hasattr(importlib.import_module(module), name) else None
    except ImportError:
        return None


def our_paths_in(value: Any) -> Any:
    """Write Lightning's paths as groundwire's in every text of lists and dictionaries."""
    if isinstance(value, str):
        return our_paths(value)
    if isinstance(value, dict):
        return {key: our_paths_in(entry) for key, entry in value.items()}
    return [our_paths_in(entry) for entry in value] if isinstance(value, list) else value


class LightningArgumentParser(ArgumentParser):  # type: ignore[misc]  # object where there is no parser
    """jsonargparse's parser, with arguments from the classes of a run.

    Class paths of Lightning (``lightning.pytorch.callbacks.EarlyStopping``) are read as groundwire's, so that a
    configuration works whether Lightning is installed or not.

    Args:
        *args: Arguments of jsonargparse's parser.
        description: The first lines of ``--help``.
        env_prefix: The first letters of the names of environment variables.
        default_env: Read arguments from environment variables.
        **kwargs: Further arguments of jsonargparse's parser.

    Attributes:
        callback_keys: Keys of the callbacks that were added as arguments.
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
        words = sys.argv[1:] if args is None else args
        guard(self._actions)
        return super().parse_args([our_paths_in(word) for word in words], *more, **kwargs)

    def _load_config_parser_mode(self, content: Any, *args: Any, **kwargs: Any) -> Any:
        guard(self._actions)
        return super()._load_config_parser_mode(our_paths_in(content), *args, **kwargs)

    def parse_object(self, cfg_obj: Any, *args: Any, **kwargs: Any) -> Any:
        """Parse a dictionary or namespace, as the base class does."""
        guard(self._actions)
        return super().parse_object(our_paths_in(cfg_obj), *args, **kwargs)

    def add_lightning_class_args(
        self, lightning_class: Any, nested_key: str, subclass_mode: bool = False, required: bool = True
    ) -> list[str]:
        """Add the arguments of a class.

        Args:
            lightning_class: A Trainer, module, data module or callback class, or a function that makes one.
            nested_key: The key of the arguments, before a dot.
            subclass_mode: Take any subclass, named by its path.
            required: Refuse a command line without it.

        Returns:
            The names of the arguments.

        Raises:
            MisconfigurationException: ``lightning_class`` is a class of another kind.
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
            nested_key: The key of the arguments, before a dot.
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
            nested_key: The key of the arguments, before a dot.
            link_to: The key that they are passed to; by default ``configure_optimizers`` is written from them.
        """
        self._add_late(lr_scheduler_class, nested_key, "optimizer")
        self._lr_schedulers[nested_key] = (lr_scheduler_class, link_to)

    def _add_late(self, cls: Any, key: str, without: str) -> None:
        """Add the arguments of a class that is made later, when its argument ``without`` is known."""
        options: dict[str, Any] = {"instantiate": False, "fail_untyped": False, "skip": {without}}
        if isinstance(cls, tuple):
            self.add_subclass_arguments(cls, key, **options)
        else:
            self.add_class_arguments(cls, key, sub_configs=True, **options)

    def _link_late(self) -> None:
        """Link the optimizers and schedulers that were added with ``link_to``."""
        for key, (cls, link_to) in {**self._optimizers, **self._lr_schedulers}.items():
            if link_to == "AUTOMATIC":
                continue
            if isinstance(cls, tuple):
                self.link_arguments(key, link_to)
            else:
                self.link_arguments(key, link_to, compute_fn=class_path_adder(cls))


def with_class_path(cls: type, init_args: Any = None) -> dict[str, Any]:
    """Write a class and its arguments as an entry of a configuration."""
    if argparsing is not None and isinstance(init_args, argparsing.Namespace):
        init_args = init_args.as_dict()
    return {"class_path": f"{cls.__module__}.{cls.__name__}", "init_args": init_args or {}}


def class_path_adder(cls: type) -> Callable[[Any], dict[str, Any]]:
    """Make a function that writes the arguments of a class as an entry of a configuration."""

    def add_class_path(init_args: Any) -> dict[str, Any]:
        return with_class_path(cls, init_args)

    return add_class_path


def instantiate_class(args: Any, init: dict[str, Any]) -> Any:
    """Make an instance of a class that a configuration names.

    Args:
        args: The first argument of the class; a tuple for several.
        init: A dictionary with ``class_path`` and perhaps ``init_args``.
    """
    module, _, name = our_paths(init["class_path"]).rpartition(".")
    cls = getattr(importlib.import_module(module), name)
    return cls(*(args if isinstance(args, tuple) else (args,)), **init.get("init_args", {}))
