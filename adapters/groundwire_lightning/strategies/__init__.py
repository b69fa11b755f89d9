"""Strategies: one device, or several processes through Accelerate, and the precision of numbers; others are gaps."""

from typing import TYPE_CHECKING, Any

from groundwire_lightning.errors import NotSupportedYetError, missing_class
from groundwire_lightning.strategies.ddp import DDPStrategy
from groundwire_lightning.strategies.single_device import SingleDeviceStrategy
from groundwire_lightning.strategies.strategy import ParallelStrategy, Strategy
from groundwire_lightning.utilities.lazily import modules_of

__all__ = [
    "DDPStrategy",
    "DeepSpeedStrategy",
    "FSDPStrategy",
    "ModelParallelStrategy",
    "ParallelStrategy",
    "SingleDeviceStrategy",
    "SingleDeviceXLAStrategy",
    "Strategy",
    "StrategyRegistry",
    "XLAStrategy",
]

_OWN = "override _create_accelerator of the Trainer and give Accelerate its plugin there"
FSDPStrategy = missing_class("FSDPStrategy", __name__, f"{_OWN}: FullyShardedDataParallelPlugin", ParallelStrategy)
DeepSpeedStrategy = missing_class("DeepSpeedStrategy", __name__, f"{_OWN}: DeepSpeedPlugin", ParallelStrategy)
ModelParallelStrategy = missing_class(
    "ModelParallelStrategy", __name__, f"{_OWN}: TorchTensorParallelPlugin", ParallelStrategy
)
XLAStrategy = missing_class(
    "XLAStrategy", __name__, "accelerate launch --tpu with a native groundwire.Trainer", ParallelStrategy
)
SingleDeviceXLAStrategy = missing_class(
    "SingleDeviceXLAStrategy", __name__, "a native groundwire.Trainer on the TPU", Strategy
)


class _Registry(dict[str, type]):
    """The strategies that ``Trainer(strategy=...)`` takes as a string: name to class."""

    def available_strategies(self) -> list[str]:
        """The names."""
        return sorted(self)

    def register(self, name: str, *args: object, **kwargs: object) -> None:
        """Refused, since methods of a strategy of one's own would never be called.

        Raises:
            NotSupportedYetError: Always.
        """
        raise NotSupportedYetError(
            f"StrategyRegistry.register({name!r}): processes work together through Accelerate; override "
            "_create_accelerator of the Trainer"
        )


_DDP = ("ddp", "ddp_spawn", "ddp_fork", "ddp_notebook")
_UNUSED = ("", "_find_unused_parameters_false", "_find_unused_parameters_true")
StrategyRegistry = _Registry(
    {
        "single_device": SingleDeviceStrategy,
        **{f"{launched}{unused}": DDPStrategy for launched in _DDP for unused in _UNUSED},
    }
)

GUESTS: dict[str, Any] = {
    "DDPStrategy": lambda theirs: DDPStrategy(
        process_group_backend=theirs._process_group_backend, checkpoint_io=theirs._checkpoint_io, **theirs._ddp_kwargs
    ),
    "SingleDeviceStrategy": lambda theirs: SingleDeviceStrategy(theirs.root_device, theirs._checkpoint_io),
}
"""Name of a class of the real Lightning to the function that makes one of our objects from one of its."""

if not TYPE_CHECKING:
    __getattr__ = modules_of(__name__)
