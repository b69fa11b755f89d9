"""Casting: who plays which role in a run of a Lightning module, and what methods are called through."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache, partial
from types import CodeType, FunctionType, MethodType
from typing import TYPE_CHECKING, Any, Protocol

from groundwire import Gap, HookMap, Part, Row
from groundwire.tables.fuse import without_other_variants
from groundwire_lightning import guests
from groundwire_lightning.core.callback import Callback, CallbackHooksOfLightning1, idle_hooks
from groundwire_lightning.core.grad_norms import GradNorms
from groundwire_lightning.core.hooks import STEPS, TRANSFERS, HooksOfLightning1
from groundwire_lightning.core.module import LightningModule
from groundwire_lightning.core.state_methods import STATE_METHODS, with_own_state
from groundwire_lightning.lightning_1.conditions import CONDITIONS, where_due
from groundwire_lightning.lightning_1.epoch_ends import (
    EVALUATION,
    GATHERING,
    TRAINING,
    EvaluationOutputs,
    TrainingOutputs,
)
from groundwire_lightning.lightning_1.optimizing import told_whose_turn
from groundwire_lightning.lightning_1.results import BAR, EPOCH_ENDS, LOG, RESULTS, Results
from groundwire_lightning.lightning_1.running_loss import RUNNING, RUNNING_LOSS, RunningLoss
from groundwire_lightning.lightning_1.step_ends import STEP_ENDS, replacing
from groundwire_lightning.loops.phases import LOADERS, PHASES
from groundwire_lightning.loops.updates_choice import names_turn
from groundwire_lightning.map import LIGHTNING
from groundwire_lightning.map_1x import JOINED
from groundwire_lightning.strategies.processes import prepared_once
from groundwire_lightning.strategies.wrappers import through_wrappers

if TYPE_CHECKING:
    from groundwire_lightning.loops.steered import Steered
    from groundwire_lightning.trainer.lightning_1.kept import Kept

    class Casting(Steered, Protocol):
        """A Trainer as those who say who takes part see it."""

        _asks_data: bool
        _kept: Kept
        _table: HookMap
        _training_outputs: TrainingOutputs
        _evaluation_outputs: EvaluationOutputs
        _returned_results: Results

        def _backward_of(self, method: Callable[..., Any]) -> Callable[..., Any]: ...


Through = Callable[[str, Callable[..., Any]], Callable[..., Any]]


def cast_of_run(trainer: Casting, parts: list[Part]) -> list[Part]:
    """The parts of a run: the callbacks in this run's table, then data module and module.

    Args:
        trainer: Whose run.
        parts: The callbacks, as any Trainer casts them.
    """
    others, hearing = PHASES[trainer._purpose].without, _hearing(trainer)
    cast = [_of_callback(trainer, part, hearing) if part.hookmap is JOINED else part for part in parts]
    without = others | trainer._loaders_given
    if trainer.datamodule is not None:
        data = _of_data(trainer, hearing, without)
        cast.append(data)
        if trainer._asks_data:
            # what the data module brings, the module is not asked for
            without = others | LOADERS | {method for method in TRANSFERS if data.implements(method)}
    if trainer.lightning_module is not None:
        cast += [_of_module(trainer, hearing, without), *_of_norms(trainer, hearing)]
    return cast + _joining(trainer, cast, hearing)


def _hearing(trainer: Casting) -> Through:
    """Wrap foreign methods so that ``self.log`` knows which hook is running."""
    naming, hearing = guests.hook_namer(trainer.lightning_module), trainer.logged.through
    return hearing if naming is None else lambda name, method: hearing(name, naming(name, method))


def _of_callback(trainer: Casting, part: Part, hearing: Through) -> Part:
    through = _about_state(trainer, part.player, hearing)
    without = PHASES[trainer._purpose].without | idle_hooks(part.player) | left_alone(part.player)
    return dataclasses.replace(part, hookmap=trainer._table, through=through, without=without)


def _of_data(trainer: Casting, hearing: Through, without: frozenset[str]) -> Part:
    """The data module; one of a call before hears of the run, and brings no data to it."""
    data = trainer.datamodule
    if not trainer._asks_data:
        without = PHASES[trainer._purpose].without | LOADERS | set(TRANSFERS)
    through = _about_state(trainer, data, hearing)
    return Part(trainer._table, "LightningDataModule", data, through=through, without=without)


def _of_module(trainer: Casting, hearing: Through, without: frozenset[str]) -> Part:
    module = trainer.lightning_module

    def through(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        if name in STEP_ENDS:
            return hearing(name, replacing(name, method))
        if name in EPOCH_ENDS:
            method = trainer._returned_results.of_epoch(trainer, name, method)
        if name in CONDITIONS:
            return hearing(name, where_due(trainer, name, method))
        return hearing(name, _entered(trainer, name, method))

    without |= _unused(trainer) | left_alone(module)
    return Part(trainer._table, "LightningModule", module, through=through, without=without)


def _of_norms(trainer: Casting, hearing: Through) -> list[Part]:
    """What logs the norms of gradients, where ``track_grad_norm=`` of Lightning 1 asks for it."""
    order = trainer._kept.track_grad_norm
    if order == -1:
        return []
    heard_as = partial(hearing, "on_before_optimizer_step")
    return [
        Part(trainer._table, "BeforeClipping", GradNorms(trainer, order), through=lambda name, method: heard_as(method))
    ]


def _unused(trainer: Casting) -> set[str]:
    """Methods that the Trainer does not call: clipping by hand, and what another method calls."""
    if not trainer.is_automatic:
        return {"configure_gradient_clipping", "clip_gradients", "optimizer_step"}
    clips = Part(LIGHTNING, "LightningModule", trainer.lightning_module).implements("configure_gradient_clipping")
    return {"clip_gradients"} if clips else set()


def _entered(trainer: Casting, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    """A method of the module as it is called: in this precision, and through the wrappers of the model."""
    if name == "prepare_data":
        return prepared_once(trainer._accelerator, trainer.lightning_module, method)
    if name in STEPS:
        by_hand = name == "training_step" and not trainer.is_automatic
        entered = through_wrappers(trainer.model, trainer.lightning_module, method, by_hand)
        entered = trainer.precision_plugin.around(entered)
        return told_whose_turn(trainer, entered) if name == "training_step" and names_turn(trainer) else entered
    if name == "backward":
        return trainer._backward_of(method)
    return trainer.precision_plugin.within(method) if name == "configure_model" else method


def _about_state(trainer: Casting, player: Any, hearing: Through) -> Through:
    """Wrap a player's methods; those about state see only its own entry of the checkpoint."""

    def through(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        if name == "prepare_data":
            return hearing(name, prepared_once(trainer._accelerator, player, method))
        if name in CONDITIONS:
            return hearing(name, where_due(trainer, name, method))
        return hearing(name, with_own_state(trainer, player, name, method) if name in STATE_METHODS else method)

    return through


# who joins for the sake of code of Lightning 1, and only where there is such code

_BASES = (LightningModule, Callback)
OLD = frozenset(
    name for base in (HooksOfLightning1, CallbackHooksOfLightning1) for name in vars(base) if not name.startswith("_")
) - {*EPOCH_ENDS}
"""Hooks that Lightning 2 would leave to a class of its own."""


def _joining(trainer: Casting, cast: Iterable[Part], hearing: Through) -> list[Part]:
    """The parts that join: who gathers outputs for the end of an epoch, and who logs results in dictionaries.

    Args:
        trainer: Whose run.
        cast: Who takes part in any case.
        hearing: Makes a method known as the one that is running.
    """
    names = {name for part in cast for line in _told_of_outputs(part) for name in line.args}
    parts = []
    if TRAINING in names:
        parts.append(Part(GATHERING, "TrainingOutputs", trainer._training_outputs))
    if EVALUATION in names:
        parts.append(Part(GATHERING, "EvaluationOutputs", trainer._evaluation_outputs))
    if trainer.lightning_module is not None and _speaks_of_results(trainer.lightning_module):
        logs = Part(
            RESULTS,
            "Results",
            trainer._returned_results,
            through=lambda name, method: hearing("training_step", method) if name == "of_step" else method,
        )
        parts.append(logs)
    if any(_names_running_loss(part.player) for part in cast):
        trainer._run.running_loss = losses = RunningLoss()
        parts.append(Part(RUNNING_LOSS, "RunningLoss", losses))
    return parts


def left_alone(player: Any) -> frozenset[str]:
    """Hooks of Lightning 1 alone that a class calls itself, as half-ported code does: nobody else calls them then."""
    kind: Any = type(player)
    return _called_by_own(kind)


@lru_cache(maxsize=256)
def _called_by_own(cls: type) -> frozenset[str]:
    methods = [(name, value) for one in cls.__mro__ if not _is_base(one) for name, value in vars(one).items()]
    mine = {name for name, _ in methods} & OLD
    if not mine:
        return frozenset()
    return frozenset(name for name in mine for other, value in methods if other != name and _calls(value, name))


def _names_running_loss(player: Any) -> bool:
    kind: Any = type(player)
    return _names_it(kind)


@lru_cache(maxsize=256)
def _names_it(cls: type) -> bool:
    own = [value for one in cls.__mro__ if not _is_base(one) for value in vars(one).items()]
    return any(name == "get_progress_bar_dict" or _calls(value, RUNNING) for name, value in own)


def _is_base(cls: type) -> bool:
    return cls in _BASES or any(cls in base.__mro__ for base in (*_BASES, *guests.real_classes("LightningModule")))


def _calls(method: Any, name: str) -> bool:
    codes = [getattr(method, "__code__", None)]
    while codes:
        code = codes.pop()
        if isinstance(code, CodeType):
            if name in code.co_names:
                return True
            codes += code.co_consts
    return False


def _told_of_outputs(part: Part) -> Sequence[Row]:
    """The rows by which a player is given gathered outputs, or could be if it took them."""
    lines = [line for line in _lines_given(part.hookmap, part.role) if part.runs(line)]
    return [line for line in without_other_variants(lines, part.player) if isinstance(line, Row)] if lines else []


@cache
def _lines_given(hookmap: HookMap, role: str) -> tuple[Row | Gap, ...]:
    """The lines of a role about methods of which one row passes gathered outputs."""
    rows = [line for line in hookmap.rows if isinstance(line, Row)]
    methods = {line.method for line in rows if not {TRAINING, EVALUATION}.isdisjoint(line.args)}
    return tuple(line for line in hookmap.lines_of(role) if line.method in methods)


def _speaks_of_results(module: Any) -> bool:
    """True where code of a module's own has a word by which Lightning 1.0 knew what to log."""
    known: tuple[type, ...] = (LightningModule, *guests.real_classes("LightningModule"))
    bases = {cls for base in known for cls in base.__mro__}
    if any(_has_word(cls) for cls in type(module).__mro__ if cls not in bases):
        return True
    return any(_says_word(value) for value in vars(module).values() if isinstance(value, (FunctionType, MethodType)))


@lru_cache(maxsize=256)
def _has_word(cls: type) -> bool:
    return any(_says_word(value) for value in vars(cls).values())


def _says_word(method: Any) -> bool:
    constants: list[Any] = [getattr(getattr(method, "__func__", method), "__code__", None)]
    while constants:
        one = constants.pop()
        if isinstance(one, CodeType):
            constants += one.co_consts
        elif isinstance(one, tuple):
            constants += one
        elif one in (LOG, BAR):
            return True
    return False
