"""LightningAdapter: a Trainer whose hooks run a Lightning module's methods, as map.py says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from groundwire import DEFAULT_CALLBACKS, HookMap, Part, by_row
from groundwire.callbacks.map import NATIVE
from groundwire.measured.ledger import numbers
from groundwire.run.run import Run, of_run
from groundwire_lightning import guests
from groundwire_lightning.callbacks.of_a_trainer import checkpoints_last, specialises, substituted
from groundwire_lightning.core.configure_optimizers import frequencies_of, optimizers_and_schedulers
from groundwire_lightning.core.datamodule import LightningDataModule
from groundwire_lightning.core.replaced import Standing
from groundwire_lightning.core.self_log import keep_from_compiling
from groundwire_lightning.core.states import PURPOSES, TrainerStatus
from groundwire_lightning.errors import MisconfigurationException, NotSupportedYetError, TunerExit
from groundwire_lightning.lightning_1 import optimizing
from groundwire_lightning.lightning_1.epoch_ends import EvaluationOutputs, TrainingOutputs
from groundwire_lightning.lightning_1.results import Results
from groundwire_lightning.lightning_1.telling import tell_of_older
from groundwire_lightning.lightning_1.turn import Turn
from groundwire_lightning.logged.store import Logged
from groundwire_lightning.loops.run import LightningRun
from groundwire_lightning.loops.updates import Stepping
from groundwire_lightning.map_1x import JOINED, JOINED_ONE_LOADER
from groundwire_lightning.trainer.casting import cast_of_run
from groundwire_lightning.trainer.facade import Facade
from groundwire_lightning.utilities.combined_loader import is_combined, is_several

WIRED = frozenset(line.method for hookmap in (NATIVE, JOINED) for line in hookmap.rows)
"""The methods that a run may bind."""
GIVEN_AS = {"train_dataloader": "train_dataset", "val_dataloader": "eval_dataset"}
"""A module's method, and the data of a run in native order that is used instead of asking it."""


class Slots(Stepping):
    """One slot for each hook that a row of the table runs instead of."""

    _gather_callbacks = by_row()
    _create_optimizer = by_row()
    create_train_dataloader = by_row()
    create_eval_dataloader = by_row()
    calculate_train_batch_loss = by_row()
    backward_step = by_row()
    _clip_gradients = by_row()
    optimizer_step = by_row()
    scheduler_step = by_row()
    optimizer_zero_grad = by_row()
    _before_transfer = by_row()
    _transfer_batch = by_row()
    _after_transfer = by_row()
    _make_room_for_evaluation = by_row()
    eval_epoch_start = by_row()
    calculate_eval_batch_loss = by_row()
    _leave_eval_mode = by_row()
    prediction_run_start = by_row()
    calculate_predictions = by_row()


class LightningAdapter(Facade, Slots):
    """A Trainer whose hooks run the methods of a Lightning module.

    It stands behind the user's class, ``class Mine(MyTrainer, LightningAdapter)``: what the user
    overrides comes first, and ``super()`` reaches the module. ``train`` and ``evaluate`` keep the
    native order of hooks; ``groundwire_lightning.Trainer`` adds ``fit`` with Lightning's.

    Args:
        model: A Lightning module, or any ``nn.Module`` with its methods.
        loss_func: For modules without a ``training_step``.
        optimizer: For modules without ``configure_optimizers``.
        callbacks: Native and Lightning's, in the order in which they are told.
        run_history: Where metrics are recorded.
        **kwargs: Further arguments of :class:`groundwire.Trainer`.
    """

    hook_maps: ClassVar[tuple[HookMap, ...]] = (JOINED,)

    def __init__(
        self,
        model: Any,
        loss_func: Any = None,
        optimizer: Any = None,
        callbacks: Iterable[Any] = DEFAULT_CALLBACKS,
        run_history: Any = None,
        **kwargs: Any,
    ) -> None:
        self.logged = Logged()
        self._optimizer_given = optimizer
        self.datamodule: LightningDataModule | None = None
        self.eval_outputs: Any = None
        self._saves_weights_only = False
        self._training_outputs, self._evaluation_outputs = TrainingOutputs(), EvaluationOutputs()
        self._returned_results = Results()
        super().__init__(model, loss_func, optimizer, callbacks, run_history, **kwargs)

    @cached_property
    def _run(self) -> LightningRun:
        return LightningRun(table=JOINED_ONE_LOADER)

    # who takes part

    def _parts(self) -> list[Part]:
        return cast_of_run(self, super()._parts())  # type: ignore[arg-type]  # a run in native order reads less of it

    _asks_data: bool = True
    """False where the data module is that of a call before, and loaders come from elsewhere."""

    _table: HookMap = of_run("table")
    _loaders_given: frozenset[str] = of_run("loaders_given")
    _is_inner: bool = of_run("is_inner")

    def _known(self, stage: Any) -> dict[str, Any]:
        return {
            **super()._known(stage),
            "module": self.lightning_module,
            "stage": self._purpose,
            "training_outputs": self._training_outputs,
            "evaluation_outputs": self._evaluation_outputs,
            "turn": Turn(self),
        }

    _standing: Standing | None = None  # the hooks that are set on the objects of the run under way

    # the start and the end of a run

    def _new_run(self, hook: str, **asked: Any) -> Run:
        brought = {method for method, data in GIVEN_AS.items() if asked.get(data) is not None}
        if hook == "_run_prediction" and "val_dataloader" in brought:
            brought.add("predict_dataloader")
        loaders = self._loaders_given | brought
        return super()._new_run(
            hook, **{"purpose": PURPOSES[hook], **asked}, is_inner=self._is_running, loaders_given=loaders
        )

    def _before_run(self, run: Run) -> None:
        super()._before_run(run)
        self._status, self._called = TrainerStatus.RUNNING, True

    def _after_run(self, run: Run, error: BaseException | None) -> None:
        if error is not None:
            self._status = TrainerStatus.INTERRUPTED
        else:
            self._status = TrainerStatus.RUNNING if self._is_running else TrainerStatus.FINISHED
        if not self._is_running:
            self._standing = None
            self._run.let_go_of_batch()
            self.eval_outputs = None
            self.logged.run_ends()
            guests.release_logging(self.callbacks, self.lightning_module)
            guests.release(self.lightning_module)
        super()._after_run(run, error)

    def _clean_up(self, error: BaseException) -> None:
        if isinstance(error, TunerExit):
            self._tear_down()
        else:
            self._status = TrainerStatus.INTERRUPTED
            super()._clean_up(error)

    def _tear_down(self) -> None:
        """Let everyone tear down who would at the end of the run; for one that ends as it begins."""
        wired = self.plan.wired.get(self._running)
        for attached in () if wired is None else wired.after:
            if attached.row.method == "teardown":
                values = attached.values
                attached.method(*map(values.get, attached.args), **{name: values[name] for name in attached.named})

    def _wire(self, stage: Any) -> None:
        if stage != "init":
            self._attach()  # again where a callback lets another model stand in
        super()._wire(stage)
        if stage != "init":
            wired = (one for each in self.plan.wired.values() for one in (*each.before, *each.after, each.instead))
            if older := [one for one in wired if one is not None and one.row.mark]:
                tell_of_older(older, self._warned)
            self._standing = Standing((*self.callbacks, self.lightning_module, self.datamodule), WIRED)

    def wire_anew(self) -> None:
        """Call from now on the methods that are there now: one that a run had bound was replaced."""
        if self._is_running:
            self._wire(self._stage)
            self.choose_way()

    def notice_replaced(self) -> None:
        """Wire anew where a method was replaced since; asked between steps, for who cannot tell."""
        if self._standing is not None and self._standing.has_changed():
            self.wire_anew()

    def _attach(self) -> None:
        """Let module and data module know their trainer; it stays attached after the run."""
        module = self.lightning_module
        if module is not None:
            keep_from_compiling(self.model)
            guests.attach(module, self)
            guests.lend_logging(self.callbacks, module)
        if self.datamodule is not None:
            self.datamodule.trainer = self

    # what was configured

    def _assemble_run(self) -> None:
        self._forget_logged()
        super()._assemble_run()

    def _forget_logged(self) -> None:
        """Begin with nothing logged; a run inside a run goes on with what the outer one has."""
        if not self._is_inner:
            self.logged.forget()

    def _gather_callbacks(self) -> None:
        """Let the callbacks of ``configure_callbacks`` join; they replace those of a class they specialise."""
        joining: Any = super()._gather_callbacks()
        if not joining:
            return
        new, sentences = substituted(joining if isinstance(joining, (list, tuple)) else [joining])
        self.substituted = [*self.substituted, *sentences]
        replaced = {type(old) for old in self.callbacks for one in new if old is not one and specialises(one, old)}
        self.callback_handler.callbacks = [
            old for old in self.callbacks if type(old) not in replaced and not any(old is one for one in new)
        ]
        self.callback_handler.add_callbacks(new)
        self.callback_handler.callbacks = checkpoints_last(self.callbacks)
        self._callbacks_changed()

    def _create_optimizer(self) -> Any:
        """The optimizer that ``configure_optimizers`` returns; its schedulers are kept for their time."""
        configured = super()._create_optimizer()
        self.lr_scheduler_configs, self._listed, self.optimizer_frequencies = [], None, []
        if "_create_optimizer" not in self.plan.instead:
            return configured
        if self._optimizer_given is not None:
            raise MisconfigurationException(
                f"optimizer={type(self._optimizer_given).__name__} was given and configure_optimizers makes one too; "
                "keep one of them"
            )
        module, steps_schedulers = self.lightning_module, "scheduler_step" in self._brought
        self._listed, self.lr_scheduler_configs = optimizers_and_schedulers(configured, module, steps_schedulers)
        self.optimizer_frequencies = frequencies_of(configured)
        return self._listed[0] if self._listed else None

    @property
    def _brought(self) -> set[str]:
        """The hooks that module or data module run instead of, those of later stages too."""
        return {hook for hook, wired in self.plan.wired.items() if wired.instead}

    def create_train_dataloader(self, batch_size: int | None, train_dl_kwargs: Any = None) -> Any:
        """The loader of training batches: of the data that ``train`` was given, or the module's."""
        return self._accepted(super().create_train_dataloader(batch_size, train_dl_kwargs))

    def create_eval_dataloader(self, batch_size: int | None, eval_dl_kwargs: Any = None) -> Any:
        """The loader of evaluation batches, likewise."""
        return self._accepted(super().create_eval_dataloader(batch_size, eval_dl_kwargs))

    def _accepted(self, loader: Any) -> Any:
        """One loader; what is read in native order is not several."""
        if isinstance(loader, (list, tuple)) and len(loader) == 1 and is_several(loader):
            return loader[0]
        if is_combined(loader) or (is_several(loader) and _holds_loaders(loader)):
            raise NotSupportedYetError(
                f"several loaders, a {type(loader).__name__}, are for fit(), validate(), test() and predict() of "
                "groundwire_lightning.Trainer; in native order give one, for instance over a "
                "torch.utils.data.ConcatDataset or StackDataset"
            )
        return loader

    def create_scheduler(self) -> Any:
        """The scheduler that is stepped at each update: ``create_scheduler_fn``'s, or the module's."""
        if self.create_scheduler_fn is not None or not self.lr_scheduler_configs:
            return super().create_scheduler()
        config = self.lr_scheduler_configs[0]
        if len(self.lr_scheduler_configs) > 1 or config.reduce_on_plateau or config.frequency != 1:
            raise NotSupportedYetError(
                "train() moves one scheduler, once an update or once an epoch. For several, for a metric or for a "
                "frequency use groundwire_lightning.Trainer and fit()"
            )
        return config.scheduler if config.interval == "step" else None

    # what a search does to a run

    @contextmanager
    def _logging_to(self, loggers: list[Any]) -> Iterator[None]:
        """Let other loggers take what is logged meanwhile: a trial leaves nothing in those of the run."""
        outer, self.loggers = self.loggers, loggers
        try:
            yield
        finally:
            self.loggers = outer

    @contextmanager
    def _heard_by(self, callbacks: Iterable[Any]) -> Iterator[None]:
        """Let other callbacks hear of what happens meanwhile: a trial is no event of the run."""
        outer, self.callbacks = list(self.callbacks), callbacks
        try:
            yield
        finally:
            self.callbacks = outer

    @contextmanager
    def _heard_first_by(self, callback: Any) -> Iterator[None]:
        """Let a callback hear of the runs that are launched meanwhile, before all others."""
        self.callbacks = [callback, *self.callbacks]
        try:
            yield
        finally:
            self.callbacks = [other for other in self.callbacks if other is not callback]

    def _ask_to_stop(self, stop: bool = True) -> None:
        """End the run once its limits allow it; False takes back what was asked for, as after a trial."""
        self.should_stop = stop

    # a run in native order

    def _new_eval_dataloader(self) -> Any:
        """The loader of evaluation batches; the module's or data module's where ``train`` was given no data."""
        if self.eval_dataset is None and {"create_eval_dataloader", "calculate_eval_batch_loss"} <= self._brought:
            return self.plan.create_eval_dataloader(None, None)
        return super()._new_eval_dataloader()

    def _run_train_epoch(self, train_dl: Iterable[Any]) -> None:
        self.notice_replaced()
        self.choose_way()
        self._check_native_order()
        self._owes = "train"
        super()._run_train_epoch(train_dl)
        self._close_train_epoch()

    def _close_train_epoch(self) -> None:
        """Move on schedulers of epochs, and record what was logged over this one."""
        for config in self.lr_scheduler_configs:
            if config.interval == "epoch" and self.create_scheduler_fn is None:
                self.scheduler = config.scheduler
                self.plan.scheduler_step()
                self.scheduler = None
        self.record(self.logged.take())
        self._owes = ""

    def _check_native_order(self) -> None:
        config = self.run_config
        self.check_by_hand(self.gradient_clip_val, config.gradient_accumulation_steps)
        optimizing.refuse_turns(self)
        if self.way != "by hand" and any(isinstance(optimizer, torch.optim.LBFGS) for optimizer in self.optimizers):
            raise NotSupportedYetError(
                "train() runs forward and backward pass once, before the optimizer's step, and LBFGS runs both within "
                "it; use groundwire_lightning.Trainer and fit()"
            )

    def _run_eval_epoch(self, valid_dl: Iterable[Any], is_training: bool = True, is_intermediate: bool = False) -> None:
        outer, self._owes = self._owes, "eval"
        with self.logged.validation():
            super()._run_eval_epoch(valid_dl, is_training, is_intermediate)
            self.record(self.logged.take())
        self._owes = outer

    _owes: str = ""
    """The phase whose batches may be done, and whose logged values are not recorded yet."""

    def _state_within_epoch(self) -> dict[str, Any]:
        return {
            **super()._state_within_epoch(),
            "logged": self.logged.state_dict(),
            "owes": self._owes,
            # the first optimizer, and the scheduler of updates, are the Trainer's own
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers[1:]],
            "schedulers": [config.scheduler.state_dict() for config in self.lr_scheduler_configs],
        }

    def _take_up_within_epoch(self, state: dict[str, Any]) -> None:
        super()._take_up_within_epoch(state)
        if "logged" not in state:  # saved by an earlier version
            return
        self.logged.load_state_dict(state["logged"], self.lightning_module)
        for optimizer, of_optimizer in zip(self.optimizers[1:], state["optimizers"], strict=True):
            optimizer.load_state_dict(of_optimizer)
        for config, of_scheduler in zip(self.lr_scheduler_configs, state["schedulers"], strict=True):
            config.scheduler.load_state_dict(of_scheduler)
        if state.get("owes") == "train" and self.at.ahead == "eval":  # saved as the batches of training were done
            self.choose_way()
            self._close_train_epoch()
        elif state.get("owes") == "eval" and self.at.ahead == "end":
            with self.logged.validation():
                self.record(self.logged.take())

    def _on_device(self, batches: Iterable[Any]) -> Iterable[Any]:
        plugin = self.precision_plugin
        batches = map(plugin.convert_input, batches) if plugin.converts_input else batches
        return self._announced(super()._on_device(batches))

    def _announced(self, batches: Iterable[Any]) -> Iterable[Any]:
        """The batches, of each of which ``self.log`` knows while it is used."""
        return self.logged.over(batches)

    def _run_eval_step(self, batch: Any, step: int) -> Any:
        output = super()._run_eval_step(batch, step)
        self.eval_outputs = output.get("model_outputs")
        return output

    def scheduler_step(self) -> None:
        """Move on the scheduler that is due, if there is one, with its metric where it takes one."""
        if self.scheduler is None:
            return
        if "scheduler_step" in self.plan.instead or self.monitored is None:
            super().scheduler_step()
        else:
            self.scheduler.step(self.monitored)

    def _add_epoch_loss_to_run_history(self, metric_name: str) -> None:
        """Record the mean loss, where a step returned one."""
        if self._loss_tracker.running_count:
            super()._add_epoch_loss_to_run_history(metric_name)

    def record(self, values: dict[str, Tensor]) -> None:
        """Write the values that were logged over an epoch into the run history.

        Args:
            values: Name to value; a name that the history has been given in this epoch is kept as it is.
        """
        ours = {"train_loss_epoch", "eval_loss_epoch", "evaluation_loss"} & set(self.run_history.get_metric_names())
        scalars = {name: value for name, value in values.items() if name not in ours and value.numel() == 1}
        for name, value in zip(scalars, numbers(list(scalars.values())), strict=True):
            self.run_history.update_metric(name, value)

    # what rows pass

    @property
    def gradient_clip_val(self) -> float | None:
        """The limit that gradients are clipped to, by value or by norm."""
        value: float | None = self.run_config.gradient_clip_value
        return self.run_config.gradient_clip_norm if value is None else value

    @property
    def gradient_clip_algorithm(self) -> str | None:
        """``"value"`` or ``"norm"``; None where nothing is clipped."""
        if self.gradient_clip_val is None:
            return None
        return "norm" if self.run_config.gradient_clip_value is None else "value"


def _holds_loaders(loaders: Any) -> bool:
    """True for a collection in which a loader is; a list of batches is none."""
    parts = list(loaders.values()) if isinstance(loaders, dict) else list(loaders)
    return isinstance(loaders, dict) or any(isinstance(part, DataLoader) for part in parts)
