"""Names and folder of the checkpoints of a run."""

from __future__ import annotations

import os
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from torch import Tensor

from groundwire_lightning.callbacks.checkpoint import Checkpoint
from groundwire_lightning.checkpoints import files
from groundwire_lightning.strategies.processes import processes_agree
from groundwire_lightning.utilities.cloud_io import get_filesystem

if TYPE_CHECKING:
    from groundwire_lightning.core.running import Running

StrPath = str | PathLike[str]


class CheckpointNames(Checkpoint):
    """Names checkpoints after a template and the values that are logged when they are written.

    Attributes:
        dirpath: The folder.
        filename: The template.
        auto_insert_metric_name: Write ``epoch=02`` for ``{epoch:02d}``.
        best_k_models: Path of each checkpoint that is kept, to its monitored value.
    """

    dirpath: str | None
    filename: str | None
    auto_insert_metric_name: bool
    best_k_models: dict[str, Tensor]
    _enable_version_counter: bool

    CHECKPOINT_JOIN_CHAR = "-"
    CHECKPOINT_EQUALS_CHAR = "="
    CHECKPOINT_NAME_LAST = "last"
    FILE_EXTENSION = ".ckpt"
    STARTING_VERSION = 1

    def _folder(self, trainer: Running) -> str:
        """The folder of the checkpoints: ``dirpath``, or the one that Lightning takes below the first logger's run."""
        if self.dirpath is not None:
            return self.dirpath
        own = getattr(trainer, "_weights_save_path", None)
        root = own or getattr(trainer, "default_root_dir", None) or str(Path.cwd())
        if not trainer.loggers:
            return os.path.join(root, "checkpoints")  # noqa: PTH118  # a string of Lightning's making
        logger = trainer.loggers[0]
        version = logger.version if isinstance(logger.version, str) else f"version_{logger.version}"
        folder = root if own or logger.save_dir is None else logger.save_dir
        return os.path.join(folder, str(logger.name), version, "checkpoints")  # noqa: PTH118

    def _find_last_checkpoints(self, trainer: Running) -> set[str]:
        return files.versions_of(self._folder(trainer), self.CHECKPOINT_NAME_LAST, self.FILE_EXTENSION)

    def format_checkpoint_name(
        self,
        metrics: dict[str, Tensor],
        filename: str | None = None,
        ver: int | None = None,
        prefix: str | None = None,
    ) -> str:
        """Write out the path of a checkpoint.

        Args:
            metrics: Name of each field of the template to its value; a field that is missing is 0.
            filename: The template, by default that of the constructor.
            ver: A version to append, as ``-v1``.
            prefix: A text that goes before the name, with a dash.
        """
        name = self._format_checkpoint_name(
            filename or self.filename, metrics, prefix, auto_insert_metric_name=self.auto_insert_metric_name
        )
        if ver is not None:
            name = f"{name}{self.CHECKPOINT_JOIN_CHAR}v{ver}"
        name += self.FILE_EXTENSION
        return os.path.join(self.dirpath, name) if self.dirpath else name  # noqa: PTH118

    def _format_checkpoint_name(
        self,
        filename: str | None,
        metrics: dict[str, Tensor],
        prefix: str | None = None,
        auto_insert_metric_name: bool = True,
    ) -> str:
        template = filename or f"{{epoch}}{self.CHECKPOINT_JOIN_CHAR}{{step}}"
        equals = self.CHECKPOINT_EQUALS_CHAR if auto_insert_metric_name else None
        name = files.filled_name(template, metrics, equals)
        return name if prefix is None else f"{prefix}{self.CHECKPOINT_JOIN_CHAR}{name}"

    def _get_metric_interpolated_filepath_name(
        self, monitor_candidates: dict[str, Tensor], trainer: Running, del_filepath: str | None = None
    ) -> str:
        return self._free(monitor_candidates, trainer, del_filepath, None)

    def _free(self, candidates: dict[str, Tensor], trainer: Running, own: str | None, filename: str | None) -> str:
        """The first path, version by version, at which no file stands, or ``own``, which may be overwritten."""
        filepath, version = self.format_checkpoint_name(candidates, filename), self.STARTING_VERSION
        while self._enable_version_counter and self.file_exists(filepath, trainer) and filepath != own:
            filepath = self.format_checkpoint_name(candidates, filename, ver=version)
            version += 1
        return filepath

    def file_exists(self, filepath: StrPath, trainer: Running) -> bool:
        """True in every process if the first one sees such a file.

        Args:
            filepath: The path of the file.
            trainer: The trainer.
        """
        return processes_agree(trainer, trainer.is_global_zero and files.exists(filepath), all=False)

    def to_yaml(self, filepath: StrPath | None = None) -> None:
        """Write :attr:`best_k_models` into a file.

        Args:
            filepath: The file, by default ``best_k_models.yaml`` beside the checkpoints.
        """
        import yaml

        target = os.path.join(str(self.dirpath), "best_k_models.yaml") if filepath is None else filepath  # noqa: PTH118
        with get_filesystem(target).open(str(target), "w") as file:
            yaml.dump({path: score.item() for path, score in self.best_k_models.items()}, file)
