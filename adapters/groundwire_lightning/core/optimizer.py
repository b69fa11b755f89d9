"""The optimizer as a module is handed it: steps are taken through the trainer, everything else is torch's."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import torch
from torch.optim import LBFGS, Optimizer

from groundwire_lightning.errors import MisconfigurationException

if TYPE_CHECKING:
    from groundwire_lightning.core.running import Updating


class LightningOptimizer:
    """What ``self.optimizers()`` gives: ``step`` runs the hooks that are due and is counted.

    ``isinstance`` takes it for the optimizer it stands for, and attributes are that one's. While
    ``training_step`` makes the updates, ``_on_before_step`` and ``_on_after_step`` count them; who
    sets others there leaves updates uncounted, until the next batch.

    Args:
        optimizer: The optimizer it stands for.
    """

    def __init__(self, optimizer: Any) -> None:
        self._optimizer = optimizer
        self._trainer: Callable[[], Any] = idle
        self._on_before_step: Callable[[], Any] = idle
        self._on_after_step: Callable[[], Any] = idle
        cls = type(optimizer)
        self.__class__ = type(f"Lightning{cls.__name__}", (type(self), cls), {})

    @classmethod
    def of(cls, optimizer: Any, trainer: Updating) -> LightningOptimizer:
        """An optimizer that steps through ``trainer``; one that is wrapped already is kept."""
        made = optimizer if isinstance(optimizer, LightningOptimizer) else cls(optimizer)
        made._trainer = weakref.ref(trainer)
        return made

    @property
    def optimizer(self) -> Any:
        """The optimizer it stands for."""
        return self._optimizer

    def step(self, closure: Callable[[], Any] | None = None, **kwargs: Any) -> Any:
        """Make an update.

        Args:
            closure: Evaluates the loss and its gradients.
            **kwargs: Further arguments of the optimizer's ``step``.

        Returns:
            What the optimizer's ``step`` returned: mostly what the closure did.

        Raises:
            MisconfigurationException: The closure cannot be called.
        """
        if closure is not None and not callable(closure):
            raise MisconfigurationException(f"optimizer.step(closure): something to call is due, got {closure!r}")
        trainer = self._trainer()
        if trainer is None:
            return self._optimizer.step(closure, **kwargs)
        self._on_before_step()
        made = trainer.stepped(self._optimizer, idle if closure is None else closure, kwargs)
        self._on_after_step()
        return made

    @contextmanager
    def toggle_model(self, sync_grad: bool = True) -> Iterator[None]:
        """Let only the parameters of this optimizer require gradients; as they were afterwards.

        Args:
            sync_grad: False does not average the gradients over the processes, within an accumulation.
        """
        trainer = self._trainer()
        module = trainer.lightning_module
        with nullcontext() if sync_grad else trainer.without_sync():
            module.toggle_optimizer(self)
            yield
            module.untoggle_optimizer(self)

    # what torch's methods would set on this object and not on the one it stands for

    def zero_grad(self, *args: Any, **kwargs: Any) -> None:
        """Clear the gradients."""
        self._optimizer.zero_grad(*args, **kwargs)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Let the optimizer update more parameters."""
        self._optimizer.add_param_group(param_group)

    def state_dict(self) -> dict[str, Any]:
        """The state of the optimizer."""
        state: dict[str, Any] = self._optimizer.state_dict()
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up a state."""
        self._optimizer.load_state_dict(state_dict)

    def __getattr__(self, name: str) -> Any:
        if name in ("_optimizer", "_trainer", "_on_before_step", "_on_after_step") or name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._optimizer, name)


def idle() -> None:
    """Stands where there is no trainer, and no closure."""


class _MockOptimizer(Optimizer):
    """Stands in where ``configure_optimizers`` returned None: its steps evaluate the closure and change nothing."""

    def __init__(self) -> None:
        super().__init__([torch.zeros(1)], {})

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Does nothing."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Does nothing."""

    def state_dict(self) -> dict[str, Any]:
        """There is none."""
        return {}

    def step(self, closure: Any = None) -> Any:
        """Evaluate the closure."""
        return None if closure is None else closure()

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Does nothing."""

    def __repr__(self) -> str:
        return "No Optimizer"


def evaluates_once(optimizer: Any) -> bool:
    """True for an optimizer whose step with a closure is the closure and then its step without one.

    Of torch's own that is known, LBFGS apart. Any other may evaluate its closure twice, or do
    something before it.
    """
    cls = type(optimizer)
    own = vars(optimizer).get("step")  # a scheduler of torch puts its counter there
    if own is not None and not getattr(own, "_wrapped_by_lr_sched", False):
        return False
    if getattr(optimizer, "_optimizer_step_pre_hooks", None) or isinstance(optimizer, LBFGS):
        return False
    source = getattr(cls.step, "__module__", "")
    return source == "torch.optim" or source.startswith("torch.optim.") or cls is _MockOptimizer
