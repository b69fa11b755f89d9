"""From which hook one may log, and at which level a value is kept when the call does not say."""

from __future__ import annotations

from typing import Literal

from groundwire_lightning.errors import MisconfigurationException

Level = Literal["step", "epoch", "only epoch"]


class LogError(MisconfigurationException):
    """``self.log`` was called in a way that Lightning refuses too."""


_STEP = (
    "training_step",
    "training_step_end",
    "on_batch_start",
    "on_batch_end",
    "on_train_batch_start",
    "on_train_batch_end",
    "on_before_backward",
    "backward",
    "on_after_backward",
    "on_before_optimizer_step",
    "optimizer_step",
    "configure_gradient_clipping",
    "clip_gradients",
    "on_before_zero_grad",
    "optimizer_zero_grad",
)
_EVALUATES = ("validation", "test")
_EPOCH = tuple(
    name
    for phase in _EVALUATES
    for name in (f"{phase}_step", f"{phase}_step_end", f"on_{phase}_batch_start", f"on_{phase}_batch_end")
)
_ONLY_EPOCH = (
    "on_train_start",
    "on_train_epoch_start",
    "on_train_epoch_end",
    "training_epoch_end",
    "on_epoch_start",
    "on_epoch_end",
    *(f"{phase}_epoch_end" for phase in _EVALUATES),
    *(f"on_{phase}_{moment}" for phase in _EVALUATES for moment in ("start", "epoch_start", "epoch_end")),
)

LEVELS: dict[str, Level] = {
    **dict.fromkeys(_STEP, "step"),
    **dict.fromkeys(_EPOCH, "epoch"),
    **dict.fromkeys(_ONLY_EPOCH, "only epoch"),
}
"""Hook to the level that a value logged there is kept at by default; from other hooks nothing is logged."""


def levels(hook: str | None, name: str, on_step: bool | None, on_epoch: bool | None) -> tuple[bool, bool]:
    """Decide at which levels a value is kept: for the step, reduced over the epoch, or both.

    Args:
        hook: The method that is running, or None outside of a run.
        name: What is logged.
        on_step: What the call says; None for the default of the hook.
        on_epoch: Likewise.

    Raises:
        LogError: Nothing can be logged from there, not at this level, or at no level at all.
    """
    level = LEVELS.get(hook or "")
    if level is None:
        where = f"inside {hook}" if hook else "outside of the hooks of a run"
        raise LogError(f"self.log({name!r}, ...) cannot be called {where}; call it in {', '.join(LEVELS)}")
    if on_step and level == "only epoch":
        raise LogError(f"self.log({name!r}, on_step=True) inside {hook}: there is no step there; leave on_step out")
    if on_epoch is False and level == "only epoch":
        raise LogError(
            f"self.log({name!r}, on_epoch=False) inside {hook}: there is nothing but the epoch; leave it out"
        )
    on_step = level == "step" if on_step is None else on_step
    on_epoch = level != "step" if on_epoch is None else on_epoch
    if not on_step and not on_epoch:
        raise LogError(f"self.log({name!r}, on_step=False, on_epoch=False) keeps nothing; set one of them")
    return on_step, on_epoch
