"""How many batches an update takes, by epoch and in the last window, and what ``numerics="exact"`` makes of it."""

import warnings

import lightning
import pytest
import torch
from tests.side_by_side.twins import BOTH, BoomError, fit, loss_of, sgd, twins
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader, TensorDataset

import groundwire_lightning as L
import groundwire_lightning.callbacks
from groundwire import Trainer


def scheduled_fit(stage, scheduling, methods=BOTH, **arguments):
    callbacks = lightning.pytorch.callbacks if stage.is_lightning else groundwire_lightning.callbacks
    module = stage.make_module(methods=methods)
    listeners = [
        stage.make_callback(),
        callbacks.GradientAccumulationScheduler(scheduling),
        stage.make_callback("last"),
    ]
    trainer = stage.make_trainer(callbacks=listeners, **{"max_epochs": 4, **arguments})
    trainer.fit(module, stage.loader("train", samples=18), stage.loader("val", samples=8))


def with_scheduler(self):
    optimizer = sgd(self)
    return [optimizer], [{"scheduler": StepLR(optimizer, 1, gamma=0.8), "interval": "step", "frequency": 2}]


SCHEDULES = {
    "from the second epoch": ({1: 2}, {}),
    "more and less": ({0: 3, 1: 1, 3: 2}, {}),
    "above an epoch": ({0: 10, 2: 4}, {}),
    "with a scheduler": ({1: 2, 2: 3}, {"methods": {**BOTH, "configure_optimizers": with_scheduler}}),
    "with an end in mid-epoch": ({1: 2}, {"max_steps": 7}),
    "with the number in the Trainer": ({1: 2}, {"accumulate_grad_batches": 2}),
    "by hand": ({1: 2}, {"methods": {**BOTH, "automatic_optimization": False}}),
}


@pytest.mark.parametrize("case", SCHEDULES)
def test_a_schedule_of_accumulation_is_kept_as_under_lightning(case):
    scheduling, more = SCHEDULES[case]
    twins(lambda stage: scheduled_fit(stage, dict(scheduling), **more))


@pytest.mark.parametrize("scheduling", [{}, {-1: 2}, {1: 0}, {1: 2.0}, {"a": 2}])
def test_a_schedule_that_is_none_is_refused(scheduling):
    def scenario(stage):
        stage.make_module()
        stage.make_trainer()
        scheduled_fit(stage, dict(scheduling))

    assert twins(scenario)["answer"][0] == "raised"


def changes_in_mid_epoch(self, outputs, batch, batch_idx):
    self.trainer.accumulate_grad_batches = 1 + batch_idx % 3


def test_the_number_may_change_in_mid_epoch():
    methods = {**BOTH, "on_train_batch_end": changes_in_mid_epoch}
    twins(lambda stage: fit(stage, methods=methods, accumulate_grad_batches=2))


def test_an_error_within_a_window_leaves_it_as_under_lightning():
    def on_after_backward(self):
        if self.global_step == 2:
            raise BoomError("enough")

    twins(lambda stage: fit(stage, methods={**BOTH, "on_after_backward": on_after_backward}, accumulate_grad_batches=3))


# the numbers that Lightning gets wrong


class Lit(L.LightningModule):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.layers = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Tanh(), torch.nn.Linear(8, 2))
        self.told = []

    def training_step(self, batch, batch_idx):
        return loss_of(self, batch)

    def on_train_batch_end(self, outputs, batch, batch_idx):
        self.told.append(outputs["loss"])

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1, momentum=0.9)


def data():
    generator = torch.Generator().manual_seed(1)
    points = torch.randn(28, 4, generator=generator)
    return TensorDataset(points, (points.sum(1) > 0).long())


def fitted(module, loader=None, **arguments):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*numerics='exact'")
        return fitted_aloud(module, loader, **arguments)


def fitted_aloud(module, loader=None, **arguments):
    quiet = {"max_epochs": 2, "enable_progress_bar": False, "accelerator": "cpu", "logger": False}
    quiet |= {"enable_checkpointing": False, "enable_model_summary": False}
    L.Trainer(**{**quiet, **arguments}).fit(module, DataLoader(data(), 4) if loader is None else loader)
    return list(module.parameters())


def native(window):
    module = Lit()
    trainer = Trainer(module.layers, torch.nn.functional.cross_entropy, module.configure_optimizers(), callbacks=[])
    trainer.train(DataLoader(data(), 4), 2, gradient_accumulation_steps=window)
    return list(module.parameters())


def unsized():
    """The same batches, without a length."""

    class Batches:
        def __iter__(self):
            return iter(DataLoader(data(), 4))

    return Batches()


def equal(one, other):
    return all(torch.equal(left, right) for left, right in zip(one, other, strict=True))


def close(one, other):
    return all(torch.allclose(left, right, atol=1e-6) for left, right in zip(one, other, strict=True))


@pytest.mark.parametrize("window", [1, 2, 3, 4, 7, 10])
def test_exact_numbers_are_those_of_the_native_trainer_to_the_bit(window):
    exact = fitted(Lit(), accumulate_grad_batches=window, numerics="exact")
    assert equal(exact, native(window))
    parity = fitted(Lit(), accumulate_grad_batches=window)
    assert equal(exact, parity) == (window in (1, 7))  # where seven batches make whole windows


@pytest.mark.parametrize("window", [2, 3, 7, 10])
def test_exact_numbers_are_right_for_data_without_a_length_too(window):
    exact = fitted(Lit(), unsized(), accumulate_grad_batches=window, numerics="exact")
    assert close(exact, native(window))


def test_exact_numbers_are_right_where_the_optimizer_evaluates_them():
    class Passes(Lit):
        def optimizer_step(self, epoch, batch_idx, optimizer, optimizer_closure):
            optimizer.step(closure=optimizer_closure)

    for loader in (None, unsized()):
        assert close(fitted(Passes(), loader, accumulate_grad_batches=3, numerics="exact"), native(3))


def test_what_is_told_at_the_end_of_a_batch_is_divided_likewise():
    module = Lit()
    fitted(module, accumulate_grad_batches=3, numerics="exact", max_epochs=1)
    parity = Lit()
    fitted(parity, accumulate_grad_batches=3, max_epochs=1)
    assert torch.equal(module.told[0], parity.told[0])
    assert torch.allclose(module.told[-1], parity.told[-1] * 3)


def warned(**arguments):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fitted_aloud(Lit(), **arguments)
    return [str(warning.message) for warning in caught if "numerics" in str(warning.message)]


def test_where_the_numbers_differ_it_is_said_once_a_run():
    (said,) = warned(accumulate_grad_batches=3)
    assert said.startswith("accumulate_grad_batches=3: the last update of an epoch holds 1 batches")
    for nothing in ({"accumulate_grad_batches": 7}, {}, {"accumulate_grad_batches": 3, "numerics": "exact"}):
        assert warned(**nothing) == []


def test_numerics_are_parity_or_exact():
    with pytest.raises(L.MisconfigurationException, match="'parity' or 'exact' is due, got 'right'"):
        L.Trainer(numerics="right")
