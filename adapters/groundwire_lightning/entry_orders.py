"""The hooks that ``validate``, ``test`` and ``predict`` run, in their order, for reports."""

from __future__ import annotations

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
