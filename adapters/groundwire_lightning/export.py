"""How a module leaves for another runtime."""

from __future__ import annotations

from typing import Any, NoReturn

import torch

from groundwire_lightning.errors import MisconfigurationException, NotSupportedYetError


class Export(torch.nn.Module):
    """A module that can be written in the formats of other runtimes."""

    example_input_array: Any

    @torch.no_grad()
    def to_onnx(self, file_path: Any = None, input_sample: Any = None, **kwargs: Any) -> Any:
        """Export the module with ``torch.onnx.export``.

        Args:
            file_path: Where the file goes; None writes none.
            input_sample: What ``forward`` is called with, by default ``example_input_array``.
            **kwargs: Further arguments of ``torch.onnx.export``.

        Returns:
            What ``torch.onnx.export`` returns.

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

    def to_torchscript(
        self, file_path: Any = None, method: str | None = "script", example_inputs: Any = None, **kwargs: Any
    ) -> NoReturn:
        """Not supported: torch is giving TorchScript up."""
        raise NotSupportedYetError(
            f"{type(self).__qualname__}.to_torchscript: torch has given TorchScript up; use "
            "torch.export.export(module, args), or torch.jit.trace on the network inside of the module"
        )

    def to_tensorrt(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Not supported yet."""
        raise NotSupportedYetError(
            f"{type(self).__qualname__}.to_tensorrt is not supported yet; compile the network inside of the module "
            "with torch_tensorrt.compile"
        )
