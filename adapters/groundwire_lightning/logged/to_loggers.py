"""The way of values to the loggers: what is written when, at which x, and what becomes of a logger that fails.

The x-axis of training counts batches that completed an update; a row at the end of an epoch stands
where its last batch stands. Values of evaluation batches count by loader, over epochs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from torch import Tensor

from groundwire.errors import rank_zero_warn
from groundwire.measured.ledger import numbers
from groundwire_lightning.errors import PossibleUserWarning
from groundwire_lightning.loggers.default import class_names
from groundwire_lightning.loggers.patient import Patient

if TYPE_CHECKING:
    from groundwire_lightning.core.running import Running
    from groundwire_lightning.logged.store import Logged


class ToLoggers:
    """Takes values of ``self.log`` to the loggers of a Trainer.

    Whatever a logger raises while the run is under way does not end it; see :class:`Patient`.

    Args:
        trainer: Whose loggers.
    """

    def __init__(self, trainer: Running) -> None:
        self.trainer = trainer
        self._seen: Counter[int] = Counter()
        self._loader: Any = None
        self._patients: dict[int, Patient] = {}

    # the moments

    def prepare(self) -> None:
        """Let loggers open what they write to; those of wandb first, which then hears of the others."""
        self._patients.clear()
        self._seen.clear()
        for logger in sorted(self.trainer.loggers, key=lambda logger: "WandbLogger" not in class_names(logger)):
            if hasattr(logger, "experiment"):
                logger.experiment  # noqa: B018  # made when it is first asked for

    def run_starts(self) -> None:
        """Send hyper-parameters and the graph.

        Raises:
            RuntimeError: Module and data module say different things of one hyper-parameter.
        """
        trainer = self.trainer
        if not (trainer.enable_autolog_hparams and trainer.loggers):
            return
        hparams = logged_hyper_parameters(trainer.lightning_module, trainer.datamodule)
        for logger in trainer.loggers:
            if hparams is not None:
                self._patient(logger).call("log_hyperparams", hparams)
            self._patient(logger).call("log_graph", trainer.lightning_module)
            self._patient(logger).call("save")

    def warn_if_seldom(self) -> None:
        """Say so where no batch of an epoch may be written."""
        trainer = self.trainer
        every, batches = trainer.log_every_n_steps, trainer.num_training_batches
        if trainer.loggers and 0 < batches < every and not trainer.fast_dev_run:
            rank_zero_warn(
                f"log_every_n_steps={every} is more than the {batches} batches of an epoch, so most epochs write no "
                "value of a step; Trainer(log_every_n_steps=) takes a smaller number",
                PossibleUserWarning,
            )

    def batch_ends(self, logged: Logged) -> None:
        """Write what a batch logged: in training every so often, in evaluation always."""
        trainer = self.trainer
        if logged.phase == "train":
            if trainer.at.is_update and (self.is_due or trainer.fast_dev_run):
                self.write(logged.for_loggers(on_step=True))
        elif not trainer.sanity_checking:
            if trainer._eval_dataloader is not self._loader:
                self._loader = trainer._eval_dataloader
                self._seen.clear()
            self.write(logged.for_loggers(on_step=True), self._seen[trainer.at.loader])
            self._seen[trainer.at.loader] += 1

    def evaluated(self, values: Mapping[str, Tensor]) -> None:
        """Write what an evaluation comes to."""
        self.write(values)

    def epoch_ends(self, values: Mapping[str, Tensor]) -> None:
        """Write what a training epoch comes to, where its last batch stands."""
        self.write(values, back=1)

    def save(self) -> None:
        """Let loggers write out what is pending: the run may end here."""
        for logger in self.trainer.loggers:
            self._patient(logger).call("save")

    def finalize(self, status: str) -> None:
        """The run is over.

        Args:
            status: ``"success"`` or ``"failed"``.
        """
        for logger in self.trainer.loggers:
            self._patient(logger).finalize(status)

    @property
    def is_due(self) -> bool:
        """True at the batches at which training is written."""
        trainer = self.trainer
        every = trainer.log_every_n_steps
        if not every:
            return False
        if not trainer._is_running:
            return True
        # one ahead in fit, since it is asked before an update as well
        steps = trainer.progress.stepped + 1 if trainer.training else trainer.progress.val_batch.ready
        return bool(steps % every == 0 or trainer.should_stop)

    def write(self, values: Mapping[str, Any], step: int | None = None, back: int = 0) -> None:
        """Write a row.

        Args:
            values: Name to value.
            step: Where it stands; by default ``values["step"]``, else the batches that completed an
                update, and then the epoch is written too.
            back: How many of these batches earlier.

        Raises:
            ValueError: A value has more than one element.
        """
        if not values:
            return
        row = plain(values)
        if step is None:
            # a value of that name is the x-axis, as in Lightning
            own = row.pop("step", None)
            step = self.trainer.progress.stepped - back if own is None else int(own)
            if own is None:
                row.setdefault("epoch", self.trainer.current_epoch)
        for logger in self.trainer.loggers:
            self._patient(logger).write(row, step, saves=True)

    # what callbacks have to say

    def write_of_callback(self, logger: Any, values: Mapping[str, Any], step: int | None = None) -> None:
        """Write a row to one logger, as it is.

        Args:
            logger: Which one.
            values: Name to number.
            step: Where it stands; by default where the next row of training stands.
        """
        step = self.trainer.progress.stepped if step is None else step
        self._patient(logger).write(values, step, saves=False)

    def checkpoint_is_written(self, callback: Any) -> None:
        """Let loggers know of a new checkpoint, which some of them upload.

        Args:
            callback: Who wrote it.
        """
        for logger in self.trainer.loggers:
            self._patient(logger).call("after_save_checkpoint", callback)

    def _patient(self, logger: Any) -> Patient:
        return self._patients.get(id(logger)) or self._patients.setdefault(id(logger), Patient(logger))


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as numbers, those of one device read together.

    Raises:
        ValueError: One has more than one element.
    """
    tensors = {name: value for name, value in values.items() if isinstance(value, Tensor)}
    for name, value in tensors.items():
        if value.numel() != 1:
            raise ValueError(
                f"{name!r} has shape {tuple(value.shape)} and cannot be written as one number; log its elements one by "
                "one, or pass logger=False"
            )
    return {**values, **dict(zip(tensors, numbers(list(tensors.values())), strict=True))}


def logged_hyper_parameters(module: Any, datamodule: Any) -> dict[str, Any] | None:
    """Hyper-parameters that module and data module want to have logged, or None where neither of them does.

    Raises:
        RuntimeError: They say different things of one hyper-parameter.
    """
    sides = [side.hparams_initial for side in (module, datamodule) if getattr(side, "_log_hyperparams", False)]
    if not sides:
        return None
    if len(sides) == 2:
        differing = [name for name in sides[0] if name in sides[1] and _differ(name, sides[0][name], sides[1][name])]
        if differing:
            raise RuntimeError(
                f"{type(module).__qualname__} and {type(datamodule).__qualname__} have hyper-parameters of the same "
                f"name with different values: {differing}. Rename one, or call save_hyperparameters(logger=False) in "
                "one of them"
            )
    together = {name: value for side in sides for name, value in side.items()}
    return {name: value for name, value in together.items() if name != "_class_path"}


def _differ(name: str, one: Any, other: Any) -> bool:
    if name == "_class_path":  # a command line's own
        return False
    return type(one) is not type(other) or (one is not other if isinstance(one, Tensor) else one != other)
