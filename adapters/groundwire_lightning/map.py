"""How Lightning's hooks relate to the Trainer's: one line each, a row or a gap that says what to do instead.

Row order is call order. Within a moment callbacks come first, then the module, then monitors.
"""

from __future__ import annotations

from groundwire import Gap, HookMap, row
from groundwire_lightning.callback import Callback, Monitor
from groundwire_lightning.checkpoint import keep_callback_state, keep_data_state
from groundwire_lightning.datamodule import LightningDataModule
from groundwire_lightning.guests import Bases
from groundwire_lightning.module import LightningModule
from groundwire_lightning.module_hooks import RetiredHooks
from groundwire_lightning.outputs import as_batch_output, as_eval_output, as_loader, skip_rest

TOLD = ("trainer", "module")
CLIPPING = ("trainer.gradient_clip_val", "trainer.gradient_clip_algorithm")
TRAIN_BATCH = ("batch", "step")
EVAL_BATCH = ("batch", "step")


def not_yet(source: str, use: str, *, stop: bool = True) -> Gap:
    """A hook that has no place here yet; ``stop`` where leaving it out would change numbers."""
    return Gap(source=source, why="Not yet supported.", use=use, stop=stop)


def retired(method: str, use: str) -> Gap:
    """A hook of Lightning 1.x."""
    return Gap(source=f"RetiredHooks.{method}", why="Lightning 2 removed it.", use=use, stop=True)


ASSEMBLY = (
    row("LightningModule.configure_callbacks", instead="_gather_callbacks"),
    row("LightningDataModule.prepare_data", before="_assemble_run"),
    row("LightningModule.prepare_data", before="_assemble_run"),
    row("LightningDataModule.setup", before="_assemble_run", named=("stage",)),
    row("Callback.setup", before="_assemble_run", args=TOLD, named=("stage",)),
    row("LightningModule.setup", before="_assemble_run", named=("stage",)),
    row("LightningModule.configure_sharded_model", before="_assemble_run"),
    row("LightningModule.configure_model", before="_assemble_run"),
    row("LightningModule.configure_optimizers", instead="_create_optimizer"),
    row("LightningDataModule.train_dataloader", instead="create_train_dataloader", turn=as_loader("train_dataloader")),
    row("LightningModule.train_dataloader", instead="create_train_dataloader", turn=as_loader("train_dataloader")),
    row("LightningDataModule.val_dataloader", instead="create_eval_dataloader", turn=as_loader("val_dataloader")),
    row("LightningModule.val_dataloader", instead="create_eval_dataloader", turn=as_loader("val_dataloader")),
)

RUN = (
    row("Callback.on_fit_start", before="_run_training", args=TOLD),
    row("LightningModule.on_fit_start", before="_run_training"),
    row("Callback.on_sanity_check_start", before="_run_sanity_evaluation", args=TOLD),
    row("Callback.on_sanity_check_end", after="_run_sanity_evaluation", args=TOLD),
    row("Callback.on_train_start", after="on_training_run_start", args=TOLD),
    row("LightningModule.on_train_start", after="on_training_run_start"),
    row("Callback.on_train_end", after="on_training_run_end", args=TOLD),
    row("LightningModule.on_train_end", after="on_training_run_end"),
    row("Callback.on_fit_end", after="_run_training", args=TOLD),
    row("LightningModule.on_fit_end", after="_run_training"),
    *(
        line
        for run in ("_run_training", "_run_evaluation", "_run_prediction")
        for line in (
            row("LightningDataModule.teardown", after=run, named=("stage",)),
            row("Callback.teardown", after=run, args=TOLD, named=("stage",)),
            row("LightningModule.teardown", after=run, named=("stage",)),
        )
    ),
    row("Callback.on_exception", after="on_exception", args=(*TOLD, "error")),
    row("LightningDataModule.on_exception", after="on_exception", args=("error",)),
)

TRAINING = (
    row("Callback.on_train_epoch_start", after="on_train_epoch_start", args=TOLD),
    row("LightningModule.on_train_epoch_start", after="on_train_epoch_start"),
    row("Callback.on_train_batch_start", before="_run_train_step", args=(*TOLD, *TRAIN_BATCH)),
    row("LightningModule.on_train_batch_start", before="_run_train_step", args=TRAIN_BATCH, turn=skip_rest),
    row(
        "LightningModule.training_step",
        instead="calculate_train_batch_loss",
        args=("batch", "at.step"),
        maybe=("at.step",),
        turn=as_batch_output,
    ),
    row("Callback.on_before_zero_grad", before="optimizer_zero_grad", args=(*TOLD, "trainer.optimizer")),
    row("LightningModule.on_before_zero_grad", before="optimizer_zero_grad", args=("trainer.optimizer",)),
    row(
        "LightningModule.optimizer_zero_grad",
        instead="optimizer_zero_grad",
        args=("trainer.current_epoch", "at.step", "trainer.optimizer"),
    ),
    row("Callback.on_before_backward", before="backward_step", args=(*TOLD, "loss")),
    row("LightningModule.on_before_backward", before="backward_step", args=("loss",)),
    row("LightningModule.backward", instead="backward_step", args=("loss",)),
    row("Callback.on_after_backward", after="backward_step", args=TOLD),
    row("LightningModule.on_after_backward", after="backward_step"),
    row("Callback.on_before_optimizer_step", before="_clip_gradients", args=(*TOLD, "trainer.optimizer")),
    row("LightningModule.on_before_optimizer_step", before="_clip_gradients", args=("trainer.optimizer",)),
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
    row("Callback.on_train_batch_end", after="_run_train_step", args=(*TOLD, "trainer.step_outputs", *TRAIN_BATCH)),
    row("LightningModule.on_train_batch_end", after="_run_train_step", args=("trainer.step_outputs", *TRAIN_BATCH)),
    row("Callback.on_train_epoch_end", after="on_train_epoch_end", args=TOLD),
    row("LightningModule.on_train_epoch_end", after="on_train_epoch_end"),
    # behind the module: a monitor has to see what the module logs there
    row("Monitor.on_train_epoch_end", after="on_train_epoch_end", args=TOLD),
)

VALIDATION = (
    row("LightningModule.on_validation_model_eval", instead="eval_epoch_start"),
    row("Callback.on_validation_start", after="on_eval_epoch_start", args=TOLD),
    row("LightningModule.on_validation_start", after="on_eval_epoch_start"),
    row("Callback.on_validation_epoch_start", after="on_eval_epoch_start", args=TOLD),
    row("LightningModule.on_validation_epoch_start", after="on_eval_epoch_start"),
    row("Callback.on_validation_batch_start", before="_run_eval_step", args=(*TOLD, *EVAL_BATCH)),
    row("LightningModule.on_validation_batch_start", before="_run_eval_step", args=EVAL_BATCH),
    row(
        "LightningModule.validation_step",
        instead="calculate_eval_batch_loss",
        args=("batch", "at.eval_step"),
        maybe=("at.eval_step",),
        turn=as_eval_output,
    ),
    row("Callback.on_validation_batch_end", after="_run_eval_step", args=(*TOLD, "trainer.eval_outputs", *EVAL_BATCH)),
    row("LightningModule.on_validation_batch_end", after="_run_eval_step", args=("trainer.eval_outputs", *EVAL_BATCH)),
    row("Callback.on_validation_epoch_end", after="on_eval_epoch_end", args=TOLD),
    row("LightningModule.on_validation_epoch_end", after="on_eval_epoch_end"),
    row("Callback.on_validation_end", after="on_eval_epoch_end", args=TOLD),
    row("LightningModule.on_validation_end", after="on_eval_epoch_end"),
)

CHECKPOINTS = (
    row("Callback.state_dict", before="_save_state", turn=keep_callback_state),
    row("LightningDataModule.state_dict", before="_save_state", turn=keep_data_state),
    row("Callback.on_save_checkpoint", before="_save_state", args=(*TOLD, "state")),
    row("LightningModule.on_save_checkpoint", before="_save_state", args=("state",)),
    row("LightningModule.on_load_checkpoint", before="_load_state", args=("state",)),
    row("LightningDataModule.load_state_dict", after="_load_state", args=("state",)),
    row("Callback.on_load_checkpoint", after="_load_state", args=(*TOLD, "state")),
    row("Callback.load_state_dict", after="_load_state", args=("state",)),
)

OPTIMIZATION_GAPS = (
    not_yet("LightningModule.on_validation_model_zero_grad", "clear gradients in on_validation_start"),
    not_yet("LightningModule.on_validation_model_train", "set modes in on_train_batch_start"),
)

TRANSFER_GAPS = tuple(
    not_yet(f"{role}.{method}", use)
    for role in ("LightningModule", "LightningDataModule")
    for method, use in (
        ("on_before_batch_transfer", "change the batch in the collate_fn of its loader"),
        (
            "transfer_batch_to_device",
            "give the batch type a method to(device), or override _transfer_batch of the Trainer",
        ),
        ("on_after_batch_transfer", "change the batch at the start of training_step and validation_step"),
    )
)

# Silence changes no number here: neither a test nor a prediction can be asked for.
TEST_AND_PREDICTION_GAPS = (
    *(
        not_yet(f"LightningModule.{method}", "validation_step and validate() over the test data", stop=False)
        for method in ("test_step", "test_dataloader", "on_test_model_eval", "on_test_model_train")
    ),
    *(
        not_yet(f"LightningModule.{method}", "call the module on batches yourself", stop=False)
        for method in ("predict_step", "predict_dataloader", "on_predict_model_eval")
    ),
    *(
        not_yet(f"LightningDataModule.{phase}_dataloader", "pass the loader to validate()", stop=False)
        for phase in ("test", "predict")
    ),
    *(
        not_yet(f"{role}.on_{phase}_{moment}", "the hook of validation of the same name", stop=False)
        for role in ("LightningModule", "Callback")
        for phase in ("test", "predict")
        for moment in ("start", "end", "epoch_start", "epoch_end", "batch_start", "batch_end")
    ),
)

LIGHTNING_1_GAPS = (
    *(retired(f"{phase}_epoch_end", f"on_{said}_epoch_end, with outputs kept in a list of your own")
      for phase, said in (("training", "train"), ("validation", "validation"), ("test", "test"))),
    *(retired(f"{phase}_step_end", f"the end of {phase}_step") for phase in ("training", "validation", "test")),
    retired("on_epoch_start", "on_train_epoch_start and on_validation_epoch_start"),
    retired("on_epoch_end", "on_train_epoch_end and on_validation_epoch_end"),
    retired("on_batch_start", "on_train_batch_start"),
    retired("on_batch_end", "on_train_batch_end"),
    retired("on_pretrain_routine_start", "on_fit_start"),
    retired("on_pretrain_routine_end", "on_fit_start"),
)  # fmt: skip

LIGHTNING = HookMap(
    "lightning",
    bases=Bases(
        {
            "LightningModule": LightningModule,
            "LightningDataModule": LightningDataModule,
            "Callback": Callback,
            "Monitor": Monitor,
            "RetiredHooks": RetiredHooks,
        }
    ),
    knows=("module", "stage"),
    specialises={"Monitor": "Callback"},
    listed=frozenset({"Callback", "Monitor"}),
    rows=(
        *ASSEMBLY,
        *RUN,
        *TRAINING,
        *VALIDATION,
        *CHECKPOINTS,
        *OPTIMIZATION_GAPS,
        *TRANSFER_GAPS,
        *TEST_AND_PREDICTION_GAPS,
        *LIGHTNING_1_GAPS,
    ),
)
