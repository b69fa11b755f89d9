"""The names that modules and data modules of Lightning 1 had, each with what it is called today."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any

import torch

from groundwire_lightning.core.old import Old
from groundwire_lightning.core.options import HasOptions
from groundwire_lightning.errors import ArgumentError, NotSupportedYetError
from groundwire_lightning.utilities.checked import tell_of_old
from groundwire_lightning.utilities.grads import grad_norm
from groundwire_lightning.utilities.model_summary.model_summary import ModelSummary
from groundwire_lightning.utilities.rank_zero import rank_zero_info

_DEPTHS = {"top": 1, "full": -1}
_NOBODY = "nothing; no Trainer does this here"


def _of_trainer(name: str, without: Any) -> Callable[[Any], Any]:
    """Read an attribute of the Trainer of a module, which may have none."""
    return lambda module: without if module._trainer is None else getattr(module._trainer, name)


def _megabytes(module: Any) -> float:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "weights.pt"
        torch.save(module.state_dict(), path)
        return path.stat().st_size / 1e6


def _summarizer(module: Any) -> Callable[..., Any]:
    def summarize(mode: str | None = "top", max_depth: int | None = None) -> ModelSummary | None:
        if mode is None and max_depth is None:
            return None
        if max_depth is None and mode not in _DEPTHS:
            raise ArgumentError(f"summarize(mode={mode!r}): 'top', 'full' or None is due")
        summary = ModelSummary(module, max_depth=_DEPTHS[str(mode)] if max_depth is None else max_depth)
        rank_zero_info(f"\n{summary}")
        return summary

    return summarize


def _norms(module: Any) -> Callable[..., dict[str, float]]:
    def norms_of(norm_type: float | str) -> dict[str, float]:
        return {name: round(norm.item(), 4) for name, norm in grad_norm(module, norm_type, "_").items()}

    return norms_of


class OldModuleNames:
    """The names of a module of Lightning 1 that are written otherwise today; each says so when it is first read."""

    log_dict: Callable[..., None]

    datamodule = Old("self.trainer.datamodule", _of_trainer("datamodule", None))
    use_amp = Old("self.trainer.precision", lambda module: _precision_of(module).endswith("-mixed"))
    use_dp = Old(_NOBODY, lambda module: False)
    use_ddp2 = Old(_NOBODY, lambda module: False)
    use_tpu = Old(_NOBODY, lambda module: False)
    use_ddp = Old(
        "self.trainer.strategy", lambda module: module._trainer is not None and module._trainer.world_size > 1
    )
    loaded_optimizer_states_dict = Old("the argument of on_load_checkpoint", lambda module: {})
    summarize = Old("ModelSummary(self, max_depth) of groundwire_lightning.utilities.model_summary", _summarizer)
    model_size = Old("ModelSummary(self).model_size", _megabytes)
    grad_norm = Old("grad_norm(self, norm_type) of groundwire_lightning.utilities", _norms)

    def log_grad_norm(self, grad_norm_dict: Mapping[str, float]) -> None:
        """Log the norms of gradients that ``Trainer(track_grad_norm=...)`` asks for.

        Args:
            grad_norm_dict: Name to norm.
        """
        self.log_dict(grad_norm_dict, on_step=True, on_epoch=True, prog_bar=False, logger=True)


def _precision_of(module: Any) -> str:
    return "32-true" if module._trainer is None else str(module._trainer.precision)


def tell_of_log(module: Any, reduced_by: Any, across: Any) -> None:
    """Say once that ``self.log`` was given keywords of Lightning 1, and refuse a reduction that nothing does today.

    Args:
        module: The module that logs.
        reduced_by: How the value is reduced over an epoch and over processes; None where not over these.
        across: How it is to be reduced over processes.

    Raises:
        NotSupportedYetError: That is another way, and there are several processes.
    """
    words = {"avg": "mean"}
    name = words.get(str(across), across)
    several = module._trainer is not None and module._trainer.world_size > 1
    if (
        across is not None
        and reduced_by is not None
        and several
        and name != getattr(reduced_by, "__name__", reduced_by)
    ):
        raise NotSupportedYetError(
            f"self.log(reduce_fx={reduced_by!r}, sync_dist_op={across!r}): one of the two reduces epochs and processes "
            "alike; keep one of them"
        )
    tell_of_old(module, "self.log(sync_dist_op=, tbptt_reduce_fx=, tbptt_pad_token=)", "self.log(reduce_fx=)")


def noting_calls(cls: type) -> None:
    """Let the methods of a class that prepare data note that they ran."""
    for name in ("prepare_data", "setup", "teardown"):
        if name in vars(cls):
            setattr(cls, name, _noting(name, vars(cls)[name]))


def _noting(name: str, method: Any) -> Any:
    @wraps(method)
    def noted(self: Any, *args: Any, **kwargs: Any) -> Any:
        stage = kwargs.get("stage", args[0] if args else None)
        vars(self).setdefault("_ran", set()).add(name if name == "prepare_data" else (name, stage))
        return method(self, *args, **kwargs)

    return noted


def _has_run(name: str, stage: str | None = None) -> Callable[[Any], bool]:
    def has_run(data: Any) -> bool:
        ran = vars(data).get("_ran", ())
        return name in ran or (stage is not None and bool({(name, stage), (name, None)} & {*ran}))

    return has_run


def _dims(data: Any) -> Any:
    return vars(data).get("_dims", ())


def _sizer(data: Any) -> Callable[..., Any]:
    return lambda dim=None: data.dims if dim is None else data.dims[dim]


def _transform(phase: str) -> Callable[[Any], Any]:
    return lambda data: vars(data).get(f"_{phase}_transforms")


_ONES_OWN = "an attribute of your own"
_OLD_ARGUMENTS = ("train_transforms", "val_transforms", "test_transforms", "dims")


def keep_old_arguments(data: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    """Keep what the constructor of a data module of Lightning 1 took, for the attributes of these names.

    Args:
        data: The data module.
        args: By position.
        kwargs: By name.
    """
    for name, value in {**dict(zip(_OLD_ARGUMENTS, args, strict=False)), **kwargs}.items():
        if name in _OLD_ARGUMENTS:
            tell_of_old(data, f"{type(data).__qualname__}({name}=)", f"self.{name} = {name}")
            vars(data)[f"_{name}"] = () if value is None and name == "dims" else value


class OldDataModuleNames(HasOptions):
    """The names of a data module of Lightning 1 that are written otherwise today, and its options on a command line."""

    dims = Old(_ONES_OWN, _dims)
    size = Old(_ONES_OWN, _sizer)
    train_transforms = Old(_ONES_OWN, _transform("train"))
    val_transforms = Old(_ONES_OWN, _transform("val"))
    test_transforms = Old(_ONES_OWN, _transform("test"))
    has_prepared_data = Old(_ONES_OWN, _has_run("prepare_data"))
    has_setup_fit = Old(_ONES_OWN, _has_run("setup", "fit"))
    has_setup_validate = Old(_ONES_OWN, _has_run("setup", "validate"))
    has_setup_test = Old(_ONES_OWN, _has_run("setup", "test"))
    has_setup_predict = Old(_ONES_OWN, _has_run("setup", "predict"))
    has_teardown_fit = Old(_ONES_OWN, _has_run("teardown", "fit"))
    has_teardown_validate = Old(_ONES_OWN, _has_run("teardown", "validate"))
    has_teardown_test = Old(_ONES_OWN, _has_run("teardown", "test"))
    has_teardown_predict = Old(_ONES_OWN, _has_run("teardown", "predict"))

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        noting_calls(cls)
