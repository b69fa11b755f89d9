"""The second table of Lightning's hooks: those that only Lightning 1 had, or that it called with other arguments.

A row stands where 1.9 called its hook, and where 1.9 did not any more, where the last release did that had it. It is
put between the rows of ``map.py``: a row with ``takes=`` is a variant of a hook that both have, and stands beside its
row there; any other is named here with the row that it stands ahead of, or behind. A row counts only for a class that
defines its hook, or takes its arguments; code without either runs by the rows of ``map.py`` alone.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from groundwire import Gap, HookMap, Row, row
from groundwire_lightning.core.old_calls import CLOSURE, FLAGS, INDEX
from groundwire_lightning.core.state_methods import OWN_STATE, keep_callback_state
from groundwire_lightning.core.step_outputs import as_batch_output
from groundwire_lightning.lightning_1.epoch_ends import EVALUATION, TRAINING
from groundwire_lightning.map import CLIPPING, EVAL_BATCH, LIGHTNING, TRAIN_BATCH, WITH_MODULE, for_one_loader

MARK = "1.x"
Rows = tuple[Row | Gap, ...]


def older(source: str, use: str, takes: Iterable[str] | None = (), **where: Any) -> Row:
    """A row of Lightning 1, for methods that take what it passes; ``use`` is what Lightning 2 has instead."""
    return row(source, mark=MARK, use=use, takes=takes, **where)


def both(method: str, use: str, **where: Any) -> Rows:
    """The rows of a hook that callbacks and the module have, without arguments beyond who takes part."""
    return (
        older(f"Callback.{method}", use, args=WITH_MODULE, **where),
        older(f"LightningModule.{method}", use, **where),
    )


ON_EPOCH_START = "on_train_epoch_start, on_validation_epoch_start, on_test_epoch_start"
ON_EPOCH_END = "on_train_epoch_end, on_validation_epoch_end, on_test_epoch_end"
OF_OWN = "with a list of your own, filled in"

BEGIN: Rows = (
    older("Callback.on_init_start", "the callback's __init__", after="on_init_end", args=("trainer",)),
    older("Callback.on_init_end", "setup", after="on_init_end", args=("trainer",)),
)
"""Rows that stand ahead of all others."""

AHEAD: Mapping[str, Rows] = {
    "LightningDataModule.setup": (
        older("Callback.on_before_accelerator_backend_setup", "setup", before="_assemble_run", args=WITH_MODULE),
    ),
    "LightningDataModule.train_dataloader": tuple(
        older(f"LightningModule.on_{prefix}_dataloader", f"{prefix}_dataloader", before=f"create_{kind}_dataloader")
        for prefix, kind in (("train", "train"), ("val", "eval"), ("test", "eval"), ("predict", "eval"))
    ),
    "Callback.on_train_epoch_start": both("on_epoch_start", ON_EPOCH_START, after="on_train_epoch_start"),
    "Callback.on_train_batch_start": (
        older("Callback.on_batch_start", "on_train_batch_start", before="_run_train_step", args=WITH_MODULE),
        older(
            "LightningModule.on_batch_start",
            "on_train_batch_start",
            before="_run_train_step",
            args=("batch",),
            maybe=("batch",),
        ),
    ),
    "Callback.on_train_epoch_end": (
        older(
            "LightningModule.training_epoch_end",
            f"on_train_epoch_end, {OF_OWN} training_step",
            after="on_train_epoch_end",
            args=(TRAINING,),
            own=True,
            takes=None,
        ),
    ),
    "Callback.on_validation_epoch_start": both("on_epoch_start", ON_EPOCH_START, after="on_eval_epoch_start"),
    "Callback.on_validation_epoch_end": tuple(
        older(
            f"LightningModule.{phase}_epoch_end",
            f"on_{phase}_epoch_end, {OF_OWN} {phase}_step",
            after="eval_epoch_end",
            args=(EVALUATION,),
            own=True,
            takes=None,
        )
        for phase in ("validation", "test")
    ),
    "LightningModule.on_load_checkpoint": (
        older("LightningDataModule.on_load_checkpoint", "load_state_dict", before="_load_state", args=("state",)),
    ),
    "Callback.on_exception": (
        older("Callback.on_keyboard_interrupt", "on_exception", after="on_exception", args=WITH_MODULE),
    ),
}
"""The row of ``map.py`` to the rows that stand ahead of it."""

BEHIND: Mapping[str, Rows] = {
    "LightningModule.configure_sharded_model": (
        older("Callback.on_configure_sharded_model", "setup", before="_assemble_run", args=WITH_MODULE),
    ),
    "LightningModule.on_fit_start": (
        *both("on_pretrain_routine_start", "on_fit_start", before="_run_training"),
        *both("on_pretrain_routine_end", "on_fit_start", before="_run_training"),
    ),
    "LightningModule.training_step": (
        older(
            "LightningModule.training_step_end",
            "the end of training_step",
            after="calculate_train_batch_loss",
            args=("batch_output",),
            own=True,
        ),
    ),
    "LightningModule.on_train_batch_end": both("on_batch_end", "on_train_batch_end", after="_run_train_step"),
    "Monitor.on_train_epoch_end": both("on_epoch_end", ON_EPOCH_END, after="on_train_epoch_end"),
    **{
        f"LightningModule.{phase}_step": (
            older(
                f"LightningModule.{phase}_step_end",
                f"the end of {phase}_step",
                after="calculate_eval_batch_loss",
                args=("batch_output",),
                own=True,
            ),
        )
        for phase in ("validation", "test")
    },
    "LightningModule.on_save_checkpoint": (
        older("LightningDataModule.on_save_checkpoint", "state_dict", before="_save_state", args=("state",)),
        older("LightningModule.on_hpc_save", "on_save_checkpoint", before="_save_state", args=("state",)),
    ),
    "LightningModule.on_load_checkpoint": (
        older("LightningModule.on_hpc_load", "on_load_checkpoint", before="_load_state", args=("state",)),
    ),
    "LightningModule.on_test_epoch_end": both("on_epoch_end", ON_EPOCH_END, after="eval_epoch_end"),
}
"""The row of ``map.py`` to the rows that stand behind it."""

NO_INDEX = "the hook without dataloader_idx"
WITH_DEFAULT = "dataloader_idx=0"
NO_OUTPUTS = "on_train_epoch_end without outputs, and a list of your own"
RUNS = ("_run_training", "_run_evaluation", "_run_prediction")
FIRST = {"Callback": WITH_MODULE, "LightningModule": (), "Monitor": WITH_MODULE}

VARIANTS: tuple[Row, ...] = (
    # Lightning 1.0 passed the stage by position, and it may have any name
    *(
        older(
            f"{role}.{method}",
            "a parameter that is called stage",
            **{position: hook},
            args=(*FIRST.get(role, ()), "stage"),
        )
        for method, position, hooks in (("setup", "before", ("_assemble_run",)), ("teardown", "after", RUNS))
        for hook in hooks
        for role in ("LightningDataModule", "Callback", "LightningModule")
    ),
    *(
        older(
            f"{role}.on_train_batch_start",
            NO_INDEX,
            before="_run_train_step",
            args=(*FIRST[role], *TRAIN_BATCH, "at.loader"),
        )
        for role in ("Callback", "LightningModule")
    ),
    *(
        older(
            f"{role}.on_train_batch_end",
            NO_INDEX,
            after="_run_train_step",
            args=(*FIRST[role], "trainer.step_outputs", *TRAIN_BATCH, "at.loader"),
        )
        for role in ("Callback", "LightningModule")
    ),
    *(
        older(
            f"{role}.on_train_epoch_end",
            NO_OUTPUTS,
            after="on_train_epoch_end",
            args=(*FIRST[role], TRAINING),
            takes=("outputs",),
        )
        for role in ("Callback", "LightningModule", "Monitor")
    ),
    *(
        older(
            f"{role}.on_{phase}_batch_{moment}",
            WITH_DEFAULT,
            **{position: step},
            args=(*FIRST[role], *outputs, *EVAL_BATCH),
        )
        for phase, step, made in (
            ("validation", "_run_eval_step", "trainer.eval_outputs"),
            ("test", "_run_eval_step", "trainer.eval_outputs"),
            ("predict", "_run_prediction_step", "predictions"),
        )
        for moment, position, outputs in (("start", "before", ()), ("end", "after", (made,)))
        for role in ("Callback", "LightningModule")
    ),
    *(
        older(
            f"{role}.on_predict_epoch_end",
            "trainer.predict_loop.predictions",
            after="on_prediction_run_end",
            args=(*FIRST[role], "trainer.predicted.predictions"),
            takes=("results", "outputs"),
        )
        for role in ("Callback", "LightningModule")
    ),
    older(
        "Callback.on_save_checkpoint",
        "state_dict",
        before="_save_state",
        args=WITH_MODULE,
        turn=keep_callback_state,
    ),
    older(
        "Callback.on_load_checkpoint",
        "load_state_dict",
        after="_load_state",
        args=(*WITH_MODULE, "state"),
        takes=OWN_STATE[:1],
    ),
    older("Callback.on_load_checkpoint", "load_state_dict", after="_load_state", args=("state",), takes=OWN_STATE[1:]),
)
"""Rows of hooks that both tables have, for classes that take what Lightning 1 passed."""

AMP = "using_native_amp"
NO_OPTIMIZER = "the hook without optimizer_idx"
NO_TURNS = "automatic_optimization = False, and a step of each of self.optimizers() in training_step"

OPTIMIZING: tuple[Row, ...] = (
    older(
        "LightningModule.training_step",
        NO_TURNS,
        instead="calculate_train_batch_loss",
        args=("batch", "at.step", "turn.optimizer_idx", "turn.hiddens"),
        maybe=("turn.hiddens",),
        turn=as_batch_output,
        own=True,
        takes=("optimizer_idx",),
    ),
    older(
        "LightningModule.training_step",
        "a loop over the parts of a batch in training_step, with automatic_optimization = False",
        instead="calculate_train_batch_loss",
        args=("batch", "at.step", "turn.hiddens"),
        turn=as_batch_output,
        own=True,
        takes=("hiddens",),
    ),
    older(
        "LightningModule.optimizer_zero_grad",
        NO_OPTIMIZER,
        instead="optimizer_zero_grad",
        args=("trainer.current_epoch", "at.step", "trainer.optimizer", "turn.optimizer_idx"),
        takes=INDEX,
    ),
    older(
        "LightningModule.backward",
        NO_OPTIMIZER,
        instead="backward_step",
        args=("trainer", "loss", "turn.optimizer_of_loss", "turn.index_of_loss"),
        takes=("trainer",),
    ),
    older(
        "LightningModule.backward",
        NO_OPTIMIZER,
        instead="backward_step",
        args=("loss", "turn.optimizer_of_loss", "turn.index_of_loss"),
        takes=("optimizer", *INDEX),
    ),
    *(
        older(
            f"{role}.on_before_optimizer_step",
            NO_OPTIMIZER,
            before="_clip_gradients",
            args=(*FIRST[role], "trainer.optimizer", "turn.optimizer_idx"),
            takes=INDEX,
        )
        for role in ("Callback", "LightningModule")
    ),
    older(
        "LightningModule.configure_gradient_clipping",
        NO_OPTIMIZER,
        instead="_clip_gradients",
        args=("trainer.optimizer", "turn.optimizer_idx"),
        named=CLIPPING,
        takes=INDEX,
    ),
    *(
        older(
            "LightningModule.optimizer_step",
            "optimizer_step(self, epoch, batch_idx, optimizer, optimizer_closure)",
            instead="optimizer_step",
            args=(
                "trainer.current_epoch",
                "at.step",
                "trainer.lightning_optimizer",
                "turn.optimizer_idx",
                "trainer.closure",
            ),
            named=flags,
            maybe=flags,
            takes=takes,
        )
        for takes, flags in (
            ((AMP,), ("turn.on_tpu", "turn.using_native_amp", "turn.using_lbfgs")),
            # 1.9 passes the flag of precision only to who names it
            ((*INDEX, *(set(FLAGS) - {AMP}), CLOSURE), ("turn.on_tpu", "turn.using_lbfgs")),
        )
    ),
    older(
        "LightningModule.lr_scheduler_step",
        NO_OPTIMIZER,
        instead="scheduler_step",
        args=("trainer.scheduler", "turn.index_of_scheduler", "trainer.monitored"),
        takes=INDEX,
    ),
)
"""Rows of the hooks around an update, for classes that are told whose it is; :class:`Turn` knows."""

HOOK_GAPS: Rows = (
    *(
        Gap(source=f"LightningModule.{method}", why="No process is spawned here.", use="strategy='ddp', and a launcher")
        for method in ("add_to_queue", "get_from_queue")
    ),
    Gap(
        source="LightningModule.on_post_move_to_device",
        why="Lightning 1 called it on TPUs alone.",
        use="configure_model",
    ),
    *(
        Gap(source=f"LightningModule.{old}", why="Lightning 0 called it, and no later one.", use=new)
        for old, new in (
            ("training_end", "training_step_end"),
            ("validation_end", "validation_epoch_end"),
            ("test_end", "test_epoch_end"),
        )
    ),
)


def _at_one_place(variant: Row, line: Row | Gap) -> bool:
    return isinstance(line, Row) and (variant.source, variant.hook) == (line.source, line.hook)


def joined(table: HookMap) -> HookMap:
    """A table with the rows of this one among its own."""
    placed = set()

    def lines() -> Iterator[Row | Gap]:
        for line in table.rows:
            yield from AHEAD.get(line.source, ())
            yield from (variant for variant in (*VARIANTS, *OPTIMIZING) if _at_one_place(variant, line))
            yield line
            yield from BEHIND.get(line.source, ())
            placed.add(line.source)

    rows = (*BEGIN, *lines(), *HOOK_GAPS)
    assert placed >= {*AHEAD, *BEHIND, *(variant.source for variant in (*VARIANTS, *OPTIMIZING))}
    knows = (*table.knows, "training_outputs", "evaluation_outputs", "turn")
    return dataclasses.replace(table, rows=rows, knows=knows)


JOINED = joined(LIGHTNING)
"""The hooks of Lightning 2 and of Lightning 1: the table of every run."""

JOINED_ONE_LOADER = for_one_loader(JOINED)
"""The table of a run whose evaluations have one loader each."""
