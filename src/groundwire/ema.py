"""An exponential moving average of a model's weights."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from copy import deepcopy
from numbers import Real
from typing import Any

import torch
from torch import Tensor, nn


class ModelEma(nn.Module):
    """An averaged copy of a model, in eval mode and without gradients, as ``module``.

    Parameters and buffers of floating point are averaged: ``decay * old + (1 - decay) * new``. All
    others, such as BatchNorm's count of batches, have no mean and are copied. Tensors that the model
    shares between layers are averaged once. A subclass that overrides :meth:`update_fn` averages by
    another rule, one tensor at a time.

    Args:
        model: The model to average, before it is wrapped for several processes or its BatchNorm
            layers are converted.
        decay: How much of the old average remains at each update, 0 to 1; usually close to 1.

    Attributes:
        module: The averaged copy.
        decay: May be changed between updates.

    Raises:
        ValueError: ``decay`` is not between 0 and 1.
    """

    def __init__(self, model: nn.Module, decay: float = 0.9999) -> None:
        super().__init__()
        _check_arguments(model, decay)
        if not 0 <= decay <= 1:
            raise ValueError(
                f"decay must be between 0 and 1, not {decay!r}: it is the part of the old average that stays"
            )
        self.module = deepcopy(model).requires_grad_(False).eval()
        self.decay = decay

    def update_fn(self, ema_model_weights: Tensor, updated_model_weights: Tensor) -> Tensor:
        """The new average of one tensor.

        Args:
            ema_model_weights: The average so far.
            updated_model_weights: The model's values.
        """
        return self.decay * ema_model_weights + (1.0 - self.decay) * updated_model_weights

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        """Take the present weights of ``model`` into the average.

        Args:
            model: The model that is trained; a wrapper around it will do.

        Raises:
            ValueError: The model no longer has the tensors that are averaged.
        """
        pairs = list(self._pairs(model))
        averaged = [pair for pair in pairs if _has_mean(pair[0])]
        _copy([pair for pair in pairs if not _has_mean(pair[0])])
        if getattr(self.update_fn, "__func__", None) is not ModelEma.update_fn:
            _copy([(average, self.update_fn(average, value)) for average, value in averaged])
        elif averaged:
            averages, values = (list(tensors) for tensors in zip(*averaged, strict=True))
            torch._foreach_lerp_(averages, values, 1.0 - self.decay)

    @torch.no_grad()
    def set(self, model: nn.Module) -> None:
        """Make the average equal to ``model``.

        Args:
            model: The model that is trained; a wrapper around it will do.

        Raises:
            ValueError: The model no longer has the tensors that are averaged.
        """
        _copy(list(self._pairs(model)))

    def _pairs(self, model: nn.Module) -> Iterator[tuple[Tensor, Tensor]]:
        # By order, not by name: wrappers put a prefix before the names.
        for ours, theirs in itertools.zip_longest(_tensors(self.module), _tensors(model)):
            if ours is None or theirs is None or ours[1].shape != theirs[1].shape:
                raise ValueError(
                    f"the average of {type(self.module).__name__} does not fit the model ({type(model).__name__}): "
                    f"{_described(ours)} against {_described(theirs)}. Make a new average after changing a model"
                )
            yield ours[1], theirs[1].to(ours[1])


def _check_arguments(model: Any, decay: Any) -> None:
    if not isinstance(model, nn.Module):
        raise TypeError(f"model: a torch.nn.Module is due, got {model!r}")
    if isinstance(decay, bool) or not isinstance(decay, Real):
        raise TypeError(f"decay: a number between 0 and 1 is due, got {decay!r}")


def _tensors(model: nn.Module) -> Iterator[tuple[str, Tensor]]:
    return itertools.chain(model.named_parameters(), model.named_buffers())


def _has_mean(tensor: Tensor) -> bool:
    return tensor.is_floating_point() or tensor.is_complex()


def _described(tensor: tuple[str, Tensor] | None) -> str:
    return "nothing" if tensor is None else f"{tensor[0]} {tuple(tensor[1].shape)}"


def _copy(pairs: list[tuple[Tensor, Tensor]]) -> None:
    if pairs:
        targets, sources = (list(tensors) for tensors in zip(*pairs, strict=True))
        torch._foreach_copy_(targets, sources)
