"""Checkpoint IO: the objects that write, read and delete checkpoints, a user's own or ours.

First the classes of Lightning; then the choice between those of ``plugins=`` and ``strategy=``; then the functions
that the Trainer writes and reads through, which use the user's own where there is one.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import torch

from groundwire.saved import checkpoint as files
from groundwire.saved import storage
from groundwire_lightning.checkpoints import files as ckpt_files
from groundwire_lightning.checkpoints.migration import migrated_state
from groundwire_lightning.checkpoints.reading import read
from groundwire_lightning.errors import MisconfigurationException, missing_class
from groundwire_lightning.paths import is_ours_or_lightnings


class CheckpointIO:
    """The base class of objects that write, read and delete checkpoints; a subclass may keep them anywhere."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        """Write a checkpoint.

        Args:
            checkpoint: The checkpoint.
            path: The place to write it to.
            storage_options: Options that the subclass knows.
        """
        raise NotImplementedError

    def load_checkpoint(self, path: Any, map_location: Any = None, weights_only: bool | None = None) -> dict[str, Any]:
        """Read a checkpoint.

        Args:
            path: The place to read it from.
            map_location: The device of its tensors.
            weights_only: False loads anything that was pickled.
        """
        raise NotImplementedError

    def remove_checkpoint(self, path: Any) -> None:
        """Delete a checkpoint.

        Args:
            path: The place that it was written to.
        """
        raise NotImplementedError

    def teardown(self) -> None:
        """Finish what is still being written; called at the end of a run."""


class TorchCheckpointIO(CheckpointIO):
    """Checkpoints in one file each, written with ``torch.save`` and read with ``torch.load``."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        """Write a checkpoint, whole or not at all, and the folders above it.

        Args:
            checkpoint: The checkpoint.
            path: The file.
            storage_options: Must be None.

        Raises:
            TypeError: There are storage options.
        """
        if storage_options is not None:
            raise TypeError("TorchCheckpointIO takes no storage_options; a CheckpointIO of your own may")
        if storage.is_url(path):
            files.write(path, checkpoint, plain=False)
            return
        path = ckpt_files.place(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            with unfinished.open("wb") as file:
                torch.save(checkpoint, file)
                file.flush()
                os.fsync(file.fileno())  # before the rename, or a power cut could leave an empty file of this name
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)

    def load_checkpoint(self, path: Any, map_location: Any = None, weights_only: bool | None = None) -> dict[str, Any]:
        """Read a checkpoint.

        Args:
            path: The file.
            map_location: The device of its tensors; by default the CPU.
            weights_only: False loads anything that was pickled.
        """
        return read(path, weights_only, map_location or "cpu")

    def remove_checkpoint(self, path: Any) -> None:
        """Delete a file, or a folder with all that is in it.

        Args:
            path: The file or folder.
        """
        ckpt_files.remove(path)


class AsyncCheckpointIO(TorchCheckpointIO):
    """Lightning's writer in a background thread; here a checkpoint is on disk when ``save_checkpoint`` returns.

    Args:
        checkpoint_io: Must be None or a ``TorchCheckpointIO``.

    Raises:
        MisconfigurationException: It is another one.
    """

    def __init__(self, checkpoint_io: CheckpointIO | None = None) -> None:
        if checkpoint_io is not None and type(checkpoint_io) is not TorchCheckpointIO:
            raise MisconfigurationException(
                f"AsyncCheckpointIO({type(checkpoint_io).__name__}()): pass {type(checkpoint_io).__name__}() itself"
            )


XLACheckpointIO = missing_class("XLACheckpointIO", __name__, "TorchCheckpointIO", CheckpointIO)

IO_METHODS = ("save_checkpoint", "load_checkpoint", "remove_checkpoint")
"""Methods that make an object a ``CheckpointIO``, whatever its class."""


def is_checkpoint_io(plugin: object) -> bool:
    """True for an object with the methods of a ``CheckpointIO``, unless it is a strategy, which has them too."""
    return all(callable(getattr(plugin, method, None)) for method in IO_METHODS) and not hasattr(plugin, "barrier")


def own_io(plugin: Any) -> Any:
    """The ``CheckpointIO`` itself where the user wrote it, or wrote the one inside it; None for any other.

    Those of Lightning and ours write plain files, and the Trainer writes plain files without them.

    Args:
        plugin: A ``CheckpointIO`` of ours, of Lightning's, or of the user's.
    """
    if not is_ours_or_lightnings(type(plugin)):
        if (
            hasattr(plugin, "checkpoint_io") and plugin.checkpoint_io is None
        ):  # a wrapper that waits for the one it wraps
            plugin.checkpoint_io = TorchCheckpointIO()
        return plugin
    inner = getattr(plugin, "_checkpoint_io", None)
    return plugin if inner is not None and own_io(inner) is not None else None


def chosen_io(of_plugins: Any, of_strategy: Any) -> Any:
    """The ``CheckpointIO`` that a Trainer uses; None stands for ours.

    Args:
        of_plugins: The one in ``plugins=``, or None.
        of_strategy: The one in ``strategy=``, or None.

    Raises:
        MisconfigurationException: There are two.
    """
    if of_plugins is not None and of_strategy is not None:
        raise MisconfigurationException(
            f"plugins={type(of_plugins).__name__}() and strategy=...(checkpoint_io={type(of_strategy).__name__}()): "
            "both say how checkpoints are kept; leave out one of them"
        )
    return of_strategy if of_plugins is None else of_plugins


def check_path(own: Any, path: Any, storage_options: Any) -> None:
    """Check that a checkpoint can be written to a path.

    Args:
        own: The user's own ``CheckpointIO``, which takes any path and options, or None.
        path: The path, or a URL.
        storage_options: Options for the user's own.

    Raises:
        CheckpointError: Nothing that is installed speaks with the store of a URL.
        TypeError: There are storage options, which nobody would read.
    """
    if own is not None:
        return
    if storage.is_url(path):
        storage.check_store(str(path))
    if storage_options is not None:
        raise TypeError(
            f"save_checkpoint(storage_options={storage_options!r}): files are written as they are; leave it out, or "
            "pass a CheckpointIO that reads it as plugins="
        )


def write_checkpoint(own: Any, state: dict[str, Any], path: Any, storage_options: Any) -> None:
    """Write a checkpoint.

    Args:
        own: The user's own ``CheckpointIO``, or None.
        state: The checkpoint.
        path: The place to write it to.
        storage_options: Options for the user's own.
    """
    if own is None:
        files.write(ckpt_files.place(path), state, plain=False)
    else:
        own.save_checkpoint(state, path, storage_options=storage_options)


def load_checkpoint(own: Any, path: Any, weights_only: bool | None) -> dict[str, Any]:
    """Read a checkpoint.

    Args:
        own: The user's own ``CheckpointIO``, or None.
        path: The place to read it from.
        weights_only: False trusts it.

    Raises:
        MisconfigurationException: The user's own returned something that is no checkpoint.
    """
    if own is None:
        return read(path, weights_only)
    # not passed where it was not asked for, since many override load_checkpoint(path, map_location) alone
    state = own.load_checkpoint(path, **({} if weights_only is None else {"weights_only": weights_only}))
    if not isinstance(state, Mapping):
        raise MisconfigurationException(
            f"{type(own).__name__}.load_checkpoint({path!r}) returned a {type(state).__name__}, not the dictionary "
            "that a checkpoint is"
        )
    return migrated_state(dict(state), str(path))


def remove_checkpoint(own: Any, path: Any) -> None:
    """Delete a checkpoint."""
    (ckpt_files.remove if own is None else own.remove_checkpoint)(path)


def finish_writing(own: Any) -> None:
    """Let the user's own finish what it has begun to write, at the end of a run."""
    if hasattr(own, "teardown"):
        own.teardown()
