"""Optimizers, batches and predictions of modules of the real Lightning on groundwire's Trainer."""

import pytest
import torch
from tests.side_by_side.twins import BOTH, GUESTS, fit, loss_of, sgd, twins

EVERY = pytest.mark.parametrize("hears", [True, False], ids=["heard", "unheard"])


def scheduled(self):
    optimizer = sgd(self)
    return [optimizer], [torch.optim.lr_scheduler.StepLR(optimizer, 1)]


def by_hand(self, batch, batch_idx):
    first, second = self.optimizers()
    for optimizer in (first, second):
        self.toggle_optimizer(optimizer)
        loss = loss_of(self, batch)
        optimizer.zero_grad()
        self.manual_backward(loss)
        self.clip_gradients(optimizer, 0.1, "norm")
        optimizer.step()
        self.untoggle_optimizer(optimizer)
    if batch_idx % 2:
        self.lr_schedulers().step()
    self.log("loss", loss, prog_bar=True)


def two(self):
    first = torch.optim.SGD(self.layers[0].parameters(), 0.1, momentum=0.9)
    second = torch.optim.Adam(self.layers[4].parameters(), 0.01)
    return [first, second], [torch.optim.lr_scheduler.StepLR(first, 1)]


def manual(stage):
    module = stage.make_module(methods={**BOTH, "training_step": by_hand, "configure_optimizers": two})
    module.automatic_optimization = False
    stage.make_trainer(callbacks=[stage.make_callback()]).fit(module, stage.loader("train"), stage.loader("val"))


def closures(stage):
    fit(stage, methods={**BOTH, "configure_optimizers": lambda self: torch.optim.LBFGS(self.parameters(), 0.1)})


def own_steps(stage):
    def optimizer_step(self, epoch, batch_idx, optimizer, optimizer_closure=None):
        super(type(self).__mro__[1], self).optimizer_step(epoch, batch_idx, optimizer, optimizer_closure)

    def optimizer_zero_grad(self, epoch, batch_idx, optimizer):
        super(type(self).__mro__[1], self).optimizer_zero_grad(epoch, batch_idx, optimizer)

    def lr_scheduler_step(self, scheduler, metric):
        super(type(self).__mro__[1], self).lr_scheduler_step(scheduler, metric)

    def backward(self, loss):
        super(type(self).__mro__[1], self).backward(loss)

    own = (optimizer_step, optimizer_zero_grad, lr_scheduler_step, backward)
    methods = {**BOTH, "configure_optimizers": scheduled, **{method.__name__: method for method in own}}
    fit(stage, methods=methods)


def own_transfer(stage):
    def on_after_batch_transfer(self, batch, dataloader_idx):
        return super(type(self).__mro__[1], self).on_after_batch_transfer([batch[0] * 2, batch[1]], dataloader_idx)

    def transfer_batch_to_device(self, batch, device, dataloader_idx):
        return super(type(self).__mro__[1], self).transfer_batch_to_device(batch, device, dataloader_idx)

    methods = {"on_after_batch_transfer": on_after_batch_transfer, "transfer_batch_to_device": transfer_batch_to_device}
    fit(stage, methods={**BOTH, **methods})


def in_half(stage):
    fit(stage, methods=BOTH, precision="bf16-mixed")


@EVERY
@pytest.mark.parametrize("scenario", [manual, closures, own_steps, own_transfer, in_half])
def test_optimizers_and_batches_of_guests_go_lightnings_way(scenario, hears):
    twins(scenario, hears=hears, ours=GUESTS)


def a_test_and_a_prediction(stage):
    def test_step(self, batch, batch_idx):
        self.log("test_loss", loss_of(self, batch))

    def predict_step(self, batch, batch_idx):
        return self.layers(batch[0])

    module = stage.make_module(methods={"test_step": test_step, "predict_step": predict_step})
    trainer = stage.make_trainer(callbacks=[stage.make_callback()])
    loader = stage.loader("val", samples=10)
    return trainer.test(module, loader, verbose=False), trainer.predict(module, loader)


@EVERY
def test_a_guest_is_tested_and_predicts_as_under_lightning(hears):
    twins(a_test_and_a_prediction, hears=hears, ours=GUESTS)
