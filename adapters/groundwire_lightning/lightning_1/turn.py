"""Turn: what hooks of Lightning 1 are told of the optimizer whose update is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch.optim import LBFGS

from groundwire_lightning.strategies.precision import MixedPrecision

if TYPE_CHECKING:
    from groundwire_lightning.loops.updates import Stepping


@dataclass(slots=True, eq=False)
class Turn:
    """The names that rows of Lightning 1 pass besides those that rows of today pass.

    Nothing is kept here: each is worked out where a hook takes it.

    Attributes:
        trainer: Whose run it is.
    """

    trainer: Stepping

    @property
    def optimizer_idx(self) -> int | None:
        """The index of the optimizer whose turn it is."""
        return self.trainer.optimizer_index

    @property
    def hiddens(self) -> Any:
        """What ``training_step`` returned as ``"hiddens"`` for the part of the batch before; None for the first."""
        turn = self.trainer._run.turn
        return turn[-1] if turn else None

    @property
    def optimizer_of_loss(self) -> Any:
        """The optimizer that a backward pass is for; None where ``training_step`` runs it."""
        return self.trainer.optimizer if self.trainer.is_automatic else None

    @property
    def index_of_loss(self) -> int | None:
        """Its index, or None."""
        return self.trainer.optimizer_index if self.trainer.is_automatic else None

    @property
    def index_of_scheduler(self) -> int | None:
        """The index of the optimizer of the scheduler that is moved on."""
        scheduler, configs = self.trainer.scheduler, self.trainer._run.lr_scheduler_configs
        return next((config.opt_idx for config in configs if config.scheduler is scheduler), None)

    @property
    def on_tpu(self) -> bool:
        """False: there are no TPUs here."""
        return False

    @property
    def using_native_amp(self) -> bool:
        """True where precision is mixed."""
        return isinstance(self.trainer.precision_plugin, MixedPrecision)

    @property
    def using_lbfgs(self) -> bool:
        """True where the optimizer is LBFGS."""
        return isinstance(self.trainer.optimizer, LBFGS)
