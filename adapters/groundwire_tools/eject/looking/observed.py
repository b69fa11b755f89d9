"""A program run up to the first batch of its ``fit``, and what is then known of that run."""

from __future__ import annotations

import contextlib
import math
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch
from weakref import WeakKeyDictionary

import groundwire_tools
from groundwire_tools.eject.facts import Facts, NotPlainError
from groundwire_tools.eject.looking.configured import path_to, scheduler_at
from groundwire_tools.eject.looking.first_step import STEPS, first_step, known_number, may_skip, takes_index
from groundwire_tools.eject.looking.project import check_classes, check_project
from groundwire_tools.eject.looking.standing import LEFT_HOOKS, check_arguments, check_hooks, check_updates
from groundwire_tools.eject.looking.taking_part import brought, listeners_of
from groundwire_tools.run.answers import install
from groundwire_tools.run.program import Program, run

if TYPE_CHECKING:
    from groundwire_lightning.trainer.trainer import Trainer


class Observed(BaseException):
    """Ends the program where enough is known; no ``except Exception`` of its own catches it."""


def observe(script: Path, arguments: tuple[str, ...]) -> Facts:
    """Run a script up to the first batch of its first ``fit``; of one without, up to its end.

    Args:
        script: Its path.
        arguments: The words that are its own.

    Raises:
        NotPlainError: It calls nothing, ends before that, or its run has something without a plain counterpart.
    """
    install()
    seen: list[Facts | NotPlainError] = []
    with watched(script, seen):
        code, error = run(Program("script", str(script), arguments))
    for reason in seen:
        if isinstance(reason, NotPlainError):
            raise reason
    calls = [facts for facts in seen if isinstance(facts, Facts)]
    fits = [facts for facts in calls if facts.is_fit]
    if error is not None and not fits:
        raise NotPlainError(f"{script} ended with an error before its first batch, see above; mend it and eject again")
    if calls:
        check_project(script)
        return (fits or calls)[0]
    exits = f" and exited with {code}" if code else ""
    raise NotPlainError(
        f"{script} called no Trainer's fit, validate, test or predict{exits}: there is no loop to write. Pass the "
        "arguments that make it train behind --"
    )


@contextlib.contextmanager
def watched(script: Path, seen: list[Facts | NotPlainError]) -> Iterator[None]:
    """Within it, a run of a Trainer is looked at before its first batch, and ``fit`` goes no further.

    Args:
        script: The program.
        seen: Takes what each call came to.
    """
    from groundwire_lightning.trainer import adapter
    from groundwire_lightning.trainer.trainer import Trainer

    made, resumed, apart = Trainer.__init__, Trainer._load_resumed, vars(adapter)["optimizers_and_schedulers"]
    configured: list[Any] = []
    lines: WeakKeyDictionary[Trainer, int] = WeakKeyDictionary()  # in which each was made

    def make(trainer: Trainer, *args: Any, **kwargs: Any) -> None:
        lines[trainer] = _line_in(script)
        made(trainer, *args, **kwargs)
        # nothing is logged, so no logger is to open its files
        vars(trainer.to_loggers).update(prepare=_nothing, finalize=_nothing)

    def take_apart(value: Any, *args: Any) -> Any:
        configured[:] = [value]
        return apart(value, *args)

    def stop(trainer: Trainer) -> None:
        try:
            outcome: Facts | NotPlainError = _facts(trainer, lines[trainer], script, configured)
        except NotPlainError as reason:
            outcome = reason
        seen.append(outcome)
        if isinstance(outcome, NotPlainError) or outcome.is_fit:
            vars(trainer)["_clean_up"] = _nothing  # no hook is told of an error that is none
            raise Observed
        resumed(trainer)

    with (
        patch.object(Trainer, "__init__", make),
        patch.object(Trainer, "_load_resumed", stop),
        patch.object(adapter, "optimizers_and_schedulers", take_apart),
        patch.object(sys, "excepthook", _tell_of_errors),
    ):
        yield


def _nothing(*_: Any) -> None:
    """Takes the place of what is not to be done."""


def _tell_of_errors(kind: type[BaseException], error: BaseException, trace: Any) -> None:
    if not isinstance(error, Observed):
        sys.__excepthook__(kind, error, trace)


def _line_in(script: Path) -> int:
    """The line of the script that made the call which is under way; 0 where another file made it for the script."""
    import groundwire
    import groundwire_lightning

    packages = (groundwire, groundwire_lightning, groundwire_tools)
    ours = (*(str(Path(str(package.__file__)).parent) for package in packages), str(Path(contextlib.__file__)))
    frame: Any = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(ours):
        frame = frame.f_back
    return int(frame.f_lineno) if frame is not None and frame.f_code.co_filename == str(script.absolute()) else 0


def _facts(trainer: Trainer, line: int, script: Path, configured: list[Any]) -> Facts:
    from groundwire_lightning.map import LIGHTNING

    if not line or not _line_in(script):
        raise NotPlainError(
            f"the Trainer is made or called in another file than {script}, and eject rewrites that one alone; move "
            "Trainer(...) and fit(...) into it"
        )
    module, data = trainer.lightning_module, trainer.datamodule if trainer._asks_data else None
    name, hooks = type(module).__qualname__, brought(LIGHTNING, "LightningModule", module)
    listeners, order, left_out = listeners_of(trainer, f"{script}:{line}")
    trainer.choose_way()
    check_arguments(trainer)
    check_hooks(name, hooks)
    check_updates(trainer, hooks.union(*(one.hooks for one in listeners)))
    if hooks & LEFT_HOOKS and any(one.name == "ModelCheckpoint" for one in listeners):
        raise NotPlainError(f"{name}.{min(hooks & LEFT_HOOKS)} has no place in a plain checkpoint")
    check_classes(module, data, script)
    return Facts(
        is_fit=trainer._is_fitting,
        module=hooks,
        data=None if data is None else brought(LIGHTNING, "LightningDataModule", data),
        listeners=listeners,
        is_alone=not isinstance(trainer._asked["callbacks"], (list, tuple)),
        order=order,
        left_out=(*left_out, *(f"{name}.{hook}" for hook in sorted(hooks & LEFT_HOOKS))),
        settings={name: getattr(trainer, name, value) for name, value in trainer._asked.items()},
        given=frozenset(trainer._loaders_given),
        automatic=trainer.is_automatic,
        nested=trainer.way == "nested",
        takes_index=frozenset(step for step in STEPS if takes_index(getattr(module, step, None))),
        trains_whole=all(part.training for part in module.modules()),
        has_metrics=any(_is_metric(part) for part in module.modules()),
        device=str(trainer.device),
        autocast=_autocast(trainer),
        hparams=tuple(getattr(module, "hparams", None) or ()),
        data_hparams=tuple(getattr(data, "hparams", None) or ()),
        members=frozenset(dir(LIGHTNING.bases["LightningModule"])) - frozenset(dir(_torch_module())),
        **(_of_fit(trainer, configured[0]) if trainer._is_fitting else OF_NO_FIT),
    )


OF_NO_FIT: dict[str, Any] = {
    "optimizers": (),
    "schedulers": (),
    "by_hand": (),
    "may_skip": False,
    "validates": False,
    "is_early": False,
    "batches": None,
    "has_length": False,
    "val_batches": None,
    "val_check_batch": None,
    "sets_epoch": False,
    "sized": None,
    "returns": "unknown",
}
"""What is known of training where there is none."""


def _of_fit(trainer: Trainer, configured: Any) -> dict[str, Any]:
    """What is known of training before its first batch."""
    from groundwire_lightning.utilities.data import has_len

    is_early, schedulers = trainer._run.train_dataloader is not None, trainer.lr_scheduler_configs
    loader, sized, returns = first_step(trainer)
    batches, every = trainer.num_training_batches, trainer.val_check_batch
    by_epochs = every in (math.inf, batches) and trainer.check_val_every_n_epoch is not None
    return {
        "optimizers": tuple(path_to(one, configured) for one in trainer.optimizers),
        "schedulers": tuple(scheduler_at(one, configured) for one in schedulers if trainer.is_automatic),
        "by_hand": tuple(path_to(one.scheduler, configured) for one in schedulers if not trainer.is_automatic),
        "may_skip": may_skip(trainer.lightning_module.training_step),
        "validates": trainer.enable_validation,
        "is_early": is_early,
        "batches": known_number(batches),
        "has_length": loader is not None and has_len(loader),
        "val_batches": known_number(sum(trainer.num_val_batches)),
        "val_check_batch": None if by_epochs or every is None or math.isinf(every) else int(every),
        "sets_epoch": hasattr(getattr(loader, "sampler", None), "set_epoch"),
        "sized": sized,
        "returns": returns,
    }


def _torch_module() -> type:
    from torch import nn

    return nn.Module


def _autocast(trainer: Trainer) -> str | None:
    precision = trainer.precision
    if precision == "32-true":
        return None
    if precision == "bf16-mixed":
        return "torch.bfloat16"
    raise NotPlainError(f"precision={precision!r} has no plain counterpart; 32-true and bf16-mixed have")


def _is_metric(part: Any) -> bool:
    cls: Callable[..., Any] | None = getattr(sys.modules.get("torchmetrics"), "Metric", None)
    return cls is not None and isinstance(part, cls)  # type: ignore[arg-type]
