"""The layers of a model, counted and measured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.nn.parameter import UninitializedParameter

from groundwire.errors import rank_zero_warn
from groundwire_lightning.utilities.model_summary.table import Column, get_human_readable_count, table

if TYPE_CHECKING:
    from torch.utils.flop_counter import FlopCounterMode

UNKNOWN_SIZE = "?"
LEFTOVER_PARAMS_NAME = "other params"
NOT_APPLICABLE = "n/a"
BITS = {"64": 64, "64-true": 64, "32": 32, "32-true": 32, "16": 16, "16-true": 16, "bf16": 16, "bf16-true": 16}
"""Bits of a parameter, by the precision of the trainer."""


class LayerSummary:
    """A layer: its class, its parameters, and the sizes that its first forward pass saw.

    Args:
        module: The layer.
    """

    def __init__(self, module: nn.Module) -> None:
        self._module = module
        self._in_size: str | list[Any] | None = None
        self._out_size: str | list[Any] | None = None
        scripted = isinstance(module, torch.jit.ScriptModule)  # one takes no hook
        self._hook_handle = None if scripted else module.register_forward_hook(self._measure, with_kwargs=True)

    def _measure(self, module: nn.Module, args: Any, kwargs: Any, out: Any) -> None:
        inputs = (*args, *kwargs.values())
        self._in_size = parse_batch_shape(inputs[0] if len(inputs) == 1 else inputs)
        self._out_size = parse_batch_shape(out)
        self.detach_hook()

    def detach_hook(self) -> None:
        """Remove the hook that waits for a forward pass."""
        if self._hook_handle is not None:
            self._hook_handle.remove()

    def __del__(self) -> None:
        self.detach_hook()

    @property
    def in_size(self) -> str | list[Any]:
        """The shape of the input, or ``"?"``."""
        return self._in_size or UNKNOWN_SIZE

    @property
    def out_size(self) -> str | list[Any]:
        """The shape of the output, or ``"?"``."""
        return self._out_size or UNKNOWN_SIZE

    @property
    def layer_type(self) -> str:
        """The name of its class."""
        return type(self._module).__name__

    @property
    def num_parameters(self) -> int:
        """The number of its parameters, those of the layers inside it included."""
        return _count(self._module.parameters())

    @property
    def training(self) -> bool:
        """True in train mode."""
        return self._module.training


class ModelSummary:
    """The layers of a model in a table; ``str`` of it is the table.

    Sizes and floating-point operations are known where the model has an ``example_input_array``, which is sent
    through it once, in eval mode and without gradients.

    Args:
        model: The module.
        max_depth: Layers within layers to go down to; -1 for all, 0 for none. Others are a ``ValueError``.
    """

    def __init__(self, model: Any, max_depth: int = 1) -> None:
        if max_depth != int(max_depth) or max_depth < -1:
            raise ValueError(f"ModelSummary(max_depth={max_depth!r}): -1, 0 or a greater whole number is due")
        self._model = model
        self._max_depth = max_depth
        self._flop_counter: FlopCounterMode | None = None
        self._layer_summary = self.summarize()
        _warn_of_lazy_layers(model)
        precision = getattr(getattr(model, "_trainer", None), "precision", "32-true")
        self._precision_megabytes = _bits_of(precision) / 8.0 * 1e-6

    @property
    def named_modules(self) -> list[tuple[str, nn.Module]]:
        """The layers that are looked at, by name."""
        if self._max_depth == 0:
            return []
        if self._max_depth == 1:
            return list(self._model.named_children())
        return list(self._model.named_modules())[1:]  # the first is the model itself

    @property
    def layer_names(self) -> list[str]:
        """Names of the layers in the table; the properties below are in the same order."""
        return list(self._layer_summary)

    @property
    def layer_types(self) -> list[str]:
        """Names of their classes."""
        return [layer.layer_type for layer in self._layer_summary.values()]

    @property
    def in_sizes(self) -> list[Any]:
        """Shapes of their inputs."""
        return [layer.in_size for layer in self._layer_summary.values()]

    @property
    def out_sizes(self) -> list[Any]:
        """Shapes of their outputs."""
        return [layer.out_size for layer in self._layer_summary.values()]

    @property
    def param_nums(self) -> list[int]:
        """Numbers of their parameters."""
        return [layer.num_parameters for layer in self._layer_summary.values()]

    @property
    def training_modes(self) -> list[bool]:
        """Modes of the layers: True for train mode."""
        return [layer.training for layer in self._layer_summary.values()]

    @property
    def total_training_modes(self) -> dict[str, int]:
        """Modules in train and in eval mode, at every depth, the model itself left out."""
        modes = [layer.training for layer in self._model.modules()][1:]
        return {"train": modes.count(True), "eval": modes.count(False)}

    @property
    def total_parameters(self) -> int:
        """The number of parameters of the model."""
        return _count(self._model.parameters())

    @property
    def trainable_parameters(self) -> int:
        """The number of parameters that require gradients."""
        return _count(parameter for parameter in self._model.parameters() if parameter.requires_grad)

    @property
    def total_layer_params(self) -> int:
        """The number of parameters of the layers in the table."""
        return sum(self.param_nums)

    @property
    def model_size(self) -> float:
        """Megabytes that the parameters take."""
        return self.total_parameters * self._precision_megabytes

    @property
    def total_flops(self) -> int:
        """Floating-point operations of the example; 0 without one."""
        return 0 if self._flop_counter is None else self._flop_counter.get_total_flops()

    @property
    def flop_counts(self) -> dict[str, dict[Any, int]]:
        """Floating-point operations of each layer, by operator."""
        counts = {} if self._flop_counter is None else self._flop_counter.get_flop_counts()
        return {name: counts.get(f"{type(self._model).__name__}.{name}", {}) for name in self.layer_names}

    def summarize(self) -> dict[str, LayerSummary]:
        """Look at the layers, and send the example through them where there is one."""
        layers = {name: LayerSummary(module) for name, module in self.named_modules}
        if self._has_example:
            self._forward_example_input()
        for layer in layers.values():
            layer.detach_hook()
        deepest = self._max_depth
        return {name: layer for name, layer in layers.items() if deepest < 1 or name.count(".") < deepest}

    @property
    def _has_example(self) -> bool:
        return getattr(self._model, "example_input_array", None) is not None

    def _forward_example_input(self) -> None:
        from torch.utils.flop_counter import FlopCounterMode

        self._flop_counter = FlopCounterMode(display=False, depth=self._max_depth + 1)
        model, example = self._model, _on_device(self._model)
        trainer = getattr(model, "_trainer", None)
        precision = nullcontext() if trainer is None else trainer.precision_plugin.forward_context()
        with _in_eval_mode(model), torch.no_grad(), precision, self._flop_counter:
            if isinstance(example, (list, tuple)):
                model(*example)
            elif isinstance(example, dict):
                model(**example)
            else:
                model(example)

    def _get_summary_data(self) -> list[Column]:
        """The columns of the table."""
        counted = [sum(counts.values()) for counts in self.flop_counts.values()]
        columns = [
            (" ", [str(number) for number in range(len(self._layer_summary))]),
            ("Name", self.layer_names),
            ("Type", self.layer_types),
            ("Params", [get_human_readable_count(number) for number in self.param_nums]),
            ("Mode", ["train" if mode else "eval" for mode in self.training_modes]),
            ("FLOPs", [get_human_readable_count(number) for number in counted]),
        ]
        if self._has_example:
            columns += [("In sizes", [*map(str, self.in_sizes)]), ("Out sizes", [*map(str, self.out_sizes)])]
        rest = self.total_parameters - self.total_layer_params
        if rest > 0:
            last = {" ": " ", "Name": LEFTOVER_PARAMS_NAME, "Params": get_human_readable_count(rest)}
            for name, cells in columns:
                cells.append(last.get(name, NOT_APPLICABLE))
        return columns

    def __str__(self) -> str:
        return table(
            self.total_parameters,
            self.trainable_parameters,
            self.model_size,
            self.total_training_modes,
            self.total_flops,
            *self._get_summary_data(),
        )

    __repr__ = __str__


def summarize(lightning_module: Any, max_depth: int = 1) -> ModelSummary:
    """The summary of a module.

    Args:
        lightning_module: The module.
        max_depth: Layers within layers to go down to, as for :class:`ModelSummary`.
    """
    return ModelSummary(lightning_module, max_depth=max_depth)


def parse_batch_shape(batch: Any) -> str | list[Any]:
    """The shape of a tensor, those of tensors in lists and tuples; ``"?"`` for anything else."""
    if hasattr(batch, "shape"):
        return list(batch.shape)
    if isinstance(batch, (list, tuple)):
        return [parse_batch_shape(part) for part in batch]
    return UNKNOWN_SIZE


def _on_device(model: Any) -> Any:
    """The example as a batch would reach the model: through its transfer hooks, where it has any."""
    example = model.example_input_array
    if not hasattr(model, "transfer_batch_to_device"):
        from lightning_utilities.core.apply_func import apply_to_collection

        device = next((parameter.device for parameter in model.parameters()), torch.device("cpu"))
        return apply_to_collection(example, torch.Tensor, lambda tensor: tensor.to(device))
    example = model.on_before_batch_transfer(example, 0)
    example = model.transfer_batch_to_device(example, model.device, 0)
    return model.on_after_batch_transfer(example, 0)


@contextmanager
def _in_eval_mode(model: nn.Module) -> Iterator[None]:
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    yield
    for module, mode in modes:
        module.training = mode


def _count(parameters: Iterable[nn.Parameter]) -> int:
    """The number of elements; a parameter that has no shape yet counts for nothing."""
    return sum(parameter.numel() for parameter in parameters if not isinstance(parameter, UninitializedParameter))


def _warn_of_lazy_layers(model: nn.Module) -> None:
    if any(isinstance(parameter, UninitializedParameter) for parameter in model.parameters()):
        rank_zero_warn(
            "the model has lazy layers whose parameters are not counted, for nothing was sent through them yet; "
            "set self.example_input_array to have them counted"
        )


def _bits_of(precision: str) -> int:
    if precision not in BITS:
        rank_zero_warn(
            f"the model summary counts 4 bytes a parameter, since precision {precision!r} says nothing of their size"
        )
    return BITS.get(precision, 32)
