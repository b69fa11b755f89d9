"""Every hook of a run, in order: what is known then, how often it runs and what it returns.

This is the only place where a hook is declared. Tables of rows attach to these names, the plan
has one slot for each of them, and the documentation is written from them. The order is the order
of a run.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

__all__ = ["HOOKS", "Hook"]

Every = Literal["trainer", "run", "epoch", "batch", "update", "demand"]
Stage = Literal["init", "assembly", "run"]


@dataclass(frozen=True, slots=True)
class Hook:
    """One moment of a run: a Trainer method, or an ``on_…`` event that callbacks are told about.

    Attributes:
        name: The Trainer method, or the event.
        gives: Names of its arguments, in order; what a row may bind.
        every: How often it runs; ``"demand"`` is whenever something asks for it.
        about: One sentence.
        makes: Name of what it returns; rows that run after it may bind that too.
        added: True where groundwire adds the hook to those of the Trainer's specification.
        stage: When what is attached is bound: ``"init"`` as the Trainer is constructed,
            ``"assembly"`` as an entry point is called, ``"run"`` when everything is prepared.
        is_event: True for a moment that callbacks are told about, False for a method of the Trainer.
    """

    name: str
    gives: tuple[str, ...]
    every: Every
    about: str
    makes: str | None = None
    added: bool = False
    stage: Stage = "run"
    is_event: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "is_event", self.name.startswith("on_"))

    def names_at(self, position: str) -> tuple[str, ...]:
        """The names that a row at ``position`` (before, instead or after) can bind."""
        return (*self.gives, self.makes) if position == "after" and self.makes else self.gives


_IN_ORDER = (
    Hook("on_init_end", (), "trainer", "The Trainer has been constructed.", stage="init"),
    Hook(
        "_gather_callbacks",
        (),
        "run",
        "Callbacks that only the parts of a run can name join the list.",
        added=True,
        stage="assembly",
    ),
    Hook(
        "_assemble_run",
        (),
        "run",
        "Everything a run needs is built: data, model, optimizer, configuration, scheduler.",
        added=True,
        stage="assembly",
    ),
    Hook(
        "_create_optimizer",
        (),
        "run",
        "The optimizer of the run, by default the one given to the Trainer.",
        makes="optimizer",
        added=True,
        stage="assembly",
    ),
    Hook(
        "create_train_dataloader",
        ("batch_size", "train_dl_kwargs"),
        "run",
        "Builds the loader of training batches.",
        makes="dataloader",
        stage="assembly",
    ),
    Hook(
        "create_eval_dataloader",
        ("batch_size", "eval_dl_kwargs"),
        "run",
        "Builds the loader of evaluation batches.",
        makes="dataloader",
        stage="assembly",
    ),
    Hook(
        "_prepare_model_optimizer_and_dataloaders",
        (),
        "run",
        "Model, optimizer and loaders are made ready for the devices of the run.",
        added=True,
        stage="assembly",
    ),
    Hook("_prepare_model_and_optimizer", (), "run", "Model and optimizer are placed and wrapped.", stage="assembly"),
    Hook(
        "_prepare_dataloaders",
        (),
        "run",
        "Loaders are wrapped where devices or processes ask for it.",
        stage="assembly",
    ),
    Hook(
        "_create_run_config",
        (
            "per_device_batch_size",
            "num_epochs",
            "gradient_accumulation_steps",
            "max_num_train_steps",
            "gradient_clip_value",
        ),
        "run",
        "The frozen record of what will be run.",
        makes="run_config",
        stage="assembly",
    ),
    Hook("create_scheduler", (), "run", "Builds the learning-rate scheduler.", makes="scheduler", stage="assembly"),
    Hook("_run_training", (), "run", "A whole training run."),
    Hook("training_run_start", (), "run", "A training run begins; everything is prepared."),
    Hook("on_training_run_start", (), "run", "A training run has begun."),
    Hook(
        "_run_sanity_evaluation",
        (),
        "run",
        "A short evaluation before the first batch, where one is asked for.",
        added=True,
    ),
    Hook("_run_train_epoch", ("train_dl",), "epoch", "One pass over the training batches."),
    Hook("train_epoch_start", (), "epoch", "A training epoch begins; puts the model in train mode."),
    Hook("on_train_epoch_start", (), "epoch", "A training epoch has begun."),
    Hook("_before_transfer", ("batch",), "batch", "Changes a batch before it is moved.", makes="changed", added=True),
    Hook("_transfer_batch", ("batch",), "batch", "Moves a batch to the device.", makes="moved", added=True),
    Hook("_after_transfer", ("batch",), "batch", "Changes a batch on the device.", makes="changed", added=True),
    Hook(
        "_run_train_step",
        ("batch", "step"),
        "batch",
        "A whole training batch: the moment around everything below.",
        makes="batch_output",
        added=True,
    ),
    Hook("on_train_step_start", ("step",), "batch", "A training batch is about to be used."),
    Hook(
        "calculate_train_batch_loss",
        ("batch",),
        "batch",
        "Forward pass and loss of a training batch.",
        makes="batch_output",
    ),
    Hook(
        "on_train_step_end",
        ("batch", "batch_output", "step"),
        "batch",
        "The loss of a training batch is known; the backward pass has not run.",
    ),
    Hook("backward_step", ("loss",), "batch", "Backward pass of the loss, divided by the batches of the update."),
    Hook("_clip_gradients", (), "update", "Clips the gradients of an update."),
    Hook("optimizer_step", (), "update", "The optimizer updates the parameters."),
    Hook("scheduler_step", (), "update", "The scheduler moves on by one update."),
    Hook("optimizer_zero_grad", (), "update", "Gradients are cleared for the next update."),
    Hook(
        "on_train_update_end",
        ("step",),
        "update",
        "Parameters, scheduler and gradients of an update are done.",
        added=True,
    ),
    Hook("train_epoch_end", (), "epoch", "The training batches of an epoch are done; its loss is not recorded yet."),
    Hook("on_train_epoch_end", (), "epoch", "A training epoch has ended and its loss is recorded."),
    Hook("_run_evaluation", (), "run", "A whole evaluation run.", added=True),
    Hook("evaluation_run_start", (), "run", "An evaluation run begins."),
    Hook("on_evaluation_run_start", (), "run", "An evaluation run has begun."),
    Hook(
        "_make_room_for_evaluation",
        (),
        "epoch",
        "An evaluation within training is due; frees what it does not need, such as gradients.",
        added=True,
    ),
    Hook(
        "_run_eval_epoch",
        ("valid_dl", "is_training", "is_intermediate"),
        "epoch",
        "One pass over the evaluation batches.",
    ),
    Hook("eval_epoch_start", (), "epoch", "An evaluation epoch begins; puts the model in eval mode."),
    Hook("on_eval_epoch_start", ("is_intermediate",), "epoch", "An evaluation epoch has begun."),
    Hook(
        "_run_eval_step",
        ("batch", "step"),
        "batch",
        "A whole evaluation batch: the moment around the three below.",
        makes="batch_output",
        added=True,
    ),
    Hook("on_eval_step_start", ("step",), "batch", "An evaluation batch is about to be used."),
    Hook(
        "calculate_eval_batch_loss",
        ("batch",),
        "batch",
        "Forward pass and loss of an evaluation batch, without gradients.",
        makes="batch_output",
    ),
    Hook("on_eval_step_end", ("batch", "batch_output", "step"), "batch", "The loss of an evaluation batch is known."),
    Hook("eval_epoch_end", (), "epoch", "The evaluation batches are done; their loss is not recorded yet."),
    Hook("on_eval_epoch_end", ("is_intermediate",), "epoch", "An evaluation epoch has ended and its loss is recorded."),
    Hook(
        "_leave_eval_mode",
        (),
        "epoch",
        "An evaluation epoch is over; where an adapter brings back the modes of before.",
        added=True,
    ),
    Hook("evaluation_run_end", (), "run", "An evaluation run ends."),
    Hook("on_evaluation_run_end", (), "run", "An evaluation run has ended."),
    Hook("training_run_epoch_end", (), "epoch", "Training and evaluation of an epoch are done."),
    Hook("on_training_run_epoch_end", (), "epoch", "Training and evaluation of an epoch have ended."),
    Hook("on_stop_training_error", ("error",), "demand", "A StopTrainingError ended the run early, in order."),
    Hook("training_run_end", (), "run", "A training run ends."),
    Hook("on_training_run_end", (), "run", "A training run has ended."),
    Hook("_run_prediction", (), "run", "A whole prediction run.", added=True),
    Hook("prediction_run_start", (), "run", "A prediction run begins; puts the model in eval mode.", added=True),
    Hook("on_prediction_run_start", (), "run", "A prediction run has begun.", added=True),
    Hook(
        "_run_prediction_step",
        ("batch", "step"),
        "batch",
        "A whole batch to predict: the moment around the three below.",
        makes="predictions",
        added=True,
    ),
    Hook("on_prediction_step_start", ("step",), "batch", "A batch is about to be predicted.", added=True),
    Hook(
        "calculate_predictions",
        ("batch",),
        "batch",
        "What the model says of a batch, without gradients.",
        makes="predictions",
        added=True,
    ),
    Hook(
        "on_prediction_step_end",
        ("batch", "predictions", "step"),
        "batch",
        "The predictions of a batch are known.",
        added=True,
    ),
    Hook("prediction_run_end", (), "run", "A prediction run ends.", added=True),
    Hook("on_prediction_run_end", (), "run", "A prediction run has ended.", added=True),
    Hook(
        "_save_state",
        ("state",),
        "demand",
        "A checkpoint is about to be written; what belongs in it is added.",
        added=True,
        stage="assembly",
    ),
    Hook(
        "_load_state",
        ("state",),
        "demand",
        "A checkpoint was read; what was added to it is taken back.",
        added=True,
        stage="assembly",
    ),
    Hook(
        "on_exception",
        ("error",),
        "demand",
        "An error other than StopTrainingError leaves the run, or its assembly.",
        added=True,
        stage="assembly",
    ),
)

HOOKS: dict[str, Hook] = {hook.name: hook for hook in _IN_ORDER}
"""Every hook by name, in the order of a run."""
