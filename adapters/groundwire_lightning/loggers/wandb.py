"""A logger over the wandb package: values, hyper-parameters, media, and checkpoints as artifacts."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Mapping
from typing import Any, Literal

from groundwire.errors import rank_zero_warn
from groundwire_lightning.errors import MisconfigurationException
from groundwire_lightning.loggers.files import as_mapping, prefixed
from groundwire_lightning.loggers.logger import Logger, in_first_process, rank_zero_experiment
from groundwire_lightning.loggers.utilities import aliases_of, description_of, need, new_checkpoints

STEP = "trainer/global_step"
"""The x-axis of every value."""


class WandbLogger(Logger):
    """Logs to Weights and Biases.

    Args:
        name: The name of the run.
        save_dir: The folder in which wandb keeps its files.
        version: The id of the run; to go on with one, pass its id.
        offline: Write files only; ``wandb sync`` uploads them later.
        dir: An older name of ``save_dir``.
        id: An older name of ``version``.
        anonymous: Log without an account.
        project: The project; by default ``WANDB_PROJECT`` of the environment, else ``"lightning_logs"``.
        log_model: Upload checkpoints: True at the end of a run (during it where all are kept), ``"all"`` during it.
        experiment: A run that ``wandb.init`` made, to use instead of a new one.
        prefix: A text that is put before the name of each value, with a dash.
        checkpoint_name: Name of the artifact that checkpoints become versions of; by default ``"model-"`` and the id.
        add_file_policy: ``"mutable"`` copies a checkpoint before the upload, ``"immutable"`` does not.
        **kwargs: Further arguments of ``wandb.init``, such as ``entity``, ``group`` or ``tags``.

    Raises:
        ModuleNotFoundError: wandb is not installed.
        MisconfigurationException: Checkpoints are to be uploaded without a connection.
    """

    LOGGER_JOIN_CHAR = "-"

    def __init__(
        self,
        name: str | None = None,
        save_dir: str | os.PathLike[str] | None = ".",
        version: str | None = None,
        offline: bool = False,
        dir: str | os.PathLike[str] | None = None,  # noqa: A002  # Lightning's name
        id: str | None = None,  # noqa: A002  # Lightning's name
        anonymous: bool | None = None,
        project: str | None = None,
        log_model: Literal["all"] | bool = False,
        experiment: Any = None,
        prefix: str = "",
        checkpoint_name: str | None = None,
        add_file_policy: Literal["mutable", "immutable"] = "mutable",
        **kwargs: Any,
    ) -> None:
        need("wandb", "WandbLogger", "wandb")
        if offline and log_model:
            raise MisconfigurationException(
                f"WandbLogger(offline=True, log_model={log_model!r}): nothing is uploaded offline; drop one of them"
            )
        folder = save_dir if save_dir is not None else dir
        self._offline = offline
        self._log_model = log_model
        self._prefix = prefix
        self._experiment = experiment
        self._logged_model_time: dict[str, float] = {}
        self._checkpoint_callbacks: dict[int, Any] = {}
        self._checkpoint_name = checkpoint_name
        self.add_file_policy = add_file_policy
        self._attach_id: str | None = None
        self._wandb_init: dict[str, Any] = {
            "name": name,
            "project": project or os.environ.get("WANDB_PROJECT", "lightning_logs"),
            "dir": None if folder is None else os.fspath(folder),
            "id": version or id,
            "resume": "allow",
            **({"anonymous": "allow"} if anonymous else {}),
            **kwargs,
        }
        self._project: str | None = self._wandb_init["project"]
        self._save_dir: str | None = self._wandb_init["dir"]
        self._name: str | None = self._wandb_init["name"]
        self._id: str | None = self._wandb_init["id"]

    def __getstate__(self) -> dict[str, Any]:
        """Keep of a running experiment only the ids by which another process attaches to it."""
        run = self.experiment
        state = {name: getattr(run, name, None) for name in ("id", "_attach_id", "name")}
        known = {"_id": state["id"], "_attach_id": state["_attach_id"], "_name": state["name"]}
        return {**vars(self), **known, "_experiment": None}

    @property
    def name(self) -> str | None:
        """The project; the name of the run is ``experiment.name``."""
        return self._project

    @property
    def version(self) -> str | None:
        """The id of the run, once there is one."""
        return self._experiment.id if self._experiment else self._id

    @property
    def save_dir(self) -> str | None:
        """The folder in which wandb keeps its files."""
        return self._save_dir

    @property
    @rank_zero_experiment
    def experiment(self) -> Any:
        """The run of wandb, begun at the first access."""
        if self._experiment is None:
            self._experiment = self._begin()
        return self._experiment

    def _begin(self) -> Any:
        import wandb

        if self._offline:
            os.environ["WANDB_MODE"] = "dryrun"
        if wandb.run is not None:  # one process has one run; a second init would end the first
            rank_zero_warn(
                "WandbLogger: a wandb run is under way and is used; call wandb.finish() before for a new one"
            )
            return wandb.run
        if self._attach_id is not None and hasattr(wandb, "_attach"):
            return wandb._attach(self._attach_id)
        run = wandb.init(**self._wandb_init)
        if self._mirrors_tensorboard:
            run.define_metric("*", step_metric="global_step")
        else:
            run.define_metric(STEP)
            run.define_metric("*", step_metric=STEP, step_sync=True)
        return run

    @property
    def _mirrors_tensorboard(self) -> bool:
        return bool(self._wandb_init.get("sync_tensorboard"))

    def watch(self, model: Any, log: str | None = "gradients", log_freq: int = 100, log_graph: bool = True) -> None:
        """Log gradients or weights of a model as histograms.

        Args:
            model: The module.
            log: ``"gradients"``, ``"parameters"``, ``"all"`` or None.
            log_freq: Batches between two histograms.
            log_graph: Log the layers too.
        """
        self.experiment.watch(model, log=log, log_freq=log_freq, log_graph=log_graph)

    @in_first_process
    def log_hyperparams(self, params: dict[str, Any] | Namespace) -> None:
        """Put hyper-parameters into the run's configuration; functions and classes by name."""
        named = {key: _named_class(value) for key, value in as_mapping(params).items()}
        self.experiment.config.update({key: _writable(value) for key, value in named.items()}, allow_val_change=True)

    @in_first_process
    def log_metrics(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        """Log values, with ``step`` as ``trainer/global_step`` beside them."""
        row = dict(prefixed(metrics, self._prefix))
        if step is not None and not self._mirrors_tensorboard:
            row[STEP] = step
        self.experiment.log(row)

    # media

    @in_first_process
    def log_table(
        self,
        key: str,
        columns: list[Any] | None = None,
        data: list[list[Any]] | None = None,
        dataframe: Any = None,
        step: int | None = None,
    ) -> None:
        """Log a table, whose cells may hold media.

        Args:
            key: The name of the table.
            columns: Names of the columns.
            data: The rows.
            dataframe: A pandas frame, instead of columns and data.
            step: Place of the table on the x-axis.
        """
        import wandb

        self.log_metrics({key: wandb.Table(columns=columns, data=data, dataframe=dataframe)}, step)

    @in_first_process
    def log_text(
        self,
        key: str,
        columns: list[str] | None = None,
        data: list[list[str]] | None = None,
        dataframe: Any = None,
        step: int | None = None,
    ) -> None:
        """Log texts in a table; the arguments are those of :meth:`log_table`."""
        self.log_table(key, columns, data, dataframe, step)

    @in_first_process
    def log_image(self, key: str, images: list[Any], step: int | None = None, **kwargs: Any) -> None:
        """Log tensors, arrays, PIL pictures or image files.

        Args:
            key: Their name.
            images: The pictures.
            step: Their place on the x-axis.
            **kwargs: Arguments of ``wandb.Image``, each a list with an entry a picture.
        """
        self._log_media("Image", key, "images", images, step, kwargs)

    @in_first_process
    def log_audio(self, key: str, audios: list[Any], step: int | None = None, **kwargs: Any) -> None:
        """Log arrays or sound files.

        Args:
            key: Their name.
            audios: The sounds.
            step: Their place on the x-axis.
            **kwargs: Arguments of ``wandb.Audio``, each a list with an entry a sound.
        """
        self._log_media("Audio", key, "audios", audios, step, kwargs)

    @in_first_process
    def log_video(self, key: str, videos: list[Any], step: int | None = None, **kwargs: Any) -> None:
        """Log arrays or video files.

        Args:
            key: Their name.
            videos: The videos.
            step: Their place on the x-axis.
            **kwargs: Arguments of ``wandb.Video``, each a list with an entry a video.
        """
        self._log_media("Video", key, "videos", videos, step, kwargs)

    def _log_media(
        self, kind: str, key: str, argument: str, items: Any, step: int | None, options: dict[str, Any]
    ) -> None:
        """Log items as one value, each made by the class ``kind`` of wandb with its own entry of every option."""
        import wandb

        if not isinstance(items, list):
            raise TypeError(f"log_{kind.lower()}: {argument} is a list, got {type(items).__name__}")
        for name, values in options.items():
            if len(values) != len(items):
                raise ValueError(f"log_{kind.lower()}: {len(items)} {argument}, but {len(values)} entries in {name}")
        medium = getattr(wandb, kind)
        media = [
            medium(item, **{name: values[index] for name, values in options.items()})
            for index, item in enumerate(items)
        ]
        self.log_metrics({key: media}, step)

    # checkpoints and artifacts

    def after_save_checkpoint(self, checkpoint_callback: Any) -> None:
        """Upload what was saved, or note the callback for the end of the run."""
        if self._log_model == "all" or (self._log_model is True and checkpoint_callback.save_top_k == -1):
            self._upload_checkpoints(checkpoint_callback)
        elif self._log_model is True:
            self._checkpoint_callbacks[id(checkpoint_callback)] = checkpoint_callback

    @in_first_process
    def finalize(self, status: str) -> None:
        """Upload the checkpoints of a run that went well; the run stays open, for a test may follow."""
        if status == "success" and self._experiment is not None:
            for callback in self._checkpoint_callbacks.values():
                self._upload_checkpoints(callback)

    def _upload_checkpoints(self, callback: Any) -> None:
        import wandb

        for checkpoint in new_checkpoints(callback, self._logged_model_time):
            if not self._checkpoint_name:
                self._checkpoint_name = f"model-{self.experiment.id}"
            metadata = description_of(
                checkpoint, callback, callback.__class__.__name__
            )  # type() of it may be a weak proxy
            artifact = wandb.Artifact(name=self._checkpoint_name, type="model", metadata=metadata)
            artifact.add_file(checkpoint.path, name="model.ckpt", policy=self.add_file_policy)
            self.experiment.log_artifact(artifact, aliases=aliases_of(checkpoint, callback))
            self._logged_model_time[checkpoint.path] = checkpoint.time

    def use_artifact(self, artifact: str, artifact_type: str | None = None) -> Any:
        """Note that the run uses an artifact.

        Args:
            artifact: Its path.
            artifact_type: Its type.

        Returns:
            The artifact.
        """
        return self.experiment.use_artifact(artifact, type=artifact_type)

    @staticmethod
    @in_first_process
    def download_artifact(
        artifact: str,
        save_dir: str | os.PathLike[str] | None = None,
        artifact_type: str | None = None,
        use_artifact: bool | None = True,
    ) -> str:
        """Download an artifact.

        Args:
            artifact: Its path.
            save_dir: The folder to download it to.
            artifact_type: Its type.
            use_artifact: Note that the run under way uses it.

        Returns:
            The folder that it is in.
        """
        import wandb

        if wandb.run is not None and use_artifact:
            reference = wandb.run.use_artifact(artifact)
        else:
            reference = wandb.Api().artifact(artifact, type=artifact_type)
        path: str = reference.download(root=None if save_dir is None else os.fspath(save_dir))
        return path


def _named_class(value: Any) -> Any:
    """Replace a class by its name, and a function by its result, or its name where it fails or returns a function."""
    if isinstance(value, type):
        return value.__name__
    if not callable(value):
        return value
    try:
        returned = value()
    except Exception:  # noqa: BLE001  # whatever it needs, it was not given
        return getattr(value, "__name__", None)
    return value.__name__ if callable(returned) else returned


def _writable(value: Any) -> Any:
    """A value that JSON can hold, or its text."""
    import json

    if isinstance(value, (bool, int, float, str, list, dict, type(None))):
        return value
    try:
        json.dumps(value)
    except (TypeError, OverflowError):
        return str(value)
    return value
