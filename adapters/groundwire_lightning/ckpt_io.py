"""Who writes, reads and deletes checkpoints: ours, which writes a file whole or not at all, or one the user gave."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from groundwire import checkpoint as files
from groundwire_lightning import ckpt_files
from groundwire_lightning.errors import MisconfigurationException
from groundwire_lightning.migration import migrated
from groundwire_lightning.plugins.io.torch_io import TorchCheckpointIO
from groundwire_lightning.reading import read

BUILT_IN = ("groundwire_lightning", "lightning", "pytorch_lightning", "lightning_fabric")
METHODS = ("save_checkpoint", "load_checkpoint", "remove_checkpoint")


def is_one(plugin: object) -> bool:
    """True for an object with the methods of a ``CheckpointIO``; strategies have more."""
    return all(callable(getattr(plugin, method, None)) for method in METHODS) and not hasattr(plugin, "barrier")


def as_given(plugin: Any) -> Any:
    """A ``CheckpointIO`` of one's own, or None for those whose place ours takes: they write plain files.

    Args:
        plugin: One of ours, of Lightning's, or of the user's.
    """
    kind = type(plugin)
    if kind.__module__.partition(".")[0] not in BUILT_IN:
        if hasattr(plugin, "checkpoint_io") and plugin.checkpoint_io is None:  # it wraps one, and was given none
            plugin.checkpoint_io = TorchCheckpointIO()
        return plugin
    inner = getattr(plugin, "_checkpoint_io", None)
    return plugin if inner is not None and as_given(inner) is not None else None


def chosen(of_plugins: Any, of_strategy: Any) -> Any:
    """The one that a Trainer uses; None stands for ours.

    Args:
        of_plugins: That of ``plugins=``.
        of_strategy: That of ``strategy=``.

    Raises:
        MisconfigurationException: There are two.
    """
    if of_plugins is not None and of_strategy is not None:
        raise MisconfigurationException(
            f"plugins={type(of_plugins).__name__}() and strategy=...(checkpoint_io={type(of_strategy).__name__}()): "
            "both say how checkpoints are kept; leave out one of them"
        )
    return of_strategy if of_plugins is None else of_plugins


def own(trainer: Any) -> Any:
    """What the user gave a trainer, or None."""
    return getattr(getattr(trainer, "strategy", None), "_checkpoint_io", None)


def check(trainer: Any, path: Any, storage_options: Any) -> None:
    """See that a checkpoint can be written there.

    Args:
        trainer: Whose.
        path: Where.
        storage_options: Only a ``CheckpointIO`` of one's own reads them.

    Raises:
        NotSupportedYetError: It is no path of this machine.
        TypeError: There are storage options, which nobody would read.
    """
    if own(trainer) is not None:
        return
    ckpt_files.local(path)
    if storage_options is not None:
        raise TypeError(
            f"save_checkpoint(storage_options={storage_options!r}): files are written as they are; leave it out, or "
            "pass a CheckpointIO that reads it as plugins="
        )


def write(trainer: Any, state: dict[str, Any], path: Any, storage_options: Any) -> None:
    """Write a checkpoint, in the first process.

    Args:
        trainer: Whose.
        state: What is written.
        path: Where.
        storage_options: For a ``CheckpointIO`` of one's own.
    """
    if not trainer.is_global_zero:
        return
    if (io := own(trainer)) is None:
        files.write(path, state)
    else:
        io.save_checkpoint(state, path, storage_options=storage_options)


def load(trainer: Any, path: Any, weights_only: bool | None) -> dict[str, Any]:
    """Read a checkpoint.

    Args:
        trainer: Whose.
        path: Where it is.
        weights_only: False trusts it.

    Raises:
        MisconfigurationException: What the user's own gives is no checkpoint.
    """
    if (io := own(trainer)) is None:
        return read(path, weights_only)
    state = io.load_checkpoint(path, **({} if weights_only is None else {"weights_only": weights_only}))
    if not isinstance(state, Mapping):
        raise MisconfigurationException(
            f"{type(io).__name__}.load_checkpoint({path!r}) returned a {type(state).__name__}, not the dictionary that "
            "a checkpoint is"
        )
    return migrated(dict(state), str(path))


def remove(trainer: Any, path: Any) -> None:
    """Delete a checkpoint, in the first process."""
    if trainer.is_global_zero:
        (ckpt_files.remove if (io := own(trainer)) is None else io.remove_checkpoint)(path)


def run_ends(trainer: Any) -> None:
    """Let the user's own finish what it has begun."""
    if hasattr(io := own(trainer), "teardown"):
        io.teardown()
