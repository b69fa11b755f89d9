"""Results in dictionaries, as Lightning 1.0 logged them: ``{"loss": ..., "log": {...}, "progress_bar": {...}}``.

What stands under ``"log"`` goes to the loggers and what stands under ``"progress_bar"`` beside the bar; both, and every
other number beside them, can be monitored. A training step is looked at only where code of its class has one of these
two words, and what the hooks at the end of an epoch return only if it is a dictionary: later releases ignored it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any

from torch import Tensor

from groundwire import HookMap, row
from groundwire.errors import rank_zero_warn
from groundwire_lightning.errors import MisconfigurationException

if TYPE_CHECKING:
    from groundwire_lightning.loops.steered import Steered

LOG, BAR, HIDDEN = "log", "progress_bar", "hiddens"
EPOCH_ENDS = ("training_epoch_end", "validation_epoch_end", "test_epoch_end")


class Results:
    """Logs what a module returns in dictionaries, under the hook that returned it."""

    def __init__(self) -> None:
        self._told: set[str] = set()
        self._of_step: set[str] = set()

    def begin(self, trainer: Steered) -> None:
        """Let go of the last batch: what this one does not return, as where an optimizer is left out, is not logged."""
        trainer.logged.forget_last("training_step", self._of_step)

    def of_step(self, batch_output: Mapping[str, Any], trainer: Steered) -> None:
        """Log what a training step returned, where it has the words of Lightning 1.0."""
        returned = batch_output["model_outputs"]
        if is_result(returned):
            self._of_step |= {name for name, _ in _scalars(returned)}
            self._log(trainer, "training_step", returned)

    def of_epoch(self, trainer: Steered, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        """A hook at the end of an epoch, which logs the dictionary that it returns.

        Args:
            trainer: Whose run.
            name: The hook, one of :data:`EPOCH_ENDS`.
            method: The module's own.
        """

        @wraps(method)
        def ended(outputs: Any) -> None:
            returned = method(outputs)
            if name == "training_epoch_end" and returned is not None and not self._was_old(returned):
                raise MisconfigurationException(
                    f"training_epoch_end returned a {type(returned).__name__}: it returns nothing, and in the manner "
                    "of Lightning 1.0 a dictionary with 'log' or 'progress_bar'; log values with self.log"
                )
            if isinstance(returned, Mapping):
                self._log(trainer, name, returned)
                if name != "training_epoch_end":
                    trainer.logged.returned = dict(_scalars(returned))

        return ended

    def _was_old(self, returned: Any) -> bool:
        return is_result(returned) or (isinstance(returned, Mapping) and "training_step" in self._told)

    def _log(self, trainer: Steered, hook: str, returned: Mapping[str, Any]) -> None:
        self._tell(trainer, hook, returned)
        module, to_loggers, on_bar = trainer.lightning_module, returned.get(LOG) or {}, returned.get(BAR) or {}
        for name, value in _scalars(returned):
            shown, written = name in on_bar, name in to_loggers
            # half-ported code logs the loss itself
            if shown or written or name != "loss":
                module.log(name, value, prog_bar=shown, logger=written)

    def _tell(self, trainer: Steered, hook: str, returned: Mapping[str, Any]) -> None:
        if hook not in self._told:
            self._told.add(hook)
            rank_zero_warn(
                f"{type(trainer.lightning_module).__qualname__}.{hook} returns {', '.join(map(repr, returned))} in a "
                "dictionary; it is logged as in Lightning 1.0, now: self.log"
            )


def is_result(returned: Any) -> bool:
    """True for a dictionary with the words of Lightning 1.0.

    Args:
        returned: What a step or a hook returned.
    """
    return isinstance(returned, Mapping) and (LOG in returned or BAR in returned)


def _scalars(returned: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Name and value of each number in what a hook returned."""
    rest = {name: value for name, value in returned.items() if name not in (LOG, BAR, HIDDEN)}
    for name, value in {**rest, **(returned.get(BAR) or {}), **(returned.get(LOG) or {})}.items():
        if isinstance(value, (int, float)) or (isinstance(value, Tensor) and value.numel() == 1):
            yield name, value.detach() if isinstance(value, Tensor) else float(value)


class _Logs:
    """The methods of :class:`Results` that a table names."""

    def begin(self, *given: Any) -> None: ...
    def of_step(self, *given: Any) -> None: ...


RESULTS = HookMap(
    "results",
    bases={"Results": _Logs},
    rows=(
        row("Results.begin", before="_run_train_step", args=("trainer",)),
        row("Results.of_step", after="calculate_train_batch_loss", args=("batch_output", "trainer")),
    ),
)
"""The results of training steps, behind their ends."""
