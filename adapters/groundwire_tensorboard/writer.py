"""A writer of numbers, histograms, pictures and hyperparameters, as event files in one directory."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter


class EventWriter:
    """A ``SummaryWriter`` that is made at the first write and can be closed and written to again.

    TensorBoard is imported at that first write. Values written after :meth:`close` go into one
    more event file of the same directory, which TensorBoard shows as the same run. Values that the disk
    does not take wait and are written later; a warning counts those that never were.

    Args:
        log_dir: Directory of the event files. Without one, ``SummaryWriter`` picks a new directory
            ``runs/<time>_<host>`` at the first write.
        **options: Further arguments of ``SummaryWriter``.
    """

    def __init__(self, log_dir: str | os.PathLike[str] | None = None, **options: Any) -> None:
        self._log_dir = None if log_dir is None else os.path.expanduser(os.fspath(log_dir))  # noqa: PTH111  # or a URL
        self._purge_step: int | None = options.pop("purge_step", None)
        self._options = options
        self._writer: SummaryWriter | None = None

    @property
    def log_dir(self) -> str | None:
        """Directory of the event files; ``None`` while it is still to be picked."""
        return self._log_dir

    @property
    def summary_writer(self) -> SummaryWriter:
        """The ``SummaryWriter`` in use, for all that has no method here; opened if need be."""
        return self._open()

    def purge_from(self, step: int) -> None:
        """Let TensorBoard hide the values of this directory at ``step`` and later, from the next write on."""
        self._purge_step = step

    def scalar(self, tag: str, value: float, step: int) -> None:
        """Write one number; TensorBoard keeps it in single precision."""
        self._open().add_scalar(tag, value, step)

    def histogram(self, tag: str, values: torch.Tensor, step: int) -> None:
        """Write how ``values`` (any shape) are distributed; those that are not finite are left out."""
        finite = values.detach()[values.detach().isfinite()]
        if finite.numel():
            # NumPy, which makes the bins, has no bfloat16.
            self._open().add_histogram(tag, finite.float(), step)

    def figure(self, tag: str, figure: Any, step: int) -> None:
        """Write a figure of matplotlib; it is not closed."""
        self._open().add_figure(tag, figure, step, close=False)

    def image(self, tag: str, image: torch.Tensor, step: int) -> None:
        """Write an image of shape ``(H, W)`` or ``(C, H, W)``, or images of shape ``(N, C, H, W)`` as a grid.

        Raises:
            ValueError: The image has another shape.
        """
        image = torch.as_tensor(image).detach()
        if image.ndim not in (2, 3, 4) or (image.ndim > 2 and image.shape[-3] not in (1, 3, 4)):
            raise ValueError(
                f"{tag!r}: an image of shape (height, width) or (channels, height, width), or several of shape "
                f"(images, channels, height, width), with 1, 3 or 4 channels, is due; got {tuple(image.shape)}"
            )
        if image.is_floating_point():
            image = image.float()  # NumPy has no bfloat16
        write = self._open().add_images if image.ndim == 4 else self._open().add_image
        write(tag, image, step, dataformats={2: "HW", 3: "CHW", 4: "NCHW"}[image.ndim])

    def graph(self, model: torch.nn.Module, inputs: Any) -> None:
        """Write the graph of a model as it treats ``inputs``: in eval mode, and leaving random numbers as they were.

        A model that cannot be traced gives a warning and no error, since a picture is not worth a run.
        """
        modes = [(module, module.training) for module in model.modules()]
        devices = [tensor.device for tensor in model.parameters() if tensor.device.type == "cuda"][:1]
        try:
            with torch.random.fork_rng(devices), torch.no_grad():
                model.eval()
                self._open().add_graph(model, inputs)
        except Exception as error:  # noqa: BLE001  # tracing fails in as many ways as there are models
            warnings.warn(f"the graph of {type(model).__name__} is not written: {error}", stacklevel=2)
        finally:
            for module, was_training in modes:
                module.training = was_training

    def hparams(self, values: Mapping[str, Any], metrics: Iterable[str]) -> None:
        """Write the hyperparameters of a run, into the directory of the run itself.

        Args:
            values: Name to hyperparameter. Numbers, strings and booleans as they are, ``None`` not
                at all, anything else as its text.
            metrics: Tags of scalars. TensorBoard compares runs by the last value of each of them.
        """
        from torch.utils.tensorboard.summary import hparams

        plain = {name: _plain(value) for name, value in values.items() if value is not None}
        files = self._open().file_writer
        assert files is not None  # as long as the writer is not closed
        for summary in hparams(plain, dict.fromkeys(metrics, 0.0)):
            files.add_summary(summary)

    def flush(self) -> None:
        """Write all pending values to disk."""
        if self._writer is not None:
            self._writer.flush()

    def close(self) -> None:
        """Write all pending values to disk and close the event file, if one is open."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _open(self) -> SummaryWriter:
        if self._writer is None:
            from groundwire_tensorboard.summary import PatientSummaryWriter

            self._writer = PatientSummaryWriter(self._log_dir, purge_step=self._purge_step, **self._options)
            self._log_dir, self._purge_step = self._writer.log_dir, None
        return self._writer


def _plain(value: Any) -> bool | int | float | str:
    return value if isinstance(value, bool | int | float | str) else str(value)
