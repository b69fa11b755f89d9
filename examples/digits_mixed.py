"""Mixed: the Lightning module of ``digits_lightning.py`` in a Trainer with an override of its own.

The override calls ``super()``, which runs the module's ``training_step``, and records a metric
besides; a native callback, one for torchmetrics and Lightning's own kind stand in one list. Neither
changes a number of the run.
"""

from __future__ import annotations

from typing import Any

import torch
from digits import EPOCHS, LEARNING_RATE, SEED, Outcome
from digits_lightning import Curves, DigitsData, LitDigits

import groundwire_lightning as L
from groundwire import TrainerCallback
from groundwire_tensorboard import TensorBoardCallback


class DigitsTrainer(L.Trainer):
    """Follows how far the weights have gone."""

    def calculate_train_batch_loss(self, batch: Any) -> dict[str, Any]:
        """The loss of the module's ``training_step``, looked at but not changed."""
        output = super().calculate_train_batch_loss(batch)
        self.last_batch_size = len(batch[1])
        return output

    def train_epoch_end(self) -> None:
        """Record the norm of all weights."""
        super().train_epoch_end()
        squares = [parameter.detach().square().sum() for parameter in self.model.parameters()]
        self.run_history.update_metric("weight_norm", torch.stack(squares).sum().sqrt().item())


class CountUpdates(TrainerCallback):
    """A native callback."""

    updates = 0

    def on_train_update_end(self, trainer: Any, **kwargs: Any) -> None:
        """Count."""
        self.updates += 1


def main(log_dir: str = "runs/digits/mixed") -> Outcome:
    """Train the digits classifier."""
    L.seed_everything(SEED)
    model = LitDigits(lr=LEARNING_RATE)
    curves, counter = Curves(), CountUpdates()
    trainer = DigitsTrainer(max_epochs=EPOCHS, callbacks=[counter, curves, TensorBoardCallback(log_dir)])
    trainer.fit(model, datamodule=DigitsData())
    print(f"{counter.updates} updates; norm of the weights {trainer.run_history.get_latest_metric('weight_norm'):.3f}")
    return Outcome(trainer, curves.losses, curves.accuracies, model.net)


if __name__ == "__main__":
    main()
