"""Hyper-parameters: what a class was constructed with, read from the frame of its constructor."""

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
from groundwire_lightning.utilities.parsing import AttributeDict

_given: ContextVar[dict[str, Any] | None] = ContextVar("_given", default=None)


@contextmanager
def given_hyper_parameters(hparams: dict[str, Any]) -> Iterator[None]:
    """Let ``save_hyperparameters`` keep ``hparams`` instead of the arguments of the constructor.

    Args:
        hparams: Name to value, as a command line has them.
    """
    token = _given.set(dict(hparams))
    try:
        yield
    finally:
        _given.reset(token)


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
        """
        self._log_hyperparams = logger
        if len(args) == 1 and not isinstance(args[0], str) and not args[0]:
            return
        if frame is None:
            here = inspect.currentframe()
            frame = here.f_back if here is not None else None
        ignored = {ignore} if isinstance(ignore, str) else set(ignore or ())
        known = _given.get()
        arguments = _init_arguments(self, frame) if known is None else known
        given = {name: value for name, value in arguments.items() if name not in ignored}
        kept, self._hparams_name = _chosen(args, given)
        self._set_hparams(kept)
        self.remove_ignored_hparams(sorted(ignored))
        _warn_of_modules(self._hparams)
        self._hparams_initial = copy.deepcopy(self._hparams)

    def remove_ignored_hparams(self, ignore_list: list[str]) -> None:
        """Forget hyper-parameters, those that a base class kept too.

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
        """What :meth:`save_hyperparameters` kept; may be changed."""
        if "_hparams" not in self.__dict__:
            self._hparams = AttributeDict()
        return self._hparams

    @property
    def hparams_initial(self) -> Any:
        """A copy of what :meth:`save_hyperparameters` kept when it was called."""
        return copy.deepcopy(self.__dict__.get("_hparams_initial", AttributeDict()))


def _warn_of_modules(hparams: Any) -> None:
    for name, value in hparams.items():
        if isinstance(value, nn.Module):
            rank_zero_warn(
                f"save_hyperparameters: {name!r} is an nn.Module, whose weights a checkpoint holds already; leave it "
                f"out, as in save_hyperparameters(ignore=[{name!r}])"
            )


def _chosen(args: tuple[Any, ...], given: dict[str, Any]) -> tuple[Any, str | None]:
    """What to keep, and the name under which a checkpoint passes it back to the constructor."""
    if not args:
        return given, "kwargs" if given else None
    objects = [arg for arg in args if not isinstance(arg, str)]
    if len(objects) == 1:
        names = [name for name, value in given.items() if value is objects[0] or _same_container(value, objects[0])]
        return objects[0], names[0] if names else None
    names = [name for name in args if isinstance(name, str)]
    if strange := [name for name in names if name not in given]:
        raise KeyError(f"save_hyperparameters: __init__ has no {strange} to keep; it has {list(given)}")
    return {name: given[name] for name in names}, "kwargs"


def _same_container(one: Any, other: Any) -> bool:
    return type(one) is type(other) and isinstance(one, (dict, Namespace)) and one == other


def is_config(value: Any) -> bool:
    """True for a configuration object of omegaconf, which whoever has one has imported."""
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


def _init_arguments(made: object, frame: FrameType | None) -> dict[str, Any]:
    """The arguments of every ``__init__`` of ``made`` on the stack; those of a subclass win."""
    if dataclasses.is_dataclass(made):
        return {entry.name: getattr(made, entry.name) for entry in dataclasses.fields(made) if entry.init}
    found: dict[str, Any] = {}
    for arguments in _constructors(frame):
        found.update(arguments)
    return found


def _constructors(frame: FrameType | None) -> Iterator[dict[str, Any]]:
    """Arguments of the constructors on the stack, from the innermost; ends with the first frame that is none."""
    inside = False
    while frame is not None and frame.f_back is not None:
        arguments = _arguments_in(frame)
        if arguments is not None:
            inside = True
            yield arguments
        elif inside:
            return
        frame = frame.f_back


def _arguments_in(frame: FrameType) -> dict[str, Any] | None:
    values = frame.f_locals
    cls = values.get("__class__")
    if cls is None or frame.f_code.co_name != "__init__":
        return None
    parameters = list(inspect.signature(cls.__init__).parameters.values())
    if not isinstance(values.get(parameters[0].name), HyperParameters):
        return None
    found: dict[str, Any] = {}
    for parameter in parameters[1:]:
        if parameter.kind is parameter.VAR_KEYWORD:
            found.update(values[parameter.name])
        elif parameter.kind is not parameter.VAR_POSITIONAL:
            found[parameter.name] = values[parameter.name]
    return found
