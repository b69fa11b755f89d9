"""Export of modules to the formats of other runtimes: ONNX and TorchScript."""

from __future__ import annotations

import functools
from types import SimpleNamespace
from typing import Any, ClassVar, NoReturn

import torch

from groundwire_lightning.errors import MisconfigurationException, NotSupportedYetError


class Export(torch.nn.Module):
    """Gives a module ``to_onnx`` and ``to_torchscript``."""

    example_input_array: Any

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Keep TorchScript from compiling the properties of our classes, and from reading their annotations."""
        super().__init_subclass__(**kwargs)
        if cls.__module__.startswith("groundwire_lightning."):
            names = [name for base in cls.__mro__ for name, value in vars(base).items() if isinstance(value, property)]
            cls.__jit_unused_properties__ = names
            cls.__annotations__ = {"training": bool}  # torch reads those of the first class that has any

    __jit_unused_properties__: ClassVar[list[str]] = []

    @torch.no_grad()
    def to_onnx(self, file_path: Any = None, input_sample: Any = None, **kwargs: Any) -> Any:
        """Export the module with ``torch.onnx.export``.

        Args:
            file_path: The file to write; None writes none.
            input_sample: The input that ``forward`` is called with, by default ``example_input_array``.
            **kwargs: Further arguments of ``torch.onnx.export``.

        Returns:
            The return value of ``torch.onnx.export``.

        Raises:
            MisconfigurationException: There is no input to run the module on.
        """
        sample = self.example_input_array if input_sample is None else input_sample
        if sample is None:
            raise MisconfigurationException(
                f"{type(self).__qualname__}.to_onnx needs an input to run on: pass input_sample= or set "
                "self.example_input_array"
            )
        modes = [(module, module.training) for module in self.modules()]
        try:
            return torch.onnx.export(self, sample, file_path, **kwargs)
        finally:
            for module, was_training in modes:
                module.training = was_training

    @torch.no_grad()
    def to_torchscript(
        self, file_path: Any = None, method: str | None = "script", example_inputs: Any = None, **kwargs: Any
    ) -> Any:
        """Compile the module to TorchScript, in eval mode; torch recommends ``torch.export.export`` today.

        Args:
            file_path: The file to write; None writes none.
            method: ``"script"``, or ``"trace"`` to record what ``forward`` does with ``example_inputs``.
            example_inputs: The input to trace with, by default ``example_input_array``.
            **kwargs: Further arguments of ``torch.jit.script`` or ``torch.jit.trace``.

        Returns:
            The ``torch.jit.ScriptModule``.

        Raises:
            ValueError: There is no such method, or nothing to trace with.
        """
        if method not in ("script", "trace"):
            raise ValueError(f"{type(self).__qualname__}.to_torchscript(method={method!r}): 'script' or 'trace' is due")
        sample = self.example_input_array if example_inputs is None else example_inputs
        if method == "trace" and sample is None:
            raise ValueError(
                f"{type(self).__qualname__}.to_torchscript(method='trace') needs an input to follow: pass "
                "example_inputs= or set self.example_input_array"
            )
        modes = [(module, module.training) for module in self.modules()]
        trainer = self.__dict__.get("_trainer")
        self.__dict__["_trainer"] = trainer or SimpleNamespace()  # torch reads every property, and one raises without
        self.eval()
        tracing = functools.partial(torch.jit.trace, example_inputs=sample)
        compiler: Any = torch.jit.script if method == "script" else tracing
        try:
            compiled = compiler(self, **kwargs)
        finally:
            self.__dict__["_trainer"] = trainer
            for module, was_training in modes:
                module.training = was_training
        if file_path is not None:
            torch.jit.save(compiled, str(file_path))
        return compiled

    def to_tensorrt(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refused: use ``torch_tensorrt`` on the network inside of the module."""
        raise NotSupportedYetError(
            f"{type(self).__qualname__}.to_tensorrt is not supported yet; compile the network inside of the module "
            "with torch_tensorrt.compile"
        )
