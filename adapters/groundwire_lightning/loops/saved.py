"""The content of a ``.ckpt`` file: written as Lightning writes it, and given back in Lightning's order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from groundwire import CheckpointError
from groundwire.errors import rank_zero_warn
from groundwire.saved.checkpoint import load_part, unchanged_by_failure
from groundwire.saved.unpickling import first_line
from groundwire_lightning.checkpoints.migration import FORMAT, VERSION_KEY, is_of_lightning_1
from groundwire_lightning.checkpoints.plain import can_be_written, foreign_values
from groundwire_lightning.checkpoints.reading import OtherOptimizerError, PartialCheckpointError, unsafe_value_error
from groundwire_lightning.core.hparams import is_config
from groundwire_lightning.errors import MisconfigurationException
from groundwire_lightning.loops import saved_counters
from groundwire_lightning.loops.progress import Progress
from groundwire_lightning.loops.resume import told_from
from groundwire_lightning.utilities.combined_loader import has_state, parts_of

if TYPE_CHECKING:
    from groundwire_lightning.loops.steered import Steered

HPARAMS = ("CHECKPOINT_HYPER_PARAMS_NAME", "CHECKPOINT_HYPER_PARAMS_KEY")


def dumped(trainer: Steered, weights_only: bool) -> dict[str, Any]:
    """The checkpoint of this moment.

    Args:
        trainer: Whose.
        weights_only: Leave callbacks, optimizers and schedulers out.
    """
    module = trainer.lightning_module
    automatic = getattr(module, "automatic_optimization", True)
    state: dict[str, Any] = {
        "epoch": trainer.current_epoch,
        "global_step": trainer.global_step,
        VERSION_KEY: FORMAT,
        "state_dict": module.state_dict(),
        "loops": saved_counters.written(trainer.progress, automatic, _loader_states(trainer)),
    }
    if not weights_only:
        state["callbacks"] = {}
        state["optimizer_states"] = [optimizer.state_dict() for optimizer in trainer.optimizers]
        state["lr_schedulers"] = [config.scheduler.state_dict() for config in trainer.lr_scheduler_configs]
        if scaler := trainer.precision_plugin.state_dict():
            state[type(trainer.precision_plugin).__qualname__] = scaler
    for part in (module, trainer.datamodule):
        state |= saved_hyper_parameters(part)
    trainer._saves_weights_only = weights_only
    try:
        trainer.plan._save_state(state)
    finally:
        trainer._saves_weights_only = False
    _tell_of_foreign(trainer, foreign_values(state, besides=("state_dict", "loops", "optimizer_states")))
    return state


def saved_hyper_parameters(part: Any) -> dict[str, Any]:
    """The arguments that a module or data module saved, under the keys of a checkpoint."""
    hparams = getattr(part, "hparams", None)
    if not hparams or not hasattr(part, HPARAMS[1]):
        return {}
    name_key, key = (getattr(part, constant) for constant in HPARAMS)
    name = {name_key: part._hparams_name} if hasattr(part, "_hparams_name") else {}
    if is_config(hparams):
        return {**name, key: hparams, part.CHECKPOINT_HYPER_PARAMS_TYPE: type(hparams)}
    return {**name, key: _writable_state(dict(hparams))}


def _writable_state(hparams: dict[str, Any]) -> dict[str, Any]:
    """Hyper-parameters without those that nothing can write."""
    lost = [name for name in foreign_values(hparams) if not can_be_written(hparams.get(name))]
    lost = [name for name in hparams if name in lost]
    if lost:
        rank_zero_warn(
            f"the checkpoint does not hold the hyper-parameters {', '.join(lost)}: they cannot be pickled, as nothing "
            f"can that is defined within a function. save_hyperparameters(ignore={lost}) says so"
        )
    return {name: value for name, value in hparams.items() if name not in lost}


def restore_training(trainer: Steered, state: dict[str, Any]) -> None:
    """Give a trainer, whose optimizers are there, what a checkpoint holds of its loops, optimizers and schedulers.

    Raises:
        MisconfigurationException: The run is to be shorter than the one that was saved.
        PartialCheckpointError: It holds weights only.
        CheckpointError: It is of other optimizers, which are left as they were.
    """
    if "loops" in state:
        fit_loop = state["loops"]["fit_loop"]
        saved_counters.taken(
            trainer.progress, fit_loop, getattr(trainer.lightning_module, "automatic_optimization", True)
        )
        trainer._loader_states = fit_loop.get("state_dict", {}).get("combined_loader", [])
        trainer.restart = told_from(trainer.progress, by_steps=trainer.max_steps != -1)
        trainer.restart.of_lightning_1 = is_of_lightning_1(state)
        trainer.restart.validated = saved_counters.validated(fit_loop)
    if trainer.max_epochs not in (-1, None) and trainer.current_epoch > trainer.max_epochs:
        raise MisconfigurationException(
            f"{trainer.ckpt_path} was written in epoch {trainer.current_epoch}, and max_epochs={trainer.max_epochs} is "
            "the total; raise it to go on"
        )
    for key, what in (("optimizer_states", "optimizers"), ("lr_schedulers", "schedulers")):
        if key not in state:
            raise PartialCheckpointError(
                f"{trainer.ckpt_path} holds no {what}: it was written with save_weights_only=True. To begin with its "
                "weights use load_from_checkpoint, and fit() without ckpt_path"
            )
    parts = [*zip(trainer.optimizers, state["optimizer_states"], strict=False)]
    parts += zip((config.scheduler for config in trainer.lr_scheduler_configs), state["lr_schedulers"], strict=False)
    with unchanged_by_failure(*(part for part, _ in parts)):
        for part, saved_state in parts:
            _restore_part(part, saved_state, trainer.ckpt_path)


def check_saved(path: Any, state: dict[str, Any], is_fitting: bool) -> None:
    """See that a checkpoint has what a run takes from it, before anything of it is taken.

    Args:
        path: Where it was read from, for messages.
        state: The checkpoint.
        is_fitting: Loops, optimizers and schedulers are taken too.

    Raises:
        CheckpointError: It is damaged, or needs code that it names.
    """
    if "state_dict" not in state:
        raise CheckpointError(
            f"{path} has no 'state_dict', so it is not one of Lightning's files; it holds "
            f"{', '.join(map(repr, state)) or 'nothing'}"
        )
    fitting = ("loops", "optimizer_states", "lr_schedulers") if is_fitting else ()
    for key in ("state_dict", *fitting):
        if error := unsafe_value_error(state.get(key), f"the entry {key!r}", path):
            raise error
    try:
        _check_entries(state, fitting)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise CheckpointError(f"{path} is damaged: {type(error).__name__}: {first_line(error)}") from error


def _check_entries(state: dict[str, Any], fitting: tuple[str, ...]) -> None:
    if not isinstance(state["state_dict"], Mapping):
        raise TypeError(f"its entry 'state_dict' is a {type(state['state_dict']).__name__}")
    if not fitting:
        return
    if "loops" in state:
        saved_counters.taken(Progress(), state["loops"]["fit_loop"], automatic=True)
    for saved_state in state.get("optimizer_states", ()):
        saved_state["state"].keys()
        [len(group["params"]) for group in saved_state["param_groups"]]
    for saved_state in state.get("lr_schedulers", ()):
        saved_state.keys()


def restore_precision(trainer: Steered, state: dict[str, Any]) -> None:
    """Give the precision of a trainer what a checkpoint holds of it: the scale of gradients."""
    precision = trainer.precision_plugin
    if scaler := state.get(type(precision).__qualname__, state.get("native_amp_scaling_state")):
        precision.load_state_dict(scaler)


def _restore_part(part: Any, state: dict[str, Any], source: Any) -> None:
    try:
        load_part(part, state, source)
    except (ValueError, CheckpointError) as error:
        raise OtherOptimizerError(
            f"{source} holds the state of another one than this {type(part).__name__}: {error}"
        ) from error


def _loader_states(trainer: Steered) -> list[Any]:
    """The states of training loaders that can give theirs and take it back."""
    return [part.state_dict() for part in parts_of(trainer._train_dataloader) if has_state(part)]


def _tell_of_foreign(trainer: Steered, foreign_values: dict[str, str]) -> None:
    """Say once what makes files of this trainer more than tensors and plain values."""
    new = {path: kind for path, kind in foreign_values.items() if path not in trainer._told_foreign}
    if not new:
        return
    trainer._told_foreign |= set(new)
    keys = ("hyper_parameters.", "datamodule_hyper_parameters.")
    arguments = [path.split(".")[1] for path in new if path.startswith(keys)]
    advice = (
        f", load_from_checkpoint wants {', '.join(f'{name}=...' for name in dict.fromkeys(arguments))} or "
        f"weights_only=False, and save_hyperparameters(ignore={list(dict.fromkeys(arguments))}) keeps them out"
        if arguments
        else ", and whatever else is made of them wants weights_only=False"
    )
    rank_zero_warn(
        f"the checkpoint holds {', '.join(f'{path} ({kind})' for path, kind in new.items())}, which load by running "
        f"code that the file names. Weights load without{advice}"
    )
