"""A program run up to the first batch of its ``fit``, and what is then known of that run."""

from __future__ import annotations

import ast
import inspect
import math
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from groundwire_tools.eject.facts import Facts, Listener, NotPlainError, Scheduler
from groundwire_tools.eject.standing import LEFT_OUT, STANDARD, check_arguments, check_hooks, snake
from groundwire_tools.run.answers import install
from groundwire_tools.run.program import Program, run

STEPS = ("training_step", "validation_step", "test_step", "predict_step")


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
        _check_project(script)
        return (fits or calls)[0]
    exits = f" and exited with {code}" if code else ""
    raise NotPlainError(
        f"{script} called no Trainer's fit, validate, test or predict{exits}: there is no loop to write. Pass the "
        "arguments that make it train behind --"
    )


@contextmanager
def watched(script: Path, seen: list[Facts | NotPlainError]) -> Iterator[None]:
    """Within it, a run of a Trainer is looked at before its first batch, and ``fit`` goes no further.

    Args:
        script: The program.
        seen: Takes what each call came to.
    """
    from groundwire_lightning.trainer import adapter
    from groundwire_lightning.trainer.trainer import Trainer

    before = Trainer.__init__, Trainer._load_resumed, adapter.optimizers_and_schedulers, sys.excepthook
    configured: list[Any] = []

    def make(trainer: Any, *args: Any, **kwargs: Any) -> None:
        trainer._made_at = _line_in(script)
        before[0](trainer, *args, **kwargs)

    def take_apart(value: Any, *args: Any) -> Any:
        configured[:] = [value]
        return before[2](value, *args)

    def stop(trainer: Any) -> None:
        try:
            seen.append(_facts(trainer, script, configured))
        except NotPlainError as reason:
            seen.append(reason)
        if isinstance(seen[-1], NotPlainError) or seen[-1].is_fit:
            trainer._clean_up = _nothing  # no hook is told of an error that is none
            raise Observed
        before[1](trainer)

    Trainer.__init__, Trainer._load_resumed = make, stop  # type: ignore[method-assign]  # for the length of the run
    adapter.optimizers_and_schedulers = take_apart
    sys.excepthook = _tell_of_errors
    try:
        yield
    finally:
        Trainer.__init__, Trainer._load_resumed = before[:2]  # type: ignore[method-assign]
        adapter.optimizers_and_schedulers, sys.excepthook = before[2:]


def _nothing(error: BaseException) -> None:
    """Takes the place of what is done about an error."""


def _tell_of_errors(kind: type[BaseException], error: BaseException, trace: Any) -> None:
    if not isinstance(error, Observed):
        sys.__excepthook__(kind, error, trace)


def _line_in(script: Path) -> int:
    """The line of the script that is under way; 0 where none is."""
    frame: Any = sys._getframe(1)
    name, line = str(script.absolute()), 0
    while frame is not None:
        if frame.f_code.co_filename == name:
            return int(frame.f_lineno)
        frame = frame.f_back
    return line


def _facts(trainer: Any, script: Path, configured: list[Any]) -> Facts:
    from groundwire_lightning.map import LIGHTNING
    from groundwire_lightning.utilities.data import has_len

    if not getattr(trainer, "_made_at", 0) or not _line_in(script):
        raise NotPlainError(
            f"the Trainer is made or called in another file than {script}, and eject rewrites that one alone; move "
            "Trainer(...) and fit(...) into it"
        )
    is_fit, module = trainer._is_fitting, trainer.lightning_module
    data = trainer.datamodule if trainer._asks_data else None
    listeners, order, left_out = _listeners(trainer, script)
    hooks = brought(LIGHTNING, "LightningModule", module)
    of_data = None if data is None else brought(LIGHTNING, "LightningDataModule", data)
    check_arguments(trainer)
    check_hooks(type(module).__qualname__, hooks)
    _check_classes(module, data, script)
    trainer.choose_way()
    optimizers, schedulers = trainer.optimizers if is_fit else [], trainer.lr_scheduler_configs if is_fit else []
    of_config = configured[0] if configured else None
    is_early = is_fit and trainer._run.train_dataloader is not None
    loader, sized, returns = _first_step(trainer) if is_fit else (None, None, "unknown")
    batches, every = (trainer.num_training_batches, trainer.val_check_batch) if is_fit else (math.inf, math.inf)
    by_epochs = every in (math.inf, batches) and trainer.check_val_every_n_epoch is not None
    return Facts(
        is_fit=is_fit,
        module=hooks,
        data=of_data,
        listeners=listeners,
        is_alone=not isinstance(trainer._asked["callbacks"], (list, tuple)),
        order=order,
        left_out=left_out,
        settings={name: getattr(trainer, name, value) for name, value in trainer._asked.items()},
        given=frozenset(trainer._loaders_given),
        automatic=trainer.is_automatic,
        nested=trainer.way == "nested",
        optimizers=tuple(path_to(one, of_config) for one in optimizers),
        schedulers=() if trainer.way == "by hand" else tuple(_scheduler(one, of_config) for one in schedulers),
        by_hand=tuple(path_to(one.scheduler, of_config) for one in schedulers) if trainer.way == "by hand" else (),
        may_skip=may_skip(module.training_step) if is_fit else False,
        validates=is_fit and trainer.enable_validation,
        is_early=is_early,
        batches=_counted(batches),
        has_length=loader is not None and has_len(loader),
        val_batches=_counted(sum(trainer.num_val_batches)) if is_fit else None,
        takes_index=frozenset(step for step in STEPS if _takes_index(getattr(module, step, None))),
        val_check_batch=None if by_epochs or every is None or math.isinf(every) else int(every),
        sets_epoch=hasattr(getattr(loader, "sampler", None), "set_epoch"),
        sized=sized,
        returns=returns,
        trains_whole=all(part.training for part in module.modules()),
        has_metrics=any(_is_metric(part) for part in module.modules()),
        device=str(trainer.device),
        autocast=_autocast(trainer),
        hparams=tuple(getattr(module, "hparams", None) or ()),
        members=frozenset(dir(LIGHTNING.bases["LightningModule"])) - frozenset(dir(_torch_module())),
    )


def _torch_module() -> type:
    from torch import nn

    return nn.Module


def brought(table: Any, role: str, player: Any) -> frozenset[str]:
    """The methods of a table's rows that an object brings itself.

    Args:
        table: Lightning's.
        role: What the object is in it.
        player: The object.
    """
    from groundwire import Part

    part = Part(table, role, player)
    return frozenset(row.method for row in table.rows if row.role == role and part.implements(row.method))


def _listeners(trainer: Any, script: Path) -> tuple[tuple[Listener, ...], tuple[int, ...], tuple[str, ...]]:
    from groundwire_lightning.map import LIGHTNING

    asked = trainer._asked["callbacks"]
    written = list(asked) if isinstance(asked, (list, tuple)) else [] if asked is None else [asked]
    names: list[str] = [type(one).__name__ for one in written]
    listeners, left_out, places = [], [], {}
    for one, name in zip(written, names, strict=True):
        is_users = _is_users(type(one))
        if not is_users and name in LEFT_OUT:
            left_out.append(name)
            continue
        if not is_users and name not in STANDARD:
            raise NotPlainError(f"the callback {name} has no plain counterpart ({script}:{trainer._made_at})")
        hooks = brought(LIGHTNING, "Callback", one) if is_users else STANDARD[name](one, trainer)
        check_hooks(name, hooks)
        variable = snake(name) + (str(len(listeners)) if names.count(name) > 1 else "")
        places[id(one)] = len(listeners)
        listeners.append(Listener(name, variable, hooks, {} if is_users else dict(vars(one))))
    if not any(_is_checkpoint(one) for one in written) and trainer.checkpoint_callback is not None:
        left_out.append("the default checkpoint")
    left_out += [type(logger).__name__ for logger in trainer.loggers]
    order = tuple(places[id(one)] for one in trainer.callbacks if id(one) in places)
    return tuple(listeners), order, tuple(dict.fromkeys(left_out))


def _is_checkpoint(callback: Any) -> bool:
    from groundwire_lightning.callbacks.of_a_trainer import is_checkpoint

    return bool(is_checkpoint(callback))


def _is_users(cls: type) -> bool:
    return not cls.__module__.partition(".")[0].startswith(("groundwire", "lightning", "pytorch_lightning"))


def _check_classes(module: Any, data: Any, script: Path) -> None:
    """Refuse a class of Lightning's kind that is written in another file than the script."""
    from groundwire_lightning.map import LIGHTNING

    for player, role in ((module, "LightningModule"), (data, "LightningDataModule")):
        bases = LIGHTNING.bases[role]
        for cls in () if player is None else type(player).__mro__:
            if _is_users(cls) and issubclass(cls, bases) and cls.__module__ != "__main__":
                place = getattr(sys.modules.get(cls.__module__), "__file__", cls.__module__)
                raise NotPlainError(
                    f"{cls.__qualname__} is written in {place}, which imports Lightning, and eject rewrites {script} "
                    "alone; move the class into it"
                )


def _check_project(script: Path) -> None:
    """Refuse a file of the project that imports Lightning, since the written program would import that."""
    from groundwire_tools.eject.reading import foreign_import

    folders = {str(script.absolute().parent), str(Path.cwd())}
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if not file or not file.endswith(".py") or name == "__main__" or "site-packages" in file:
            continue
        path = Path(file)
        if any(folder in map(str, path.parents) for folder in folders) and not _is_ours(name):
            line = foreign_import(path.read_bytes())
            if line:
                raise NotPlainError(f"{file}:{line} imports Lightning, and eject rewrites {script} alone; inline it")


def _is_ours(name: str) -> bool:
    return name.partition(".")[0].startswith("groundwire")


# the optimizers


def path_to(target: Any, value: Any, path: str = "") -> str:
    """The subscripts that lead from a value to an object in it.

    Raises:
        NotPlainError: They do not.
    """
    place = _path(target, value, path)
    if place is None:
        raise NotPlainError(f"configure_optimizers returns a {type(value).__name__} in which {target!r} is not found")
    return place


def _path(target: Any, value: Any, path: str) -> str | None:
    if value is target:
        return path
    inner: list[tuple[Any, Any]] = []
    if isinstance(value, Mapping):
        inner = list(value.items())
    elif isinstance(value, (list, tuple)):
        inner = list(enumerate(value))
    for key, one in inner:
        name = f'"{key}"' if isinstance(key, str) else repr(key)
        if (deeper := _path(target, one, f"{path}[{name}]")) is not None:
            return deeper
    return None


def _scheduler(config: Any, configured: Any) -> Scheduler:
    return Scheduler(
        path_to(config.scheduler, configured),
        config.interval,
        config.frequency,
        config.monitor if config.reduce_on_plateau else None,
        config.strict,
    )


# a batch


def _counted(batches: float) -> int | None:
    return None if math.isinf(batches) else int(batches)


def may_skip(step: Any) -> bool:
    """True for a step whose text has a return of nothing."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(step)))
    except (OSError, TypeError, SyntaxError):
        return True
    returns = [node for node in ast.walk(tree) if isinstance(node, ast.Return)]
    return any(node.value is None or getattr(node.value, "value", node) is None for node in returns)


def _takes_index(step: Any) -> bool:
    """True for a step that is passed the index of a batch behind it."""
    if not callable(step):
        return False
    parameters = inspect.signature(step).parameters.values()
    return len(parameters) > 1 or any(one.kind is one.VAR_POSITIONAL for one in parameters)


def _first_step(trainer: Any) -> tuple[Any, str | None, str]:
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


def _returned(trainer: Any, batch: Any) -> str:
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


def _autocast(trainer: Any) -> str | None:
    precision = trainer.precision
    if precision == "32-true":
        return None
    if precision == "bf16-mixed":
        return "torch.bfloat16"
    raise NotPlainError(f"precision={precision!r} has no plain counterpart; 32-true and bf16-mixed have")


def _is_metric(part: Any) -> bool:
    cls: Callable[..., Any] | None = getattr(sys.modules.get("torchmetrics"), "Metric", None)
    return cls is not None and isinstance(part, cls)  # type: ignore[arg-type]
