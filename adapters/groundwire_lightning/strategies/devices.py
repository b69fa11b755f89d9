"""Which device, and how many processes: what ``accelerator=``, ``devices=``, ``strategy=`` and ``num_nodes=`` come to.

Accelerate finds the processes that a launcher started; nothing here starts any.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.state import PartialState

from groundwire import did_you_mean
from groundwire_lightning.accelerators import KINDS
from groundwire_lightning.accelerators import Accelerator as Kind
from groundwire_lightning.errors import ArgumentError, MisconfigurationException, NotSupportedYetError
from groundwire_lightning.guests import ROOTS
from groundwire_lightning.strategies import GUESTS, DDPStrategy, SingleDeviceStrategy, Strategy, StrategyRegistry

VARIABLE = "GROUNDWIRE_ACCELERATOR"
"""The environment variable that is heeded instead of ``accelerator=``; ``devices=`` is then left to it as well."""

OTHER_STRATEGIES = {
    "fsdp": "FullyShardedDataParallelPlugin",
    "deepspeed": "DeepSpeedPlugin",
    "modelparallel": "TorchTensorParallelPlugin",
    "xla": "a native groundwire.Trainer under accelerate launch --tpu",
    "single_xla": "a native groundwire.Trainer under accelerate launch --tpu",
    "single_tpu": "a native groundwire.Trainer under accelerate launch --tpu",
}
"""How names of Lightning's other strategies begin, and what Accelerate has in their place."""


def device_kind(given: Mapping[str, Any]) -> str:
    """The kind of device that is asked for: ``"cpu"``, ``"cuda"`` or ``"mps"``.

    Args:
        given: Argument to value.

    Raises:
        ValueError: There is no such kind.
        MisconfigurationException: There is no such device here.
        NotSupportedYetError: Nothing here runs on such a device.
    """
    asked = os.environ.get(VARIABLE) or given["accelerator"]
    if isinstance(asked, Kind):
        asked = _name_of(asked)
    kinds = ("auto", "gpu", *KINDS)
    if not isinstance(asked, str) or asked.lower() not in kinds:
        raise ValueError(
            f"accelerator={asked!r}: {', '.join(map(repr, kinds))} are known.{did_you_mean(str(asked), kinds)}"
            + (f" Several processes are asked for by strategy={asked!r}." if str(asked).startswith("ddp") else "")
        )
    asked = asked.lower()
    cards = [name for name in ("cuda", "mps") if KINDS[name].is_available()]
    if asked == "auto":
        return (cards or ["cpu"])[0]
    if asked == "gpu" and cards:
        return cards[0]
    if asked == "gpu" or not KINDS[asked].is_available():
        raise MisconfigurationException(
            f"Trainer(accelerator={asked!r}): torch sees no such device here. Set the environment variable "
            f"{VARIABLE}=cpu to run this as it is on the CPU, or pass accelerator='auto'"
        )
    return asked


def _name_of(kind: Kind) -> str:
    if type(kind) not in KINDS.values():
        raise NotSupportedYetError(
            f"accelerator={type(kind).__name__}(): a device of your own is set up by Accelerate; override "
            "_create_accelerator of the Trainer"
        )
    return kind.name()


def strategy_for(given: Mapping[str, Any], kind: str) -> Strategy:
    """The strategy that is asked for, as an object.

    Args:
        given: Argument to value.
        kind: Of the device.

    Raises:
        ValueError: There is no such strategy.
        NotSupportedYetError: It has no counterpart here.
    """
    asked = given["strategy"]
    if isinstance(asked, Strategy):
        return asked
    if type(asked).__name__ in GUESTS and type(asked).__module__.startswith(ROOTS):
        ours: Strategy = GUESTS[type(asked).__name__](asked)
        return ours
    if not isinstance(asked, str):
        raise ArgumentError(
            f"strategy={asked!r}: 'auto', the name of a strategy or an object of groundwire_lightning.strategies is due"
        )
    asked = asked.lower()
    if asked == "auto":
        return DDPStrategy() if launched_processes() > 1 else SingleDeviceStrategy(kind)
    if asked in StrategyRegistry:
        if asked == "single_device":
            return SingleDeviceStrategy(kind)
        unused = asked.rpartition("_")[2] if "find_unused" in asked else None
        return DDPStrategy(find_unused_parameters=None if unused is None else unused == "true")
    for start, instead in OTHER_STRATEGIES.items():
        if asked.startswith(start):
            raise NotSupportedYetError(
                f"strategy={asked!r} is not supported yet. Instead: override _create_accelerator of the Trainer and "
                f"give Accelerate its counterpart there, {instead}"
            )
    raise ValueError(
        f"strategy={asked!r}: 'auto', {', '.join(map(repr, sorted(StrategyRegistry)))}, or an object of "
        f"groundwire_lightning.strategies is due.{did_you_mean(asked, StrategyRegistry)}"
        + (" Lightning 2 removed 'dp'; 'ddp' replaced it." if asked == "dp" else "")
    )


def launched_processes() -> int:
    """How many processes a launcher started, this one included."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def device_count(given: Mapping[str, Any], kind: str) -> int | None:
    """The devices of a machine that are asked for; None where that is left open.

    Args:
        given: Argument to value.
        kind: Of the device.

    Raises:
        MisconfigurationException: None of them, or more than there are.
        ArgumentError: The value says no number.
    """
    devices = given["devices"]
    if os.environ.get(VARIABLE) or (isinstance(devices, str) and devices == "auto"):
        return None
    listed = _listed(devices)
    if listed in ([], 0):
        raise MisconfigurationException(f"devices={devices!r}: at least one is due")
    there = KINDS[kind].auto_device_count()
    if kind == "cpu":
        if not isinstance(listed, int) or listed < 1:
            raise ArgumentError(f"devices={devices!r}: on the CPU a number of processes from 1 up is due")
        return listed
    if isinstance(listed, list):
        if strange := [index for index in listed if not 0 <= index < there]:
            raise MisconfigurationException(f"devices={devices!r}: there is no {strange}, only {list(range(there))}")
        return len(listed)
    number = there if listed == -1 else listed
    if number > there:
        raise MisconfigurationException(f"devices={devices!r}: there are {there}")
    return number


def _listed(devices: Any) -> int | list[int]:
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


def check_processes(given: Mapping[str, Any], kind: str, number: int | None) -> None:
    """Compare the processes that are asked for with those that a launcher started.

    Args:
        given: Argument to value.
        kind: Of the device.
        number: Devices of a machine that are asked for.

    Raises:
        ValueError: A launcher started another number of processes.
        NotSupportedYetError: Several processes are asked for and nobody started them; names the command that does.
    """
    nodes = given["num_nodes"]
    wanted, there = nodes * (number or 1), launched_processes()
    if there > 1:
        if number is not None and wanted != there:
            raise ValueError(
                f"devices={given['devices']!r} on num_nodes={nodes} are {wanted} processes, but the launcher started "
                f"{there}"
            )
        return
    if wanted > 1:
        command = f"torchrun --nproc_per_node {number or 1}" + (f" --nnodes {nodes}" if nodes > 1 else "")
        raise NotSupportedYetError(
            f"Trainer(devices={given['devices']!r}, num_nodes={nodes}) asks for {wanted} processes, and this one does "
            f"not start them. Instead: {command} {' '.join(sys.argv) or 'train.py'}"
        )
    if number is None and kind == "cuda" and (cards := KINDS[kind].auto_device_count()) > 1:
        from groundwire.errors import rank_zero_warn

        rank_zero_warn(
            f"devices='auto' uses one of {cards} devices; torchrun --nproc_per_node {cards} uses all of them"
        )


def make_accelerator(given: Mapping[str, Any], kind: str, strategy: Strategy) -> Accelerator:
    """Accelerate's Accelerator for what was asked.

    Args:
        given: Argument to value.
        kind: Of the device.
        strategy: Of the processes.
    """
    known = PartialState._shared_state.get("device")
    if known is not None and known.type != kind and launched_processes() == 1:
        # a Trainer on another device was made before; those that hold its state keep it
        PartialState._shared_state = type(PartialState._shared_state)()
    if kind == "cuda" and device_count(given, kind) is not None:
        indices = _listed(given["devices"])
        if isinstance(indices, list):
            torch.cuda.set_device(indices[int(os.environ.get("LOCAL_RANK", "0"))])
    return Accelerator(cpu=kind == "cpu", kwargs_handlers=strategy._accelerate() or None)
