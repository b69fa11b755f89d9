"""The Lightning-shaped Trainer: its constructor, and the order in which its runs go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from copy import copy
from datetime import timedelta
from os import PathLike
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NoReturn

import torch
from accelerate import Accelerator

from groundwire import LossTracker, Part
from groundwire.run.run import Run, of_part
from groundwire_lightning.callbacks.of_a_trainer import listed_callbacks, ordered_callbacks, substituted
from groundwire_lightning.checkpoints import io
from groundwire_lightning.core.callback import Callback
from groundwire_lightning.core.states import TrainerFn
from groundwire_lightning.errors import NotSupportedYetError
from groundwire_lightning.lightning_1 import optimizing
from groundwire_lightning.logged.across_processes import share
from groundwire_lightning.logged.store import Silent
from groundwire_lightning.logged.to_loggers import ToLoggers, plain
from groundwire_lightning.loggers.default import chosen_loggers
from groundwire_lightning.loggers.logger import Logger
from groundwire_lightning.loops import evaluation, fit, predictions, steps, updates_choice
from groundwire_lightning.loops.preemption import Preemption
from groundwire_lightning.loops.progress import Progress, Restart
from groundwire_lightning.profilers import Profiler, profiler_for
from groundwire_lightning.profilers.profiled import Profiling
from groundwire_lightning.strategies import devices as devices_of
from groundwire_lightning.strategies import environments
from groundwire_lightning.strategies.layer_sync import TorchSyncBatchNorm
from groundwire_lightning.strategies.precision import precision_for
from groundwire_lightning.strategies.strategy import Strategy
from groundwire_lightning.trainer import arguments, orders, settings
from groundwire_lightning.trainer.entry_points import EntryPoints
from groundwire_lightning.trainer.explained import explained
from groundwire_lightning.trainer.lightning_1.names import OldNames
from groundwire_lightning.trainer.lightning_1.taking import taking_old
from groundwire_lightning.trainer.loaders import Loading
from groundwire_lightning.trainer.orders import ORDERS
from groundwire_lightning.trainer.restoring import Restoring
from groundwire_lightning.trainer.saving import write_run
from groundwire_lightning.trainer.setup import _log_device_info
from groundwire_lightning.utilities.seed import reset_seed

if TYPE_CHECKING:
    from groundwire_lightning.loops.steered import Steered


class Trainer(EntryPoints, OldNames):
    """Lightning's Trainer on groundwire: ``fit`` and ``validate`` in Lightning's order, with its numbers.

    The arguments are Lightning's; ``groundwire_lightning.trainer.arguments`` says of each what becomes of
    it. What is not supported yet is refused here, by name.

    ``numerics`` is the one argument that Lightning does not have: ``"exact"`` gives the right numbers
    where Lightning's are wrong, which by default are kept. That is one place: the last update of an
    epoch, when it accumulates fewer batches than the others.

    Attributes:
        skips_backward: Batches are only looked at: nothing is differentiated, nothing updated.
        told_of_nesting: It was said that a user's ``optimizer_step`` runs around more than an update.

    Raises:
        NotSupportedYetError: An argument asks for something that has no counterpart here yet.
        MisconfigurationException: An argument is out of range.
    """

    hook_order: ClassVar[tuple[str, ...]] = orders.ORDER

    to_loggers: ToLoggers
    _preemption: Preemption
    inference_mode: bool
    detect_anomaly: bool
    numerics: Literal["parity", "exact"]
    fast_dev_run: int | bool
    log_every_n_steps: int
    default_root_dir: str
    enable_autolog_hparams: bool
    skips_backward: bool = False
    told_of_nesting: bool = False
    progress: Progress
    _asked: Mapping[str, Any]
    _last_val_time: float = 0.0
    _modes: Mapping[str, bool] = {}
    _clips_before_step = False
    _step: Any = staticmethod(steps.train_step)

    profiler: Any
    restart: Restart | None = of_part("_restoring.restart")
    _loader_states: list[Any] = of_part("_restoring.loader_states")

    @taking_old
    def __init__(
        self,
        *,
        accelerator: Any = "auto",
        strategy: str | Strategy = "auto",
        devices: Any = "auto",
        num_nodes: int = 1,
        precision: Any = None,
        logger: Logger | Iterable[Logger] | bool | None = None,
        callbacks: list[Callback] | Callback | None = None,
        fast_dev_run: int | bool = False,
        max_epochs: int | None = None,
        min_epochs: int | None = None,
        max_steps: int = -1,
        min_steps: int | None = None,
        max_time: Any = None,
        limit_train_batches: int | float | None = None,
        limit_val_batches: int | float | None = None,
        limit_test_batches: int | float | None = None,
        limit_predict_batches: int | float | None = None,
        overfit_batches: int | float = 0.0,
        val_check_interval: int | float | str | timedelta | dict[str, int] | None = None,
        check_val_every_n_epoch: int | None = 1,
        num_sanity_val_steps: int | None = None,
        log_every_n_steps: int | None = None,
        enable_checkpointing: bool | None = None,
        enable_progress_bar: bool | None = None,
        enable_model_summary: bool | None = None,
        accumulate_grad_batches: int = 1,
        gradient_clip_val: float | None = None,
        gradient_clip_algorithm: str | None = None,
        deterministic: bool | Literal["warn"] | None = None,
        benchmark: bool | None = None,
        inference_mode: bool = True,
        use_distributed_sampler: bool = True,
        profiler: Profiler | str | bool | None = None,
        detect_anomaly: bool = False,
        barebones: bool = False,
        plugins: Any = None,
        sync_batchnorm: bool = False,
        reload_dataloaders_every_n_epochs: int = 0,
        default_root_dir: str | PathLike[str] | None = None,
        enable_autolog_hparams: bool = True,
        model_registry: str | None = None,
        numerics: Literal["parity", "exact"] = "parity",
    ) -> None:
        values = {name: value for name, value in locals().items() if name not in ("self", "__class__")}
        values = arguments.check_arguments(values)
        self._asked = values
        self._restoring, self._loading, self._profiling = Restoring(self), Loading(self), Profiling(self)
        self._kind = devices_of.device_kind(values)
        self._strategy = devices_of.strategy_for(values, self._kind)
        self._strategy._answer_for(self)
        self._preemption = Preemption(environments.chosen(values.get("cluster_environment")))
        self._strategy._checkpoint_io = io.chosen_io(values.get("checkpoint_io"), self._strategy._checkpoint_io)
        self._to_start = devices_of.processes_to_start(values, self._kind, devices_of.device_count(values, self._kind))
        self.profiler = profiler_for(values["profiler"])
        self.progress = Progress()
        settings.take(self, values)
        self._told_foreign: set[str] = set()
        listed, self.substituted = substituted(listed_callbacks(values))
        super().__init__(None, callbacks=ordered_callbacks(listed, values["enable_checkpointing"]))
        self.precision_plugin = precision_for(values["precision"], self.device.type)
        if self.barebones:
            self.logged = Silent()
        _log_device_info(self)
        self.to_loggers = ToLoggers(self)
        self.loggers = chosen_loggers(values["logger"], self.default_root_dir, bool(self.fast_dev_run))

    def _create_accelerator(self) -> Accelerator:
        """The Accelerator for the device and the processes that were asked for."""
        return devices_of.make_accelerator(self._asked, self._kind, self.strategy, joins=self._to_start > 1)

    def train(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Not on this Trainer: see :meth:`fit`."""
        raise NotSupportedYetError(
            f"{type(self).__qualname__} trains with fit(model, ...), in Lightning's order; train() belongs to "
            "groundwire.Trainer: groundwire_lightning.adapt(model).train(...)"
        )

    def evaluate(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Not on this Trainer: see :meth:`validate`."""
        raise NotSupportedYetError(
            f"{type(self).__qualname__} evaluates with validate(model, ...); evaluate() belongs to groundwire.Trainer: "
            "groundwire_lightning.adapt(model).evaluate(...)"
        )

    def explain(
        self,
        format: Literal["text", "json"] = "text",  # noqa: A002  # the word users expect
        model: Any = None,
        datamodule: Any = None,
        entry: Literal["fit", "validate", "test", "predict"] = "fit",
    ) -> Any:
        """Say what an entry point will run, in order, and who is attached where; nothing is run or changed.

        Args:
            format: ``"text"`` prints and returns it, ``"json"`` returns plain data.
            model: The module to look at; by default that of the call before.
            datamodule: Likewise.
            entry: The call to tell of; while one is under way it is told of that one.

        Returns:
            The text, or a dictionary.

        Raises:
            ValueError: There is no such format or entry point.
        """
        if entry not in ("fit", *ORDERS):
            raise ValueError(f"explain(entry={entry!r}): 'fit', 'validate', 'test' or 'predict' is due")
        view = copy(self)  # what is asked about is laid over a copy, so that this Trainer stays as it is
        if not view._is_running:
            view._purpose = TrainerFn(entry)
        view.model = view.model if model is None else model
        view.datamodule = view.datamodule if datamodule is None else datamodule
        return explained(view, format)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """With parts of its own, also for a shallow copy."""
        for name in ("_restoring", "_loading", "_profiling"):
            state[name] = copy(state[name])
            state[name].trainer = self
        super().__setstate__(state)

    # the start and the end of a run

    def _before_run(self, run: Run) -> None:
        self.logged.share = share if self.world_size > 1 else None
        self.to_loggers.prepare()
        self._profiling.before_run()
        super()._before_run(run)

    def _after_run(self, run: Run, error: BaseException | None) -> None:
        with ExitStack() as ends:  # from the last one up; an error in one leaves out none of the others
            if not self._is_running:
                ends.callback(self._preemption.end)
            ends.callback(io.finish_writing, self.strategy._checkpoint_io)
            ends.callback(self.to_loggers.finalize, "success" if error is None else "failed")
            ends.callback(self._profiling.after_run, error)
            super()._after_run(run, error)

    def _wire(self, stage: Any) -> None:
        self._profiling.before_wiring(stage)
        super()._wire(stage)

    def _parts(self) -> list[Part]:
        return self._profiling.around(super()._parts())

    def _on_device(self, batches: Iterable[Any]) -> Iterable[Any]:
        return super()._on_device(self._profiling.fetched(batches))

    # checkpoints

    def save_checkpoint(  # type: ignore[override]  # Lightning's signature; the native keywords are taken too
        self,
        filepath: str | PathLike[str] | None = None,
        weights_only: bool | None = None,
        storage_options: Any = None,
        **native: Any,
    ) -> None:
        """Write the run into a file, whole or not at all; Lightning loads it too.

        Args:
            filepath: The file.
            weights_only: True leaves callbacks, optimizers and schedulers out.
            storage_options: For a ``CheckpointIO`` of one's own; otherwise it must be None.
            **native: The arguments of :meth:`groundwire.Trainer.save_checkpoint`, which write its format.

        Raises:
            AttributeError: No module was given to an entry point yet.
            CheckpointError: It cannot be written.
        """
        with self._profiling.moment("save_checkpoint"):
            if native:
                path: Any = native.pop("save_path", filepath)
                super().save_checkpoint(path, **native)
            else:
                write_run(self, filepath, bool(weights_only), storage_options)

    @property
    def ckpt_path(self) -> Any:
        """The checkpoint from which the last run began; one that is set is where the next one begins."""
        return self._restoring.path

    @ckpt_path.setter
    def ckpt_path(self, path: Any) -> None:
        self._restoring.begin_from(path)

    def restore_module(self) -> None:
        """Read the checkpoint, and give module, data module and callbacks what is theirs."""
        self._restoring.restore_module()

    def restore_training(self) -> None:
        """Give loops, optimizers and schedulers what the checkpoint holds of them, and let go of it."""
        self._restoring.restore_training()

    def _load_state(self, state: dict[str, Any]) -> None:
        if "state_dict" in state:
            self._restoring.load_module(state["state_dict"])
        else:
            super()._load_state(state)

    def _wire_idle(self) -> None:
        """Let the hooks of saving reach who takes part, between runs."""
        self._wire("assembly")
        self._stage = "init"

    def _batches_begin(self) -> None:
        """Run right before the batches of a run: loggers are told of it, and signals noted."""
        self._preemption.watch()
        self.to_loggers.run_starts()

    # where the run is

    @property
    def current_epoch(self) -> int:
        """Epochs completed, which while one runs is its index from 0."""
        return self.progress.epochs

    @property
    def global_step(self) -> int:
        """Optimizer steps made so far, earlier calls of ``fit`` included."""
        return self.progress.steps

    @property
    def is_last_batch(self) -> bool:
        """The training batch in use is the last of its epoch."""
        return self.progress.is_last if self.reader is None else self.reader.is_last

    # Lightning's order

    def choose_way(self) -> None:
        """Decide how updates are made; done before each epoch, so that a step need not ask."""
        super().choose_way()
        if self.way == "nested":
            updates_choice.tell_of_nesting(self)
        self._step = updates_choice.step_for(self, optimizing.chosen_step)

    def _nests(self) -> bool:
        return updates_choice.nests_updates(self)

    def _count_step(self, done: bool) -> None:
        super()._count_step(done)
        self.progress.steps_ready += not done
        self.progress.steps += done

    def _gather_callbacks(self) -> None:
        super()._gather_callbacks()
        if self.distributed_sampler_kwargs is not None and not self._is_inner:
            reset_seed()

    def _assemble_run(self) -> None:
        fit.assembly(self)

    def create_scheduler(self) -> Any:
        """The first scheduler of the module; ``lr_scheduler_configs`` has all of them."""
        return self.lr_scheduler_configs[0].scheduler if self.lr_scheduler_configs else None

    def _prepare_model_and_optimizer(self) -> None:
        if self._asked["sync_batchnorm"] and self.world_size > 1:
            self.model = TorchSyncBatchNorm().apply(self.get_model())
        if self._is_fitting and self.world_size > 1:
            optimizing.let_find_unused(self)
            self.model = self._accelerator.prepare_model(self.get_model())
        else:
            super()._prepare_model_and_optimizer()

    def _run_training(self) -> None:
        self._batches_begin()
        with torch.autograd.set_detect_anomaly(self.detect_anomaly):
            fit.training_run(self)

    def _run_sanity_evaluation(self) -> None:
        with evaluation.evaluating(self):
            self.load_evaluation_data()
            self.plan._run_eval_epoch(self._eval_dataloader, True, False)

    def _run_train_epoch(self, train_dl: Iterable[Any]) -> None:
        fit.train_epoch(self)

    def _run_evaluation(self) -> None:
        self._batches_begin()
        self.restore_training()
        with self.progress.counting(self._purpose):
            evaluation.evaluation_run(self)

    def _run_eval_epoch(self, valid_dl: Iterable[Any], is_training: bool = True, is_intermediate: bool = False) -> None:
        feed = self.evaluation_feed()
        if feed is None:
            return
        outer, self._loss_tracker = self._loss_tracker, LossTracker(self.device)
        try:
            with evaluation.evaluating(self), self.logged.validation(self.sanity_checking):
                evaluation.evaluation(self, feed)
                self._keep(self.logged.take())
        finally:
            self._loss_tracker = outer

    def _make_room_for_evaluation(self) -> None:
        if "_make_room_for_evaluation" in self.plan.instead:
            super()._make_room_for_evaluation()
        else:
            self.lightning_module.zero_grad()

    def _leave_eval_mode(self) -> None:
        if "_leave_eval_mode" in self.plan.instead:
            super()._leave_eval_mode()
        else:
            evaluation.restore_modes(self)

    def _run_prediction(self) -> None:
        self._batches_begin()
        self.restore_training()
        predictions.prediction_run(self, self.predicted)

    def calculate_predictions(self, batch: Any) -> Any:
        """Ask ``predict_step`` about a batch, and without one the module itself."""
        if "calculate_predictions" in self.plan.instead:
            return super().calculate_predictions(batch)
        with self.precision_plugin.forward_context():
            return self.model(batch)

    def _keep(self, values: dict[str, Any]) -> None:
        if not self.sanity_checking:
            self.record(values)
            if not self._is_fitting:
                self.results = [plain(of_loader) for of_loader in self.logged.results]

    def _announced(self, batches: Iterable[Any]) -> Iterable[Any]:
        return batches  # Lightning's order announces each by itself

    def train_epoch_start(self) -> None:
        """Leaves the modes of the module as they are: they are the user's."""


if TYPE_CHECKING:

    def _as_its_loops_see_it(trainer: Trainer) -> Steered:
        """Holds the Protocol of the loops, and with it that of all rooms below, against the class."""
        return trainer
