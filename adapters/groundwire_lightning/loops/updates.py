"""Updates of a Lightning module's optimizers: after the gradients, around them, or by the module's own hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cached_property, partial, wraps
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import Tensor

from groundwire import GroundwireError, Trainer
from groundwire.errors import rank_zero_warn
from groundwire.run.run import of_run
from groundwire_lightning.core.optimizer import LightningOptimizer, do_nothing_closure, evaluates_once, unwrapped
from groundwire_lightning.core.step_outputs import check_kind
from groundwire_lightning.errors import MisconfigurationException
from groundwire_lightning.loops.run import LightningRun
from groundwire_lightning.strategies.precision import Precision, unscales
from groundwire_lightning.strategies.wrappers import expect_backward
from groundwire_lightning.utilities.apply_func import batch_on_device

if TYPE_CHECKING:
    from groundwire_lightning.loops.steered import Steered, Stepped


def outputs_by_hand(batch_output: Mapping[str, Any]) -> dict[str, Any]:
    """The ``outputs`` of ``on_train_batch_end`` where a module makes its updates itself: all that its step returned."""
    returned = batch_output["model_outputs"]
    extra = dict(returned) if isinstance(returned, Mapping) else {} if returned is None else {"loss": returned}
    if "loss" in extra:
        extra["loss"] = extra["loss"].detach()
    return extra


def detached(values: Any) -> Any:
    """``values`` with its tensors taken out of their graph, in dictionaries, lists and tuples too."""
    if isinstance(values, Tensor):
        return values.detach()
    if isinstance(values, dict):
        return {key: detached(value) for key, value in values.items()}
    if type(values) in (list, tuple):
        return type(values)(detached(value) for value in values)
    return values


Way = Literal["straight", "nested", "by hand"]


class Stepping(Trainer):
    """A Trainer that makes the updates of a Lightning module's optimizers, in native order and in Lightning's.

    Attributes:
        precision_plugin: What the numbers of a run are made with.
        way: How updates are made. ``"straight"``: forward and backward pass, then the optimizer's
            step. ``"nested"``: both passes within that step, as often as the optimizer or the
            module's ``optimizer_step`` evaluates them. ``"by hand"``: in ``training_step``.
    """

    precision_plugin: Precision = Precision()
    way: Way = "straight"
    _step: Any
    _listed: list[Any] | None = of_run("listed")
    optimizer_frequencies: list[int] = of_run("optimizer_frequencies")
    _handles: tuple[list[Any], list[LightningOptimizer]] | None = None
    _closure: Callable[[], Any] | None = None
    _clips_before_step: bool = True  # the native order; fit() clips within the step of an optimizer
    _backward_more: tuple[tuple[Any, ...], dict[str, Any]] | None = None
    gradient_clip_val: Any
    gradient_clip_algorithm: Any
    monitored: Any = of_run("monitored")
    _told_of_no_loss: bool = False
    lightning_module: Any

    @cached_property
    def _run(self) -> LightningRun:
        return LightningRun()

    @property
    def precision(self) -> str:
        """The name of what the numbers are made with, such as ``"bf16-mixed"``."""
        return self.precision_plugin.precision

    # the optimizers

    @property
    def optimizers(self) -> list[Any]:
        """The optimizers of the run."""
        if self._listed is not None:
            return self._listed
        return [] if self.optimizer is None else [self.optimizer]

    @optimizers.setter
    def optimizers(self, optimizers: list[Any]) -> None:
        self._listed = optimizers
        self.optimizer = optimizers[0] if optimizers else None
        if self._is_running:
            self.choose_way()

    @property
    def lightning_optimizers(self) -> list[LightningOptimizer]:
        """The optimizers as a module is handed them: handles that go through the trainer."""
        optimizers = self.optimizers
        # a handle is kept as long as its optimizer: a module may store it, and a scheduler may be made of it
        if self._handles is None or not _same_optimizers(self._handles[0], optimizers):
            self._handles = list(optimizers), [LightningOptimizer.of(optimizer, self) for optimizer in optimizers]
        return self._handles[1]

    @property
    def lightning_optimizer(self) -> LightningOptimizer:
        """The handle that ``optimizer_step`` of a module is passed: that of the optimizer in use."""
        handles = self.lightning_optimizers
        return handles[0] if len(handles) == 1 else handles[self.optimizer_index or 0]

    @property
    def optimizer_index(self) -> int | None:
        """The index of the optimizer in use; None for one that is not of this run."""
        own = unwrapped(self.optimizer)
        return next((index for index, one in enumerate(self.optimizers) if unwrapped(one) is own), None)

    @property
    def closure(self) -> Callable[[], Any]:
        """The closure that ``optimizer_step`` of a module is passed; a run in native order has evaluated it already."""
        return evaluated_already if self._closure is None else self._closure

    # how updates are made

    @property
    def is_automatic(self) -> bool:
        """False where ``training_step`` makes the updates itself; nothing but False says so."""
        return getattr(self.lightning_module, "automatic_optimization", True) is not False

    def choose_way(self) -> None:
        """Decide how updates are made; done before each epoch, so that a step need not ask."""
        self.way = "by hand" if not self.is_automatic else "nested" if self._nests() else "straight"

    def _nests(self) -> bool:
        """True where the gradients are made within the optimizer's step."""
        return False

    def check_by_hand(self, limit: float | None, window: int) -> None:
        """Refuse what the trainer cannot do to updates that it does not make.

        Args:
            limit: What gradients would be clipped to.
            window: The batches that would be accumulated.

        Raises:
            MisconfigurationException: The module makes its updates itself, and one of them was asked for.
        """
        if self.is_automatic:
            return
        cause = f"{type(self.lightning_module).__qualname__} sets automatic_optimization = False"
        if limit:
            raise MisconfigurationException(
                f"{cause}, so the trainer clips nothing (gradient_clip_val={limit}): call "
                "self.clip_gradients(optimizer, gradient_clip_val=...) before optimizer.step()"
            )
        if window != 1:
            raise MisconfigurationException(
                f"{cause}, so the trainer accumulates nothing (accumulate_grad_batches={window}): step and clear the "
                "gradients every so many batches in training_step"
            )

    def stepped(self, optimizer: Any, closure: Callable[[], Any], options: dict[str, Any]) -> Any:
        """Make an update with one of the optimizers, as :class:`LightningOptimizer` asks for.

        Args:
            optimizer: The optimizer, torch's own.
            closure: Evaluates the loss and its gradients, or does nothing.
            options: Further arguments of its ``step``.

        Returns:
            What its ``step`` returned.
        """
        scaler = self.precision_plugin.scaler
        if self._clips_before_step and self.way != "by hand":
            return optimizer.step(closure=closure, **options)
        if scaler is not None:
            return self._stepped_scaled(scaler, optimizer, closure, options)
        # clipped within the closure: on_before_optimizer_step and clipping come between its gradients and the
        # update, as often as an optimizer such as LBFGS evaluates it
        return optimizer.step(closure=lambda: self._evaluated(optimizer, closure), **options)

    def _update_begins(self) -> None:
        """Count the begin of an update by hand, unless ``training_step`` set something else on the optimizer."""
        self._count_step(done=False)

    def _update_ends(self) -> None:
        self._count_step(done=True)
        if self._request is None:  # in native order it is told when the batch is over
            self.plan.on_train_update_end(self.at.step)

    def _evaluated(self, optimizer: Any, closure: Callable[[], Any]) -> Any:
        """Evaluate a closure, and do what is due between gradients and update."""
        value = closure()
        self._clip_for(optimizer)
        return value

    def _clip_for(self, optimizer: Any) -> None:
        run = self._run
        # rows of the hook are passed trainer.optimizer, which of several optimizers has to be this one
        outer, run.optimizer = run.optimizer, optimizer
        try:
            self.plan._clip_gradients()
        finally:
            run.optimizer = outer

    def _stepped_scaled(self, scaler: Any, optimizer: Any, closure: Any, options: dict[str, Any]) -> Any:
        if isinstance(optimizer, torch.optim.LBFGS):
            raise MisconfigurationException(
                "precision='16-mixed' and LBFGS do not go together: it evaluates the loss several times between two "
                "updates of the scale; use 'bf16-mixed' or another optimizer"
            )
        # the scaler's step takes no closure, so this is evaluated before it; clipping sees unscaled gradients
        value = closure()
        skipped = value is None and self.is_automatic  # no loss, so there are no gradients to unscale
        if not unscales(optimizer) and not skipped:
            scaler.unscale_(optimizer)
        self._clip_for(optimizer)
        if skipped:
            return value
        outcome = scaler.step(optimizer, **options)
        scaler.update()
        return outcome

    def _count_step(self, done: bool) -> None:
        self.at.update += done

    def optimizer_step(self) -> None:
        """Let the optimizer update the parameters; where updates are nested, this makes the gradients too."""
        if self._closure is None:
            self.optimizer.step()
        else:
            self.lightning_optimizer.step(self._closure)

    @contextmanager
    def _with_closure(self, closure: Callable[[], Any]) -> Iterator[None]:
        outer, self._closure = self._closure, closure  # read by the row of optimizer_step
        try:
            yield
        finally:
            self._closure = outer

    # a batch

    @property
    def _transfer_batch(self) -> Callable[[Any], Any]:  # read once a run, called for each batch
        """Moves a batch to the device, and whatever in it has a method ``to``."""
        return partial(batch_on_device, device=self._accelerator.device)

    def _run_train_step(self, batch: Any, step: int) -> Any:
        run = self._run
        run.batch_output = run.step_outputs = None  # so that the graph of the batch before is gone before this one's
        run.batch_output = self._step(self, batch, step)
        return run.batch_output

    def _clip_gradients(self) -> None:
        if self._clips_before_step:
            super()._clip_gradients()
        elif self.gradient_clip_val:
            self.clip(self.optimizer, self.gradient_clip_val, self.gradient_clip_algorithm)

    # gradients

    def backward_step(self, loss: Any) -> None:
        """Run the backward pass.

        Args:
            loss: The loss of a batch, divided by the batches that are accumulated.
        """
        if self._backward_more is not None:
            arguments, options = self._backward_more
            loss.backward(*arguments, **options)
        elif self._is_wrapped:  # then backward is Accelerate's to call: it scales, and knows of DDP
            super().backward_step(loss)
        else:
            loss.backward()

    def backward_by_hand(self, loss: Any, arguments: tuple[Any, ...], options: dict[str, Any]) -> None:
        """Run a backward pass that ``training_step`` asks for, with the hooks around it.

        Args:
            loss: What is differentiated.
            arguments: Further arguments of ``backward``.
            options: Likewise, by name.
        """
        expect_backward(self.model, loss)
        scaler = self.precision_plugin.scaler
        outer, self._backward_more = self._backward_more, (arguments, options) if arguments or options else None
        try:
            self.plan.backward_step(loss if scaler is None else scaler.scale(loss))
        finally:
            self._backward_more = outer

    def optimizer_zero_grad(self) -> None:
        """Clear the gradients, as the core does; here so that the whole of an update is read in this file."""
        self.optimizer.zero_grad()

    def _backward_of(self, method: Callable[..., Any]) -> Callable[..., Any]:
        """The module's own ``backward``, given what ``manual_backward`` was given besides the loss."""

        @wraps(method)
        def backward(*loss: Any) -> Any:  # behind it, in a row of Lightning 1, the optimizer and its index
            arguments, options = self._backward_more or ((), {})
            return method(*loss, *arguments, **options)

        return backward

    def clip(self, optimizer: Any, limit: float | None, algorithm: str | None) -> None:
        """Clip the gradients that an optimizer is about to use.

        Args:
            optimizer: Whose parameters.
            limit: None and 0 leave them as they are.
            algorithm: ``"value"``, or ``"norm"`` (also for None), which is that of all of them together.
        """
        self.precision_plugin.clip_gradients(optimizer, limit or 0.0, algorithm or "norm")

    def without_sync(self) -> AbstractContextManager[Any]:
        """Within it, processes keep the gradients they make to themselves; for all but the last batch of a window."""
        return self._accelerator.no_sync(self.model) if self._accelerator.num_processes > 1 else nullcontext()

    # what a batch made

    def _update_loss_tracker(self, batch_loss: Any, batch_size: int) -> None:
        if batch_loss is not None:
            self._loss_tracker.update(batch_loss, batch_size)
        elif self.at.phase == "train" and self._request is not None:  # without a request the order is Lightning's
            raise GroundwireError(
                f"training_step returned no loss at batch {self.at.step}; fit() skips such a batch, train() has no "
                "such rule"
            )
        elif self.at.phase == "train":
            self.tell_of_no_loss()

    def tell_of_no_loss(self) -> None:
        """Say, once, that ``training_step`` returned no loss."""
        if not self._told_of_no_loss:
            self._told_of_no_loss = True
            rank_zero_warn("training_step returned None, so no gradient comes of this batch; if that is meant, go on")

    @property
    def step_outputs(self) -> Any:
        """The ``outputs`` of ``on_train_batch_end``; made once a batch, and only if somebody listens.

        The loss, divided by the batches that are accumulated and without a graph, and whatever else
        ``training_step`` returned; empty where it returned None. Where a batch is used more than once, a list.
        """
        run = self._run
        if run.step_outputs is not None:
            return run.step_outputs
        outputs: dict[str, Any] = {}
        if run.batch_output is not None and self.way == "by hand":
            outputs = outputs_by_hand(run.batch_output)
        elif run.batch_output is not None and run.batch_output["loss"] is not None:
            loss, returned, window = run.batch_output["loss"], run.batch_output["model_outputs"], run.at.window
            # a clone where nothing is divided: a hook that changes it must not change the loss itself
            outputs["loss"] = loss.detach() / window if window != 1 else loss.detach().clone()
            if isinstance(returned, Mapping):
                outputs |= detached({key: value for key, value in returned.items() if key != "loss"})
        run.step_outputs = outputs
        return outputs


def step_in_native_order(trainer: Stepping, batch: Any, step: int) -> Any:
    """A batch of a run in native order."""
    if trainer.way != "by hand":
        return super(Stepping, trainer)._run_train_step(batch, step)
    before = trainer.at.update
    batch_output = run_step_by_hand(trainer, batch, step)
    trainer.at.done = step + 1
    for _ in range(trainer.at.update - before):
        trainer.plan.on_train_update_end(step)
    return batch_output


# set from here, since the function calls what Stepping inherits; a Trainer in Lightning's order has another step
Stepping._step = staticmethod(step_in_native_order)


def evaluated_already() -> None:
    """The closure of an update whose gradients are there."""


def nests(optimizers: list[Any]) -> bool:
    """True if an optimizer may evaluate the loss more than once, or not first of all."""
    return any(not evaluates_once(optimizer) for optimizer in optimizers)


def run_step_by_hand(trainer: Stepped, batch: Any, step: int) -> Any:
    """A batch of a module whose ``training_step`` makes its updates itself."""
    plan = trainer.plan
    plan.on_train_step_start(step)
    handles = trainer.lightning_optimizers
    for handle in handles:
        handle._on_before_step, handle._on_after_step = trainer._update_begins, trainer._update_ends
    try:
        batch_output = plan.calculate_train_batch_loss(batch)
    finally:  # a step outside of training_step, in a hook for instance, is no update that counts
        for handle in handles:
            handle._on_before_step = handle._on_after_step = do_nothing_closure
    if batch_output["loss"] is None:
        check_kind(batch_output)
    else:
        trainer._update_loss_tracker(batch_output["loss"], batch_output["batch_size"])
    plan.on_train_step_end(batch, batch_output, step)
    return batch_output


def synchronised_at_updates(run: Callable[..., Any]) -> Callable[..., Any]:
    """A step that averages gradients over the processes only where it completes an update."""

    def step(trainer: Steered, batch: Any, number: int) -> Any:
        # as in Lightning, gradients of the other batches add up in each process, and only their sum is averaged
        with nullcontext() if trainer.at.is_update else trainer.without_sync():
            return run(trainer, batch, number)

    return step


def _same_optimizers(one: list[Any], other: list[Any]) -> bool:
    return len(one) == len(other) and all(left is right for left, right in zip(one, other, strict=True))
