"""Where releases of Lightning give other numbers, a run has those of the release that its hooks are of."""

import pytest
import torch
from tests.groundwire_lightning.small import lit, loader, loss_of, quiet


def step(self, epoch, batch_idx, optimizer, optimizer_idx, optimizer_closure, on_tpu=False):
    optimizer.step(closure=optimizer_closure)


def noted(self, batch, batch_idx, dataloader_idx=0):
    self.seen.append(self.net[0].weight.grad is not None)


@pytest.mark.parametrize(
    ("methods", "numerics", "keeps"),
    [({}, "parity", True), ({"optimizer_step": step}, "parity", False), ({"optimizer_step": step}, "exact", True)],
    ids=["today", "lightning 1", "exact"],
)
def test_a_validation_between_two_updates_keeps_gradients_but_for_lightning_1(methods, numerics, keeps):
    module = lit(on_validation_batch_start=noted, **methods)
    trainer = quiet(accumulate_grad_batches=2, val_check_interval=1, limit_train_batches=2, numerics=numerics)
    trainer.fit(module, loader(), loader(sampler=[0]))
    assert module.seen == [keeps, False]


class Plateau(torch.optim.lr_scheduler.ReduceLROnPlateau):
    def __init__(self, optimizer, seen):
        super().__init__(optimizer)
        self.seen = seen

    def step(self, metrics, epoch=None):
        self.seen.append(float(metrics))


@pytest.mark.parametrize("methods", [{}, {"optimizer_step": step}], ids=["today", "lightning 1"])
def test_behind_a_validation_lightning_1_gave_a_scheduler_of_steps_the_epoch_so_far(methods):
    def training_step(self, batch, batch_idx):
        self.log("loss", float(batch_idx), on_step=True, on_epoch=True, batch_size=1)
        return loss_of(self, batch)

    def configure_optimizers(self):
        optimizer = torch.optim.SGD(self.parameters(), lr=0.1)
        scheduler = {"scheduler": Plateau(optimizer, self.seen), "monitor": "loss", "interval": "step"}
        return [optimizer], [scheduler]

    module = lit(training_step=training_step, configure_optimizers=configure_optimizers, **methods)
    quiet(val_check_interval=2, limit_train_batches=3).fit(module, loader(), loader(sampler=[0]))
    assert module.seen == ([0.0, 0.5, 2.0] if methods else [0.0, 1.0, 2.0])
