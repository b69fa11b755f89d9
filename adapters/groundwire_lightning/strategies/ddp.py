"""The strategy of several processes, each with a copy of the model, whose gradients are averaged."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from groundwire_lightning.errors import MisconfigurationException
from groundwire_lightning.strategies.strategy import ParallelStrategy

WRAPPING = (
    "find_unused_parameters",
    "gradient_as_bucket_view",
    "static_graph",
    "bucket_cap_mb",
    "broadcast_buffers",
    "dim",
    "check_reduction",
)
"""Arguments that go to ``DistributedDataParallel``."""


class DDPStrategy(ParallelStrategy):
    """``torch.nn.parallel.DistributedDataParallel``, set up by Accelerate.

    Args:
        process_group_backend: ``"nccl"`` or ``"gloo"``; by default the one that suits the device.
        timeout: The longest time that a process waits for the others.
        checkpoint_io: A ``CheckpointIO`` of your own, which reads and writes checkpoints.
        start_method: The way to start processes; without effect: the program runs once more in each.
        **kwargs: Arguments of ``DistributedDataParallel``.

    Raises:
        MisconfigurationException: An argument that nobody would read.
    """

    strategy_name = "ddp"

    def __init__(
        self,
        *,
        process_group_backend: str | None = None,
        timeout: timedelta | None = None,
        checkpoint_io: Any = None,
        start_method: str = "popen",
        **kwargs: Any,
    ) -> None:
        if checkpoint_io is not None:
            self.checkpoint_io = checkpoint_io
        ignored = {name: value for name, value in kwargs.items() if name not in WRAPPING and value is not None}
        if ignored:
            raise MisconfigurationException(
                f"DDPStrategy({', '.join(sorted(ignored))}): nobody reads it here; taken are {', '.join(WRAPPING)}, "
                "process_group_backend and timeout"
            )
        self.process_group_backend = process_group_backend
        self.timeout = timeout
        self.start_method = start_method
        self._ddp_kwargs = {name: value for name, value in kwargs.items() if value is not None}

    @property
    def distributed_sampler_kwargs(self) -> dict[str, int]:
        """The arguments with which a ``DistributedSampler`` is made."""
        return {"num_replicas": self.world_size, "rank": self.global_rank}

    def _accelerate(self) -> list[Any]:
        from accelerate import DistributedDataParallelKwargs, InitProcessGroupKwargs

        handlers: list[Any] = [DistributedDataParallelKwargs(**self._ddp_kwargs)] if self._ddp_kwargs else []
        arguments = {"backend": self.process_group_backend, "timeout": self.timeout}
        group = {name: value for name, value in arguments.items() if value is not None}
        return [*handlers, InitProcessGroupKwargs(**group)] if group else handlers
