"""The launch of a run: who takes part, when tables are compiled, and the way of an error.

Functions of a Trainer, whose methods of the same names (``run/moments.py``) an adapter may extend.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Literal, Protocol

from groundwire import listeners
from groundwire.callbacks.handler import CallbackHandler
from groundwire.callbacks.map import NATIVE
from groundwire.errors import rank_zero_warn
from groundwire.mistakes import check_constructed
from groundwire.run.misspelt import misspelt
from groundwire.run.run import Run
from groundwire.tables.hookmap import HookMap, as_tuple
from groundwire.tables.hooks import Stage
from groundwire.tables.plan import Finding, Part, Plan, compile_plan

__all__ = ["RunHook", "launch"]

RunHook = Literal["_run_training", "_run_evaluation", "_run_prediction"]


class Launching(Protocol):
    """A Trainer, as far as launching a run needs one."""

    hook_maps: ClassVar[tuple[HookMap, ...]]
    callback_handler: CallbackHandler
    plan: Plan
    model: Any
    _warned: set[tuple[str, str]]

    @property
    def _run(self) -> Run: ...

    @property
    def _is_running(self) -> bool: ...

    def _go_on_with(self, run: Run) -> None: ...

    def _new_run(self, hook: str, **asked: Any) -> Run: ...

    def _before_run(self, run: Run) -> None: ...

    def _after_run(self, run: Run, error: BaseException | None) -> None: ...

    def _clean_up(self, error: BaseException) -> None: ...

    def _seed_run(self) -> None: ...

    def _load_resumed(self) -> None: ...

    def _cast(self, callback: Any, order: int) -> list[Part]: ...

    def _parts(self) -> list[Part]: ...

    def _known(self, stage: Stage) -> dict[str, Any]: ...

    def _wire(self, stage: Stage) -> None: ...


def launch(trainer: Launching, hook: RunHook, **asked: Any) -> Run:
    """Assemble a run and run it; a run inside a run gives the outer one back what it had.

    Args:
        trainer: Whose run it is.
        hook: The Trainer hook that is the run.
        **asked: Fields of :class:`~groundwire.run.run.Run` that say what is to be run; what they leave open
            is as in the run before.

    Returns:
        The run, as it ended.

    Raises:
        HookMapError: Something that takes part cannot be wired; raised before any data is read.
    """
    check_constructed(trainer)
    run = trainer._new_run(hook, **asked)
    trainer._before_run(run)
    try:
        _go_through(trainer, run)
    except BaseException as error:
        trainer._after_run(run, error)
        raise
    trainer._after_run(run, None)
    return run


def _go_through(trainer: Launching, run: Run) -> None:
    """Let a run take the place of the one before, from its assembly to what is left of it."""
    outer, is_inner = trainer._run, trainer._is_running
    modes = _modes_to_restore(outer, run, is_inner)
    trainer._seed_run()  # before the run stands there: one inside another draws on
    trainer._go_on_with(run)
    try:
        trainer._wire("assembly")  # so that what builds the run can be overridden and listened to
        trainer.plan._gather_callbacks()
        trainer.plan._assemble_run()
        trainer._wire("run")  # once more: now there are model, optimizer and scheduler for rows to name
        trainer._load_resumed()
        getattr(trainer.plan, run.hook)()
    except BaseException as error:
        trainer._clean_up(error)
        raise
    finally:
        run.end(outer)
        for module, was_training in modes:
            module.training = was_training
        if is_inner:
            trainer._go_on_with(outer)
            trainer._wire(outer.stage)


def _modes_to_restore(outer: Run, run: Run, is_inner: bool) -> list[tuple[Any, bool]]:
    """The modes that the parts of the model have once more after a run that interrupts training."""
    within_epoch = outer.at.ahead == "train" and run.hook != "_run_training"
    if not is_inner and not within_epoch:
        return []
    modules: Iterable[Any] = getattr(outer.model, "modules", tuple)()
    return [(module, module.training) for module in modules]


def parts(trainer: Launching) -> list[Part]:
    """The parts of a run, each a player in a role; native callbacks first."""
    callbacks = enumerate(trainer.callback_handler.callbacks)
    taking_part = [part for order, callback in callbacks for part in trainer._cast(callback, order)]
    return sorted(taking_part, key=lambda part: part.hookmap is not NATIVE)


def cast(hook_maps: Iterable[HookMap], callback: Any, order: int) -> list[Part]:
    """The roles of a callback: those of its own table, those of ``hook_maps``, else the native one."""
    own = getattr(type(callback), "hookmap", None)
    if isinstance(own, HookMap):
        return [
            Part(own, role, callback, order) for role in own.bases if isinstance(callback, as_tuple(own.bases[role]))
        ]
    roles = []
    for hookmap in hook_maps:
        role = role_in(hookmap, callback)
        if role is not None:
            roles.append(Part(hookmap, role, callback, order))
    native = isinstance(callback, as_tuple(NATIVE.bases["TrainerCallback"]))
    return [Part(NATIVE, "TrainerCallback", callback, order), *roles] if native or not roles else roles


def role_in(hookmap: HookMap, callback: Any) -> str | None:
    """The most special of the roles in ``callbacks=`` that the object plays in a table."""
    listed = [role for role in hookmap.bases if role in hookmap.listed]
    played = [role for role in listed if isinstance(callback, as_tuple(hookmap.bases[role]))]
    special = [role for role in played if role in hookmap.specialises]
    return next(iter(special or played), None)


def known(trainer: Launching, stage: Stage) -> dict[str, Any]:
    """Values that rows may name at a stage besides those of their hook."""
    if stage == "init":
        return {"trainer": trainer}
    names = ["model", "loss_func", "optimizer", "run_history", "at"]
    names += ["scheduler", "run_config"] if stage == "run" else []
    return {"trainer": trainer, **{name: getattr(trainer, name) for name in names}}


def wire(trainer: Launching, stage: Stage) -> None:
    """Compile the plan of a Trainer, and remember how far it is wired."""
    taking_part = trainer._parts()
    compile_plan(trainer.plan, trainer, taking_part, trainer._known(stage), stage)
    trainer._run.stage = stage
    native = {type(part.player) for part in taking_part if part.hookmap is NATIVE}
    trainer.callback_handler.foreign = tuple({type(part.player) for part in taking_part} - native)
    if stage != "init":
        typos = misspelt(type(trainer)) if stage == "assembly" else ()
        _warn_of_typos([*trainer.plan.findings, *typos], trainer._warned)
        for listener in listeners.PLANNED:
            listener(trainer)


def _warn_of_typos(findings: Iterable[Finding], warned: set[tuple[str, str]]) -> None:
    for finding in findings:
        key = (finding.owner, finding.source)
        if finding.status == "unknown" and "Did you mean" in finding.detail and key not in warned:
            warned.add(key)
            name = finding.source.partition(".")[2]
            rank_zero_warn(f"{finding.owner}: {name} ({finding.place}): {finding.detail}")
