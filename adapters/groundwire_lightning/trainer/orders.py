"""The hooks that ``validate``, ``test`` and ``predict`` run, in their order, for reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass

ORDER = (
    "on_init_end",
    "_gather_callbacks",
    "_assemble_run",
    "_create_optimizer",
    "_prepare_model_optimizer_and_dataloaders",
    "_prepare_model_and_optimizer",
    "_prepare_dataloaders",
    "_create_run_config",
    "create_scheduler",
    "_run_training",
    "_run_sanity_evaluation",
    "create_train_dataloader",
    "create_eval_dataloader",
    "training_run_start",
    "on_training_run_start",
    "_run_train_epoch",
    "train_epoch_start",
    "on_train_epoch_start",
    "_before_transfer",
    "_transfer_batch",
    "_after_transfer",
    "_run_train_step",
    "on_train_step_start",
    "calculate_train_batch_loss",
    "on_train_step_end",
    "optimizer_zero_grad",
    "backward_step",
    "_clip_gradients",
    "optimizer_step",
    "on_train_update_end",
    "scheduler_step",
    "_make_room_for_evaluation",
    "_run_eval_epoch",
    "eval_epoch_start",
    "on_eval_epoch_start",
    "_run_eval_step",
    "on_eval_step_start",
    "calculate_eval_batch_loss",
    "on_eval_step_end",
    "eval_epoch_end",
    "on_eval_epoch_end",
    "_leave_eval_mode",
    "train_epoch_end",
    "on_train_epoch_end",
    "training_run_epoch_end",
    "on_training_run_epoch_end",
    "on_stop_training_error",
    "training_run_end",
    "on_training_run_end",
    "_save_state",
    "_load_state",
    "on_exception",
)
"""The hooks that ``fit`` runs, in its order, for reports."""

_ASSEMBLY = (
    "on_init_end",
    "_gather_callbacks",
    "_assemble_run",
    "_load_state",
    "_prepare_model_optimizer_and_dataloaders",
    "_prepare_model_and_optimizer",
    "_prepare_dataloaders",
    "_create_run_config",
    "create_scheduler",
)
_TRANSFER = ("_before_transfer", "_transfer_batch", "_after_transfer")

EVALUATION = (
    *_ASSEMBLY,
    "_run_evaluation",
    "evaluation_run_start",
    "on_evaluation_run_start",
    "create_eval_dataloader",
    "_run_eval_epoch",
    "eval_epoch_start",
    "on_eval_epoch_start",
    *_TRANSFER,
    "_run_eval_step",
    "on_eval_step_start",
    "calculate_eval_batch_loss",
    "on_eval_step_end",
    "eval_epoch_end",
    "on_eval_epoch_end",
    "_leave_eval_mode",
    "evaluation_run_end",
    "on_evaluation_run_end",
    "on_exception",
)
PREDICTION = (
    *_ASSEMBLY,
    "_run_prediction",
    "create_eval_dataloader",
    "prediction_run_start",
    "on_prediction_run_start",
    *_TRANSFER,
    "_run_prediction_step",
    "calculate_predictions",
    "prediction_run_end",
    "on_prediction_run_end",
    "on_exception",
)
ORDERS = {"validate": EVALUATION, "test": EVALUATION, "predict": PREDICTION}
