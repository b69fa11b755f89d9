"""Callbacks that freeze parts of a model at first and train them later."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import torch
from torch.nn import Module, ModuleDict
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim import Optimizer

from groundwire.errors import rank_zero_warn
from groundwire_lightning.core.callback import Callback
from groundwire_lightning.core.old_calls import also_with_index, takes_index
from groundwire_lightning.errors import MisconfigurationException
from groundwire_lightning.lightning_1.older_arguments import renamed, takes_older
from groundwire_lightning.utilities.checked import checked, flag, function, number, optional, whole

if TYPE_CHECKING:
    from groundwire_lightning.core.running import Running

Modules = Any
"""A module, or an iterable of modules and iterables."""

log = logging.getLogger(__name__)


def multiplicative(epoch: int) -> float:
    """Factor by which a rate grows from one epoch to the next: always 2."""
    return 2.0


class BaseFinetuning(Callback):
    """Freezes parts of a module before the optimizer is made, and lets a subclass unfreeze them epoch by epoch.

    Override :meth:`freeze_before_training` and :meth:`finetune_function`. ``configure_optimizers``
    has to leave out what is frozen: ``Adam(p for p in self.parameters() if p.requires_grad)``.
    """

    def __init__(self) -> None:
        self._internal_optimizer_metadata: dict[int, list[dict[str, Any]]] = {}
        self._restarting = False

    def state_dict(self) -> dict[str, Any]:
        """The parameter groups of each optimizer, with names in place of parameters, which a file cannot identify."""
        return {"internal_optimizer_metadata": self._internal_optimizer_metadata}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore a state of :meth:`state_dict`; the groups are made when fitting begins."""
        self._restarting = True
        self._internal_optimizer_metadata = state_dict.get("internal_optimizer_metadata", state_dict)

    # the moments of a run

    def setup(self, trainer: Running, pl_module: Any, stage: str) -> None:
        """Freeze the parts that are not trained from the start, before the optimizer is made."""
        self.freeze_before_training(pl_module)

    def on_fit_start(self, trainer: Running, pl_module: Any) -> None:
        """Make the parameter groups of a resumed run."""
        if self._restarting and self._internal_optimizer_metadata:
            parameters = dict(pl_module.named_parameters())
            for number, optimizer in enumerate(trainer.optimizers):
                if number in self._internal_optimizer_metadata:
                    optimizer.param_groups = _renamed(self._internal_optimizer_metadata[number], parameters)
        self._restarting = False

    def on_train_epoch_start(self, trainer: Running, pl_module: Any) -> None:
        """Unfreeze what is due, and record the parameter groups for a checkpoint."""
        with_index = takes_index(self.finetune_function, 3)  # of Lightning 1
        for index, optimizer in enumerate(trainer.optimizers):
            groups_before = len(optimizer.param_groups)
            self.finetune_function(pl_module, trainer.current_epoch, optimizer, *([index] if with_index else []))
            self._record_groups(pl_module, index, groups_before, optimizer.param_groups)

    def _record_groups(self, pl_module: Any, number: int, groups_before: int, groups: list[dict[str, Any]]) -> None:
        metadata = self._internal_optimizer_metadata
        if number in metadata and groups_before == len(groups):
            return
        names = {parameter: name for name, parameter in pl_module.named_parameters()}
        if number in metadata:
            metadata[number].extend(_renamed(groups[groups_before:], names))
        else:
            metadata[number] = _renamed(groups, names)

    # the methods that a subclass writes

    def freeze_before_training(self, pl_module: Any) -> None:
        """Freeze what is not trained from the start, with :meth:`freeze`.

        Args:
            pl_module: The module.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say what is frozen: write freeze_before_training()")

    @also_with_index(3)
    def finetune_function(self, pl_module: Any, epoch: int, optimizer: Any) -> None:
        """Unfreeze what is due, with :meth:`unfreeze_and_add_param_group`; called when an epoch begins.

        Args:
            pl_module: The module.
            epoch: The epoch that begins.
            optimizer: One of the optimizers; it is called for each.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say what is unfrozen: write finetune_function()")

    # helpers for these methods, which Lightning's users call and override

    @staticmethod
    def flatten_modules(modules: Modules) -> list[Module]:
        """The modules that hold parameters themselves, and those without children.

        Args:
            modules: A module, or an iterable of modules and iterables.
        """
        if isinstance(modules, ModuleDict):
            modules = modules.values()
        if isinstance(modules, Iterable):
            flat = [module for part in modules for module in BaseFinetuning.flatten_modules(part)]
        else:
            flat = list(modules.modules())
        return [module for module in flat if not list(module.children()) or module._parameters]

    @staticmethod
    def filter_params(modules: Modules, train_bn: bool = True, requires_grad: bool = True) -> Iterator[Any]:
        """The parameters that are trained, or those that are not.

        Args:
            modules: As of :meth:`flatten_modules`.
            train_bn: False leaves those of BatchNorm layers out.
            requires_grad: Which of them.
        """
        for module in BaseFinetuning.flatten_modules(modules):
            if isinstance(module, _BatchNorm) and not train_bn:
                continue
            for parameter in module.parameters(recurse=False):
                if parameter.requires_grad == requires_grad:
                    yield parameter

    @staticmethod
    def make_trainable(modules: Modules) -> None:
        """Train the parameters of these modules; BatchNorm layers go on with their statistics."""
        for module in BaseFinetuning.flatten_modules(modules):
            if isinstance(module, _BatchNorm):
                module.track_running_stats = True
            for parameter in module.parameters(recurse=False):
                parameter.requires_grad = True

    @staticmethod
    def freeze_module(module: Module) -> None:
        """Stop training the module's own parameters; a BatchNorm layer leaves its statistics as they are."""
        if isinstance(module, _BatchNorm):
            module.track_running_stats = False
        for parameter in module.parameters(recurse=False):
            parameter.requires_grad = False

    @staticmethod
    def freeze(modules: Modules, train_bn: bool = True) -> None:
        """Stop training the parameters of these modules.

        Args:
            modules: As of :meth:`flatten_modules`.
            train_bn: Go on training BatchNorm layers.
        """
        for module in BaseFinetuning.flatten_modules(modules):
            if isinstance(module, _BatchNorm) and train_bn:
                BaseFinetuning.make_trainable(module)
            else:
                BaseFinetuning.freeze_module(module)

    @staticmethod
    def filter_on_optimizer(optimizer: Optimizer, params: Iterable[Any]) -> list[Any]:
        """The parameters that an optimizer does not have yet; the others are warned of.

        Args:
            optimizer: The optimizer.
            params: Parameters.
        """
        present = [parameter for group in optimizer.param_groups for parameter in group["params"]]
        new, known = [], 0
        for parameter in params:
            # by value, as Lightning does: which parameters are trained must not depend on the framework
            if any(_equal(parameter, other) for other in present):
                known += 1
            else:
                new.append(parameter)
        if known:
            rank_zero_warn(
                f"{known} of the parameters that are unfrozen are in {type(optimizer).__name__} already, or equal to "
                "one that is, and are left out. Give the optimizer those parameters alone that are trained from the "
                "start: (p for p in self.parameters() if p.requires_grad)"
            )
        return new

    @staticmethod
    def unfreeze_and_add_param_group(
        modules: Modules,
        optimizer: Optimizer,
        lr: float | None = None,
        initial_denom_lr: float = 10.0,
        train_bn: bool = True,
    ) -> None:
        """Train these modules from now on, in a parameter group of their own.

        Args:
            modules: As of :meth:`flatten_modules`.
            optimizer: The optimizer that trains them.
            lr: Their learning rate; by default that of the first group, divided by ``initial_denom_lr``.
            initial_denom_lr: See ``lr``.
            train_bn: Give the optimizer the parameters of BatchNorm layers too.
        """
        BaseFinetuning.make_trainable(modules)
        rate = optimizer.param_groups[0]["lr"] / initial_denom_lr if lr is None else float(lr)
        parameters = BaseFinetuning.filter_params(modules, train_bn=train_bn, requires_grad=True)
        if new := BaseFinetuning.filter_on_optimizer(optimizer, parameters):
            optimizer.add_param_group({"params": new, "lr": rate})


class BackboneFinetuning(BaseFinetuning):
    """Freezes ``module.backbone`` and unfreezes it at an epoch, with a learning rate that grows to that of the rest.

    Args:
        unfreeze_backbone_at_epoch: The epoch.
        lambda_func: Given the epoch plus one, by how much the rate of the backbone is multiplied.
        backbone_initial_ratio_lr: Its first rate, as a share of that of the first group.
        backbone_initial_lr: Its first rate, instead.
        should_align: Let it grow no further than the rate of the first group.
        initial_denom_lr: Without effect in Lightning too, for the first rate is always passed.
        train_bn: Give the optimizer the parameters of BatchNorm layers too.
        verbose: Tell the rates in the log.
        rounding: Digits of the rates in the log.
    """

    @takes_older(round=renamed("rounding"))
    @checked(
        unfreeze_backbone_at_epoch=whole(),
        lambda_func=function,
        backbone_initial_ratio_lr=number(),
        backbone_initial_lr=optional(number()),
        should_align=flag,
        initial_denom_lr=number(),
        train_bn=flag,
        verbose=flag,
        rounding=whole(),
    )
    def __init__(
        self,
        unfreeze_backbone_at_epoch: int = 10,
        lambda_func: Callable[[int], float] = multiplicative,
        backbone_initial_ratio_lr: float = 10e-2,
        backbone_initial_lr: float | None = None,
        should_align: bool = True,
        initial_denom_lr: float = 10.0,
        train_bn: bool = True,
        verbose: bool = False,
        rounding: int = 12,
    ) -> None:
        super().__init__()
        self.unfreeze_backbone_at_epoch = unfreeze_backbone_at_epoch
        self.lambda_func = lambda_func
        self.backbone_initial_ratio_lr = backbone_initial_ratio_lr
        self.backbone_initial_lr = backbone_initial_lr
        self.should_align = should_align
        self.initial_denom_lr = initial_denom_lr
        self.train_bn = train_bn
        self.verbose = verbose
        self.rounding = rounding
        self.previous_backbone_lr: float | None = None

    def state_dict(self) -> dict[str, Any]:
        """The parameter groups, and the rate of the backbone."""
        return {**super().state_dict(), "previous_backbone_lr": self.previous_backbone_lr}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore a state of :meth:`state_dict`."""
        self.previous_backbone_lr = state_dict["previous_backbone_lr"]
        super().load_state_dict(state_dict)

    def on_fit_start(self, trainer: Running, pl_module: Any) -> None:
        """Make the parameter groups of a resumed run.

        Raises:
            MisconfigurationException: The module has no backbone.
        """
        if not isinstance(getattr(pl_module, "backbone", None), Module):
            raise MisconfigurationException(
                f"BackboneFinetuning: {type(pl_module).__name__} has no nn.Module called backbone; give it one, or "
                "write a BaseFinetuning of your own"
            )
        super().on_fit_start(trainer, pl_module)

    def freeze_before_training(self, pl_module: Any) -> None:
        """Freeze the backbone, its BatchNorm layers excepted."""
        self.freeze(pl_module.backbone)

    @also_with_index(3)
    def finetune_function(self, pl_module: Any, epoch: int, optimizer: Any) -> None:
        """Unfreeze the backbone when its epoch comes; let its rate grow afterwards."""
        if epoch < self.unfreeze_backbone_at_epoch:
            return
        current = optimizer.param_groups[0]["lr"]
        if epoch == self.unfreeze_backbone_at_epoch:
            initial = self.backbone_initial_lr
            rate = current * self.backbone_initial_ratio_lr if initial is None else initial
            self.unfreeze_and_add_param_group(
                pl_module.backbone, optimizer, rate, train_bn=self.train_bn, initial_denom_lr=self.initial_denom_lr
            )
        else:
            assert self.previous_backbone_lr is not None  # since the epoch in which it was unfrozen
            rate = self.lambda_func(epoch + 1) * self.previous_backbone_lr
            rate = min(rate, current) if self.should_align else rate
            optimizer.param_groups[-1]["lr"] = rate
        self.previous_backbone_lr = rate
        if self.verbose:
            log.info("Learning rate %s, of the backbone %s", round(current, self.rounding), round(rate, self.rounding))


def _renamed(groups: list[dict[str, Any]], mapping: dict[Any, Any]) -> list[dict[str, Any]]:
    """Copies of parameter groups with each entry of ``"params"`` replaced by what ``mapping`` holds for it."""
    return [{**group, "params": [mapping[entry] for entry in group["params"]]} for group in groups]


def _equal(left: torch.Tensor, right: torch.Tensor) -> bool:
    return left is right or (left.shape == right.shape and torch.equal(left, right))
