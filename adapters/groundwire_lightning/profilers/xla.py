"""Lightning's profiler for TPUs, which cannot run here."""

from __future__ import annotations

from typing import Any

from groundwire_lightning.errors import NotSupportedYetError


class XLAProfiler:
    """A profiler that cannot be made, since groundwire does not run on TPUs.

    Args:
        *args: The arguments of Lightning's profiler.
        **kwargs: Further arguments of Lightning's profiler.

    Raises:
        NotSupportedYetError: Always.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise NotSupportedYetError(
            "XLAProfiler records on TPUs, which are not supported yet; PyTorchProfiler records on CPUs and CUDA devices"
        )
