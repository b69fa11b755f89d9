"""Hyper-parameters: the arguments a class was constructed with, read from the frame of its constructor."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import sys
from argparse import Namespace
from collections.abc import Iterable, Iterator, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import FrameType
from typing import Any

from torch import nn

from groundwire.errors import rank_zero_warn
from groundwire_lightning.utilities.checked import tell_of_old
from groundwire_lightning.utilities.parsing import AttributeDict, constructor_arguments

_of_command_line: ContextVar[dict[str, Any] | None] = ContextVar("_of_command_line", default=None)


@contextmanager
def given_hyper_parameters(hparams: dict[str, Any]) -> Iterator[None]:
    """Let ``save_hyperparameters`` keep ``hparams`` instead of the arguments of the constructor.

    Args:
        hparams: Name to value, as they stood on a command line.
    """
    token = _of_command_line.set(dict(hparams))
    try:
        yield
    finally:
        _of_command_line.reset(token)


class HyperParameters:
    """Gives a class ``save_hyperparameters`` and ``hparams``."""

    _hparams: Any
    _hparams_name: str | None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._log_hyperparams = False

    def save_hyperparameters(
        self,
        *args: Any,
        ignore: Iterable[str] | str | None = None,
        frame: FrameType | None = None,
        logger: bool = True,
    ) -> None:
        """Keep the arguments of ``__init__`` in :attr:`hparams`; called in ``__init__``.

        Args:
            *args: Names of the arguments to keep (all where none are given), or one dictionary,
                namespace or configuration object.
            ignore: Names to leave out.
            frame: The frame of the constructor, where it is not the caller's.
            logger: Send them to the logger of the run.

        Raises:
            KeyError: The constructor has no argument of that name.
            ValueError: The one object is no collection of hyper-parameters.
        """
        self._log_hyperparams = logger
        if len(args) == 1 and not isinstance(args[0], str) and not args[0]:
            return
        if frame is None:
            own = inspect.currentframe()
            frame = own.f_back if own is not None else None
        ignored = {ignore} if isinstance(ignore, str) else set(ignore or ())
        written = _of_command_line.get()
        arguments = _init_arguments(self, frame) if written is None else written
        arguments = {name: value for name, value in arguments.items() if name not in ignored}
        hparams, self._hparams_name = _chosen_hparams(args, arguments)
        self._set_hparams(hparams)
        self.remove_ignored_hparams(sorted(ignored))  # a base class may have kept them, or the one object holds them
        _warn_of_modules(self._hparams)
        # a deep copy: hparams may be changed while the run goes on, and loggers are sent those it began with
        self._hparams_initial = copy.deepcopy(self._hparams)

    def remove_ignored_hparams(self, ignore_list: list[str]) -> None:
        """Forget hyper-parameters, also those that a base class kept.

        Args:
            ignore_list: Their names.
        """
        for name in ignore_list:
            self._hparams.pop(name, None)

    def _set_hparams(self, hp: Any) -> None:
        hp = _as_mapping(hp)
        if isinstance(hp, dict) and isinstance(self.hparams, dict):
            self.hparams.update(hp)
        else:
            self._hparams = hp

    @property
    def hparams(self) -> Any:
        """The hyper-parameters that :meth:`save_hyperparameters` kept; they may be changed, and be set at once."""
        if "_hparams" not in self.__dict__:
            self._hparams = AttributeDict()
        return self._hparams

    @hparams.setter
    def hparams(self, hparams: Any) -> None:
        tell_of_old(self, f"self.hparams = ... in {type(self).__qualname__}", "self.save_hyperparameters(...)")
        frame = inspect.currentframe()
        self.save_hyperparameters(hparams, frame=None if frame is None else frame.f_back)

    @property
    def hparams_initial(self) -> Any:
        """A copy of the hyper-parameters as they were when :meth:`save_hyperparameters` was called last."""
        return copy.deepcopy(self.__dict__.get("_hparams_initial", AttributeDict()))


def _warn_of_modules(hparams: Any) -> None:
    for name, value in hparams.items():
        if isinstance(value, nn.Module):
            rank_zero_warn(
                f"save_hyperparameters: {name!r} is an nn.Module, whose weights a checkpoint holds already; leave it "
                f"out, as in save_hyperparameters(ignore=[{name!r}])"
            )


def _chosen_hparams(args: tuple[Any, ...], arguments: dict[str, Any]) -> tuple[Any, str | None]:
    """The hyper-parameters to keep, and the argument as which a checkpoint passes them back to the constructor.

    Args:
        args: Those of ``save_hyperparameters``.
        arguments: Those of the constructor.

    Returns:
        The hyper-parameters; and the name of the one argument that holds all of them, ``"kwargs"`` where each is an
        argument, or None where there are none.
    """
    if not args:
        return arguments, "kwargs" if arguments else None
    objects = [arg for arg in args if not isinstance(arg, str)]
    if len(objects) == 1:
        names = [name for name, value in arguments.items() if value is objects[0] or _is_equal(value, objects[0])]
        return objects[0], names[0] if names else None
    names = [name for name in args if isinstance(name, str)]
    if strange := [name for name in names if name not in arguments]:
        raise KeyError(f"save_hyperparameters: __init__ has no {strange} to keep; it has {list(arguments)}")
    return {name: arguments[name] for name in names}, "kwargs"


def _is_equal(value: Any, hparams: Any) -> bool:
    """True for a collection with the same entries; anything else may not compare with ``==``, as arrays do not."""
    return type(value) is type(hparams) and isinstance(value, (dict, Namespace)) and value == hparams


def is_config(value: Any) -> bool:
    """True for a configuration object of omegaconf; whoever has one has imported it, so nothing is imported here."""
    omegaconf = sys.modules.get("omegaconf")
    return omegaconf is not None and bool(omegaconf.OmegaConf.is_config(value))


def _as_mapping(hp: Any) -> Any:
    if isinstance(hp, Namespace):
        hp = vars(hp)
    if isinstance(hp, dict):
        return AttributeDict(hp)
    if isinstance(hp, (bool, int, float, str)):
        raise ValueError(f"save_hyperparameters: {hp!r} is no collection; pass the name of the argument as a string")
    if isinstance(hp, MutableMapping):
        return hp
    raise ValueError(f"save_hyperparameters: {type(hp).__name__} is neither a dictionary nor a namespace")


def _init_arguments(instance: object, frame: FrameType | None) -> dict[str, Any]:
    """The arguments of every ``__init__`` of an object that is on the stack; those of a subclass win."""
    if dataclasses.is_dataclass(instance):  # called in __post_init__: the frame of its __init__ is generated code
        return {entry.name: getattr(instance, entry.name) for entry in dataclasses.fields(instance) if entry.init}
    merged: dict[str, Any] = {}
    for arguments in _constructors(frame):  # outwards, so that the subclass comes last
        merged.update(arguments)
    return merged


def _constructors(frame: FrameType | None) -> Iterator[dict[str, Any]]:
    """Arguments of the constructors on the stack, from the innermost; ends with the first frame that is none."""
    is_inside = False
    while frame is not None and frame.f_back is not None:
        arguments = constructor_arguments(frame, HyperParameters)
        if arguments is not None:
            is_inside = True
            yield arguments
        elif is_inside:
            return
        frame = frame.f_back
