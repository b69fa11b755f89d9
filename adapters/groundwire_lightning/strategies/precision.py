"""The precision of a run: ``precision=`` as an object that converts modules and batches, casts and scales."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import wraps
from typing import Any

import torch
from torch import Tensor

from groundwire.errors import rank_zero_warn
from groundwire_lightning.errors import MisconfigurationException

SPELLINGS: dict[Any, str] = {
    None: "32-true",
    **{name: name for name in ("16-mixed", "bf16-mixed", "16-true", "bf16-true", "32-true", "64-true")},
    **dict.fromkeys((16, "16"), "16-mixed"),
    **dict.fromkeys((32, "32"), "32-true"),
    **dict.fromkeys((64, "64"), "64-true"),
    "bf16": "bf16-mixed",
}
"""A value of ``precision=`` to its name in full."""

_ENGINES = ("transformer-engine", "transformer-engine-float16")


class Precision:
    """Everything in 32 bits; the base class of the other precisions.

    Attributes:
        precision: Its name.
        scaler: The ``GradScaler`` that keeps gradients of 16 bits from vanishing, or None.
    """

    precision: str = "32-true"
    scaler: Any = None

    def convert_module(self, module: Any) -> Any:
        """Return the module with its parameters in this precision."""
        return module

    def convert_input(self, data: Any) -> Any:
        """Return a batch with its floating-point tensors in this precision."""
        return data

    def convert_output(self, data: Any) -> Any:
        """Return the return value of a step, converted where the precision asks for it."""
        return data

    def forward_context(self) -> AbstractContextManager[Any]:
        """Return the context under which a step runs."""
        return nullcontext()

    def module_init_context(self) -> AbstractContextManager[Any]:
        """Return the context under which a module is created."""
        return nullcontext()

    def tensor_init_context(self) -> AbstractContextManager[Any]:
        """Return the context under which tensors are created."""
        return self.module_init_context()

    @property
    def converts_input(self) -> bool:
        """False where :meth:`convert_input` has nothing to do."""
        return type(self).convert_input is not Precision.convert_input

    def around(self, step: Callable[..., Any]) -> Callable[..., Any]:
        """``step`` under :meth:`forward_context`; itself where that does nothing."""
        if type(self).forward_context is Precision.forward_context:
            return step

        @wraps(step)
        def under(*args: Any, **kwargs: Any) -> Any:
            with self.forward_context():
                return step(*args, **kwargs)

        return under

    def within(self, create: Callable[..., Any]) -> Callable[..., Any]:
        """``create`` under :meth:`module_init_context`; itself where that does nothing."""
        if type(self).module_init_context is Precision.module_init_context:
            return create

        @wraps(create)
        def under(*args: Any, **kwargs: Any) -> Any:
            with self.module_init_context():
                return create(*args, **kwargs)

        return under

    def clip_gradients(self, optimizer: Any, clip_val: float = 0.0, gradient_clip_algorithm: Any = "norm") -> None:
        """Clip the gradients that an optimizer is about to use.

        Args:
            optimizer: The optimizer that has the parameters.
            clip_val: The limit; 0 leaves them as they are.
            gradient_clip_algorithm: ``"value"`` for each element, or ``"norm"`` for all gradients together.
        """
        if clip_val <= 0:
            return
        parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
        if gradient_clip_algorithm == "value":
            torch.nn.utils.clip_grad_value_(parameters, clip_val)
        else:
            torch.nn.utils.clip_grad_norm_(parameters, clip_val)

    def state_dict(self) -> dict[str, Any]:
        """Return the state that a checkpoint keeps, that of the scaler."""
        return {} if self.scaler is None else dict(self.scaler.state_dict())

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up a state of :meth:`state_dict`."""
        if self.scaler is not None:
            self.scaler.load_state_dict(state_dict)


class MixedPrecision(Precision):
    """Parameters of 32 bits, and operations of 16 where they are safe.

    Args:
        precision: ``"16-mixed"`` or ``"bf16-mixed"``.
        device: The type of device, such as ``"cuda"``.
        scaler: A scaler for ``"16-mixed"``; by default a ``torch.amp.GradScaler``.

    Raises:
        ValueError: It is another precision.
        MisconfigurationException: A scaler where none is used.
    """

    def __init__(self, precision: str, device: str, scaler: Any = None) -> None:
        if precision not in ("16-mixed", "bf16-mixed"):
            raise ValueError(f"MixedPrecision(precision={precision!r}): '16-mixed' or 'bf16-mixed' is due")
        if scaler is not None and precision == "bf16-mixed":
            raise MisconfigurationException("precision='bf16-mixed' needs no scaler; leave scaler= out")
        if scaler is None and precision == "16-mixed":
            scaler = torch.amp.GradScaler(device=device)
        self.precision, self.device, self.scaler = precision, device, scaler

    def autocast_context_manager(self) -> torch.autocast:
        """``torch.autocast`` for this device and precision."""
        dtype = torch.bfloat16 if self.precision == "bf16-mixed" else torch.float16
        # no cache: a copy of the weights made without gradients would serve a later forward pass that needs them
        return torch.autocast(self.device, dtype=dtype, cache_enabled=False)

    def forward_context(self) -> AbstractContextManager[Any]:
        """Return the context under which a step runs."""
        return self.autocast_context_manager()

    def clip_gradients(self, optimizer: Any, clip_val: float = 0.0, gradient_clip_algorithm: Any = "norm") -> None:
        """Clip the gradients that an optimizer is about to use.

        Raises:
            RuntimeError: The optimizer unscales its gradients itself, after they would be clipped.
        """
        if clip_val > 0 and unscales(optimizer):
            raise RuntimeError(
                f"{type(optimizer).__qualname__} unscales its gradients itself, after they would be clipped; make it "
                "with fused=False, or leave gradient_clip_val out"
            )
        super().clip_gradients(optimizer, clip_val, gradient_clip_algorithm)


class _TruePrecision(Precision):
    """Everything in one precision other than torch's default: parameters, batches and the tensors that steps create."""

    _dtype: torch.dtype

    def convert_module(self, module: Any) -> Any:
        """Return the module with its parameters in this precision."""
        return module.to(dtype=self._dtype)

    def convert_input(self, data: Any) -> Any:
        """Return a batch with its floating-point tensors in this precision."""
        from lightning_utilities.core.apply_func import apply_to_collection

        return apply_to_collection(data, Tensor, self._converted)

    def _converted(self, tensor: Tensor) -> Tensor:
        return tensor.to(self._dtype) if torch.is_floating_point(tensor) else tensor

    @contextmanager
    def _as_default(self) -> Iterator[None]:
        outer = torch.get_default_dtype()
        torch.set_default_dtype(self._dtype)
        try:
            yield
        finally:
            torch.set_default_dtype(outer)

    def forward_context(self) -> AbstractContextManager[Any]:
        """Return the context under which a step runs."""
        return self._as_default()

    def module_init_context(self) -> AbstractContextManager[Any]:
        """Return the context under which a module is created."""
        return self._as_default()


class HalfPrecision(_TruePrecision):
    """Everything in 16 bits.

    Args:
        precision: ``"16-true"`` or ``"bf16-true"``.
    """

    def __init__(self, precision: str = "16-true") -> None:
        self.precision = precision
        self._dtype = torch.bfloat16 if precision == "bf16-true" else torch.float16


class DoublePrecision(_TruePrecision):
    """Everything in 64 bits."""

    precision = "64-true"
    _dtype = torch.float64


def checked_precision(precision: Any) -> str:
    """The full name of a precision, however it is spelt.

    Args:
        precision: The argument of the Trainer, or a plugin.

    Raises:
        ValueError: There is no such precision.
        MisconfigurationException: It needs NVIDIA's transformer engine.
    """
    if isinstance(precision, Precision):
        return precision.precision
    if precision in _ENGINES:
        raise MisconfigurationException(
            f"Trainer(precision={precision!r}) needs transformer_engine, which is not used here; take 'bf16-mixed'"
        )
    is_spelling = precision is None or (isinstance(precision, (str, int)) and not isinstance(precision, bool))
    if not is_spelling or precision not in SPELLINGS:
        spellings = ", ".join(repr(spelling) for spelling in SPELLINGS if spelling is not None)
        raise ValueError(f"Trainer(precision={precision!r}): there is no such precision; there are {spellings}")
    return SPELLINGS[precision]


def precision_for(precision: Any, device: str) -> Precision:
    """The object for a value of ``precision=``.

    Args:
        precision: The argument of the Trainer, or a plugin.
        device: The type of device that is trained on, such as ``"cuda"``.

    Raises:
        ValueError: There is no such precision.
    """
    if isinstance(precision, Precision):
        return precision
    name = checked_precision(precision)
    if name == "16-mixed" and device == "cpu":
        rank_zero_warn("precision='16-mixed': a CPU has no mixed precision of 16 bits; 'bf16-mixed' is used")
        name = "bf16-mixed"
    if name == "32-true":
        return Precision()
    if name.endswith("mixed"):
        return MixedPrecision(name, device)
    return DoublePrecision() if name == "64-true" else HalfPrecision(name)


def unscales(optimizer: Any) -> bool:
    """True for an optimizer, such as a fused one, that divides its gradients by the scale of a GradScaler itself."""
    return bool(getattr(optimizer, "_step_supports_amp_scaling", False))
