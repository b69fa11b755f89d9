"""The base classes of strategies: the interface of ``trainer.strategy``, over what Accelerate does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, NoReturn

import torch

from groundwire_lightning.checkpoints.io import TorchCheckpointIO, own_io
from groundwire_lightning.errors import MisconfigurationException, NotSupportedYetError
from groundwire_lightning.strategies.processes import processes_agree

if TYPE_CHECKING:
    from groundwire_lightning.core.running import Running

__all__ = ["ParallelStrategy"]


class Strategy:
    """The interface of ``trainer.strategy`` for modules and callbacks.

    An instance that is passed as ``Trainer(strategy=...)`` says which kind is wanted; it then reads everything from
    that trainer. Methods that a subclass overrides would never be called, so that such a subclass is refused.
    """

    strategy_name = "strategy"

    _trainer: Any = None
    _checkpoint_io: Any = None  # the user's own; None for ours

    @property
    def trainer(self) -> Any:
        """The trainer that it was passed to.

        Raises:
            MisconfigurationException: It was passed to none yet.
        """
        if self._trainer is None:
            raise MisconfigurationException(f"{type(self).__name__} is asked before it was passed to a Trainer")
        return self._trainer

    def _answer_for(self, trainer: Running) -> None:
        own = [cls for cls in type(self).__mro__ if not cls.__module__.startswith("groundwire_lightning.")]
        written = [name for cls in own for name in vars(cls) if hasattr(Strategy, name) and name[:2] != "__"]
        if written:
            raise NotSupportedYetError(
                f"strategy={type(self).__name__}(): its own {', '.join(sorted(set(written)))} would never be called. "
                "Processes work together through Accelerate: override _create_accelerator of the Trainer, or "
                "_prepare_model_and_optimizer"
            )
        self._trainer = trainer

    def _accelerate(self) -> list[Any]:
        """The keyword handlers that Accelerate is given for it."""
        return []

    # processes and devices

    @property
    def root_device(self) -> torch.device:
        """The device of this process."""
        device: torch.device = self.trainer.device
        return device

    @property
    def parallel_devices(self) -> list[torch.device]:
        """The devices of this machine."""
        device, number = self.root_device, self.trainer.num_devices
        indexed = device.type == "cuda" and number > 1
        return [torch.device(device.type, index) if indexed else device for index in range(number)]

    @property
    def is_global_zero(self) -> bool:
        """True in the first process."""
        return bool(self.trainer.is_global_zero)

    @property
    def global_rank(self) -> int:
        """The index of this process among all."""
        return int(self.trainer.global_rank)

    @property
    def local_rank(self) -> int:
        """The index of this process on its machine."""
        return int(self.trainer.local_rank)

    @property
    def node_rank(self) -> int:
        """The index of this machine."""
        return int(self.trainer.node_rank)

    @property
    def world_size(self) -> int:
        """The number of processes."""
        return int(self.trainer.world_size)

    @property
    def num_processes(self) -> int:
        """The number of processes on this machine."""
        return int(self.trainer.num_devices)

    @property
    def num_nodes(self) -> int:
        """The number of machines."""
        return int(self.trainer.num_nodes)

    @property
    def accelerator(self) -> Any:
        """``trainer.accelerator``."""
        return self.trainer.accelerator

    @property
    def precision_plugin(self) -> Any:
        """``trainer.precision_plugin``."""
        return self.trainer.precision_plugin

    # model and optimizers

    @property
    def model(self) -> Any:
        """The model, in its wrapper where there is one."""
        return self.trainer.model

    @property
    def lightning_module(self) -> Any:
        """The module, out of its wrapper."""
        return self.trainer.lightning_module

    @property
    def optimizers(self) -> list[Any]:
        """The optimizers of the run; may be set."""
        optimizers: list[Any] = self.trainer.optimizers
        return optimizers

    @optimizers.setter
    def optimizers(self, optimizers: list[Any]) -> None:
        self.trainer.optimizers = optimizers

    @property
    def _lightning_optimizers(self) -> list[Any]:
        optimizers: list[Any] = self.trainer.lightning_optimizers
        return optimizers

    @property
    def lr_scheduler_configs(self) -> list[Any]:
        """The schedulers, each with the settings by which it is stepped."""
        configs: list[Any] = self.trainer.lr_scheduler_configs
        return configs

    def setup_optimizers(self, trainer: Any) -> None:
        """Take optimizers and schedulers from ``configure_optimizers``, again where that was done before.

        Args:
            trainer: The Trainer that it was passed to.
        """
        trainer.optimizer = trainer.plan._create_optimizer()
        trainer.scheduler = trainer.plan.create_scheduler()
        trainer.choose_way()

    def lightning_module_state_dict(self) -> dict[str, Any]:
        """The weights of the module."""
        weights: dict[str, Any] = self.trainer.lightning_module.state_dict()
        return weights

    def load_model_state_dict(self, checkpoint: Mapping[str, Any], strict: bool = True) -> None:
        """Load the weights of a checkpoint.

        Args:
            checkpoint: The checkpoint, with an entry ``state_dict``.
            strict: True refuses names that only one of module and checkpoint has.
        """
        self.trainer.lightning_module.load_state_dict(checkpoint["state_dict"], strict=strict)

    def backward(self, loss: Any, optimizer: Any = None, *args: Any, **kwargs: Any) -> None:
        """The backward pass of ``manual_backward``, with its hooks.

        Args:
            loss: The loss.
            optimizer: Without effect.
            *args: Further arguments of ``backward``.
            **kwargs: Further keyword arguments of it.
        """
        self.trainer.backward_by_hand(loss, args, kwargs)

    # between processes

    def reduce(self, tensor: Any, group: Any = None, reduce_op: Any = "mean") -> Any:
        """A tensor reduced over all processes.

        Args:
            tensor: A tensor, or a collection of tensors; anything else comes back as it is.
            group: Must be None.
            reduce_op: ``"mean"`` or ``"sum"``.
        """
        if self.trainer._accelerator.num_processes == 1:
            return tensor
        if group is not None:
            raise NotSupportedYetError("strategy.reduce(group=...): call torch.distributed with the group yourself")
        operation = str(getattr(reduce_op, "name", reduce_op)).lower()
        return self.trainer._accelerator.reduce(tensor, reduction="mean" if operation in ("mean", "avg") else operation)

    def reduce_boolean_decision(self, decision: bool, all: bool = True) -> bool:  # noqa: A002  # Lightning's name
        """True where all processes decide for something, or any of them.

        Args:
            decision: The vote of this process.
            all: True where every process has to be for it, False where one is enough.
        """
        if self.trainer._accelerator.num_processes == 1:
            return decision
        return processes_agree(self.trainer, decision, all=all)

    def all_gather(self, tensor: Any, group: Any = None, sync_grads: bool = False) -> Any:
        """The tensors of all processes, one below the other in a new first dimension; one process keeps its own.

        Args:
            tensor: A tensor that has the same shape in all processes.
            group: A group of processes of ``torch.distributed``; None for all.
            sync_grads: True lets gradients flow back to the processes that the tensors are from.
        """
        if self.trainer._accelerator.num_processes == 1:
            return tensor
        # imported here: a torch that was built without torch.distributed has no such module
        from torch.distributed.nn.functional import all_gather

        with nullcontext() if sync_grads else torch.no_grad():
            return torch.stack(all_gather(tensor.contiguous(), group))  # type: ignore[no-untyped-call]

    def broadcast(self, obj: Any, src: int = 0) -> Any:
        """Return the object that one process passes, in all of them.

        Args:
            obj: Anything that can be pickled.
            src: The index of that process.
        """
        if self.trainer._accelerator.num_processes == 1:
            return obj
        from accelerate.utils import broadcast_object_list

        return broadcast_object_list([obj], from_process=src)[0]

    def barrier(self, name: str | None = None) -> None:
        """Wait until every process has come here."""
        self.trainer._accelerator.wait_for_everyone()

    # batches and files

    def batch_to_device(self, batch: Any, device: Any = None, dataloader_idx: int = 0) -> Any:
        """A batch on a device.

        Args:
            batch: A collection of tensors.
            device: The device, by default that of this process.
            dataloader_idx: Without effect.
        """
        from accelerate.utils import send_to_device

        return send_to_device(batch, self.root_device if device is None else device)

    def save_checkpoint(self, checkpoint: dict[str, Any], filepath: Any, storage_options: Any = None) -> None:
        """Write a checkpoint in the first process, whole or not at all.

        Args:
            checkpoint: The checkpoint.
            filepath: The place to write it to.
            storage_options: For a ``CheckpointIO`` of one's own; otherwise it must be None.
        """
        if self.is_global_zero:
            self.checkpoint_io.save_checkpoint(checkpoint, filepath, storage_options=storage_options)

    def load_checkpoint(self, checkpoint_path: Any, weights_only: bool | None = None) -> dict[str, Any]:
        """Read a checkpoint.

        Args:
            checkpoint_path: The file.
            weights_only: False loads anything that was pickled.
        """
        loaded: dict[str, Any] = self.checkpoint_io.load_checkpoint(checkpoint_path, weights_only=weights_only)
        return loaded

    def remove_checkpoint(self, filepath: Any) -> None:
        """Delete a checkpoint in the first process.

        Args:
            filepath: The file, or a folder.
        """
        if self.is_global_zero:
            self.checkpoint_io.remove_checkpoint(filepath)

    @property
    def checkpoint_io(self) -> Any:
        """The ``CheckpointIO`` that reads and writes checkpoints; may be set to one of your own."""
        return TorchCheckpointIO() if self._checkpoint_io is None else self._checkpoint_io

    @checkpoint_io.setter
    def checkpoint_io(self, plugin: Any) -> None:
        self._checkpoint_io = own_io(plugin)

    restore_checkpoint_after_setup = False
    lightning_restore_optimizer = True
    handles_gradient_accumulation = False

    @contextmanager
    def tensor_init_context(self, empty_init: bool | None = None) -> Iterator[None]:
        """Create tensors on the device, within a ``with`` block.

        Args:
            empty_init: True leaves their values undefined.
        """
        with self.trainer.init_module(empty_init):
            yield

    def connect(self, model: Any) -> None:
        """Refused, since entry points of the Trainer connect a model."""
        _refuse("connect", "pass the model to an entry point of the Trainer")

    def setup_environment(self) -> None:
        """Refused, since the Trainer sets up its processes when it is made."""
        _refuse("setup_environment", "the processes are set up when the Trainer is made")

    def setup(self, trainer: Running) -> None:
        """Refused, since ``_prepare_model_and_optimizer`` of the Trainer does it."""
        _refuse("setup", "override _prepare_model_and_optimizer of the Trainer")

    def _setup_model(self, model: Any) -> NoReturn:
        _refuse("_setup_model", "override _prepare_model_and_optimizer of the Trainer")

    def teardown(self) -> None:
        """Refused, since the Trainer ends its runs itself."""
        _refuse("teardown", "the Trainer ends its runs itself")


def _refuse(name: str, instead: str) -> NoReturn:
    raise NotSupportedYetError(f"strategy.{name} does nothing here; {instead}")


class ParallelStrategy(Strategy):
    """The base class of strategies with several processes."""
