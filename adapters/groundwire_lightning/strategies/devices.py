"""The device and the processes of a Trainer, from ``accelerator=``, ``devices=``, ``strategy=`` and ``num_nodes=``.

In the order of use: the kind of device, the strategy, the number of devices, the processes of the launcher, and at last
Accelerate's object for all of these. Accelerate finds the processes that a launcher started, and those of starting.py.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.state import PartialState

from groundwire import did_you_mean
from groundwire.errors import rank_zero_warn
from groundwire_lightning.accelerators import KINDS
from groundwire_lightning.accelerators import Accelerator as Kind
from groundwire_lightning.errors import ArgumentError, MisconfigurationException, NotSupportedYetError
from groundwire_lightning.guests import LIGHTNING_ROOTS
from groundwire_lightning.paths import AS_LIGHTNING
from groundwire_lightning.strategies import (
    GUESTS,
    DDPStrategy,
    SingleDeviceStrategy,
    Strategy,
    StrategyRegistry,
    starting,
)

VARIABLE = "GROUNDWIRE_ACCELERATOR"
"""The environment variable that is read instead of ``accelerator=``; ``devices=`` is then ignored too."""

OTHER_STRATEGIES = {
    "fsdp": "FullyShardedDataParallelPlugin",
    "deepspeed": "DeepSpeedPlugin",
    "modelparallel": "TorchTensorParallelPlugin",
    "xla": "a native groundwire.Trainer under accelerate launch --tpu",
    "single_xla": "a native groundwire.Trainer under accelerate launch --tpu",
    "single_tpu": "a native groundwire.Trainer under accelerate launch --tpu",
}
"""The beginning of a name of Lightning's other strategies, to the counterpart that Accelerate has."""


def device_kind(asked: Mapping[str, Any]) -> str:
    """The kind of device that is asked for: ``"cpu"``, ``"cuda"`` or ``"mps"``.

    Args:
        asked: The arguments of the Trainer: name to value.

    Raises:
        ValueError: There is no such kind.
        MisconfigurationException: There is no such device here.
        NotSupportedYetError: Nothing here runs on such a device.
    """
    name = os.environ.get(VARIABLE) or asked["accelerator"]
    if isinstance(name, Kind):
        name = _name_of(name)
    kinds = ("auto", "gpu", *KINDS)
    if not isinstance(name, str) or name.lower() not in kinds:
        raise ValueError(
            f"accelerator={name!r}: {', '.join(map(repr, kinds))} are known.{did_you_mean(str(name), kinds)}"
            + (f" Several processes are asked for by strategy={name!r}." if str(name).startswith("ddp") else "")
        )
    name = name.lower()
    cards = [kind for kind in ("cuda", "mps") if KINDS[kind].is_available()]
    if name == "auto":
        return (cards or ["cpu"])[0]
    if name == "gpu" and cards:
        return cards[0]
    if name == "gpu" or not KINDS[name].is_available():
        raise MisconfigurationException(
            f"Trainer(accelerator={name!r}): torch sees no such device here. Set the environment variable "
            f"{VARIABLE}=cpu to run this as it is on the CPU, or pass accelerator='auto'"
        )
    return name


def _name_of(kind: Kind) -> str:
    if type(kind) not in KINDS.values():
        raise NotSupportedYetError(
            f"accelerator={type(kind).__name__}(): a device of your own is set up by Accelerate; override "
            "_create_accelerator of the Trainer"
        )
    return kind.name()


def strategy_for(asked: Mapping[str, Any], kind: str) -> Strategy:
    """The strategy that is asked for, as an object.

    Args:
        asked: The arguments of the Trainer: name to value.
        kind: The kind of device, such as ``"cuda"``.

    Raises:
        ValueError: There is no such strategy.
        ArgumentError: It is neither a name nor a strategy.
        NotSupportedYetError: It has no counterpart here.
    """
    strategy = asked["strategy"]
    if isinstance(strategy, Strategy):
        return strategy
    if type(strategy).__name__ in GUESTS and type(strategy).__module__.startswith(LIGHTNING_ROOTS):
        ours: Strategy = GUESTS[type(strategy).__name__](strategy)
        return ours
    if not isinstance(strategy, str):
        raise ArgumentError(
            f"strategy={strategy!r}: 'auto', the name of a strategy or an object of groundwire_lightning.strategies is "
            "due"
        )
    name = strategy.lower()
    if name == "auto":
        several = launched_processes() > 1 or (device_count(asked, kind) or 1) > 1
        return DDPStrategy() if several else SingleDeviceStrategy(kind)
    if name in StrategyRegistry:
        if name == "single_device":
            return SingleDeviceStrategy(kind)
        unused = name.rpartition("_")[2] if "find_unused" in name else None
        return DDPStrategy(find_unused_parameters=None if unused is None else unused == "true")
    for start, instead in OTHER_STRATEGIES.items():
        if name.startswith(start):
            raise NotSupportedYetError(
                f"strategy={name!r} is not supported yet. Instead: override _create_accelerator of the Trainer and "
                f"give Accelerate its counterpart there, {instead}"
            )
    raise ValueError(
        f"strategy={name!r}: 'auto', {', '.join(map(repr, sorted(StrategyRegistry)))}, or an object of "
        f"groundwire_lightning.strategies is due.{did_you_mean(name, StrategyRegistry)}"
        + (" Lightning 2 removed 'dp'; 'ddp' replaced it." if name == "dp" else "")
    )


def launched_processes() -> int:
    """The number of processes that a launcher started, this one included; those that a Trainer starts do not count."""
    return 1 if starting.is_started() else int(os.environ.get("WORLD_SIZE", "1"))


def device_count(asked: Mapping[str, Any], kind: str) -> int | None:
    """The number of devices of a machine that is asked for; None where that is left open.

    Args:
        asked: The arguments of the Trainer: name to value.
        kind: The kind of device, such as ``"cuda"``.

    Raises:
        MisconfigurationException: It is none, or more than the machine has.
        ArgumentError: The value is no number of devices.
    """
    devices = asked["devices"]
    if os.environ.get(VARIABLE) or (isinstance(devices, str) and devices == "auto"):
        return None
    listed = listed_devices(devices)
    if listed in ([], 0):
        raise MisconfigurationException(f"devices={devices!r}: at least one is due")
    available = KINDS[kind].auto_device_count()
    if kind == "cpu":
        if not isinstance(listed, int) or listed < 1:
            raise ArgumentError(f"devices={devices!r}: on the CPU a number of processes from 1 up is due")
        return listed
    if isinstance(listed, list):
        if strange := [index for index in listed if not 0 <= index < available]:
            indices = list(range(available))
            raise MisconfigurationException(f"devices={devices!r}: there is no {strange}, only {indices}")
        return len(listed)
    number = available if listed == -1 else listed
    if number > available:
        raise MisconfigurationException(f"devices={devices!r}: there are {available}")
    return number


def listed_devices(devices: Any) -> int | list[int]:
    """``devices=`` as a number or as a list of indices."""
    if isinstance(devices, str):
        try:
            numbers = [int(part) for part in devices.split(",") if part.strip()]
        except ValueError:
            raise ArgumentError(f"devices={devices!r}: a number, a list of indices or 'auto' is due") from None
        return numbers if "," in devices or not numbers else numbers[0]
    if isinstance(devices, int) and not isinstance(devices, bool):
        return devices
    if isinstance(devices, (list, tuple)) and all(type(index) is int for index in devices):
        return list(devices)
    raise ArgumentError(f"devices={devices!r}: a number, a list of indices or 'auto' is due")


def processes_to_start(asked: Mapping[str, Any], kind: str, number: int | None) -> int:
    """The number of processes that the Trainer has to start, itself included; 1 where it has to start none.

    Args:
        asked: The arguments of the Trainer: name to value.
        kind: The kind of device, such as ``"cuda"``.
        number: The number of devices of a machine that is asked for, or None.

    Raises:
        ValueError: A launcher started another number of processes.
        NotSupportedYetError: It asks for several machines, or for a way of starting that is not here; names the command
            that does it.
    """
    nodes = asked["num_nodes"]
    wanted, launched = nodes * (number or 1), launched_processes()
    if launched > 1:
        if number is not None and wanted != launched:
            raise ValueError(
                f"devices={asked['devices']!r} on num_nodes={nodes} are {wanted} processes, but the launcher started "
                f"{launched}"
            )
        return 1
    if nodes > 1:
        # the launcher has to be answered for as well, so that it passes this on to the processes that it starts
        launcher = "groundwire run -m torch.distributed.run" if os.environ.get(AS_LIGHTNING) else "torchrun"
        command = f"{launcher} --nproc_per_node {number or 1} --nnodes {nodes}"
        raise NotSupportedYetError(
            f"Trainer(devices={asked['devices']!r}, num_nodes={nodes}) asks for {wanted} processes on several "
            f"machines, and this one does not start them. Instead: {command} {' '.join(sys.argv) or 'train.py'}"
        )
    started = starting.own_place()[1]
    if wanted > 1 and starting.is_started() and wanted != started:
        raise ValueError(
            f"devices={asked['devices']!r}: an earlier Trainer of this program started {started} processes, and they "
            "stay as many; ask for as many, or for one"
        )
    if wanted > 1:
        return int(wanted)
    if number is None and kind == "cuda" and (cards := KINDS[kind].auto_device_count()) > 1:
        rank_zero_warn(f"devices='auto' uses one of {cards} devices; devices={cards} uses all of them")
    return 1


def make_accelerator(asked: Mapping[str, Any], kind: str, strategy: Strategy, joins: bool) -> Accelerator:
    """Make Accelerate's ``Accelerator`` for the device and the processes of a Trainer.

    Args:
        asked: The arguments of the Trainer: name to value.
        kind: The kind of device, such as ``"cuda"``.
        strategy: The strategy of its processes.
        joins: It works with the processes that were started, where some were.
    """
    current = PartialState._shared_state.get("device")
    if current is not None and launched_processes() == 1 and (current.type != kind or starting.is_started()):
        # Accelerate keeps one device for the whole process, that of the first Trainer. A new dictionary lets this one
        # have its own; objects of the earlier Trainer hold the old dictionary, and keep theirs
        PartialState._shared_state = type(PartialState._shared_state)()
    if kind == "cuda" and device_count(asked, kind) is not None:
        indices = listed_devices(asked["devices"])
        if isinstance(indices, list):
            torch.cuda.set_device(indices[int(os.environ.get("LOCAL_RANK", "0"))])
    with starting.joining() if joins and starting.is_started() else nullcontext():
        return Accelerator(cpu=kind == "cpu", kwargs_handlers=strategy._accelerate() or None)
