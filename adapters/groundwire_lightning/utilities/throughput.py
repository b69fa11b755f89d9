"""Throughput: batches, samples and operations in a second, and their share of the most that the device can do."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import torch

from groundwire.errors import rank_zero_warn

NUMBERS = (torch.float64, torch.float32, "tfloat32", torch.bfloat16, torch.float16, torch.int8)
"""Types of the numbers that are multiplied."""
TERAFLOPS: dict[str, tuple[float | None, ...]] = {
    "h200 sxm1": (34, 67, 990, 2000, 2000, 4000),
    "h200 nvl1": (30, 60, 840, 1700, 1700, 3300),
    "h100 nvl": (67, 133.8, 989.4, 1978.8, 1978.8, 3957.8),
    "h100 sxm": (33.5, 66.9, 494.7, 989.4, 989.4, 1978.9),
    "h100 pcie": (25.6, 51.2, 378, 756, 756, 1513),
    "rtx 4090": (None, 82.6, 82.6, 82.6, 82.6, 660.6),
    "rtx 4080 super": (None, 52.2, 52.2, 52.2, 52.2, 417.6),
    "rtx 4080": (None, 48.7, 48.7, 48.7, 48.7, 389.9),
    "l40": (None, 90.5, 90.5, 181, 181, 362),
    "l4": (None, 30.3, 60, 121, 121, 242),
    "a100": (9.7, 19.5, 156, 312, 312, 624),
    "a6000": (None, 38.7, 77.4, 38.7, 38.7, 309.7),
    "a40": (None, 37.4, 74.8, 37.4, 37.4, 299.3),
    "a10g": (None, 31.2, 62.5, 125, 125, 250),
    "rtx 3090 ti": (None, 40, 40, 40, 40, 320),
    "rtx 3090": (None, 35.6, 35.6, 35.6, 35.6, 284),
    "rtx 3080 ti": (None, 34.1, 34.1, 34.1, 34.1, 272.8),
    "rtx 3080": (None, 29.8, 29.8, 29.8, 29.8, 238),
    "rtx 3070": (None, 20.3, 20.3, 20.3, 20.3, 162.6),
    "t4": (None, 8.1, None, None, 65, 130),
    "quadro rtx 5000": (None, 11.2, None, None, 89.2, None),
    "rtx 2080 super": (None, 11.2, None, None, 22.3, 178.4),
    "rtx 2080 ti": (None, 14.2, None, None, 28.5, 227.7),
    "rtx 2080": (None, 10.6, None, None, 21.2, 169.6),
    "rtx 2070 super": (None, 9.1, None, None, 18.1, 145),
    "titan rtx": (None, 16.3, None, None, 32.6, 261),
    "v100 sxm": (7.8, 15.7, None, None, 125, None),
    "v100s pcie": (8.2, 16.4, None, None, 130, None),
    "v100 pcie": (7, 14, None, None, 112, None),
}
"""Chip to the tera-operations in a second that its maker states, one number for each of :data:`NUMBERS`."""


class Rising(deque[Any]):
    """The last of a series of totals, each greater than the one before."""

    def append(self, value: Any) -> None:
        """Add a total.

        Raises:
            ValueError: It is not greater than the one before.
        """
        if self and self[-1] >= value:
            raise ValueError(f"a greater number than {self[-1]} is due, got {value}: give totals, not differences")
        super().append(value)


class Throughput:
    """Batches, samples, items and floating-point operations a second, over the last updates.

    Args:
        available_flops: Floating-point operations that a device can do in a second; None where that is not known.
        world_size: The number of devices.
        window_size: Updates that a rate is taken over; before there are as many, :meth:`compute` has totals only.
        separator: The text between ``device`` and a name.

    Raises:
        ValueError: There is less than one device, or less than two updates.
    """

    def __init__(
        self, available_flops: float | None = None, world_size: int = 1, window_size: int = 100, separator: str = "/"
    ) -> None:
        if world_size < 1 or window_size < 2:
            raise ValueError(
                f"Throughput: one device and two updates are the least, got world_size={world_size} and "
                f"window_size={window_size}"
            )
        self.available_flops = available_flops
        self.world_size = world_size
        self.separator = separator
        self._time, self._batches, self._samples, self._lengths = (Rising(maxlen=window_size) for _ in range(4))
        self._flops: deque[float] = deque(maxlen=window_size)

    def update(
        self, *, time: float, batches: int, samples: int, lengths: int | None = None, flops: float | None = None
    ) -> None:
        """Add an update; all numbers but ``flops`` are totals of this device since the beginning.

        Args:
            time: Seconds.
            batches: Batches.
            samples: Samples, at least one in each batch.
            lengths: Items, such as tokens, at least one in each sample.
            flops: Floating-point operations since the last update.

        Raises:
            ValueError: A total does not grow, or holds too little.
        """
        if samples < batches or (lengths is not None and lengths < samples):
            raise ValueError(
                f"Throughput: a batch has a sample at least and a sample an item; got {batches} batches, {samples} "
                f"samples and {lengths} items"
            )
        self._time.append(time)
        self._batches.append(batches)
        self._samples.append(samples)
        if lengths is not None:
            self._lengths.append(lengths)
        if flops is not None:
            self._flops.append(flops * self.world_size)

    def compute(self) -> dict[str, float]:
        """The totals and, once there were enough updates, the rates in a second, by name."""
        counted = {"batches": self._batches, "samples": self._samples, "lengths": self._lengths}
        last = {name: totals[-1] for name, totals in counted.items() if totals}
        values: dict[str, float] = {"time": self._time[-1], **last}
        if len(self._time) < (self._time.maxlen or 0):
            return values
        seconds = self._time[-1] - self._time[0]
        rates = {
            f"{'items' if name == 'lengths' else name}_per_sec": (totals[-1] - totals[0]) / seconds
            for name, totals in counted.items()
            if len(totals) == totals.maxlen
        }
        values |= {f"device{self.separator}{name}": rate for name, rate in rates.items()}
        if self.world_size > 1:
            values |= {name: rate * self.world_size for name, rate in rates.items()}
        if len(self._flops) == self._flops.maxlen:  # the oldest were done before the window began
            values |= self._flop_rates((sum(self._flops) - self._flops[0]) / seconds)
        return values

    def _flop_rates(self, rate: float) -> dict[str, float]:
        own = rate / self.world_size
        values = {"flops_per_sec": rate} if self.world_size > 1 else {}
        values[f"device{self.separator}flops_per_sec"] = own
        if self.available_flops:
            values[f"device{self.separator}mfu"] = own / self.available_flops
        return values

    def reset(self) -> None:
        """Forget everything."""
        for numbers in (self._time, self._batches, self._samples, self._lengths, self._flops):
            numbers.clear()


def measure_flops(
    model: torch.nn.Module,
    forward_fn: Callable[[], torch.Tensor],
    loss_fn: Callable[[torch.Tensor], torch.Tensor] | None = None,
) -> int:
    """Floating-point operations of a forward pass, and of a backward pass where a loss is given.

    Args:
        model: The model; best made ``with torch.device("meta")``.
        forward_fn: Sends an input through the model and returns the output.
        loss_fn: Makes a loss of the output.
    """
    from torch.utils.flop_counter import FlopCounterMode

    counter = FlopCounterMode(display=False)
    with counter:
        output = forward_fn()
        if loss_fn is not None:
            loss_fn(output).backward()  # type: ignore[no-untyped-call]
    return counter.get_total_flops()


def get_available_flops(device: torch.device, dtype: torch.dtype | str) -> int | None:
    """Floating-point operations that a device can do in a second, or None, with a warning, where that is not known.

    Args:
        device: The device; None is returned for any but a CUDA device.
        dtype: The type of the numbers that are multiplied.
    """
    if device.type != "cuda":
        return None
    name = torch.cuda.get_device_name(device)
    chip = chip_of(name)
    if chip is not None:
        if dtype is torch.float32 and _uses_tfloat32(device):
            dtype = "tfloat32"
        known = dict(zip(NUMBERS, TERAFLOPS[chip], strict=True)).get(dtype)
        if known is not None:
            return int(known * 1e12)
    rank_zero_warn(f"it is not known how fast {name} is with {dtype}, so no share of its speed (mfu) is computed")
    return None


def chip_of(name: str) -> str | None:
    """The key in :data:`TERAFLOPS` of a device as its driver calls it."""
    driver_name = name.lower().replace("-", " ")
    if "h100" in driver_name:
        kinds = {"hbm3": "h100 sxm", "nvl": "h100 nvl", "pcie": "h100 pcie", "hbm2e": "h100 pcie"}
        return next((chip for word, chip in kinds.items() if word in driver_name), None)
    if "l4" in driver_name and "rtx" not in driver_name:
        return "l40" if "tesla" in driver_name or "l40" in driver_name else "l4"
    words = set(driver_name.split())
    # the key with most words first: a "4080 super" is no "4080"
    keys = sorted(TERAFLOPS, key=lambda chip: -len(chip.split()))
    return next((chip for chip in keys if all(any(w.startswith(part) for w in words) for part in chip.split())), None)


def _uses_tfloat32(device: torch.device) -> bool:
    is_ampere = torch.cuda.get_device_capability(device)[0] >= 8
    return is_ampere and torch.get_float32_matmul_precision() != "highest"
