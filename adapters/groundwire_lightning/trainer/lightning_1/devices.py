"""Arguments of Lightning 1 for devices and processes, as ``accelerator=``, ``devices=`` and ``strategy=``."""

from __future__ import annotations

import os
from typing import Any

from groundwire_lightning.accelerators import KINDS, find_usable_cuda_devices
from groundwire_lightning.strategies import Strategy, StrategyRegistry
from groundwire_lightning.strategies.devices import VARIABLE
from groundwire_lightning.trainer.lightning_1.translation import UNSET, Translation

NO_DEVICES = (None, 0, "0", "", False)
_BY_A_LAUNCHER = "a launcher starts processes: torchrun --nproc_per_node N, with strategy='ddp'"
REFUSED_WAYS = {
    "ddp2": "it split batches over the cards of a machine and joined their losses, which nothing does today; "
    "strategy='ddp' under torchrun gives each card batches of its own",
    "horovod": f"Lightning 2 dropped Horovod; {_BY_A_LAUNCHER}",
    "bagua": f"Lightning 2 dropped Bagua; {_BY_A_LAUNCHER}",
    "colossalai": f"Lightning 2 dropped ColossalAI; {_BY_A_LAUNCHER}",
    "hivemind": f"Lightning 2 dropped Hivemind; {_BY_A_LAUNCHER}",
    "collaborative": f"Lightning 2 dropped Hivemind; {_BY_A_LAUNCHER}",
    "ddp_sharded": "it is Fairscale's; override _create_accelerator of the Trainer and give Accelerate its "
    "FullyShardedDataParallelPlugin there, or use strategy='ddp'",
    "ddp_fully_sharded": "it is Fairscale's; override _create_accelerator of the Trainer and give Accelerate its "
    "FullyShardedDataParallelPlugin there",
    "fairscale": "it is Fairscale's; override _create_accelerator of the Trainer and give Accelerate its "
    "FullyShardedDataParallelPlugin there",
    "tpu_spawn": "TPUs are not supported; a native groundwire.Trainer runs under accelerate launch --tpu",
    "ipu_strategy": "Lightning 2 dropped IPUs",
    "hpu": "HPUs are not supported",
}
"""The beginning of a way to use several devices that nothing here offers, to the reason and what to do instead."""


OLD_WAYS = ("dp", "ddp_cpu")
"""Ways that only Lightning 1 had, and that are taken."""


def is_way(value: Any) -> bool:
    """True for what ``accelerator=`` of Lightning 1 took and ``strategy=`` takes today, or nobody does."""
    return isinstance(value, str) and (
        value.lower() in (*OLD_WAYS, *StrategyRegistry) or value.lower().startswith(tuple(REFUSED_WAYS))
    )


def is_old_way(value: Any) -> bool:
    """True for a value of ``strategy=`` that only Lightning 1 took."""
    return value is None or (is_way(value) and value.lower() not in StrategyRegistry)


def way(translation: Translation, by: str, value: str) -> str:
    """A way to use several devices: a name of a strategy of Lightning 1.

    Raises:
        NotSupportedYetError: Nothing here does that.
    """
    name = value.lower()
    for start in sorted(REFUSED_WAYS, key=len, reverse=True):
        if name.startswith(start):
            translation.refuse(by, REFUSED_WAYS[start])
    if name == "dp":
        translation.splits_batches = by
        return translation.put(by, strategy="auto")
    if name == "ddp_cpu":
        return translation.put(by, accelerator="cpu", strategy="ddp")
    return translation.put(by, strategy=value)


def accelerator(translation: Translation, by: str, value: Any) -> str | None:
    """``accelerator=``, where it is None or names a way: where no card is asked for, Lightning 1 takes the CPU."""
    translation.drop("accelerator")
    translation.otherwise(accelerator="cpu")
    return None if value is None else way(translation, by, value)


def strategy(translation: Translation, by: str, value: Any) -> str | None:
    """``strategy=``, where it has a value of Lightning 1."""
    if translation.today.get("strategy") is value:  # what another argument asked for stays
        translation.drop("strategy")
    return None if value is None else way(translation, by, value)


def backend(translation: Translation, by: str, value: Any) -> str:
    """``distributed_backend=``."""
    translation.otherwise(accelerator="cpu")
    return way(translation, by, value)


def gpus(translation: Translation, by: str, value: Any) -> str | None:
    """``gpus=``: a number, a list, or a text with commas."""
    if value == [] or any(type(value) is type(one) and value == one for one in NO_DEVICES):
        kind = translation.given.get("accelerator")
        if value is not None and kind in ("gpu", "cuda", "mps"):
            translation.contradict(by, f"accelerator={kind!r}")
        default = translation.otherwise(accelerator="cpu")
        return None if value is None else default
    kind = translation.today.get("accelerator")
    devices = int(value) if isinstance(value, str) and value.strip().lstrip("-").isdecimal() else value
    if kind in ("cuda", "mps"):
        return translation.put(by, devices=devices)
    return translation.put(by, accelerator="gpu", devices=devices)


def processes(translation: Translation, by: str, value: Any) -> str:
    """``num_processes=``: on cards it had no say."""
    if translation.given.get("gpus") not in (*NO_DEVICES, []):
        return translation.put(by, devices=value)
    return translation.put(by, accelerator="cpu", devices=value)


def chosen_cards(translation: Translation, by: str, value: Any) -> str:
    """``auto_select_gpus=True``: the cards are those that no other program keeps for itself."""
    number = translation.today.get("devices")
    if isinstance(number, int) and number and KINDS["cuda"].is_available() and not os.environ.get(VARIABLE):
        translation.today["devices"] = find_usable_cuda_devices(number)
    return "devices=find_usable_cuda_devices(number), of groundwire_lightning.accelerators"


def other_machine(name: str, why: str) -> Any:
    """The row function of devices that nothing here runs on."""

    def refused(translation: Translation, by: str, value: Any) -> None:
        if value not in (*NO_DEVICES, []):
            translation.refuse(by, why)

    refused.__name__ = name
    return refused


def is_old_plugin(value: Any) -> bool:
    """True where ``plugins=`` holds a strategy, or the name of one."""
    return any(_is_strategy(one) for one in _listed_plugins(value))


def _is_strategy(value: Any) -> bool:
    return isinstance(value, Strategy) or is_way(value)


def plugins(translation: Translation, by: str, value: Any) -> str:
    """``plugins=`` with a strategy in it, which has an argument of its own today."""
    listed = _listed_plugins(value)
    ways = [one for one in listed if _is_strategy(one)]
    translation.today["plugins"] = [one for one in listed if not _is_strategy(one)] or None
    if len(ways) > 1:
        translation.contradict(f"plugins={ways[0]!r}", f"plugins={ways[1]!r}")
    return way(translation, by, ways[0]) if isinstance(ways[0], str) else translation.put(by, strategy=ways[0])


def _listed_plugins(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [] if value is None else [value]


def check_splitting(translation: Translation) -> None:
    """Refuse ``DataParallel`` over several cards: one step over a batch in parts is not what several processes do.

    Raises:
        NotSupportedYetError: There are several cards for one process.
    """
    devices = translation.today.get("devices")
    if translation.splits_batches is None or os.environ.get(VARIABLE) or devices in (*UNSET, 1, "1"):
        return
    if isinstance(devices, str):
        devices = [part for part in devices.split(",") if part.strip()]
    number = KINDS["cuda"].auto_device_count() if devices in (-1, ["-1"]) else devices
    if (number if isinstance(number, int) else len(number)) > 1:
        translation.refuse(
            translation.splits_batches,
            f"'dp' splits each batch over the {devices!r} devices of one process, and nothing here does. Instead: one "
            "device, which sees the same batches; or strategy='ddp' under torchrun, with a batch size that is divided "
            "by the number of devices",
        )
