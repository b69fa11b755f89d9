"""The module at which Lightning has its callers of hooks; code that runs hooks by hand imports it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from groundwire_lightning.loops.steered import Steered

__all__ = ["_call_callback_hooks", "_call_lightning_datamodule_hook", "_call_lightning_module_hook"]


def _call_lightning_module_hook(
    trainer: Steered, hook_name: str, *args: Any, pl_module: Any = None, **kwargs: Any
) -> Any:
    """Run a hook of the module, as the hook of that name."""
    hook = getattr(pl_module or trainer.lightning_module, hook_name, None)
    return trainer.logged.through(hook_name, hook)(*args, **kwargs) if callable(hook) else None


def _call_lightning_datamodule_hook(trainer: Steered, hook_name: str, *args: Any, **kwargs: Any) -> Any:
    """Run a hook of the data module, if there is one."""
    hook = getattr(trainer.datamodule, hook_name, None)
    return hook(*args, **kwargs) if callable(hook) else None


def _call_callback_hooks(trainer: Steered, hook_name: str, *args: Any, **kwargs: Any) -> None:
    """Run a hook of every Lightning callback, in order."""
    for callback in trainer.callbacks:
        hook = getattr(callback, hook_name, None)
        if callable(hook):
            trainer.logged.through(hook_name, hook)(trainer, trainer.lightning_module, *args, **kwargs)
