"""Freezing and unfreezing parts of a model, for transfer learning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from torch import nn

BN_MODULES = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)
"""The layers that freezing leaves alone unless it is asked not to."""


class Layer(NamedTuple):
    """A module without children, somewhere in a layer group.

    Attributes:
        layer_group_idx: Index of its group, counted from the front and from the back: ``(0, -3)``.
        module: The module.
        is_frozen: None of its parameters is trained; without parameters: it is in eval mode.
    """

    layer_group_idx: tuple[int, int]
    module: nn.Module
    is_frozen: bool


class LayerGroup(NamedTuple):
    """A direct child of the model, with all that is in it.

    Attributes:
        layer_group_idx: Its index, counted from the front and from the back: ``(0, -3)``.
        module: The module.
        is_frozen: At least one of its parameters is not trained.
    """

    layer_group_idx: tuple[int, int]
    module: nn.Module
    is_frozen: bool


class ModelFreezer:
    """Freezes and unfreezes a model by layer group: its direct children, in order.

    Making one unfreezes the whole model. Parameters that belong to the model itself and to none of
    its children are in no group and stay trainable. ``Trainer.train_epoch_start`` puts the whole
    model into train mode: to hold frozen modules in eval mode, call
    ``freeze(..., set_modules_as_eval=True)`` again after it, from ``on_train_epoch_start``.

    Args:
        model: The model, not yet wrapped for several processes.
        freeze_batch_norms: Freeze BatchNorm layers as well; otherwise ``freeze`` changes neither
            their parameters nor their mode.

    Example::

        freezer = ModelFreezer(model)
        freezer.freeze()  # all but the head
        optimizer = torch.optim.SGD(freezer.get_trainable_parameters(), lr=0.1)
        ...
        for group in freezer.unfreeze(from_index=-2, to_index=-2).values():
            optimizer.add_param_group(group)
    """

    def __init__(self, model: nn.Module, freeze_batch_norms: bool = False) -> None:
        if not isinstance(model, nn.Module):
            raise TypeError(f"model: a torch.nn.Module is due, got {model!r}")
        self.model = model
        self.freeze_bn = freeze_batch_norms
        self._groups = list(model.children())
        self.num_groups = len(self._groups)
        for parameter in model.parameters():
            # Quantised weights are integers, which cannot have a gradient.
            parameter.requires_grad = parameter.is_floating_point() or parameter.is_complex()

    def get_layer_groups(self) -> list[LayerGroup]:
        """All layer groups, in order."""
        return [
            LayerGroup(
                (index, index - self.num_groups),
                group,
                any(not parameter.requires_grad for parameter in group.parameters()),
            )
            for index, group in enumerate(self._groups)
        ]

    def get_layers(self) -> list[Layer]:
        """All modules without children, in the order of their groups."""
        return [
            Layer((index, index - self.num_groups), module, _is_frozen(module))
            for index, group in enumerate(self._groups)
            for module in group.modules()
            if _is_leaf(module)
        ]

    def get_trainable_parameters(self) -> list[nn.Parameter]:
        """The parameters that are not frozen."""
        return [parameter for parameter in self.model.parameters() if parameter.requires_grad]

    def freeze(self, from_index: int = 0, to_index: int = -2, set_modules_as_eval: bool = False) -> None:
        """Freeze the layer groups from one index to another, both included.

        Args:
            from_index: Index of a group; negative ones count from the back.
            to_index: Index of another; by default the last group but one.
            set_modules_as_eval: Put everything in these groups into eval mode too.

        Raises:
            IndexError: The model has no such group.
        """
        for _, module in self._modules_between(from_index, to_index):
            if isinstance(module, BN_MODULES) and not self.freeze_bn:
                continue
            for parameter in module.parameters(recurse=False):
                parameter.requires_grad = False
            if set_modules_as_eval:
                _set_mode(module, training=False)

    def unfreeze(
        self, from_index: int = -1, to_index: int = 0, set_modules_as_training: bool = True
    ) -> dict[int, dict[str, list[nn.Parameter]]]:
        """Unfreeze the layer groups from one index to another, both included; by default all.

        Args:
            from_index: Index of a group; negative ones count from the back.
            to_index: Index of another; which of the two comes first does not matter.
            set_modules_as_training: Put everything in these groups into train mode too.

        Returns:
            For each group in which something was frozen, by its index from the front, what
            ``optimizer.add_param_group`` takes: ``{"params": [...]}`` with the parameters that were frozen.

        Raises:
            IndexError: The model has no such group.
        """
        unfrozen: dict[int, dict[str, list[nn.Parameter]]] = {}
        for index, module in self._modules_between(from_index, to_index):
            for parameter in module.parameters(recurse=False):
                if not parameter.requires_grad and (parameter.is_floating_point() or parameter.is_complex()):
                    parameter.requires_grad = True
                    unfrozen.setdefault(index, {"params": []})["params"].append(parameter)
            if set_modules_as_training:
                _set_mode(module, training=True)
        return unfrozen

    def _modules_between(self, from_index: int, to_index: int) -> Iterator[tuple[int, nn.Module]]:
        first, last = sorted((self._from_front("from_index", from_index), self._from_front("to_index", to_index)))
        return ((index, module) for index in range(first, last + 1) for module in self._groups[index].modules())

    def _from_front(self, name: str, index: int) -> int:
        if isinstance(index, bool) or not isinstance(index, int):
            raise TypeError(f"{name}: the whole number of a layer group is due, got {index!r}")
        if not -self.num_groups <= index < self.num_groups:
            raise IndexError(
                f"{name}={index} names no layer group: {type(self.model).__name__} has {self.num_groups} (its direct "
                f"children), so indices run from {-self.num_groups} to {self.num_groups - 1}"
                if self.num_groups
                else f"{type(self.model).__name__} has no child modules, and so no layer groups to freeze or unfreeze"
            )
        return index % self.num_groups


def _is_leaf(module: nn.Module) -> bool:
    return next(module.children(), None) is None


def _is_frozen(layer: nn.Module) -> bool:
    parameters = list(layer.parameters(recurse=False))
    if not parameters:
        return not layer.training
    return not any(parameter.requires_grad for parameter in parameters)


def _set_mode(module: nn.Module, training: bool) -> None:
    """Set the mode of this module alone, as those within it may have to keep theirs."""
    if _is_leaf(module):
        module.train(training)
    else:
        module.training = training
