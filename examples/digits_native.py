"""Native: the loop's documented methods, one of them overridden, and callbacks."""

from __future__ import annotations

from typing import Any

import torch
from digits import BATCH_SIZE, EPOCHS, LEARNING_RATE, SEED, Outcome, network, splits
from torch import nn
from torchmetrics.classification import MulticlassAccuracy

from groundwire import DEFAULT_CALLBACKS, Trainer, set_seed
from groundwire_tensorboard import TensorBoardCallback
from groundwire_torchmetrics import MetricsCallback


class DigitsTrainer(Trainer):
    """A Trainer whose loss is written out."""

    def calculate_train_batch_loss(self, batch: Any) -> dict[str, Any]:
        """Cross-entropy of a batch."""
        images, labels = batch
        logits = self.model(images)
        return {
            "loss": nn.functional.cross_entropy(logits, labels),
            "model_outputs": logits,
            "batch_size": len(labels),
        }


def main(log_dir: str = "runs/digits/native") -> Outcome:
    """Train the digits classifier."""
    train, validation, _ = splits()
    set_seed(SEED)
    model = network()
    accuracy = MulticlassAccuracy(num_classes=10, average="micro")
    trainer = DigitsTrainer(
        model,
        loss_func=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=LEARNING_RATE),
        callbacks=[
            *DEFAULT_CALLBACKS,
            MetricsCallback({"accuracy": accuracy}, on=["eval"]),
            TensorBoardCallback(log_dir),
        ],
    )
    trainer.train(train, EPOCHS, validation, per_device_batch_size=BATCH_SIZE)
    history = trainer.run_history
    return Outcome(
        trainer, history.get_metric_values("train_loss_epoch"), history.get_metric_values("eval_accuracy"), model
    )


if __name__ == "__main__":
    main()
