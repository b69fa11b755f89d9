"""How a run is launched: who takes part, when tables are compiled, what happens to an error.

The Trainer (``trainer.py``) inherits this and adds what users override.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Literal

from groundwire.callbacks.handler import CallbackHandler
from groundwire.callbacks.map import NATIVE
from groundwire.data.order import DataOrder
from groundwire.run.misspelt import misspelt
from groundwire.run.run_state import RunState
from groundwire.tables.hookmap import HookMap, as_tuple
from groundwire.tables.hooks import HOOKS, Stage
from groundwire.tables.plan import Finding, Part, Plan, attach, compile_plan

_OF_A_RUN = (
    "at",
    "_stage",
    "_request",
    "train_dataset",
    "eval_dataset",
    "collate_fn",
    "create_scheduler_fn",
    "_train_dataloader",
    "_eval_dataloader",
    "_train_dl_kwargs",
    "_eval_dl_kwargs",
    "_data_order",
    "_resumed",
    "_predictions",
    "model",
    "optimizer",
    "scheduler",
    "run_config",
)


class Engine:
    """The machinery below the documented hooks.

    Attributes:
        plan: One callable for every hook; what the loop calls.
        at: Where the run is.
        hook_maps: Tables whose callbacks may stand in ``callbacks=`` beside native ones.
        hook_order: Names of the hooks in the order in which this class runs them, for reports.
    """

    hook_maps: ClassVar[tuple[HookMap, ...]] = ()
    hook_order: ClassVar[tuple[str, ...]] = tuple(HOOKS)

    model: Any
    loss_func: Any
    optimizer: Any
    scheduler: Any
    run_history: Any
    run_config: Any
    _data_order: DataOrder
    _stage: Stage = "init"

    def _start_engine(self) -> None:
        self.at = RunState()
        self.plan = Plan()
        self._warned: set[tuple[str, str]] = set()
        self.plan.put(self, HOOKS)

    @property
    def callback_handler(self) -> CallbackHandler:
        """The callbacks; another handler that is put here, also in the middle of a run, is told what comes next."""
        return self._callback_handler

    @callback_handler.setter
    def callback_handler(self, handler: CallbackHandler) -> None:
        before: Any = vars(self).get("_callback_handler")
        self._callback_handler = handler
        try:
            self._callbacks_changed()
        except BaseException:
            self._callback_handler = before
            raise
        handler.tell(self._callbacks_changed)

    def _parts(self) -> list[Part]:
        """Who plays which role in this run, native callbacks first; an adapter adds its own."""
        callbacks = enumerate(self.callback_handler.callbacks)
        parts = [part for order, callback in callbacks for part in self._cast(callback, order)]
        return sorted(parts, key=lambda part: part.hookmap is not NATIVE)

    def _cast(self, callback: Any, order: int) -> list[Part]:
        """The roles of a callback: those of its own table, those of ``hook_maps``, else the native one."""
        own = getattr(type(callback), "hookmap", None)
        if isinstance(own, HookMap):
            return [
                Part(own, role, callback, order)
                for role in own.bases
                if isinstance(callback, as_tuple(own.bases[role]))
            ]
        roles = []
        for hookmap in self.hook_maps:
            role = role_in(hookmap, callback)
            if role is not None:
                roles.append(Part(hookmap, role, callback, order))
        native = isinstance(callback, as_tuple(NATIVE.bases["TrainerCallback"]))
        return [Part(NATIVE, "TrainerCallback", callback, order), *roles] if native or not roles else roles

    def _known(self, stage: Stage) -> dict[str, Any]:
        """What rows may name besides what their hook gives; an adapter adds its own."""
        if stage == "init":
            return {"trainer": self}
        names = ["model", "loss_func", "optimizer", "run_history", "at"]
        names += ["scheduler", "run_config"] if stage == "run" else []
        return {"trainer": self, **{name: getattr(self, name) for name in names}}

    def _wire(self, stage: Stage) -> None:
        """Compile the plan; called again for its stage whenever a callback joins or leaves."""
        parts = self._parts()
        compile_plan(self.plan, self, parts, self._known(stage), stage)
        self._stage = stage
        native = {type(part.player) for part in parts if part.hookmap is NATIVE}
        self.callback_handler.foreign = tuple({type(part.player) for part in parts} - native)
        if stage != "init":
            self._warn_of_typos([*self.plan.findings, *(misspelt(type(self)) if stage == "assembly" else ())])

    def _callbacks_changed(self) -> None:
        if self._stage != "init":
            self._wire(self._stage)

    def _warn_of_typos(self, findings: list[Finding]) -> None:
        from groundwire.errors import rank_zero_warn

        for found in findings:
            known = (found.owner, found.source) in self._warned
            if found.status == "unknown" and "Did you mean" in found.detail and not known:
                self._warned.add((found.owner, found.source))
                rank_zero_warn(f"{found.owner}: {found.source.partition('.')[2]} ({found.place}): {found.detail}")

    @property
    def _is_running(self) -> bool:
        """True while a run is under way, so that an entry point is being called from inside one."""
        return self._stage != "init"

    def _launch(self, run: Literal["_run_training", "_run_evaluation", "_run_prediction"], **asked: Any) -> None:
        """Assemble a run and run it; a run inside a run gives the outer one back what it had.

        Args:
            run: The hook that is the run.
            **asked: Attributes that say what is to be run.

        Raises:
            HookMapError: Something that takes part cannot be wired; raised before any data is read.
        """
        outer, modes = self._outer(run)
        self._seed_run()
        vars(self).update({"at": RunState(), "_resumed": None, "_predictions": None, **asked})
        try:
            self._wire("assembly")
            self.plan._gather_callbacks()
            self.plan._assemble_run()
            self._wire("run")
            self._load_resumed()
            getattr(self.plan, run)()
        except BaseException as error:
            self._clean_up(error)
            raise
        finally:
            self.at.phase = "idle"
            if run == "_run_training":
                self._data_order.close()
            vars(self).update(outer)
            for module, was_training in modes:
                module.training = was_training
            if self._is_running:
                self._wire(self._stage)

    def _outer(self, run: str) -> tuple[dict[str, Any], list[tuple[Any, bool]]]:
        """What a run gives back as it ends: to an outer run everything, else the place where training is."""
        modules: Iterable[Any] = getattr(self.model, "modules", tuple)()
        modes = [(module, module.training) for module in modules]
        if self._is_running:
            return {name: getattr(self, name) for name in _OF_A_RUN}, modes
        if run == "_run_training":
            return {"_stage": "init"}, []
        return {"_stage": "init", "at": self.at, "_predictions": None}, modes if self.at.ahead == "train" else []

    def _clean_up(self, error: BaseException) -> None:
        """Tell who wants to know that an error leaves the run, and leave the model usable."""
        try:
            self.plan.on_exception(error)
        except Exception as second:  # noqa: BLE001  # the first error is the one that must surface
            note = f"on_exception raised {type(second).__name__}: {second}"
            if hasattr(error, "add_note"):
                error.add_note(note)
            else:
                self.print(note)
        self.model = self.get_model()

    def explain(self, format: Literal["text", "json"] = "text") -> Any:  # noqa: A002  # the word users expect
        """Say what will run, in order, and who is attached where.

        Before a run this looks at what is known so far and changes nothing; while one is under way
        it tells what really runs.

        Args:
            format: ``"text"`` prints a table of contents of the run and returns it; ``"json"``
                returns plain data.

        Returns:
            The text, or a dictionary.
        """
        from groundwire.tables import report

        if format not in ("text", "json"):
            raise ValueError(f"format: 'text' or 'json' is due, got {format!r}")
        wired, findings = attach(self, self._parts(), "assembly")
        data = report.explain(self, wired, findings, self.hook_order)
        if format == "json":
            return data
        text = report.as_text(data)
        self.print(text)
        return text

    def __getstate__(self) -> dict[str, Any]:
        """Without the compiled plan, which is written anew."""
        return {name: value for name, value in vars(self).items() if name != "plan"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self.plan = Plan()
        self.plan.put(self, HOOKS)

    print: Callable[..., None]
    _seed_run: Callable[[], None]
    _load_resumed: Callable[[], None]
    get_model: Callable[..., Any]


def role_in(hookmap: HookMap, callback: Any) -> str | None:
    """The most special of the roles in ``callbacks=`` that the object plays in a table."""
    listed = [role for role in hookmap.bases if role in hookmap.listed]
    played = [role for role in listed if isinstance(callback, as_tuple(hookmap.bases[role]))]
    special = [role for role in played if role in hookmap.specialises]
    return next(iter(special or played), None)
