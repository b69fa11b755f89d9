"""The optimizer as a module gets it: its steps go through the trainer, everything else is torch's."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import torch
from torch.optim import LBFGS, Optimizer

from groundwire_lightning.core.old_calls import Toggle, toggling
from groundwire_lightning.errors import MisconfigurationException

if TYPE_CHECKING:
    from groundwire_lightning.core.running import Updating


class LightningOptimizer:
    """A wrapper of an optimizer, as ``self.optimizers()`` returns it: ``step`` calls the hooks and is counted.

    ``isinstance`` takes it for the optimizer inside it, and attributes are read from that one. Where
    ``training_step`` makes the updates, ``_on_before_step`` and ``_on_after_step`` count them; these are
    Lightning's names, and code that puts other functions there leaves updates uncounted until the next batch.

    Args:
        optimizer: The optimizer inside it.
    """

    def __init__(self, optimizer: Any) -> None:
        self._optimizer = optimizer
        self._trainer: Callable[[], Any] = do_nothing_closure
        self._on_before_step: Callable[[], Any] = do_nothing_closure
        self._on_after_step: Callable[[], Any] = do_nothing_closure
        self._toggles: tuple[Toggle, Toggle] | None = None
        cls = type(optimizer)
        # a scheduler of torch, among others, refuses what is no instance of Optimizer
        self.__class__ = type(f"Lightning{cls.__name__}", (type(self), cls), {})

    @classmethod
    def of(cls, optimizer: Any, trainer: Updating) -> LightningOptimizer:
        """An optimizer that steps through ``trainer``; one that is wrapped already is kept."""
        wrapped = optimizer if isinstance(optimizer, LightningOptimizer) else cls(optimizer)
        wrapped._trainer = weakref.ref(trainer)  # an optimizer that is kept must not keep a whole run alive
        return wrapped

    @property
    def optimizer(self) -> Any:
        """The optimizer inside it."""
        return self._optimizer

    def step(self, closure: Callable[[], Any] | None = None, **kwargs: Any) -> Any:
        """Make an update.

        Args:
            closure: Evaluates the loss and its gradients.
            **kwargs: Further arguments of the optimizer's ``step``.

        Returns:
            The return value of the optimizer's ``step``: mostly that of the closure, a loss.

        Raises:
            MisconfigurationException: The closure cannot be called.
        """
        if closure is not None and not callable(closure):
            raise MisconfigurationException(f"optimizer.step(closure): something to call is due, got {closure!r}")
        trainer = self._trainer()
        if trainer is None:
            return self._optimizer.step(closure, **kwargs)
        self._on_before_step()
        returned = trainer.stepped(self._optimizer, do_nothing_closure if closure is None else closure, kwargs)
        self._on_after_step()
        return returned

    @contextmanager
    def toggle_model(self, sync_grad: bool = True) -> Iterator[None]:
        """Let only the parameters of this optimizer require gradients, within a ``with`` block.

        Args:
            sync_grad: False leaves the gradients of each process to itself, as is due within an accumulation.
        """
        trainer = self._trainer()
        module = trainer.lightning_module
        if self._toggles is None:  # a step reads no signatures, but its first time
            self._toggles = toggling(module.toggle_optimizer, module.untoggle_optimizer)
        toggle, untoggle = self._toggles
        index = next((index for index, handle in enumerate(trainer.lightning_optimizers) if handle is self), 0)
        with nullcontext() if sync_grad else trainer.without_sync():
            toggle(self, index)
            yield
            untoggle(self, index)

    # inherited from torch's class, these would act on this object and not on the optimizer inside it

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
        # while it is unpickled or copied it has no attributes yet: asking the inner optimizer would never end
        if name in ("_optimizer", "_trainer", "_on_before_step", "_on_after_step", "_toggles") or name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._optimizer, name)


def is_optimizer(value: Any) -> bool:
    """True for an optimizer, torch's own or a handle of it."""
    return hasattr(value, "param_groups") and callable(getattr(value, "step", None))


def unwrapped(optimizer: Any) -> Any:
    """The optimizer inside a handle; any other as it is."""
    return optimizer.optimizer if isinstance(optimizer, LightningOptimizer) else optimizer


def do_nothing_closure() -> None:
    """Does nothing: the closure where there is none, and the dead reference where there is no trainer."""


class _MockOptimizer(Optimizer):
    """An optimizer of nothing, where ``configure_optimizers`` returned None: ``step`` evaluates the closure alone."""

    def __init__(self) -> None:
        super().__init__([torch.zeros(1)], {})

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Does nothing."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Does nothing."""

    def state_dict(self) -> dict[str, Any]:
        """An empty state."""
        return {}

    def step(self, closure: Any = None) -> Any:
        """Evaluate the closure."""
        return None if closure is None else closure()

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Does nothing."""

    def __repr__(self) -> str:
        return "No Optimizer"


def evaluates_once(optimizer: Any) -> bool:
    """True for an optimizer whose ``step(closure)`` equals ``closure()`` followed by ``step()``.

    Torch's own optimizers are known to be such, but for LBFGS. Any other may evaluate its closure twice, or do
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
