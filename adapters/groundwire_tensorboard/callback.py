"""The callback that writes a run as TensorBoard event files: the methods that the rows of ``map.py`` call."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from accelerate.state import PartialState

from groundwire import HookMap
from groundwire.checks import whole
from groundwire_tensorboard.axis import Axis, Kind
from groundwire_tensorboard.map import TENSORBOARD, Moments
from groundwire_tensorboard.writer import EventWriter

if TYPE_CHECKING:
    from groundwire import Trainer

TIME_ACCOUNTS = ("data", "step", "callbacks", "evaluation", "saving")


class TensorBoardCallback(Moments):
    """Writes a run as TensorBoard event files; stands in ``callbacks=`` of any groundwire Trainer.

    These values are written, at the number of optimizer updates unless ``x_axis`` names another
    axis:

    - every ``every_n_steps`` updates ``train_loss_step``, the loss of the batch that completes the
      update (of the main process), and ``learning_rate``, the one that the update is made with;
      ``learning_rate/<name or index>`` where the optimizer has several parameter groups;
    - every value that the run history records, once, under its own name (``train_loss_epoch``,
      ``eval_loss_epoch``, your metrics), at the number of updates done; those of ``evaluate()``
      under ``evaluation/<name>``. Values that are not one number are left out, and so are those that
      the history held before the callback's first run;
    - after each epoch ``throughput/samples_per_second``, ``throughput/updates_per_second`` and the time
      ledger: ``time/step``, ``time/data``, … in seconds;
    - the pictures of ``figures``, and whatever :meth:`figure` and :meth:`image` are called with;
    - at the end of the first training run its hyperparameters, in the same directory, so that
      TensorBoard's HPARAMS page compares runs by their final metrics.

    Only the main process writes. A second ``train()`` continues in the same directory, and its
    updates are counted on. A run that is resumed continues at the place of its training state, and values
    of later updates in the directory are hidden. A tensor is read from the device only when it is
    written. Where the directory is full, read-only or gone the run goes on: values wait and are
    written later, and a warning says how many never were.

    Args:
        log_dir: Directory of the event files; give one that does not change to find it again.
            Without one it is ``runs/<time>_<host>``, new for each callback.
        every_n_steps: Updates between two values of loss and learning rate, at least 1.
        histogram_every_n_steps: Updates between two histograms of every parameter and its gradient
            (``parameters/<name>``, ``gradients/<name>``), taken just before the update. ``None``
            writes none and costs nothing.
        hparams: Hyperparameters of your own; they join those of ``trainer.run_config``.
        x_axis: ``"step"`` (optimizer updates), ``"epoch"``, ``"sample"`` (of the main process) or
            ``"second"``; the two ``every_n_steps`` count updates whatever it is.
        graph: True writes the graph of the model, as it treats the first training batch in eval mode;
            of a batch that is a tuple or a list its first element is the input. A function of the
            batch that returns the input, or a tuple of inputs, does too.
        figures: Tag to a function of the Trainer, called after each epoch: it returns a figure of
            matplotlib, or an image or images as :meth:`image` takes them.
        throughput: False leaves throughput and time ledger out.

    Raises:
        ValueError: A number of updates is below 1, or ``x_axis`` is no axis.
        TypeError: A number of updates is no whole number, or ``figures`` or ``graph`` holds what cannot be called.
    """

    hookmap: ClassVar[HookMap] = TENSORBOARD
    role: ClassVar[str] = "TensorBoardCallback"

    def __init__(
        self,
        log_dir: str | os.PathLike[str] | None = None,
        every_n_steps: int = 50,
        histogram_every_n_steps: int | None = None,
        hparams: Mapping[str, Any] | None = None,
        *,
        x_axis: Kind = "step",
        graph: bool | Callable[[Any], Any] = False,
        figures: Mapping[str, Callable[[Any], Any]] | None = None,
        throughput: bool = True,
    ) -> None:
        self.every_n_steps = whole("every_n_steps", every_n_steps)
        self.histogram_every_n_steps = 0
        if histogram_every_n_steps is None:
            self._leave_out("write_histograms")
        else:
            self.histogram_every_n_steps = whole("histogram_every_n_steps", histogram_every_n_steps)
        self.axis = Axis(x_axis)
        self.graph = graph if callable(graph) else _input_of
        if not graph:
            self._leave_out("write_graph")
        elif not callable(graph) and graph is not True:
            raise TypeError(f"graph: True, False or a function of a batch is due, got {graph!r}")
        self.figures = dict(figures or {})
        if not self.figures:
            self._leave_out("draw")
        for tag, draw in self.figures.items():
            if not callable(draw):
                raise TypeError(f"figures: {tag!r} needs a function of the Trainer, got {draw!r}")
        self.throughput = throughput
        self.hparams = dict(hparams or {})
        self.writer = EventWriter(log_dir)
        self._writes = False
        self._training = False
        self._group = ""  # goes before the names of an evaluation run, which are kept apart
        self._is_new = True
        self._graph_is_written = False
        self._timed = 0  # number of epochs whose times are written
        self._written: dict[str, int] = {}  # number of values of each metric that are written
        self._tags: dict[str, None] = {}
        self._newest: list[tuple[str, float]] = []  # the numbers at the last place, to be written again on resume
        self._newest_at = 0
        self._is_entered = False  # a resumed run is about to enter the middle of an epoch
        self._hparams_are_written = False

    @property
    def log_dir(self) -> str | None:
        """Directory of the event files; ``None`` while it is still to be picked."""
        return self.writer.log_dir

    def start_training(self, run_history: Any, at: Any) -> None:
        """Begin a run, which counts on from the run before, or from where it was resumed."""
        self.axis.begin(at)
        self._training = True
        self._group = ""
        self._take_history(run_history)
        if at.update:
            self.writer.purge_from(self.axis.position() + 1)

    def state_dict(self) -> dict[str, Any]:
        """The state that a resume needs: the counts of the axis, and which values are written."""
        self.writer.flush()
        return {
            "axis": self.axis.state(),
            "written": dict(self._written),
            "newest": [list(pair) for pair in self._newest] if self._newest_at == self.axis.position() else [],
            "tags": list(self._tags),
            "graph_is_written": self._graph_is_written,
            "hparams_are_written": self._hparams_are_written,
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Restore a state of :meth:`state_dict`; TensorBoard hides the values that the run wrote after it.

        Where an epoch is under way, its results may stand in the files already, at the place of
        the state itself. So that place is hidden too, and its numbers are written again.
        """
        self.axis.load(state_dict["axis"], is_running=self._training)
        self._tags = dict.fromkeys(state_dict["tags"])
        self._graph_is_written = state_dict["graph_is_written"]
        self._hparams_are_written = state_dict["hparams_are_written"]
        if not (self._writes and self._training):
            return
        place = self.axis.position()
        if self.axis.ahead in ("train", "eval", "end"):
            self.writer.purge_from(place)
            self._written = dict(state_dict["written"])
            self._is_entered = self.axis.ahead == "train"
            for tag, value in state_dict["newest"]:
                self._write_number(tag, value, place)
        else:
            self.writer.purge_from(place + 1)
            self._timed += self.axis.ahead == "count"  # the epoch is in the files, and a resumed run records it again

    def start_evaluation(self, run_history: Any) -> None:
        """Begin an evaluation run, whose values are kept apart from those of training."""
        self._group = "evaluation/"
        self._take_history(run_history)

    def write_step(self, optimizer: Any, batch_output: Any, is_update: bool) -> None:
        """Write loss and learning rates every ``every_n_steps`` updates."""
        if self.axis.kind == "sample":
            self.axis.add_samples(batch_output["batch_size"])
        step = self.axis.updates + 1
        if not is_update or step % self.every_n_steps or not self._writes:
            return
        place = self.axis.position(step)
        self._write_number("train_loss_step", batch_output["loss"].item(), place)
        for tag, rate in _learning_rates(optimizer):
            self._write_number(tag, rate, place)

    def write_graph(self, model: Any, batch: Any) -> None:
        """Write the graph of the model, once."""
        if self._writes and not self._graph_is_written:
            self._graph_is_written = True
            self.writer.graph(model, self.graph(batch))

    def draw(self, trainer: Trainer) -> None:
        """Write the pictures that were asked for."""
        for tag, drawing in self.figures.items() if self._writes else ():
            self._write_picture(tag, drawing(trainer))

    def figure(self, tag: str, figure: Any) -> None:
        """Write a figure of matplotlib, where the run is now; call it from a hook or a callback.

        Args:
            tag: Its name.
            figure: The figure; it is not closed.
        """
        if PartialState().is_main_process:
            self.writer.figure(tag, figure, self.axis.position())

    def image(self, tag: str, image: Any) -> None:
        """Write an image, or several side by side, where the run is now.

        Args:
            tag: Its name.
            image: Numbers from 0 to 1, or bytes from 0 to 255: ``(height, width)``,
                ``(channels, height, width)`` or ``(images, channels, height, width)``.

        Raises:
            ValueError: The image has another shape.
        """
        if PartialState().is_main_process:
            self.writer.image(tag, image, self.axis.position())

    def write_histograms(self, model: Any) -> None:
        """Write histograms of the parameters and their gradients every ``histogram_every_n_steps`` updates."""
        step = self.axis.updates + 1
        if step % self.histogram_every_n_steps or not self._writes:
            return
        step = self.axis.position(step)
        for name, parameter in model.named_parameters():
            self.writer.histogram(f"parameters/{name}", parameter, step)
            if parameter.grad is not None:
                self.writer.histogram(f"gradients/{name}", parameter.grad, step)

    def write_late(self, run_history: Any) -> None:
        """Write the values recorded at the very end of the epoch before, at the place where that ended."""
        if self._is_entered:  # values that a resumed run finds in its history are written where its epoch ends
            self._is_entered = False
        else:
            self._write_recorded(run_history, self.axis.position_before())

    def write_history(self, run_history: Any) -> None:
        """Write every value that was recorded since the last time."""
        self._write_recorded(run_history, self.axis.position())

    def _write_recorded(self, run_history: Any, place: int) -> None:
        if not self._writes:
            return
        for name, values in sorted(run_history.to_dict().items()):
            written = self._written.get(name, 0)
            # Fewer than were written: the metric was deleted and begun again.
            for value in values[written if written <= len(values) else 0 :]:
                self._write_value(name, value, place)
            self._written[name] = len(values)
        self._write_times(getattr(run_history, "epoch_times", ()), place)

    def end_training(self, run_history: Any, run_config: Any) -> None:
        """Write the remaining values and the hyperparameters, and close the event file."""
        self.write_history(run_history)
        # TensorBoard reads the first hyperparameters of a directory and no later ones.
        if self._writes and not self._hparams_are_written:
            self.writer.hparams({**_numbers_and_words(run_config), **self.hparams}, self._tags)
            self._hparams_are_written = True
        self._close()

    def end_evaluation(self, run_history: Any) -> None:
        """Write the remaining values; the event file stays open while a training run goes on."""
        self.write_history(run_history)
        self._group = ""
        if not self._training:
            self._close()

    def fail(self, run_history: Any) -> None:
        """Write the remaining values and close the event file."""
        self.write_history(run_history)
        self._close()

    def _write_times(self, times: Sequence[Any], place: int) -> None:
        """Write throughput and time ledger of the epochs that have ended since the last call."""
        for epoch in times[self._timed :] if self.throughput else ():
            for name in ("samples", "updates") if epoch.seconds else ():
                self._write_number(f"throughput/{name}_per_second", getattr(epoch, name) / epoch.seconds, place)
            for name in (*TIME_ACCOUNTS, "other"):
                self._write_number(f"time/{name}", getattr(epoch, name), place)
        self._timed = len(times)

    def _take_history(self, run_history: Any) -> None:
        """Count the values that a run finds in its history as written, but for those of this callback's own runs."""
        self._writes = PartialState().is_main_process
        self._timed = len(getattr(run_history, "epoch_times", ()))
        lengths = {name: len(values) for name, values in run_history.to_dict().items()}
        if self._is_new:
            self._is_new, self._written = False, lengths
        else:  # the history may have been emptied between two runs
            self._written = {name: count for name, count in self._written.items() if count <= lengths.get(name, 0)}

    def _write_value(self, name: str, value: Any, place: int) -> None:
        try:
            number = float(value.detach() if isinstance(value, torch.Tensor) else value)
        except (TypeError, ValueError, RuntimeError):  # the last is what a tensor of several numbers raises
            return
        tag = f"{self._group}{name}"
        self._write_number(tag, number, place)
        self._tags[tag] = None

    def _write_number(self, tag: str, value: float, place: int) -> None:
        self.writer.scalar(tag, value, place)
        if place != self._newest_at:
            self._newest, self._newest_at = [], place
        self._newest.append((tag, value))

    def _write_picture(self, tag: str, picture: Any) -> None:
        if hasattr(picture, "savefig"):
            self.figure(tag, picture)
            _close_figure(picture)
        else:
            self.image(tag, picture)

    def _close(self) -> None:
        self._training = False
        self._group = ""
        self.writer.close()

    def _leave_out(self, method: str) -> None:
        setattr(self, method, None)


def _input_of(batch: Any) -> Any:
    return batch[0] if isinstance(batch, (tuple, list)) else batch


def _close_figure(figure: Any) -> None:
    """Let pyplot forget a figure that it made, or it would keep all of them; others it never knew."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close(figure)


def _learning_rates(optimizer: Any) -> Iterator[tuple[str, float]]:
    groups = optimizer.param_groups
    for index, group in enumerate(groups):
        tag = "learning_rate" if len(groups) == 1 else f"learning_rate/{group.get('name', index)}"
        yield tag, float(group["lr"])


def _numbers_and_words(run_config: Any) -> dict[str, Any]:
    """The numbers and words of the configuration, without flags and whole dictionaries."""
    values = run_config.to_dict().items()
    return {name: value for name, value in values if type(value) in (int, float, str)}
