"""Random states: the generators that a run draws from, where they stand, and how they are seeded."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable
from typing import Any

import torch

CPU = torch.device("cpu")


def random_state(device: torch.device, *loaders: Any) -> dict[str, Any]:
    """The state of every default generator, and of those that the loaders were given; plain values and tensors."""
    state = {**torch_state(device, *loaders), "random": random.getstate()}
    if (numpy := sys.modules.get("numpy")) is not None:
        name, keys, *rest = numpy.random.get_state()
        state["numpy"] = (name, torch.from_numpy(keys.astype("int64")), *rest)
    return state


def torch_state(device: torch.device, *loaders: Any) -> dict[str, Any]:
    """Torch's part of the random state; the rest takes a hundred times as long to ask for."""
    state: dict[str, Any] = {
        "torch": torch.get_rng_state(),
        "generators": [generator.get_state() for generator in _generators_of(loaders)],
    }
    if device.type != "cpu":
        state[device.type] = torch.get_device_module(device).get_rng_state()
    return state


def set_random_state(state: dict[str, Any], device: torch.device, *loaders: Any) -> None:
    """Put back what :func:`random_state` or :func:`torch_state` gave."""
    torch.set_rng_state(state["torch"])
    for generator, saved in zip(_generators_of(loaders), state["generators"], strict=False):
        generator.set_state(saved)
    if "random" in state:
        random.setstate(state["random"])
    if "numpy" in state:
        import numpy as np

        name, keys, *rest = state["numpy"]
        np.random.set_state((name, keys.numpy().astype("uint32"), *rest))
    if device.type in state:
        torch.get_device_module(device).set_rng_state(state[device.type])


def seed_all(seed: int, device: torch.device = CPU) -> None:
    """Seed the default generators of torch, Python and, where it is imported, NumPy.

    ``torch.manual_seed`` does more and takes a hundred times as long: a batch cannot afford that.
    """
    torch.default_generator.manual_seed(seed)
    random.seed(seed)
    if (numpy := sys.modules.get("numpy")) is not None:
        numpy.random.seed(seed % 2**32)
    if device.type != "cpu":
        torch.get_device_module(device).manual_seed(seed)


def innermost(loader: Any) -> Any:
    """The loader that a slice, or one of Accelerate's loaders, is about."""
    for name in ("dl", "base_dataloader"):
        if name in getattr(loader, "__dict__", {}):
            return innermost(vars(loader)[name])
    return loader


def _generators_of(loaders: Iterable[Any]) -> list[torch.Generator]:
    """The generators that loaders and their samplers were given, each once."""
    generators: dict[int, torch.Generator] = {}
    for loader in loaders:
        holder = innermost(loader)
        parts = [holder]
        for name in ("sampler", "batch_sampler"):
            sampler = getattr(holder, name, None)
            parts += [sampler, getattr(sampler, "sampler", None)]
        for part in parts:
            generator = getattr(part, "generator", None)
            if isinstance(generator, torch.Generator):
                generators[id(generator)] = generator
    return list(generators.values())
