"""The name of Lightning's profiler for TPUs, which is not here."""

from __future__ import annotations

from typing import Any

from groundwire_lightning.errors import NotSupportedYetError


class XLAProfiler:
    """Refuses: groundwire does not run on TPUs.

    Args:
        *args: What Lightning's takes.
        **kwargs: Likewise.

    Raises:
        NotSupportedYetError: Always.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise NotSupportedYetError(
            "XLAProfiler records on TPUs, which are not supported yet; PyTorchProfiler records on CPUs and CUDA devices"
        )
