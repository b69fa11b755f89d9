"""A callback that sets weights to zero for good, with ``torch.nn.utils.prune``."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Sequence
from copy import deepcopy
from functools import partial
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn
from torch.nn.utils import prune

from groundwire_lightning.core.callback import Callback
from groundwire_lightning.core.module import LightningModule
from groundwire_lightning.errors import ArgumentError, MisconfigurationException
from groundwire_lightning.utilities.checked import (
    Check,
    anything,
    checked,
    flag,
    number,
    one_of,
    optional,
    several,
    text,
    unless_empty,
    whole,
)

if TYPE_CHECKING:
    from groundwire_lightning.core.running import Running

PRUNING_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "ln_structured": prune.ln_structured,
    "l1_unstructured": prune.l1_unstructured,
    "random_structured": prune.random_structured,
    "random_unstructured": prune.random_unstructured,
}
PRUNING_METHODS: dict[str, Any] = {
    "ln_structured": prune.LnStructured,
    "l1_unstructured": prune.L1Unstructured,
    "random_structured": prune.RandomStructured,
    "random_unstructured": prune.RandomUnstructured,
}
CONTAINERS = (LightningModule, nn.Sequential, nn.ModuleList, nn.ModuleDict)
"""Modules whose parameters belong to the modules inside them, so that none is pruned twice."""

Places = Sequence[tuple[nn.Module, str]]

log = logging.getLogger(__name__)


def _or_function(check: Check) -> Check:
    return lambda name, value: value if callable(value) else check(name, value)


def _place(name: str, value: Any) -> Any:
    if not (isinstance(value, (tuple, list)) and len(value) == len(("module", "parameter"))):
        raise ArgumentError(f"{name}: pairs of a module and the name of a parameter are due, got {value!r}")
    return value


class ModelPruning(Callback):
    """Prunes parameters at the end of each epoch.

    Override :meth:`filter_parameters_to_prune` to leave some out.

    Args:
        pruning_fn: A name in :data:`PRUNING_FUNCTIONS`, or a subclass of ``torch.nn.utils.prune.BasePruningMethod``.
        parameters_to_prune: Pairs of a module and the name of a parameter; by default all of them.
        parameter_names: ``"weight"``, ``"bias"`` or both.
        use_global_unstructured: Compare all parameters, not those of a layer among themselves.
        amount: A share, a number, or a function of the epoch that returns one.
        apply_pruning: True prunes, False does not; or a function of the epoch that returns one of them.
        make_pruning_permanent: Leave no masks behind in the module or in checkpoints.
        use_lottery_ticket_hypothesis: Reset the weights that are left to their first values; or a function as well.
        resample_parameters: Reset them to new random values instead.
        pruning_dim: The dimension that structured methods prune along.
        pruning_norm: The order of the norm that ``"ln_structured"`` compares by.
        verbose: 1 tells how much is pruned, 2 tells it of each layer.
        prune_on_train_epoch_end: False prunes at the end of a validation.

    Raises:
        MisconfigurationException: The arguments do not go together.
    """

    PARAMETER_NAMES = ("weight", "bias")

    @checked(
        pruning_fn=anything,
        parameters_to_prune=unless_empty(several(_place)),
        parameter_names=unless_empty(several(text)),
        use_global_unstructured=flag,
        amount=_or_function(number()),
        apply_pruning=_or_function(flag),
        make_pruning_permanent=flag,
        use_lottery_ticket_hypothesis=_or_function(flag),
        resample_parameters=flag,
        pruning_dim=optional(whole()),
        pruning_norm=optional(number()),
        verbose=one_of(0, 1, 2),
        prune_on_train_epoch_end=flag,
    )
    def __init__(
        self,
        pruning_fn: Callable[..., Any] | str,
        parameters_to_prune: Places = (),
        parameter_names: list[str] | None = None,
        use_global_unstructured: bool = True,
        amount: int | float | Callable[[int], int | float] = 0.5,
        apply_pruning: bool | Callable[[int], bool] = True,
        make_pruning_permanent: bool = True,
        use_lottery_ticket_hypothesis: bool | Callable[[int], bool] = True,
        resample_parameters: bool = False,
        pruning_dim: int | None = None,
        pruning_norm: int | None = None,
        verbose: int = 0,
        prune_on_train_epoch_end: bool = True,
    ) -> None:
        self._use_global_unstructured = use_global_unstructured
        self._parameters_to_prune = parameters_to_prune
        self._use_lottery_ticket_hypothesis = use_lottery_ticket_hypothesis
        self._resample_parameters = resample_parameters
        self._prune_on_train_epoch_end = prune_on_train_epoch_end
        self._parameter_names = parameter_names or list(self.PARAMETER_NAMES)
        self._apply_pruning = apply_pruning
        self._make_pruning_permanent = make_pruning_permanent
        self._verbose = verbose
        self._global_kwargs: dict[str, Any] = {}
        self._original_layers: dict[int, tuple[nn.Module, list[tuple[int, str]]]] = {}
        if others := [name for name in self._parameter_names if name not in self.PARAMETER_NAMES]:
            raise MisconfigurationException(
                f"ModelPruning(parameter_names=...): 'weight' or 'bias' is due, got {others}"
            )
        self.amount = amount
        self.pruning_fn: Any = self._pruning_method(pruning_fn, pruning_dim, pruning_norm)
        self._pruning_method_name = getattr(self.pruning_fn, "__name__", None) or self.pruning_fn.func.__name__

    def _pruning_method(self, method: Any, dim: int | None, norm: int | None) -> Any:
        """The class of torch that prunes all parameters together, or its function that prunes one layer."""
        everywhere = self._use_global_unstructured
        if isinstance(method, str):
            name = method.lower()
            if name not in PRUNING_FUNCTIONS:
                raise MisconfigurationException(
                    f"ModelPruning(pruning_fn={method!r}): {list(PRUNING_FUNCTIONS)} are known"
                )
            options = _options(name, dim, norm)
            if not everywhere:
                return partial(PRUNING_FUNCTIONS[name], **options)
            self._global_kwargs, method = options, PRUNING_METHODS[name]
        elif not (inspect.isclass(method) and issubclass(method, prune.BasePruningMethod)):
            raise MisconfigurationException(
                f"ModelPruning(pruning_fn={method!r}): one of {list(PRUNING_FUNCTIONS)} or a subclass (no instance) of "
                "torch.nn.utils.prune.BasePruningMethod is due"
            )
        elif not everywhere:
            raise MisconfigurationException(
                f"ModelPruning: {method.__name__} prunes all parameters together; use_global_unstructured=True does so"
            )
        if method.PRUNING_TYPE != "unstructured":
            raise MisconfigurationException(
                f"ModelPruning: {method.__name__} prunes whole rows (its PRUNING_TYPE is {method.PRUNING_TYPE!r}), "
                "which is done layer by layer: use_global_unstructured=False"
            )
        return method

    # the moments of a run

    def setup(self, trainer: Running, pl_module: Any, stage: str) -> None:
        """Collect the parameters, and copy their first values for the lottery ticket hypothesis."""
        pairs = self.sanitize_parameters_to_prune(pl_module, self._parameters_to_prune, self._parameter_names)
        self._parameters_to_prune = self.filter_parameters_to_prune(pairs)
        if self._use_lottery_ticket_hypothesis:
            self._original_layers = {}
            for number, (module, name) in enumerate(self._parameters_to_prune):
                if id(module) not in self._original_layers:
                    self._original_layers[id(module)] = (deepcopy(module), [])
                self._original_layers[id(module)][1].append((number, name))

    def on_train_epoch_end(self, trainer: Running, pl_module: Any) -> None:
        """Prune, unless that is done after validations."""
        if self._prune_on_train_epoch_end:
            self._run_pruning(trainer.current_epoch)

    def on_validation_epoch_end(self, trainer: Running, pl_module: Any) -> None:
        """Prune, where that is asked for."""
        if not trainer.sanity_checking and not self._prune_on_train_epoch_end:
            self._run_pruning(trainer.current_epoch)

    def on_train_end(self, trainer: Running, pl_module: Any) -> None:
        """Remove the masks, unless ``make_pruning_permanent`` is False."""
        if self._make_pruning_permanent:
            self.make_pruning_permanent(pl_module)

    def on_save_checkpoint(self, trainer: Running, pl_module: Any, checkpoint: dict[str, Any]) -> None:
        """Write pruned weights in place of weights and masks, unless ``make_pruning_permanent`` is False."""
        if self._make_pruning_permanent:
            checkpoint["state_dict"] = _without_masks(pl_module)

    def _run_pruning(self, epoch: int) -> None:
        amount = _at(self.amount, epoch)
        if _at(self._apply_pruning, epoch) and amount:
            self.apply_pruning(amount)
            if _at(self._use_lottery_ticket_hypothesis, epoch):
                self.apply_lottery_ticket_hypothesis()

    # one pruning

    def filter_parameters_to_prune(self, parameters_to_prune: Places = ()) -> Places:
        """The pairs that are pruned; override it to leave some out."""
        return parameters_to_prune

    def apply_pruning(self, amount: int | float) -> None:
        """Prune once.

        Args:
            amount: A share or a number.
        """
        before = self._zeros() if self._verbose else []
        if self._use_global_unstructured:
            arguments = {**self._global_kwargs, "amount": amount}
            accepted = {
                name: arguments[name] for name in inspect.signature(self.pruning_fn).parameters if name in arguments
            }
            prune.global_unstructured(self._parameters_to_prune, pruning_method=self.pruning_fn, **accepted)
        else:
            for module, name in self._parameters_to_prune:
                self.pruning_fn(module, name=name, amount=amount)
        if self._verbose:
            self._log_counts(before, self._zeros(), amount)

    def apply_lottery_ticket_hypothesis(self) -> None:
        """Give the parameters that are left their first values, or new random ones."""
        for original, names in self._original_layers.values():
            layer: Any = original
            if self._resample_parameters and callable(getattr(original, "reset_parameters", None)):
                layer = deepcopy(original)
                layer.reset_parameters()
            for place, name in names:
                module, _ = self._parameters_to_prune[place]
                target, source = getattr(module, f"{name}_orig", getattr(module, name)), getattr(layer, name)
                if isinstance(target, Tensor) and isinstance(source, Tensor):
                    target.data = source.data.to(target.device)

    def make_pruning_permanent(self, module: nn.Module) -> None:
        """Remove the masks of a module; the weights that they hid are zero from now on."""
        for part in module.modules():
            for key, hook in list(part._forward_pre_hooks.items()):
                if isinstance(hook, prune.BasePruningMethod):
                    hook.remove(part)
                    del part._forward_pre_hooks[key]

    def _zeros(self) -> list[tuple[int, int]]:
        """Of each parameter how many elements are masked, and how many there are."""
        masks = [getattr(module, f"{name}_mask", None) for module, name in self._parameters_to_prune]
        return [(0, 1) if mask is None else (int((mask == 0).sum().item()), mask.numel()) for mask in masks]

    def _log_counts(self, before: list[tuple[int, int]], after: list[tuple[int, int]], amount: Any) -> None:
        total = sum(size for _, size in after)
        old, new = (sum(zeros for zeros, _ in counts) for counts in (before, after))
        method = self._pruning_method_name
        log.info("%s pruned %d of %d (%.2f%%), before %d", method, new, total, 100 * new / total, old)
        if self._verbose == 2:
            pairs = zip(self._parameters_to_prune, before, after, strict=True)
            for (module, name), (old, _), (new, size) in pairs:
                place = f"{module!r}.{name}"
                log.info("%s pruned %d of %d in %s with amount=%s, before %d", method, new, size, place, amount, old)

    @staticmethod
    def sanitize_parameters_to_prune(
        pl_module: nn.Module, parameters_to_prune: Places = (), parameter_names: Sequence[str] = ()
    ) -> Places:
        """Check the pairs that were asked for, or collect all that the module has.

        Args:
            pl_module: The module.
            parameters_to_prune: Pairs of a module and the name of a parameter.
            parameter_names: Where no pairs are given: the names to look for.

        Raises:
            MisconfigurationException: They are no such pairs, or not in the module.
        """
        present = [module for module in pl_module.modules() if not isinstance(module, CONTAINERS)]
        if not parameters_to_prune:
            names = parameter_names or ModelPruning.PARAMETER_NAMES
            return [
                (part, name)
                for name in names
                for part in present
                if isinstance(getattr(part, name, None), nn.Parameter)
            ]
        pairs: Any = parameters_to_prune if isinstance(parameters_to_prune, (list, tuple)) else [()]
        if not all(len(pair) == 2 and isinstance(pair[0], nn.Module) and isinstance(pair[1], str) for pair in pairs):
            raise MisconfigurationException(
                "ModelPruning(parameters_to_prune=...): a list of pairs is due, such as [(model.layer, 'weight')], got "
                f"{parameters_to_prune!r}"
            )
        known = {id(module) for module in present}
        if missing := [pair for pair in pairs if id(pair[0]) not in known or not hasattr(*pair)]:
            raise MisconfigurationException(
                f"ModelPruning(parameters_to_prune=...): {missing} is not in {type(pl_module).__name__}"
            )
        return parameters_to_prune


def _options(name: str, dim: int | None, norm: int | None) -> dict[str, Any]:
    """The arguments that a structured method needs: a dimension, and for ``ln_structured`` the order of a norm."""
    if not name.endswith("_structured"):
        return {}
    if dim is None:
        raise MisconfigurationException(f"ModelPruning(pruning_fn={name!r}) prunes along a dimension: give pruning_dim")
    if name != "ln_structured":
        return {"dim": dim}
    if norm is None:
        raise MisconfigurationException(f"ModelPruning(pruning_fn={name!r}) compares by a norm: give pruning_norm")
    return {"n": norm, "dim": dim}


def _at(value: Any, epoch: int) -> Any:
    return value(epoch) if callable(value) else value


def _without_masks(module: nn.Module) -> dict[str, Tensor]:
    """The weights as they are used, on the CPU."""
    state = dict(module.state_dict())
    for name in [key.removesuffix("_mask") for key in state if key.endswith("_mask")]:
        original, mask = state.pop(f"{name}_orig"), state.pop(f"{name}_mask")
        state[name] = mask.to(dtype=original.dtype) * original
    return {name: value.cpu() if isinstance(value, Tensor) else value for name, value in state.items()}
