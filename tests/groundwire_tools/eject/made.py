"""Facts of a run, made without one, and the program that is written by them."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.groundwire_tools.eject.variants import program

from groundwire_tools.eject.facts import Facts, Listener
from groundwire_tools.eject.reading.logged import logging_of
from groundwire_tools.eject.reading.rewriting import PARAMETERS, rewrite
from groundwire_tools.eject.reading.script import Script
from groundwire_tools.eject.writing.draft import Writing
from groundwire_tools.eject.writing.program import written

SETTINGS: dict[str, Any] = {
    "max_epochs": 3,
    "max_steps": -1,
    "min_epochs": 0,
    "min_steps": None,
    "accumulate_grad_batches": 1,
    "gradient_clip_val": None,
    "gradient_clip_algorithm": None,
    "fast_dev_run": False,
    "limit_train_batches": 1.0,
    "limit_val_batches": 1.0,
    "limit_test_batches": 1.0,
    "limit_predict_batches": 1.0,
    "check_val_every_n_epoch": 1,
    "val_check_interval": 1.0,
    "num_sanity_val_steps": 2,
    "inference_mode": True,
    "deterministic": None,
}
FACTS = Facts(
    is_fit=True,
    module=frozenset({"training_step", "validation_step", "configure_optimizers"}),
    data=None,
    listeners=(),
    is_alone=False,
    order=(),
    left_out=(),
    settings=SETTINGS,
    given=frozenset({"train_dataloader", "val_dataloader"}),
    automatic=True,
    nested=False,
    optimizers=("",),
    schedulers=(),
    by_hand=(),
    may_skip=False,
    validates=True,
    is_early=False,
    batches=8,
    has_length=True,
    val_batches=6,
    takes_index=frozenset({"training_step", "validation_step", "test_step", "predict_step"}),
    val_check_batch=None,
    sets_epoch=False,
    sized="[0]",
    returns="tensor",
    trains_whole=True,
    has_metrics=False,
    device="cpu",
    autocast=None,
    hparams=(),
    data_hparams=(),
    members=frozenset({"log", "logger", "trainer", "current_epoch", "all_gather", "load_from_checkpoint"}),
)
"""What is known of :func:`~tests.groundwire_tools.eject.variants.program` without arguments."""


def facts(settings: dict[str, Any] | None = None, **changes: Any) -> Facts:
    """Facts that differ from :data:`FACTS`."""
    return replace(FACTS, settings=SETTINGS | (settings or {}), **changes)


def listener(name: str, *hooks: str, variable: str = "", **settings: Any) -> Listener:
    """A callback."""
    return Listener(name, variable or name.lower(), frozenset(hooks), settings)


def plain(source: str | None = None, settings: dict[str, Any] | None = None, **changes: Any) -> str:
    """The program that is written of a script, by facts that differ."""
    return written(Path("p.py"), program() if source is None else source, facts(settings, **changes))


def loop(source: str | None = None, settings: dict[str, Any] | None = None, **changes: Any) -> list[str]:
    """The lines of the written ``fit``, without their indent."""
    tree = ast.parse(plain(source, settings, **changes))
    fit = next(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == "fit")
    return [line.strip() for line in ast.unparse(fit).splitlines()]


def writing(source: str | None = None, settings: dict[str, Any] | None = None, **changes: Any) -> Writing:
    """What the parts of that program are written from."""
    script, known = Script(Path("p.py"), program() if source is None else source), facts(settings, **changes)
    logging = logging_of(script)
    rewritten = rewrite(script, known, frozenset(PARAMETERS), logging)
    return Writing(known, logging, rewritten, script.attributes, script.called)
