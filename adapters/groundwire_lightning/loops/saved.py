"""What a ``.ckpt`` file holds: written as Lightning writes it, and given back in Lightning's order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundwire.errors import rank_zero_warn
from groundwire_lightning.checkpoints.migration import FORMAT, VERSION_KEY
from groundwire_lightning.checkpoints.plain import LEFT_OUT, cleaned
from groundwire_lightning.checkpoints.reading import OtherOptimizerError, PartialCheckpointError
from groundwire_lightning.errors import MisconfigurationException
from groundwire_lightning.loops import saved_counters
from groundwire_lightning.loops.resume import told_from
from groundwire_lightning.utilities.combined_loader import has_state, parts_of

if TYPE_CHECKING:
    from groundwire_lightning.loops.steered import Steered

HPARAMS = ("CHECKPOINT_HYPER_PARAMS_NAME", "CHECKPOINT_HYPER_PARAMS_KEY")


def dumped(trainer: Steered, weights_only: bool) -> dict[str, Any]:
    """The checkpoint of this moment, nothing in it but tensors and plain Python values.

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
    for made in (module, trainer.datamodule):
        state |= saved_hyper_parameters(made)
    trainer._saves_weights_only = weights_only
    try:
        trainer.plan._save_state(state)
    finally:
        trainer._saves_weights_only = False
    kept = cleaned(state, besides=("state_dict", "loops"))
    _tell_of_left_out(trainer, kept.get(LEFT_OUT, {}))
    return kept


def saved_hyper_parameters(made: Any) -> dict[str, Any]:
    """What a module or data module kept of its arguments, under the keys of a checkpoint."""
    hparams = getattr(made, "hparams", None)
    if not hparams or not hasattr(made, HPARAMS[1]):
        return {}
    name_key, key = (getattr(made, constant) for constant in HPARAMS)
    name = {name_key: made._hparams_name} if hasattr(made, "_hparams_name") else {}
    return {**name, key: dict(hparams)}


def restore_training(trainer: Steered, state: dict[str, Any]) -> None:
    """Give a trainer, whose optimizers are there, what a checkpoint holds of its loops, optimizers and schedulers.

    Raises:
        MisconfigurationException: The run is to be shorter than the one that was saved.
        PartialCheckpointError: It holds weights only.
        CheckpointError: It is of other optimizers.
    """
    if "loops" in state:
        fit_loop = state["loops"]["fit_loop"]
        saved_counters.taken(
            trainer.progress, fit_loop, getattr(trainer.lightning_module, "automatic_optimization", True)
        )
        trainer._loader_states = fit_loop.get("state_dict", {}).get("combined_loader", [])
        trainer.restart = told_from(trainer.progress, by_steps=trainer.max_steps != -1)
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
    for optimizer, kept in zip(trainer.optimizers, state["optimizer_states"], strict=False):
        _restore_optimizer(optimizer, kept, trainer.ckpt_path)
    for config, kept in zip(trainer.lr_scheduler_configs, state["lr_schedulers"], strict=False):
        config.scheduler.load_state_dict(kept)


def restore_precision(trainer: Steered, state: dict[str, Any]) -> None:
    """Give the precision of a trainer what a checkpoint holds of it: the scale of gradients."""
    precision = trainer.precision_plugin
    if scaler := state.get(type(precision).__qualname__, state.get("native_amp_scaling_state")):
        precision.load_state_dict(scaler)


def _restore_optimizer(optimizer: Any, state: dict[str, Any], source: Any) -> None:
    try:
        optimizer.load_state_dict(state)
    except ValueError as error:
        raise OtherOptimizerError(
            f"{source} holds the state of another optimizer than this {type(optimizer).__name__}: {error}"
        ) from error


def _loader_states(trainer: Steered) -> list[Any]:
    """The states of training loaders that can give theirs and take it back."""
    return [part.state_dict() for part in parts_of(trainer._train_dataloader) if has_state(part)]


def _tell_of_left_out(trainer: Steered, left_out: dict[str, str]) -> None:
    """Say once what files of this trainer leave out."""
    if new := {path: kind for path, kind in left_out.items() if path not in trainer._told_left_out}:
        trainer._told_left_out |= set(new)
        said = ", ".join(f"{path} ({kind})" for path, kind in new.items())
        rank_zero_warn(
            f"the checkpoint leaves out {said}: only tensors and plain Python values load without running code. "
            "The file lists them under 'groundwire_left_out'; pass them to load_from_checkpoint as keyword arguments, "
            "or keep them out with save_hyperparameters(ignore=[...])"
        )
