"""The Trainer: its entry points, and the documented hooks that you may override.

The way from an entry point to a run stands in ``run/launch.py``, the path of a batch in ``loop.py``. A method whose
name starts with a verb such as *create* or *calculate* returns a value; the others change the state of
the run.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable, Mapping
from os import PathLike
from typing import Any

import torch
from accelerate import Accelerator

from groundwire import devices, loop, mistakes
from groundwire.callbacks import DEFAULT_CALLBACKS
from groundwire.data import loaders
from groundwire.measured.predictions import joined, of_all_processes
from groundwire.request import EvaluateRequest, TrainRequest
from groundwire.run import check_parts
from groundwire.run.launch import launch
from groundwire.run.moments import Moments
from groundwire.saved import training_state
from groundwire.schedulers.placeholders import replace_trainer_placeholder_values
from groundwire.tables.hooks import HOOKS
from groundwire.tables.plan import Plan
from groundwire.tracking import InMemoryRunHistory, LossTracker, RunHistory

__all__ = ["Trainer"]


class Trainer(Moments):
    """A training loop of which every step is a method that can be overridden.

    Args:
        model: The ``nn.Module`` to train.
        loss_func: Called as ``loss_func(model_outputs, targets)``; returns a scalar tensor.
        optimizer: Holds the parameters of ``model``.
        callbacks: Classes or instances, told about events in this order.
        run_history: Where metrics are recorded; in memory by default.
        accelerator: The Accelerator to use; by default what ``_create_accelerator`` returns.
        seed: A whole number from which everything random in a run comes; on a CPU two runs with one
            seed are equal to the last bit. Each training batch has random numbers of its own, from
            seed, process, epoch and its number in the epoch, whatever the number of workers. None
            leaves it to torch's generators as they are. What was made before the run, such as the
            first weights, is up to :func:`groundwire.set_seed`.
    """

    def __init__(
        self,
        model: Any,
        loss_func: Any,
        optimizer: Any,
        callbacks: Iterable[Any] = DEFAULT_CALLBACKS,
        run_history: RunHistory | None = None,
        *,
        accelerator: Accelerator | None = None,
        seed: int | None = None,
    ) -> None:
        self.model = model
        self.loss_func = loss_func
        self.optimizer = optimizer
        self._callbacks = callbacks
        self.callback_handler = self._create_callback_handler()
        self.run_history: RunHistory = InMemoryRunHistory() if run_history is None else run_history
        self._accelerator = devices.own_accelerator(self._create_accelerator, accelerator)
        self._loss_tracker = LossTracker(self.device)
        self._seed = seed
        self._data_order = self._new_data_order()
        self._warned = set()
        self.plan = Plan()
        self.plan.put(self, HOOKS)
        self._wire("init")
        self.plan.on_init_end()

    # entry points

    @mistakes.takes_its_keywords
    def train(
        self,
        train_dataset: Any,
        num_epochs: int,
        eval_dataset: Any = None,
        per_device_batch_size: int | None = 8,
        max_num_train_steps: int | None = None,
        gradient_accumulation_steps: int = 1,
        gradient_clip_value: float | None = None,
        create_scheduler_fn: Callable[..., Any] | None = None,
        train_dataloader_kwargs: Mapping[str, Any] | None = None,
        eval_dataloader_kwargs: Mapping[str, Any] | None = None,
        reset_run_history: bool = True,
        collate_fn: Callable[..., Any] | None = None,
        resume_from: str | PathLike[str] | None = None,
        *,
        gradient_clip_norm: float | None = None,
    ) -> None:
        """Train the model.

        Args:
            train_dataset: A dataset, a ready DataLoader, or any iterable of batches.
            num_epochs: Passes over the training data.
            eval_dataset: The same for evaluation; without it nothing is evaluated.
            per_device_batch_size: Samples a batch on each device.
            max_num_train_steps: Optimizer updates after which the run ends, if the epochs do not
                end it before; the epoch under way is ended in order.
            gradient_accumulation_steps: Batches averaged into one update.
            gradient_clip_value: Gradient elements are clipped to ``[-value, value]`` at each update.
            create_scheduler_fn: Called with the prepared optimizer; returns a scheduler, which is
                stepped at each update.
            train_dataloader_kwargs: Arguments of the training DataLoader that replace the defaults.
            eval_dataloader_kwargs: The same for the evaluation DataLoader.
            reset_run_history: False keeps the metrics of earlier runs and counts epochs on.
            collate_fn: Turns a list of samples into a batch, for both loaders.
            resume_from: The folder of a :meth:`save_training_state`. The run goes on from there as if
                it had never stopped, given the same arguments; ``num_epochs`` and
                ``max_num_train_steps`` count from its first beginning. An epoch that is taken up in
                its middle is not started anew: its start hooks do not run again.
            gradient_clip_norm: The norm of all gradients together is clipped to this at each update.

        Raises:
            TypeError: An argument of the wrong kind.
            ValueError: An argument out of range, or empty data.
            CheckpointError: The run cannot go on from ``resume_from``; raised before the first batch.
            HookMapError: A callback cannot be called as it would be.
            NonFiniteLossError: After the end of a run whose loss became NaN or infinite.
        """
        request = TrainRequest(
            train_dataset=train_dataset,
            num_epochs=num_epochs,
            eval_dataset=eval_dataset,
            per_device_batch_size=per_device_batch_size,
            max_num_train_steps=max_num_train_steps,
            gradient_accumulation_steps=gradient_accumulation_steps,
            gradient_clip_value=gradient_clip_value,
            gradient_clip_norm=gradient_clip_norm,
            create_scheduler_fn=create_scheduler_fn,
            train_dataloader_kwargs=train_dataloader_kwargs,
            eval_dataloader_kwargs=eval_dataloader_kwargs,
            reset_run_history=reset_run_history,
            collate_fn=collate_fn,
            resume_from=resume_from,
        )
        resumed = None if resume_from is None else training_state.read_training_state(resume_from)
        self._begin_history(anew=reset_run_history)
        order = self._new_data_order()
        launch(self, "_run_training", data_order=order, resumed=resumed, **request.of_run())

    @mistakes.takes_its_keywords
    def evaluate(
        self,
        dataset: Any = None,
        per_device_batch_size: int | None = 8,
        dataloader_kwargs: Mapping[str, Any] | None = None,
        collate_fn: Callable[..., Any] | None = None,
    ) -> None:
        """Evaluate the model: one pass, recorded in an emptied run history.

        Called from a hook of a run under way, it records into that run's history and leaves the run
        as it was.

        Args:
            dataset: A dataset, a ready DataLoader, or any iterable of batches; it may be left out
                where ``create_eval_dataloader`` is overridden.
            per_device_batch_size: Samples a batch on each device.
            dataloader_kwargs: Arguments of the DataLoader that replace the defaults.
            collate_fn: Turns a list of samples into a batch.

        Raises:
            TypeError: An argument of the wrong kind.
            ValueError: An argument out of range, or empty data.
        """
        request = EvaluateRequest(
            dataset=dataset,
            per_device_batch_size=per_device_batch_size,
            dataloader_kwargs=dataloader_kwargs,
            collate_fn=collate_fn,
        )
        self._begin_history(anew=True)
        launch(self, "_run_evaluation", **request.of_run())

    @mistakes.takes_its_keywords
    def predict(
        self,
        dataset: Any = None,
        per_device_batch_size: int | None = 8,
        dataloader_kwargs: Mapping[str, Any] | None = None,
        collate_fn: Callable[..., Any] | None = None,
        *,
        collect: bool = False,
    ) -> Any:
        """Ask the model about data: one pass without gradients, each sample once.

        Predictions are handed to callbacks batch by batch (``on_prediction_step_end``) and forgotten,
        so that the data may be of any size; several processes predict a share each. What a prediction
        is, :meth:`calculate_predictions` says; the loader comes from :meth:`create_eval_dataloader`.

        Args:
            dataset: As for :meth:`evaluate`.
            per_device_batch_size: Samples a batch on each device.
            dataloader_kwargs: Arguments of the DataLoader that replace the defaults.
            collate_fn: Turns a list of samples into a batch.
            collect: True keeps the predictions, on the CPU, and returns all of them.

        Returns:
            With ``collect=True`` the predictions of all batches and processes, in the order of the
            loader, which by default is that of the dataset, and made like those of one batch: tensors
            concatenated along their first dimension, lists continued, tuples and dictionaries entry by
            entry. Otherwise None.

        Raises:
            TypeError: An argument of the wrong kind.
            ValueError: An argument out of range, or empty data.
            GroundwireError: The predictions to collect cannot be joined.
        """
        request = EvaluateRequest(
            dataset=dataset,
            per_device_batch_size=per_device_batch_size,
            dataloader_kwargs=dataloader_kwargs,
            collate_fn=collate_fn,
            collect=collect,
        )
        predictions: list[Any] | None = [] if collect else None
        launch(self, "_run_prediction", predictions=predictions, **request.of_run())
        return None if predictions is None else joined(of_all_processes(self._accelerator, predictions))

    # between runs, and after

    @property
    def device(self) -> torch.device:
        """The device of this process."""
        device: torch.device = self._accelerator.device
        return device

    def get_model(self, keep_torch_compile: bool = True) -> Any:
        """The model without the wrappers of several processes.

        Args:
            keep_torch_compile: False takes it out of ``torch.compile`` as well.
        """
        if not isinstance(self.model, torch.nn.Module):  # a run would refuse it
            return self.model
        return devices.unwrapped(self._accelerator, self.model, keep_torch_compile)

    def gather(self, tensor: Any, padding_value: float | None = None) -> Any:
        """Concatenate tensors of all processes along their first dimension.

        Args:
            tensor: A tensor, or tuples, lists and dictionaries of tensors.
            padding_value: Where processes hold different numbers of rows: a value that does not
                occur in the data, with which they are filled up and which is removed again.
        """
        if padding_value is None:
            return self._accelerator.gather(tensor)
        return devices.gathered_with_padding(self._accelerator, tensor, padding_value)

    def print(self, *args: Any, **kwargs: Any) -> None:
        """Print once a machine."""
        if self._accelerator.num_processes > 1:
            self._accelerator.print(*args, **kwargs)
        else:
            builtins.print(*args, **kwargs)

    # setup

    def create_train_dataloader(self, batch_size: int | None, train_dl_kwargs: Any = None) -> Iterable[Any]:
        """Build the loader of training batches.

        Args:
            batch_size: Samples a batch on each device.
            train_dl_kwargs: DataLoader arguments that replace :meth:`get_default_train_dl_kwargs`.
        """
        if not loaders.holds_samples(self.train_dataset):
            return self.train_dataset  # type: ignore[no-any-return]  # gives batches already
        defaults = self.get_default_train_dl_kwargs(batch_size)
        self._train_dl_kwargs = loaders.merged_dl_kwargs(self.train_dataset, defaults, train_dl_kwargs)
        return check_parts.new_loader(
            self.train_dataset, self.collate_fn, self._train_dl_kwargs, "train_dataloader_kwargs"
        )

    def create_eval_dataloader(self, batch_size: int | None, eval_dl_kwargs: Any = None) -> Iterable[Any]:
        """Build the loader of evaluation batches; arguments as in :meth:`create_train_dataloader`."""
        if not loaders.holds_samples(self.eval_dataset):
            return self.eval_dataset  # type: ignore[no-any-return]  # gives batches already
        defaults = self.get_default_eval_dl_kwargs(batch_size)
        self._eval_dl_kwargs = loaders.merged_dl_kwargs(self.eval_dataset, defaults, eval_dl_kwargs)
        parameter = "eval_dataloader_kwargs" if isinstance(self._request, TrainRequest) else "dataloader_kwargs"
        return check_parts.new_loader(self.eval_dataset, self.collate_fn, self._eval_dl_kwargs, parameter)

    def get_default_train_dl_kwargs(self, batch_size: int | None) -> dict[str, Any]:
        """DataLoader arguments for training where the user gives none; workers only for data in many files."""
        return loaders.default_dl_kwargs(batch_size, shuffle=True, dataset=self.train_dataset)

    def get_default_eval_dl_kwargs(self, batch_size: int | None) -> dict[str, Any]:
        """DataLoader arguments for evaluation where the user gives none."""
        return loaders.default_dl_kwargs(batch_size, shuffle=False, dataset=self.eval_dataset)

    def create_scheduler(self) -> Any:
        """Build the scheduler from ``create_scheduler_fn``, placeholders filled in; None without one."""
        if self.create_scheduler_fn is None:
            return None
        return replace_trainer_placeholder_values(self, self.create_scheduler_fn)(self.optimizer)

    # training run

    def training_run_start(self) -> None:
        """Called when everything is prepared, before the first epoch."""

    def training_run_epoch_end(self) -> None:
        """Called after training and evaluation of an epoch."""

    def training_run_end(self) -> None:
        """Called at the end of a training run; takes the model out of its wrappers."""
        self.model = self.get_model()

    # training epoch

    def train_epoch_start(self) -> None:
        """Called at the start of a training epoch; puts the model in train mode."""
        self.model.train()

    def calculate_train_batch_loss(self, batch: Any) -> dict[str, Any]:
        """Run the model on a batch and calculate its loss.

        Args:
            batch: What the loader gave, on the device; by default ``(inputs, targets)``.

        Returns:
            A dictionary with ``loss`` (a scalar tensor, averaged over the batch), ``model_outputs``
            and ``batch_size``; further entries reach the callbacks. ``num_items_in_batch``, where
            given, is the number of items (tokens, say) that ``loss`` is the mean of: an update is
            then weighted by items and not by batches.
        """
        return self._batch_loss(batch)

    def _batch_loss(self, batch: Any) -> dict[str, Any]:
        """The loss of a batch of inputs and targets, as training and evaluation calculate it by default."""
        try:
            inputs, targets = batch[0], batch[1]
        except (KeyError, IndexError, TypeError) as error:
            raise mistakes.no_pair(batch, type(self)) from error
        model_outputs = self.model(inputs)
        loss = self.loss_func(model_outputs, targets)
        return {"loss": loss, "model_outputs": model_outputs, "batch_size": targets.size(0)}

    def _run_train_step(self, batch: Any, step: int) -> Any:
        """A whole training batch, and the update where it completes one."""
        return loop.train_step(self, batch, step)

    def _update_loss_tracker(self, batch_loss: Any, batch_size: int) -> None:
        """Record the loss of a batch; it stays on the device."""
        self._loss_tracker.update(batch_loss, batch_size)

    def backward_step(self, loss: torch.Tensor) -> None:
        """Run the backward pass.

        Args:
            loss: Scalar tensor, divided by the number of batches in the update.
        """
        try:
            if self._is_wrapped:
                self._accelerator.backward(loss)
            else:
                loss.backward()  # type: ignore[no-untyped-call]
        except (AttributeError, RuntimeError) as error:
            if mistake := mistakes.no_gradients(loss, type(self)):
                raise mistake from error
            raise

    def _clip_gradients(self) -> None:
        """Clip the gradients of an update, where the run asks for it."""
        config = self.run_config
        clip: Any = self._accelerator if self._is_wrapped else torch.nn.utils  # gradients of a scaler are scaled
        if config.gradient_clip_value is not None:
            clip.clip_grad_value_(self.model.parameters(), config.gradient_clip_value)
        if config.gradient_clip_norm is not None:
            clip.clip_grad_norm_(self.model.parameters(), config.gradient_clip_norm)

    def optimizer_step(self) -> None:
        """Let the optimizer update the parameters."""
        self.optimizer.step()

    def scheduler_step(self) -> None:
        """Move the scheduler on by one update, if there is one."""
        if self.scheduler is not None:
            self.scheduler.step()

    def optimizer_zero_grad(self) -> None:
        """Clear the gradients."""
        self.optimizer.zero_grad()

    def train_epoch_end(self) -> None:
        """Called after the last batch of a training epoch, before its loss is recorded."""

    # evaluation

    def eval_epoch_start(self) -> None:
        """Called at the start of an evaluation epoch; puts the model in eval mode."""
        self.model.eval()

    def calculate_eval_batch_loss(self, batch: Any) -> dict[str, Any]:
        """Run the model on an evaluation batch; as :meth:`calculate_train_batch_loss`, without gradients."""
        with torch.no_grad():
            return self._batch_loss(batch)

    def eval_epoch_end(self) -> None:
        """Called after the last batch of an evaluation epoch, before its loss is recorded."""

    def evaluation_run_start(self) -> None:
        """Called at the start of an evaluation run."""

    def evaluation_run_end(self) -> None:
        """Called at the end of an evaluation run; takes the model out of its wrappers."""
        self.model = self.get_model()

    # prediction

    def prediction_run_start(self) -> None:
        """Called at the start of a prediction run; puts the model in eval mode."""
        self.model.eval()

    def calculate_predictions(self, batch: Any) -> Any:
        """Ask the model about a batch; of a tuple or list its first element is the input."""
        return self.model(batch[0] if isinstance(batch, (tuple, list)) else batch)

    def prediction_run_end(self) -> None:
        """Called at the end of a prediction run; takes the model out of its wrappers."""
        self.model = self.get_model()
