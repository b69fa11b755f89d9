"""What lies below the documented hooks: overridable as well, at the risk of whoever does.

The larger moments of a run, each a line that enters the room where its work is done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from accelerate import Accelerator

from groundwire import devices, loop, run_config
from groundwire.between_runs import BetweenRuns
from groundwire.callbacks.handler import CallbackHandler
from groundwire.callbacks.limits import LimitBatchesCallback
from groundwire.data import loaders
from groundwire.data.in_batches import in_batches
from groundwire.data.order import DataOrder
from groundwire.data.random_state import seed_all
from groundwire.measured.time_ledger import ACCOUNTS, EpochTime, account_for
from groundwire.request import EvaluateRequest, TrainRequest, check_seed
from groundwire.run import check_parts, mistakes
from groundwire.run_config import TrainerRunConfig
from groundwire.saved import training_state
from groundwire.tracking import LossTracker

OWN_MODULES = ("groundwire.trainer", __name__)


class Internals(BetweenRuns):
    """Set-up, and the larger moments of a run."""

    _accelerator: Accelerator
    _loss_tracker: LossTracker
    _request: TrainRequest | EvaluateRequest | None
    _callbacks: Iterable[Any]
    train_dataset: Any
    eval_dataset: Any
    create_scheduler_fn: Any
    _train_dataloader: Any
    _eval_dataloader: Any
    _train_dl_kwargs: Any
    _eval_dl_kwargs: Any
    _seed: int | None
    _data_order: DataOrder
    _resumed: dict[str, Any] | None = None
    _predictions: list[Any] | None = None
    scheduler_step: Callable[..., Any]
    _is_wrapped: bool = False
    _history_began: object = None  # another one each time the run history is emptied
    _pad_uneven_eval_batches: bool = False  # True: as many batches in each process, some samples twice

    # construction

    def _create_callback_handler(self) -> CallbackHandler:
        limit = LimitBatchesCallback.from_environment()
        callbacks = self._callbacks if limit is None else [limit, *self._callbacks]
        return CallbackHandler(callbacks, on_change=self._callbacks_changed)

    def _create_accelerator(self) -> Accelerator:
        """The Accelerator of this Trainer; override it for mixed precision or a plugin."""
        return Accelerator()

    # assembly

    def _gather_callbacks(self) -> None:
        """Where an adapter lets callbacks join that only the parts of a run can name."""

    def _assemble_run(self) -> None:
        """Build what a run needs: data, model, optimizer, configuration and scheduler."""
        request, plan = self._request, self.plan
        self.optimizer = plan._create_optimizer()
        if isinstance(request, TrainRequest):
            self._train_dataloader = self._new_train_dataloader(request)
        else:
            self._train_dataloader = None
        self._check_parts()
        self._eval_dataloader = self._new_eval_dataloader()
        if isinstance(request, TrainRequest):
            self._look_at_evaluation()
        plan._prepare_model_optimizer_and_dataloaders()
        self.run_config = plan._create_run_config(*self._run_numbers())
        if isinstance(request, TrainRequest):
            self.scheduler = check_parts.check_scheduler(plan.create_scheduler(), self.scheduler_step)

    def _check_parts(self) -> None:
        """Refuse what the Trainer was constructed with, where a run cannot use it."""
        training = isinstance(self._request, TrainRequest)
        check_parts.check_model(self.model, trained=training)
        if training:
            check_parts.check_optimizer(self.optimizer, self.model)

    def _new_train_dataloader(self, request: TrainRequest) -> Any:
        made = self.plan.create_train_dataloader(request.per_device_batch_size, request.train_dataloader_kwargs)
        loader = loaders.check_loader("create_train_dataloader", made)
        if loader is None:
            raise ValueError("train_dataset: none was given, and create_train_dataloader does not make a loader")
        return loader

    def _new_eval_dataloader(self) -> Any:
        request = self._request
        if isinstance(request, TrainRequest):
            if self.eval_dataset is None:
                return None
            size, given = request.per_device_batch_size, request.eval_dataloader_kwargs
        else:
            assert request is not None
            size, given = request.per_device_batch_size, request.dataloader_kwargs
        loader = loaders.check_loader("create_eval_dataloader", self.plan.create_eval_dataloader(size, given))
        if loader is None:
            raise ValueError("dataset: none was given, and create_eval_dataloader does not make one")
        return loader

    def _look_at_evaluation(self) -> None:
        """Look at the first samples of evaluation, so that an error in them does not cost an epoch of training."""
        ways = ("calculate_eval_batch_loss", "_before_transfer", "_transfer_batch", "_after_transfer")
        methods = [getattr(self, name) for name in ways]
        plain = all(method.__module__ in OWN_MODULES for method in methods) and not set(ways) & set(self.plan.wired)
        batch = devices.first_samples(self._eval_dataloader, self.device)
        if plain and batch is not None:
            mistakes.check_pair(batch, type(self))

    def _run_numbers(self) -> tuple[Any, ...]:
        request = self._request
        assert request is not None
        if isinstance(request, EvaluateRequest):
            return request.per_device_batch_size, 1, 1, None, None
        return (
            request.per_device_batch_size,
            request.num_epochs,
            request.gradient_accumulation_steps,
            request.max_num_train_steps,
            request.gradient_clip_value,
        )

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
            self,  # type: ignore[arg-type]  # every Internals is a Trainer
            per_device_batch_size,
            num_epochs,
            gradient_accumulation_steps,
            max_num_train_steps,
            gradient_clip_value,
            getattr(self._request, "gradient_clip_norm", None),
        )

    # a run

    def _launch_asked(self, run: Any, request: TrainRequest | EvaluateRequest, **asked: Any) -> None:
        """Launch what a request asks for."""
        mistakes.check_constructed(self)
        self._launch(run, _request=request, **request.attributes(), **asked)

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
        check_seed(self._seed)
        if self._seed is not None and not self._is_running:
            order = self._new_data_order()
            seed_all(order.seed_of("run", 0, order.rank), self.device)

    def _new_data_order(self) -> DataOrder:
        return DataOrder(self._seed, self._accelerator.process_index, self.device)

    def _load_resumed(self) -> None:
        """Give model, optimizer, scheduler, run history and position what a saved training state holds."""
        if self._resumed is not None:
            training_state.load_parts(self, self._resumed)  # type: ignore[arg-type]  # every Internals is a Trainer
            training_state.load_position(self, self._resumed)  # type: ignore[arg-type]

    def _take_up_run(self) -> None:
        """Likewise callbacks, gradients and generators, when the start of the run is over."""
        if self._resumed is not None:
            training_state.take_up(self, self._resumed)  # type: ignore[arg-type]
            self._resumed = None

    def _state_within_epoch(self) -> dict[str, Any]:
        """Where an adapter tells what it counted since an epoch began, in plain values and tensors."""
        return {}

    def _take_up_within_epoch(self, state: dict[str, Any]) -> None:
        """Where an adapter goes on counting from there."""

    def _in_order(self, train_dl: Iterable[Any]) -> Iterable[Any]:
        """The training batches of the epoch under way that are still ahead."""
        window = self.run_config.gradient_accumulation_steps
        return self._data_order.of_epoch(train_dl, self.run_history.current_epoch, self.at.done, window)

    def _run_training(self) -> None:
        check_parts.check_loss_func(self.loss_func, self.plan.calculate_train_batch_loss)
        loop.training_run(self)  # type: ignore[arg-type]  # every Internals is a Trainer

    def _run_sanity_evaluation(self) -> None:
        """Where an adapter evaluates a few batches before the first epoch."""

    def _run_train_epoch(self, train_dl: Iterable[Any]) -> None:
        loop.train_epoch(self, train_dl)  # type: ignore[arg-type]

    def _run_evaluation(self) -> None:
        check_parts.check_loss_func(self.loss_func, self.plan.calculate_eval_batch_loss)
        loop.evaluation_run(self)  # type: ignore[arg-type]

    def _run_eval_epoch(self, valid_dl: Iterable[Any], is_training: bool = True, is_intermediate: bool = False) -> None:
        """Evaluate once over ``valid_dl``; inside a training epoch its loss stays apart from the epoch's."""
        outer, self._loss_tracker = self._loss_tracker, LossTracker(self.device)
        try:
            with account_for(self.at.spent, "evaluation"):
                loop.eval_epoch(self, valid_dl, is_training, is_intermediate)  # type: ignore[arg-type]
        finally:
            self._loss_tracker = outer

    def _make_room_for_evaluation(self) -> None:
        """Where an adapter clears gradients before an evaluation within training."""

    def _leave_eval_mode(self) -> None:
        """Where an adapter brings back the modes that were before an evaluation; training sets its own."""

    def _run_eval_step(self, batch: Any, step: int) -> Any:
        """A whole evaluation batch."""
        return loop.eval_step(self, batch, step)  # type: ignore[arg-type]

    def _run_prediction(self) -> None:
        loop.prediction_run(self)  # type: ignore[arg-type]

    def _run_prediction_step(self, batch: Any, step: int) -> Any:
        return loop.prediction_step(self, batch, step)  # type: ignore[arg-type]

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
            own = getattr(hook, "__func__", None) is getattr(Internals, name)
            if not own or (name == "_transfer_batch" and self.device.type != "cpu"):
                batches = map(hook, batches)
        return batches

    def _average_over_items(self) -> None:
        """Divide the gradients of a window by the items that its losses were weighted with."""
        total = torch.as_tensor(self.at.items, device=self.device, dtype=torch.float32)
        total = self._accelerator.reduce(total, reduction="sum") / self._accelerator.num_processes
        for parameter in self.model.parameters():
            if parameter.grad is not None:
                parameter.grad.div_(total)

    def _keep_time(self, seconds: float, updates: int) -> None:
        """Put down in the run history where the time of an epoch went."""
        keep = getattr(self.run_history, "_keep_time", None)
        if callable(keep):
            spent = {name: getattr(self.at.spent, name) for name in (*ACCOUNTS, "samples")}
            keep(EpochTime(self.run_history.current_epoch, seconds, **spent, updates=updates))

    def _add_epoch_loss_to_run_history(self, metric_name: str) -> None:
        """Record the mean loss of the epoch over all processes."""
        totals = self._loss_tracker.totals()
        if self._accelerator.num_processes > 1:
            totals = self._accelerator.reduce(totals, reduction="sum")
        loss, count = totals.tolist()
        if metric_name == "train_loss_epoch":
            self.at.spent.samples = count
        self.run_history.update_metric(metric_name, loss / count if count else float("nan"))
