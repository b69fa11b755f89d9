"""TensorBoardCallback: what the rows of ``map.py`` call."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import torch
from accelerate.state import PartialState

from groundwire import HookMap
from groundwire_tensorboard.map import TENSORBOARD, Moments
from groundwire_tensorboard.writer import EventWriter


class TensorBoardCallback(Moments):
    """Writes a run as TensorBoard event files; stands in ``callbacks=`` of any groundwire Trainer.

    What is written, the horizontal axis being the number of optimizer updates:

    - every ``every_n_steps`` updates ``train_loss_step``, the loss of the batch that completes the
      update (of the main process), and ``learning_rate``, the one that the update is made with;
      ``learning_rate/<name or index>`` where the optimizer has several parameter groups;
    - every value that the run history records, once, under its own name (``train_loss_epoch``,
      ``eval_loss_epoch``, your metrics), at the number of updates done; those of ``evaluate()``
      under ``evaluation/<name>``. What is not one number is left out, and so is what the history
      held before the callback's first run;
    - at the end of the first training run its hyperparameters, in the same directory, so that
      TensorBoard's HPARAMS page compares runs by their final metrics.

    Only the main process writes. A second ``train()`` continues in the same directory, and its
    updates are counted on. A tensor is read from the device only when it is written.

    Args:
        log_dir: Directory of the event files; give one that does not change to find it again.
            Without one it is ``runs/<time>_<host>``, new for each callback.
        every_n_steps: Updates between two values of loss and learning rate, at least 1.
        histogram_every_n_steps: Updates between two histograms of every parameter and its gradient
            (``parameters/<name>``, ``gradients/<name>``), taken just before the update. ``None``
            writes none and costs nothing.
        hparams: Hyperparameters of your own; they join those of ``trainer.run_config``.

    Raises:
        ValueError: A number of updates is not a whole number of at least 1.
    """

    hookmap: ClassVar[HookMap] = TENSORBOARD
    role: ClassVar[str] = "TensorBoardCallback"

    def __init__(
        self,
        log_dir: str | os.PathLike[str] | None = None,
        every_n_steps: int = 50,
        histogram_every_n_steps: int | None = None,
        hparams: Mapping[str, Any] | None = None,
    ) -> None:
        self.every_n_steps = _count("every_n_steps", every_n_steps)
        self.histogram_every_n_steps = 0
        if histogram_every_n_steps is None:
            self._leave_out("write_histograms")
        else:
            self.histogram_every_n_steps = _count("histogram_every_n_steps", histogram_every_n_steps)
        self.hparams = dict(hparams or {})
        self.writer = EventWriter(log_dir)
        self._writes = False
        self._training = False
        self._group = ""  # where the values of an evaluation run are kept apart
        self._runs_before = 0  # updates of the runs before this one
        self._at: Any = None  # where the latest training run is; an evaluation run has one of its own
        self._is_new = True
        self._written: dict[str, int] = {}  # how many values of each metric
        self._tags: dict[str, None] = {}
        self._hparams_are_written = False

    @property
    def log_dir(self) -> str | None:
        """Directory of the event files; ``None`` while it is still to be picked."""
        return self.writer.log_dir

    def start_training(self, run_history: Any, at: Any) -> None:
        """Begin a run, which counts on from the run before, or from where it was resumed."""
        self._runs_before = 0 if at.update else self._step
        self._at = at
        self._training = True
        self._group = ""
        self._meet(run_history)

    def start_evaluation(self, run_history: Any) -> None:
        """Begin an evaluation run; what it records is kept apart from what training records."""
        self._group = "evaluation/"
        self._meet(run_history)

    def write_step(self, optimizer: Any, batch_output: Any, is_update: bool) -> None:
        """Write loss and learning rates, where they are due."""
        step = self._step + 1
        if not is_update or step % self.every_n_steps or not self._writes:
            return
        self.writer.scalar("train_loss_step", batch_output["loss"].item(), step)
        for tag, rate in _learning_rates(optimizer):
            self.writer.scalar(tag, rate, step)

    def write_histograms(self, model: Any) -> None:
        """Write the parameters and their gradients, where they are due."""
        step = self._step + 1
        if step % self.histogram_every_n_steps or not self._writes:
            return
        for name, parameter in model.named_parameters():
            self.writer.histogram(f"parameters/{name}", parameter, step)
            if parameter.grad is not None:
                self.writer.histogram(f"gradients/{name}", parameter.grad, step)

    def write_history(self, run_history: Any) -> None:
        """Write every value that was recorded since the last time."""
        if not self._writes:
            return
        for name, values in sorted(run_history.to_dict().items()):
            already = self._written.get(name, 0)
            # Fewer than were written: the metric was deleted and begun again.
            for value in values[already if already <= len(values) else 0 :]:
                self._write_value(name, value)
            self._written[name] = len(values)

    def end_training(self, run_history: Any, run_config: Any) -> None:
        """Write what is left, the hyperparameters too, and close the event file."""
        self.write_history(run_history)
        # TensorBoard reads the first hyperparameters of a directory and no later ones.
        if self._writes and not self._hparams_are_written:
            self.writer.hparams({**_chosen(run_config), **self.hparams}, self._tags)
            self._hparams_are_written = True
        self._close()

    def end_evaluation(self, run_history: Any) -> None:
        """Write what is left; the event file stays open while a training run goes on."""
        self.write_history(run_history)
        self._group = ""
        if not self._training:
            self._close()

    def fail(self, run_history: Any) -> None:
        """Write what is left and close the event file."""
        self.write_history(run_history)
        self._close()

    @property
    def _step(self) -> int:
        """Updates done, all training runs together."""
        return self._runs_before + (0 if self._at is None else int(self._at.update))

    def _meet(self, run_history: Any) -> None:
        self._writes = PartialState().is_main_process
        lengths = {name: len(values) for name, values in run_history.to_dict().items()}
        if self._is_new:
            self._is_new, self._written = False, lengths
        else:  # the history may have been emptied between two runs
            self._written = {name: count for name, count in self._written.items() if count <= lengths.get(name, 0)}

    def _write_value(self, name: str, value: Any) -> None:
        try:
            number = float(value.detach() if isinstance(value, torch.Tensor) else value)
        except (TypeError, ValueError, RuntimeError):  # the last is what a tensor of several numbers raises
            return
        tag = f"{self._group}{name}"
        self.writer.scalar(tag, number, self._step)
        self._tags[tag] = None

    def _close(self) -> None:
        self._training = False
        self._group = ""
        self.writer.close()

    def _leave_out(self, method: str) -> None:
        setattr(self, method, None)


def _learning_rates(optimizer: Any) -> Iterator[tuple[str, float]]:
    groups = optimizer.param_groups
    for index, group in enumerate(groups):
        tag = "learning_rate" if len(groups) == 1 else f"learning_rate/{group.get('name', index)}"
        yield tag, float(group["lr"])


def _chosen(run_config: Any) -> dict[str, Any]:
    """The numbers and words of the configuration; not whether this is the main process, nor whole dictionaries."""
    values = run_config.to_dict().items()
    return {name: value for name, value in values if type(value) in (int, float, str)}


def _count(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"{name} must be a whole number of at least 1, not {value!r}")
    return value
