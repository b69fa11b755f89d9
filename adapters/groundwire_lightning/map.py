"""The table of Lightning's hooks: for each the hook of groundwire's Trainer at which it runs, or what replaces it.

A line is a row, with the hook and the arguments, or a gap, which says what to do instead. Row order is call order:
within a moment callbacks come first, then the module, then monitors.
"""

from __future__ import annotations

import dataclasses
from itertools import chain

from groundwire import Gap, HookMap, Row, row
from groundwire_lightning.core.callback import Callback, Monitor
from groundwire_lightning.core.datamodule import LightningDataModule
from groundwire_lightning.core.grad_norms import BeforeClipping
from groundwire_lightning.core.module import LightningModule
from groundwire_lightning.core.state_methods import keep_callback_state, keep_data_state
from groundwire_lightning.core.step_outputs import as_batch_output, as_eval_output, skip_rest
from groundwire_lightning.guests import Bases

WITH_MODULE = ("trainer", "module")
CLIPPING = ("trainer.gradient_clip_val", "trainer.gradient_clip_algorithm")
TRAIN_BATCH = ("batch", "step")
EVAL_BATCH = ("batch", "step", "at.loader")


ASSEMBLY = (
    row("LightningModule.configure_callbacks", instead="_gather_callbacks"),
    row("LightningDataModule.prepare_data", before="_assemble_run", own=True),
    row("LightningModule.prepare_data", before="_assemble_run", own=True),
    row("LightningDataModule.setup", before="_assemble_run", named=("stage",)),
    row("Callback.setup", before="_assemble_run", args=WITH_MODULE, named=("stage",)),
    row("LightningModule.setup", before="_assemble_run", named=("stage",)),
    row("LightningModule.configure_sharded_model", before="_assemble_run", own=True),
    row("LightningModule.configure_model", before="_assemble_run", own=True),
    row("LightningModule.configure_optimizers", instead="_create_optimizer", own=True),
    row("LightningDataModule.train_dataloader", instead="create_train_dataloader", own=True),
    row("LightningModule.train_dataloader", instead="create_train_dataloader", own=True),
    *(
        row(f"{role}.{loader}", instead="create_eval_dataloader", own=True)
        for loader in ("val_dataloader", "test_dataloader", "predict_dataloader")
        for role in ("LightningDataModule", "LightningModule")
    ),
)

RUN = (
    row("Callback.on_fit_start", before="_run_training", args=WITH_MODULE),
    row("LightningModule.on_fit_start", before="_run_training"),
    row("Callback.on_sanity_check_start", before="_run_sanity_evaluation", args=WITH_MODULE),
    row("Callback.on_sanity_check_end", after="_run_sanity_evaluation", args=WITH_MODULE),
    row("Callback.on_train_start", after="on_training_run_start", args=WITH_MODULE),
    row("LightningModule.on_train_start", after="on_training_run_start"),
    row("Callback.on_train_end", after="on_training_run_end", args=WITH_MODULE),
    row("LightningModule.on_train_end", after="on_training_run_end"),
    row("Callback.on_fit_end", after="_run_training", args=WITH_MODULE),
    row("LightningModule.on_fit_end", after="_run_training"),
    *(
        line
        for run in ("_run_training", "_run_evaluation", "_run_prediction")
        for line in (
            row("LightningDataModule.teardown", after=run, named=("stage",)),
            row("Callback.teardown", after=run, args=WITH_MODULE, named=("stage",)),
            row("LightningModule.teardown", after=run, named=("stage",)),
        )
    ),
    row("Callback.on_exception", after="on_exception", args=(*WITH_MODULE, "error")),
    row("LightningDataModule.on_exception", after="on_exception", args=("error",)),
)

TRAINING = (
    row("Callback.on_train_epoch_start", after="on_train_epoch_start", args=WITH_MODULE),
    row("LightningModule.on_train_epoch_start", after="on_train_epoch_start"),
    row("Callback.on_train_batch_start", before="_run_train_step", args=(*WITH_MODULE, *TRAIN_BATCH)),
    row("LightningModule.on_train_batch_start", before="_run_train_step", args=TRAIN_BATCH, turn=skip_rest),
    row(
        "LightningModule.training_step",
        instead="calculate_train_batch_loss",
        args=("batch", "at.step"),
        maybe=("at.step",),
        turn=as_batch_output,
        own=True,
    ),
    row("Callback.on_before_zero_grad", before="optimizer_zero_grad", args=(*WITH_MODULE, "trainer.optimizer")),
    row("LightningModule.on_before_zero_grad", before="optimizer_zero_grad", args=("trainer.optimizer",)),
    row(
        "LightningModule.optimizer_zero_grad",
        instead="optimizer_zero_grad",
        args=("trainer.current_epoch", "at.step", "trainer.optimizer"),
    ),
    row("Callback.on_before_backward", before="backward_step", args=(*WITH_MODULE, "loss")),
    row("LightningModule.on_before_backward", before="backward_step", args=("loss",)),
    row("LightningModule.backward", instead="backward_step", args=("loss",)),
    row("Callback.on_after_backward", after="backward_step", args=WITH_MODULE),
    row("LightningModule.on_after_backward", after="backward_step"),
    row("Callback.on_before_optimizer_step", before="_clip_gradients", args=(*WITH_MODULE, "trainer.optimizer")),
    row("LightningModule.on_before_optimizer_step", before="_clip_gradients", args=("trainer.optimizer",)),
    row("BeforeClipping.log_norms", before="_clip_gradients", args=("trainer.optimizer",)),
    row(
        "LightningModule.configure_gradient_clipping",
        instead="_clip_gradients",
        args=("trainer.optimizer",),
        named=CLIPPING,
    ),
    # where configure_gradient_clipping is not overridden; otherwise that one calls it
    row(
        "LightningModule.clip_gradients",
        instead="_clip_gradients",
        args=("trainer.optimizer",),
        named=CLIPPING,
    ),
    row(
        "LightningModule.optimizer_step",
        instead="optimizer_step",
        args=("trainer.current_epoch", "at.step", "trainer.lightning_optimizer", "trainer.closure"),
    ),
    row("LightningModule.lr_scheduler_step", instead="scheduler_step", args=("trainer.scheduler", "trainer.monitored")),
    row(
        "Callback.on_train_batch_end",
        after="_run_train_step",
        args=(*WITH_MODULE, "trainer.step_outputs", *TRAIN_BATCH),
    ),
    row("LightningModule.on_train_batch_end", after="_run_train_step", args=("trainer.step_outputs", *TRAIN_BATCH)),
    row("Callback.on_train_epoch_end", after="on_train_epoch_end", args=WITH_MODULE),
    row("LightningModule.on_train_epoch_end", after="on_train_epoch_end"),
    # behind the module: a monitor has to see what the module logs there
    row("Monitor.on_train_epoch_end", after="on_train_epoch_end", args=WITH_MODULE),
)


def rows_of_evaluation(phase: str) -> tuple[Row, ...]:
    """The rows of ``"validation"`` or of ``"test"``, which run at the same hooks; a run has those of one of them."""
    step = row(
        f"LightningModule.{phase}_step",
        instead="calculate_eval_batch_loss",
        args=("batch", "at.eval_step", "at.loader"),
        maybe=("at.eval_step", "at.loader"),
        turn=as_eval_output,
        own=True,
    )
    both = ("Callback", "LightningModule")
    first = {"Callback": WITH_MODULE, "LightningModule": ()}
    return (
        row(f"LightningModule.on_{phase}_model_eval", instead="eval_epoch_start"),
        *(row(f"{role}.on_{phase}_start", after="on_eval_epoch_start", args=first[role]) for role in both),
        *(row(f"{role}.on_{phase}_epoch_start", after="on_eval_epoch_start", args=first[role]) for role in both),
        *(
            row(
                f"{role}.on_{phase}_batch_start",
                before="_run_eval_step",
                args=(*first[role], *EVAL_BATCH),
                maybe=("at.loader",),
            )
            for role in both
        ),
        step,
        *(
            row(
                f"{role}.on_{phase}_batch_end",
                after="_run_eval_step",
                args=(*first[role], "trainer.eval_outputs", *EVAL_BATCH),
                maybe=("at.loader",),
            )
            for role in both
        ),
        *(row(f"{role}.on_{phase}_epoch_end", after="eval_epoch_end", args=first[role]) for role in both),
        *(row(f"{role}.on_{phase}_end", after="on_eval_epoch_end", args=first[role]) for role in both),
        row(f"LightningModule.on_{phase}_model_train", instead="_leave_eval_mode", own=True),
    )


EVALUATION = (
    row("LightningModule.on_validation_model_zero_grad", instead="_make_room_for_evaluation"),
    # side by side, so that what a table puts between two rows of one stands between those of the other too
    *chain(*zip(rows_of_evaluation("validation"), rows_of_evaluation("test"), strict=True)),
)

PREDICTION = (
    row("LightningModule.on_predict_model_eval", instead="prediction_run_start"),
    row("Callback.on_predict_start", after="on_prediction_run_start", args=WITH_MODULE),
    row("LightningModule.on_predict_start", after="on_prediction_run_start"),
    row("Callback.on_predict_epoch_start", after="on_prediction_run_start", args=WITH_MODULE),
    row("LightningModule.on_predict_epoch_start", after="on_prediction_run_start"),
    row(
        "Callback.on_predict_batch_start",
        before="_run_prediction_step",
        args=(*WITH_MODULE, *EVAL_BATCH),
        maybe=("at.loader",),
    ),
    row("LightningModule.on_predict_batch_start", before="_run_prediction_step", args=EVAL_BATCH, maybe=("at.loader",)),
    row(
        "LightningModule.predict_step",
        instead="calculate_predictions",
        args=("batch", "at.eval_step", "at.loader"),
        maybe=("at.eval_step", "at.loader"),
    ),
    row(
        "Callback.on_predict_batch_end",
        after="_run_prediction_step",
        args=(*WITH_MODULE, "predictions", *EVAL_BATCH),
        maybe=("at.loader",),
    ),
    row(
        "LightningModule.on_predict_batch_end",
        after="_run_prediction_step",
        args=("predictions", *EVAL_BATCH),
        maybe=("at.loader",),
    ),
    row("Callback.on_predict_epoch_end", after="on_prediction_run_end", args=WITH_MODULE),
    row("LightningModule.on_predict_epoch_end", after="on_prediction_run_end"),
    row("Callback.on_predict_end", after="on_prediction_run_end", args=WITH_MODULE),
    row("LightningModule.on_predict_end", after="on_prediction_run_end"),
)

TRANSFER = tuple(
    row(f"{role}.{method}", instead=hook, args=args, own=True)
    for method, hook, args in (
        ("on_before_batch_transfer", "_before_transfer", ("batch", "at.loader")),
        ("transfer_batch_to_device", "_transfer_batch", ("batch", "trainer.device", "at.loader")),
        ("on_after_batch_transfer", "_after_transfer", ("batch", "at.loader")),
    )
    for role in ("LightningDataModule", "LightningModule")
)

CHECKPOINTS = (
    row("Callback.state_dict", before="_save_state", turn=keep_callback_state),
    row("LightningDataModule.state_dict", before="_save_state", turn=keep_data_state),
    row(
        "Callback.on_save_checkpoint",
        before="_save_state",
        args=(*WITH_MODULE, "state"),
        turn=keep_callback_state,
    ),
    row("LightningModule.on_save_checkpoint", before="_save_state", args=("state",)),
    row("LightningModule.on_load_checkpoint", before="_load_state", args=("state",)),
    row("LightningDataModule.load_state_dict", after="_load_state", args=("state",)),
    row("Callback.on_load_checkpoint", after="_load_state", args=(*WITH_MODULE, "state")),
    row("Callback.load_state_dict", after="_load_state", args=("state",)),
)

LIGHTNING = HookMap(
    "lightning",
    bases=Bases(
        {
            "LightningModule": LightningModule,
            "LightningDataModule": LightningDataModule,
            "Callback": Callback,
            "Monitor": Monitor,
            "BeforeClipping": BeforeClipping,
        }
    ),
    knows=("module", "stage"),
    specialises={"Monitor": "Callback"},
    listed=frozenset({"Callback", "Monitor"}),
    rows=(
        *ASSEMBLY,
        *RUN,
        *TRAINING,
        *TRANSFER,
        *EVALUATION,
        *PREDICTION,
        *CHECKPOINTS,
    ),
)


def _for_one_loader(line: Row | Gap) -> Row | Gap:
    """A row without the index of the loader, where a hook may leave it out; any other line as it is."""
    if isinstance(line, Gap) or "at.loader" not in line.maybe:
        return line
    args = tuple(name for name in line.args if name != "at.loader")
    return dataclasses.replace(line, args=args, maybe=line.maybe - {"at.loader"})


def for_one_loader(hookmap: HookMap) -> HookMap:
    """The table of a run whose evaluations have one loader each: hooks are not passed its index."""
    return dataclasses.replace(hookmap, rows=tuple(map(_for_one_loader, hookmap.rows)))


ONE_LOADER = for_one_loader(LIGHTNING)
"""The table between runs, and until a run says which one is its own."""
