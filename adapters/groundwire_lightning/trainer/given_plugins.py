"""The other arguments, mostly, that ``plugins=`` and ``barebones=`` come to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from groundwire_lightning.checkpoints import io
from groundwire_lightning.errors import MisconfigurationException, NotSupportedYetError
from groundwire_lightning.guests import is_a
from groundwire_lightning.strategies.precision import Precision


def plugged(given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments with those that ``plugins=`` stands for.

    Args:
        given: Argument to value.

    Raises:
        MisconfigurationException: Something is no plugin, or there are two of a kind.
        NotSupportedYetError: A plugin has no counterpart here.
    """
    plugins = given["plugins"]
    listed = [] if plugins is None else plugins if isinstance(plugins, list) else [plugins]
    arguments, kinds = dict(given), []
    for plugin in listed:
        kind = next((kind for kind in _TAKEN if _is_a(plugin, kind)), None)
        if kind is None:
            raise MisconfigurationException(
                f"plugins={plugin!r}: it is none of {', '.join(_TAKEN)}; callbacks, loggers and strategies have "
                "arguments of their own"
            )
        if kind in kinds:
            raise MisconfigurationException(f"plugins=: there are two of the kind {kind}; keep one of them")
        kinds.append(kind)
        arguments |= _TAKEN[kind](plugin, given)
    return arguments


def _is_a(plugin: object, kind: str) -> bool:
    """True for an object of a class of that name, ours or Lightning's."""
    return (kind == "CheckpointIO" and io.is_checkpoint_io(plugin)) or is_a(plugin, kind)


def _precision(plugin: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    if given["precision"] is not None:
        raise ValueError(
            f"precision={given['precision']!r} and plugins={type(plugin).__name__}(): both say how a step computes; "
            "keep one of them"
        )
    if not isinstance(plugin, Precision) and type(plugin).__name__ not in (
        "MixedPrecision",
        "HalfPrecision",
        "DoublePrecision",
        "Precision",
    ):
        raise NotSupportedYetError(
            f"plugins={type(plugin).__name__}(): a precision of your own is not asked. Instead: Trainer(precision="
            "...), or torch.autocast within the steps"
        )
    return {"precision": plugin if isinstance(plugin, Precision) else plugin.precision}


def _files(plugin: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    return {"checkpoint_io": io.own_io(plugin)}


def _processes(plugin: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    name = type(plugin).__name__
    if name not in ("LightningEnvironment", "TorchElasticEnvironment", "SLURMEnvironment"):
        raise NotSupportedYetError(
            f"plugins={name}(): processes are started by a launcher, which Accelerate finds. Instead: torchrun"
        )
    return {"cluster_environment": plugin}


def _plugin_arguments(plugin: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    if type(plugin).__name__ == "TorchSyncBatchNorm":
        return {"sync_batchnorm": True}
    raise NotSupportedYetError(
        f"plugins={type(plugin).__name__}(): it would not be asked. Instead: change the layers in configure_model"
    )


_TAKEN = {
    "Precision": _precision,
    "CheckpointIO": _files,
    "ClusterEnvironment": _processes,
    "LayerSync": _plugin_arguments,
}
