"""What hooks of Lightning 1 are told of the optimizer whose update is made."""

from types import SimpleNamespace

import pytest
import torch
from tests.groundwire_lightning.small import Lit, lit, loader, quiet

from groundwire_lightning.lightning_1.turn import Turn


def told(self, *args):
    self.seen.append(args)


def test_an_update_by_hand_is_told_of_its_optimizer_and_its_backward_pass_of_none():
    def training_step(self, batch, batch_idx):
        for optimizer in self.optimizers():
            optimizer.zero_grad()
            self.manual_backward(Lit.training_step(self, batch, batch_idx))
            optimizer.step()

    def backward(self, loss, optimizer, optimizer_idx):
        self.seen.append((optimizer, optimizer_idx))
        loss.backward()

    def on_before_optimizer_step(self, optimizer, optimizer_idx):
        self.seen.append((type(optimizer).__name__, optimizer_idx))

    module = lit(
        training_step=training_step,
        backward=backward,
        on_before_optimizer_step=on_before_optimizer_step,
        configure_optimizers=lambda self: (
            torch.optim.SGD(self.net[0].parameters(), 0.1),
            torch.optim.Adam(self.net[2].parameters(), 0.1),
        ),
    )
    module.automatic_optimization = False
    quiet(limit_train_batches=1).fit(module, loader())
    assert module.seen == [(None, None), ("SGD", 0), (None, None), ("Adam", 1)]


def test_a_backward_hook_from_before_1_0_is_passed_the_trainer():
    def backward(self, trainer, loss, optimizer, optimizer_idx):
        self.seen.append((trainer is self.trainer, optimizer is self.trainer.optimizers[0], optimizer_idx))
        super(type(self), self).backward(trainer, loss, optimizer, optimizer_idx)

    module, plain = lit(backward=backward), Lit()
    quiet(limit_train_batches=1).fit(module, loader())
    quiet(limit_train_batches=1).fit(plain, loader())
    assert module.seen == [(True, True, 0)]
    assert torch.equal(module.net[0].weight, plain.net[0].weight)


@pytest.mark.parametrize(("precision", "mixed"), [(None, False), ("bf16-mixed", True), ("bf16-true", False)])
def test_mixed_precision_is_told(precision, mixed):
    def optimizer_step(
        self, epoch, batch_idx, optimizer, optimizer_idx, optimizer_closure, on_tpu, using_native_amp, using_lbfgs
    ):
        self.seen.append((on_tpu, using_native_amp, using_lbfgs))
        optimizer.step(closure=optimizer_closure)

    module = lit(optimizer_step=optimizer_step)
    quiet(limit_train_batches=1, precision=precision).fit(module, loader())
    assert module.seen == [(False, mixed, False)]


def test_an_optimizer_that_is_not_of_the_run_has_no_index():
    optimizer = torch.optim.SGD([torch.ones(1)])
    trainer = quiet()
    trainer.optimizers, trainer.optimizer = [optimizer], torch.optim.SGD([torch.ones(1)])
    assert Turn(trainer).optimizer_idx is None
    trainer.optimizer = optimizer
    assert Turn(trainer).optimizer_idx == 0
    trainer.scheduler = SimpleNamespace()
    assert Turn(trainer).index_of_scheduler is None
