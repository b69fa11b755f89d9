"""A first look at the steps of a module: what they take, what they return, and how large a batch is."""

from __future__ import annotations

import ast
import inspect
import math
import textwrap
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from groundwire_tools.eject.facts import NotPlainError

if TYPE_CHECKING:
    from groundwire_lightning.trainer.trainer import Trainer

STEPS = ("training_step", "validation_step", "test_step", "predict_step")


def known_number(batches: float) -> int | None:
    """A number of batches; None where it is not known."""
    return None if math.isinf(batches) else int(batches)


def may_skip(step: Any) -> bool:
    """True for a step whose text has a return of nothing."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(step)))
    except (OSError, TypeError, SyntaxError):
        return True
    returns = [node for node in ast.walk(tree) if isinstance(node, ast.Return)]
    return any(node.value is None or getattr(node.value, "value", node) is None for node in returns)


def takes_index(step: Any) -> bool:
    """True for a step that is passed the index of a batch behind it."""
    if not callable(step):
        return False
    parameters = inspect.signature(step).parameters.values()
    return len(parameters) > 1 or any(one.kind is one.VAR_POSITIONAL for one in parameters)


def first_step(trainer: Trainer) -> tuple[Any, str | None, str]:
    """The training loader, the way to the size of its batches, and what a step returns."""
    from groundwire_lightning.utilities.combined_loader import is_combined

    trainer.load_training_data()
    loader = trainer._run.train_dataloader
    if loader is None:
        return None, None, "unknown"
    if is_combined(loader):
        raise NotPlainError("several training loaders are read side by side: eject writes the loop over one")
    _check_workers(loader)
    if trainer.enable_validation:
        trainer.load_evaluation_data()
        if is_combined(trainer._eval_dataloader):
            raise NotPlainError(
                "several validation loaders are read one after the other: eject writes the loop over one"
            )
    if trainer._readers:
        raise NotPlainError(f"{', '.join(sorted(trainer._readers))} reads batches from dataloader_iter itself")
    batch = next(iter(trainer.training_feed()), (None,))[0]
    return loader, sized_by(batch), _returned(trainer, batch)


def _check_workers(loader: Any) -> None:
    from groundwire_lightning.utilities.seed import start_worker

    if getattr(loader, "worker_init_fn", None) is start_worker:
        raise NotPlainError(
            "seed_everything(workers=True) seeds the workers of a loader as Lightning does, which has no plain "
            "counterpart; leave workers= out, or pass the loader a worker_init_fn of your own"
        )


def _returned(trainer: Trainer, batch: Any) -> str:
    run = trainer._run
    try:
        trainer.logged.batch_starts(batch)
        run.at.phase = "train"
        for changed in trainer._on_device([batch]):
            batch = changed
        output = trainer.plan.calculate_train_batch_loss(batch)
        returned = output["model_outputs"]
    except Exception:  # noqa: BLE001  # a step may need what the hooks before it do: then both kinds are written
        return "unknown"
    return "dict" if isinstance(returned, Mapping) else "unknown" if returned is None else "tensor"


def sized_by(batch: Any) -> str | None:
    """The way from a batch to its first tensor, as Python writes it; None where there is none."""
    import torch

    if isinstance(batch, torch.Tensor):
        return "" if batch.ndim else None
    inner: list[tuple[str, Any]] = []
    if isinstance(batch, Mapping):
        inner = [(f"[{_quoted(key)}]", one) for key, one in batch.items()]
    elif isinstance(batch, (list, tuple)):
        inner = [(f"[{index}]", one) for index, one in enumerate(batch)]
    elif is_dataclass(batch):
        inner = [(f".{field.name}", getattr(batch, field.name)) for field in fields(batch)]
    return next((path + deeper for path, one in inner if (deeper := sized_by(one)) is not None), None)


def _quoted(key: Any) -> str:
    return f'"{key}"' if isinstance(key, str) else repr(key)
