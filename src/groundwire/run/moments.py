"""The larger moments of a run: overridable below the documented hooks, at the risk of whoever does.

Each is a line or two that enters the room where its work is done. How a run comes to be stands in
``launch.py``, what belongs to it in ``run.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import torch
from accelerate import Accelerator

from groundwire import devices, loop, mistakes, run_config
from groundwire.callbacks.handler import CallbackHandler
from groundwire.callbacks.limits import LimitBatchesCallback
from groundwire.data import loaders
from groundwire.data.in_batches import in_batches
from groundwire.data.order import DataOrder
from groundwire.data.random_state import seed_all
from groundwire.measured.time_ledger import account_for
from groundwire.request import EvaluateRequest, TrainRequest, check_seed
from groundwire.run import assembly, check_parts, launch
from groundwire.run.run import Run, of_run
from groundwire.run_config import TrainerRunConfig
from groundwire.run_state import RunState
from groundwire.saved import training_state
from groundwire.saved.methods import Saves
from groundwire.tables.hookmap import HookMap
from groundwire.tables.hooks import HOOKS, Stage
from groundwire.tables.plan import Part, Plan, attach
from groundwire.tracking import LossTracker, RunHistory


class Moments(Saves):
    """Set-up, and the larger moments of a run.

    Attributes:
        plan: One callable for every hook; what the loop calls.
        at: Where the run is.
        hook_maps: Tables whose callbacks may stand in ``callbacks=`` beside native ones.
        hook_order: Names of the hooks in the order in which this class runs them, for reports.
    """

    hook_maps: ClassVar[tuple[HookMap, ...]] = ()
    hook_order: ClassVar[tuple[str, ...]] = tuple(HOOKS)

    plan: Plan
    run_history: RunHistory
    loss_func: Any
    _accelerator: Accelerator
    _loss_tracker: LossTracker
    _callbacks: Iterable[Any]
    _seed: int | None
    _warned: set[tuple[str, str]]
    scheduler_step: Callable[..., Any]
    _is_wrapped: bool = False
    _history_began: object = None  # another one each time the run history is emptied
    _pad_uneven_eval_batches: bool = False  # True: as many batches in each process, some samples twice

    if TYPE_CHECKING:  # of Trainer, which inherits this

        @property
        def device(self) -> torch.device: ...  # noqa: D102

        def get_model(self, keep_torch_compile: bool = True) -> Any: ...  # noqa: D102

        def print(self, *args: Any, **kwargs: Any) -> None: ...  # noqa: D102

        def _update_loss_tracker(self, batch_loss: Any, batch_size: int) -> None: ...

    # what belongs to a run

    @cached_property
    def _run(self) -> Run:
        """The run under way, or the last one; an adapter makes one with more fields.

        It is there from the first access on, so that a subclass may set its names before ``super().__init__()``.
        """
        return Run()

    at: RunState = of_run("at")
    model: Any = of_run("model")
    optimizer: Any = of_run("optimizer")
    scheduler: Any = of_run("scheduler")
    run_config: Any = of_run("run_config")
    train_dataset: Any = of_run("train_dataset")
    eval_dataset: Any = of_run("eval_dataset")
    collate_fn: Callable[..., Any] | None = of_run("collate_fn")
    create_scheduler_fn: Callable[..., Any] | None = of_run("create_scheduler_fn")
    _stage: Stage = of_run("stage")
    _request: TrainRequest | EvaluateRequest | None = of_run("request")
    _train_dataloader: Any = of_run("train_dataloader")
    _eval_dataloader: Any = of_run("eval_dataloader")
    _train_dl_kwargs: Any = of_run("train_dl_kwargs")
    _eval_dl_kwargs: Any = of_run("eval_dl_kwargs")
    _data_order: DataOrder = of_run("data_order")
    _resumed: dict[str, Any] | None = of_run("resumed")
    _predictions: list[Any] | None = of_run("predictions")

    @property
    def _is_running(self) -> bool:
        """True while a run is under way, so that an entry point is being called from inside one."""
        return self._run.stage != "init"

    def _new_run(self, hook: str, **asked: Any) -> Run:
        """The run that an entry point asks for; what it leaves open is as it was before."""
        return replace(self._run, **{"hook": hook, "at": RunState(), "resumed": None, "predictions": None, **asked})

    def _go_on_with(self, run: Run) -> None:
        """Let a run stand in place of the one before: a new one, or an outer one that comes back."""
        self._run = run

    @contextmanager
    def _laid_over(self, **fields: Any) -> Iterator[Run]:
        """Lay a run with other ``fields`` over the one under way; whatever is set meanwhile goes with it."""
        outer, self._run = self._run, replace(self._run, **fields)
        try:
            yield self._run
        finally:
            self._run = outer

    @contextmanager
    def _standing_in(self, model: Any, callback_handler: CallbackHandler) -> Iterator[None]:
        """Let another model be evaluated and saved in place of the Trainer's, heard by other callbacks."""
        outer = self.callback_handler
        try:
            with self._laid_over(model=model):
                self.callback_handler = callback_handler
                yield
        finally:
            self.callback_handler = outer

    # construction

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

    def _create_callback_handler(self) -> CallbackHandler:
        limit = LimitBatchesCallback.from_environment()
        callbacks = self._callbacks if limit is None else [limit, *self._callbacks]
        return CallbackHandler(callbacks, on_change=self._callbacks_changed)

    def _create_accelerator(self) -> Accelerator:
        """The Accelerator of this Trainer; override it for mixed precision or a plugin."""
        return Accelerator()

    # wiring

    def _parts(self) -> list[Part]:
        """The players of this run in their roles, native callbacks first; an adapter adds its own."""
        return launch.parts(self)

    def _cast(self, callback: Any, order: int) -> list[Part]:
        """The roles of a callback."""
        return launch.cast(self.hook_maps, callback, order)

    def _known(self, stage: Stage) -> dict[str, Any]:
        """Values that rows may name besides those of their hook; an adapter adds its own."""
        return launch.known(self, stage)

    def _wire(self, stage: Stage) -> None:
        """Compile the plan; called again for its stage whenever a callback joins or leaves."""
        launch.wire(self, stage)

    def _callbacks_changed(self) -> None:
        if self._is_running:
            self._wire(self._run.stage)

    def explain(self, format: Literal["text", "json"] = "text") -> Any:  # noqa: A002  # the word users expect
        """Describe what will run, in order, and who is attached where.

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
        """Without the compiled plan, which is written anew; with a run of its own, also for a shallow copy."""
        return {**{name: value for name, value in vars(self).items() if name != "plan"}, "_run": replace(self._run)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self.plan = Plan()
        self.plan.put(self, HOOKS)

    # the start and the end of a run

    def _before_run(self, run: Run) -> None:
        """Ready an adapter for a run, before it stands in place of the one before."""

    def _after_run(self, run: Run, error: BaseException | None) -> None:
        """Let an adapter go of a run that is over, whether it was ended by an error or not."""

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

    # assembly

    def _gather_callbacks(self) -> None:
        """Let callbacks of an adapter join that only the parts of a run can name."""

    def _assemble_run(self) -> None:
        """Build what a run needs: data, model, optimizer, configuration and scheduler."""
        request, plan = self._request, self.plan
        assert request is not None  # an entry point has put it there
        self.optimizer = plan._create_optimizer()
        trains = isinstance(request, TrainRequest)
        self._train_dataloader = assembly.new_train_loader(plan, request) if isinstance(request, TrainRequest) else None
        check_parts.check_model(self.model, trained=trains)
        if trains:
            check_parts.check_optimizer(self.optimizer, self.model)
        self._eval_dataloader = self._new_eval_dataloader()
        if trains:
            assembly.look_at_evaluation(self)
        plan._prepare_model_optimizer_and_dataloaders()
        self.run_config = plan._create_run_config(*assembly.numbers_of_run(request))
        if trains:
            self.scheduler = check_parts.check_scheduler(plan.create_scheduler(), self.scheduler_step)

    def _new_eval_dataloader(self) -> Any:
        """The loader of batches to evaluate or predict, or None where training has no data for it."""
        request = self._request
        assert request is not None
        if isinstance(request, TrainRequest) and self.eval_dataset is None:
            return None
        return assembly.new_eval_loader(self.plan, request)

    def _create_optimizer(self) -> Any:
        """The optimizer of the run: the one the Trainer was given."""
        return self.optimizer

    def _prepare_model_optimizer_and_dataloaders(self) -> None:
        """Make model, optimizer and loaders ready for the devices of the run."""
        self.plan._prepare_model_and_optimizer()
        self.plan._prepare_dataloaders()

    def _prepare_model_and_optimizer(self) -> None:
        """Place the model on its device, and wrap model and optimizer where that does something."""
        training = isinstance(self._request, TrainRequest)
        self.model, self.optimizer = devices.placed(self._accelerator, self.get_model(), self.optimizer, training)
        self._is_wrapped = devices.wraps(self._accelerator)

    def _prepare_dataloaders(self) -> None:
        """Let data in memory come a batch at a time, and share the loaders out where there are several processes."""
        train, evaluation = self._train_dataloader, self._eval_dataloader
        train = train if train is self.train_dataset else in_batches(train)  # a loader that was given stays as it is
        evaluation = evaluation if evaluation is self.eval_dataset else in_batches(evaluation)
        self._train_dataloader = loaders.shared_out(self._accelerator, train, even=True)
        padded = self._pad_uneven_eval_batches
        self._eval_dataloader = loaders.shared_out(self._accelerator, evaluation, even=padded)
        devices.tell_device(self.device, self._train_dataloader, self._eval_dataloader)

    def _create_run_config(
        self,
        per_device_batch_size: int | None,
        num_epochs: int,
        gradient_accumulation_steps: int,
        max_num_train_steps: int | None,
        gradient_clip_value: float | None,
    ) -> TrainerRunConfig:
        """Write down what will be run."""
        return run_config.run_config(
            self,
            per_device_batch_size,
            num_epochs,
            gradient_accumulation_steps,
            max_num_train_steps,
            gradient_clip_value,
            getattr(self._request, "gradient_clip_norm", None),
        )

    # a run

    def _begin_history(self, anew: bool) -> None:
        """Empty the run history where that is asked for, unless a run is under way that records into it."""
        mistakes.check_constructed(self)
        check_parts.check_run_history(self.run_history)
        if anew and not self._is_running:
            self.run_history.reset()
            self._history_began = object()
            getattr(self.run_history, "__dict__", {}).pop("_epoch_times", None)

    def _seed_run(self) -> None:
        """Let a run begin from the seed, where there is one; a run inside a run draws on."""
        if self._seed is None:
            return
        check_seed(self._seed)
        if not self._is_running:
            order = self._new_data_order()
            seed_all(order.seed_of("run", 0, order.rank), self.device)

    def _new_data_order(self) -> DataOrder:
        return DataOrder(self._seed, self._accelerator.process_index, self.device)

    def _load_resumed(self) -> None:
        """Give model, optimizer, scheduler, run history and position what a saved training state holds."""
        if self._resumed is not None:
            training_state.load_parts(self, self._resumed)
            training_state.load_position(self, self._resumed)

    def _take_up_run(self) -> None:
        """Give callbacks, gradients and generators theirs, when the start of the run is over, which would undo it."""
        if self._resumed is not None:
            training_state.take_up(self, self._resumed)
            self._resumed = None

    def _state_within_epoch(self) -> dict[str, Any]:
        """Counts of an adapter since an epoch began, in plain values and tensors, for a training state."""
        return {}

    def _take_up_within_epoch(self, state: dict[str, Any]) -> None:
        """Let an adapter go on counting from there."""

    def _in_order(self, train_dl: Iterable[Any]) -> Iterable[Any]:
        """The training batches of the epoch under way that are still ahead."""
        window = self.run_config.gradient_accumulation_steps
        return self._data_order.of_epoch(train_dl, self.run_history.current_epoch, self.at.done, window)

    def _run_training(self) -> None:
        check_parts.check_loss_func(self.loss_func, self.plan.calculate_train_batch_loss)
        loop.training_run(self)

    def _run_sanity_evaluation(self) -> None:
        """Let an adapter evaluate a few batches before the first epoch."""

    def _run_train_epoch(self, train_dl: Iterable[Any]) -> None:
        loop.train_epoch(self, train_dl)

    def _run_evaluation(self) -> None:
        check_parts.check_loss_func(self.loss_func, self.plan.calculate_eval_batch_loss)
        loop.evaluation_run(self)

    def _run_eval_epoch(self, valid_dl: Iterable[Any], is_training: bool = True, is_intermediate: bool = False) -> None:
        """Evaluate once over ``valid_dl``; inside a training epoch its loss stays apart from the epoch's."""
        outer, self._loss_tracker = self._loss_tracker, LossTracker(self.device)
        try:
            with account_for(self.at.spent, "evaluation"):
                loop.eval_epoch(self, valid_dl, is_training, is_intermediate)
        finally:
            self._loss_tracker = outer

    def _make_room_for_evaluation(self) -> None:
        """Let an adapter clear gradients before an evaluation within training."""

    def _leave_eval_mode(self) -> None:
        """Let an adapter bring back the modes that were before an evaluation; training sets its own."""

    def _run_eval_step(self, batch: Any, step: int) -> Any:
        """A whole evaluation batch."""
        return loop.eval_step(self, batch, step)

    def _run_prediction(self) -> None:
        loop.prediction_run(self)

    def _run_prediction_step(self, batch: Any, step: int) -> Any:
        return loop.prediction_step(self, batch, step)

    def _before_transfer(self, batch: Any) -> Any:
        """Change a batch before it is moved."""
        return batch

    def _transfer_batch(self, batch: Any) -> Any:
        """Move a batch to the device."""
        return devices.moved(batch, self.device)

    def _after_transfer(self, batch: Any) -> Any:
        """Change a batch on the device."""
        return batch

    def _on_device(self, batches: Iterable[Any]) -> Iterable[Any]:
        """The batches as steps see them; untouched where nobody has anything to change or to move."""
        for name in ("_before_transfer", "_transfer_batch", "_after_transfer"):
            hook = getattr(self.plan, name)
            own = getattr(hook, "__func__", None) is getattr(Moments, name)
            if not own or (name == "_transfer_batch" and self.device.type != "cpu"):
                batches = map(hook, batches)
        return batches

    def _add_epoch_loss_to_run_history(self, metric_name: str) -> None:
        """Record the mean loss of the epoch over all processes."""
        totals = self._loss_tracker.totals()
        if self._accelerator.num_processes > 1:
            totals = self._accelerator.reduce(totals, reduction="sum")
        loss, count = totals.tolist()
        if metric_name == "train_loss_epoch":
            self.at.spent.samples = count
        self.run_history.update_metric(metric_name, loss / count if count else float("nan"))
