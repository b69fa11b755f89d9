import math

import pytest
import torch
from tests.groundwire.runs import data, equal, listener, network, recording, step_lr, trainer_for, weights
from torch import nn

from groundwire import Trainer, TrainerCallback
from groundwire.loop import average_over_items
from groundwire.run.moments import Moments
from groundwire.tracking import LossTracker

# Assembly.


def test_a_run_is_assembled_in_its_order():
    methods = [
        "_gather_callbacks",
        "_assemble_run",
        "_create_optimizer",
        "create_train_dataloader",
        "create_eval_dataloader",
        "_prepare_model_optimizer_and_dataloaders",
        "_prepare_model_and_optimizer",
        "_prepare_dataloaders",
        "_create_run_config",
        "create_scheduler",
        "_run_training",
    ]
    trainer = trainer_for(kind=recording(Trainer, methods))
    trainer.train(data(2), 1, eval_dataset=data(2))
    assert trainer.seen == methods
    trainer.seen.clear()
    trainer.evaluate(data(2))
    left_out = {"create_train_dataloader", "create_scheduler", "_run_training"}
    assert trainer.seen == [name for name in methods if name not in left_out]


def test_the_optimizer_of_a_run_may_be_made_for_it():
    class Makes(Trainer):
        def _create_optimizer(self):
            return torch.optim.SGD(self.model.parameters(), lr=0.1)

    model = network()
    trainer = Makes(model, nn.MSELoss(), optimizer=None, callbacks=())
    trainer.train(data(4), 2)
    assert isinstance(trainer.optimizer, torch.optim.SGD)
    assert not equal(weights(model), weights(network()))


def test_the_model_may_be_placed_by_a_subclass():
    class Doubles(Trainer):
        def _prepare_model_and_optimizer(self):
            super()._prepare_model_and_optimizer()
            self.model = self.model.double()

        def _transfer_batch(self, batch):
            return [tensor.double() for tensor in super()._transfer_batch(batch)]

    trainer = trainer_for(kind=Doubles)
    trainer.train(data(2), 1, eval_dataset=data(2))
    assert trainer.model[0].weight.dtype == torch.float64


def test_the_configuration_may_be_made_by_a_subclass():
    class Notes(Trainer):
        def _create_run_config(self, per_device_batch_size, num_epochs, gradient_accumulation_steps, *rest):
            self.numbers = per_device_batch_size, num_epochs, gradient_accumulation_steps, *rest
            return super()._create_run_config(per_device_batch_size, 1, gradient_accumulation_steps, *rest)

    trainer = trainer_for(kind=Notes)
    trainer.train(data(6), 4, None, 2, 7, 2, 0.5)
    assert trainer.numbers == (2, 4, 2, 7, 0.5)
    assert trainer.at.epoch == trainer.run_config.num_epochs == 1
    trainer.evaluate(data(6), 3)
    assert trainer.numbers == (3, 1, 1, None, None)


def test_a_callback_that_joins_as_callbacks_are_gathered_takes_part_in_the_assembly():
    class Gathers(Trainer):
        def _gather_callbacks(self):
            super()._gather_callbacks()
            if "Listener" not in self.callback_handler.callback_list:
                self.callback_handler.add_callback(listener("on_training_run_start", "on_train_update_end"))

    trainer = trainer_for(kind=Gathers)
    trainer.train(data(2), 1)
    assert trainer.seen == ["on_training_run_start", "on_train_update_end"]


# Batches.


def test_batches_reach_the_steps_untouched_where_there_is_nothing_to_move():
    trainer, batches = trainer_for(), [1, 2]
    assert trainer._on_device(batches) is batches


def test_batches_are_moved_where_somebody_overrides_that():
    class Adds(Trainer):
        def _transfer_batch(self, batch):
            return batch + 1

    trainer = trainer_for(kind=Adds)
    assert list(trainer._on_device([1, 2])) == [2, 3]
    trainer, moved = trainer_for(), []
    trainer._transfer_batch = lambda batch: moved.append(len(batch[0])) or batch
    trainer.train(data(3), 1, eval_dataset=data(1), per_device_batch_size=2)
    assert sorted(moved) == [1, 1, 2]


# Losses.


@pytest.mark.parametrize(
    ("losses", "expected"),
    [([(1.0, 1), (3.0, 3)], 2.5), ([(2.0, 5)], 2.0), ([(math.inf, 1), (1.0, 1)], math.inf), ([], math.nan)],
)
def test_the_loss_of_an_epoch_is_the_mean_over_samples(losses, expected):
    trainer = trainer_for()
    for loss, batch_size in losses:
        trainer._update_loss_tracker(torch.tensor(loss), batch_size)
    trainer._add_epoch_loss_to_run_history("mine")
    assert trainer.run_history.get_metric_values("mine") == [pytest.approx(expected, nan_ok=True)]


def test_the_loss_of_an_epoch_is_that_of_all_processes(monkeypatch):
    trainer = trainer_for()
    trainer._update_loss_tracker(torch.tensor(1.0), 1)
    others = torch.tensor([9.0, 3.0], dtype=torch.float64)
    monkeypatch.setattr(type(trainer._accelerator), "num_processes", 2)
    monkeypatch.setattr(trainer._accelerator, "reduce", lambda totals, reduction: totals + others)
    trainer._add_epoch_loss_to_run_history("mine")
    assert trainer.run_history.get_metric_values("mine") == [2.5]


def test_the_loss_of_an_evaluation_is_counted_apart_even_if_it_fails():
    class Fails(TrainerCallback):
        def on_eval_step_end(self, trainer, **kwargs):
            raise RuntimeError("in the middle of it")

    trainer = trainer_for(callbacks=[Fails])
    tracker = trainer._loss_tracker
    tracker.update(5.0, 2)
    with pytest.raises(RuntimeError):
        trainer.evaluate(data(2))
    assert trainer._loss_tracker is tracker
    assert (tracker.average, tracker.running_count) == (5.0, 2)


def test_a_tracker_of_ones_own_may_record_the_losses():
    class Twice(LossTracker):
        def update(self, loss_batch_value, batch_size=1):
            super().update(loss_batch_value * 2, batch_size)

    plain, mine = trainer_for(lr=0.0), trainer_for(lr=0.0)
    mine._loss_tracker = Twice()
    for trainer in (plain, mine):
        trainer.train(data(4), 1)
    (once,), (twice,) = (trainer.run_history.get_metric_values("train_loss_epoch") for trainer in (plain, mine))
    assert twice == pytest.approx(2 * once)


def test_gradients_of_a_window_are_divided_by_its_items():
    trainer = trainer_for()
    first, *others = trainer.model.parameters()
    first.grad = torch.full_like(first, 6.0)
    trainer.at.items = torch.tensor(3)
    average_over_items(trainer)
    assert torch.equal(first.grad, torch.full_like(first, 2.0))
    assert all(parameter.grad is None for parameter in others)


def test_items_are_counted_over_all_processes(monkeypatch):
    trainer = trainer_for()
    first, *_ = trainer.model.parameters()
    first.grad = torch.full_like(first, 6.0)
    trainer.at.items = 1
    monkeypatch.setattr(type(trainer._accelerator), "num_processes", 2)
    monkeypatch.setattr(trainer._accelerator, "reduce", lambda total, reduction: total + 3)
    average_over_items(trainer)  # the mean over two processes, as gradients are, of 4 items in all
    assert torch.equal(first.grad, torch.full_like(first, 3.0))


# Clipping.


class Config:
    def __init__(self, by_value=None, by_norm=None):
        self.gradient_clip_value, self.gradient_clip_norm = by_value, by_norm


def gradients_after(config):
    trainer = trainer_for(nn.Linear(2, 1, bias=False))
    trainer.model.weight.grad = torch.tensor([[3.0, -4.0]])
    trainer.run_config = config
    trainer._clip_gradients()
    return trainer.model.weight.grad


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (Config(), [3.0, -4.0]),
        (Config(by_value=3.5), [3.0, -3.5]),
        (Config(by_norm=2.5), [1.5, -2.0]),
        (Config(by_norm=100.0), [3.0, -4.0]),
    ],
)
def test_gradients_are_clipped_as_the_run_asks(config, expected):
    torch.testing.assert_close(gradients_after(config), torch.tensor([expected]), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("config", "name"), [(Config(1.0), "clip_grad_value_"), (Config(None, 1.0), "clip_grad_norm_")]
)
def test_wrapped_gradients_are_clipped_by_accelerate(monkeypatch, config, name):  # B50: it takes their scale off first
    trainer, calls = trainer_for(), []
    monkeypatch.setattr(trainer._accelerator, name, lambda parameters, limit: calls.append(limit))
    trainer.run_config, trainer._is_wrapped = config, True
    trainer._clip_gradients()
    assert calls == [1.0]


def test_a_loss_that_is_wrapped_goes_backward_through_accelerate(monkeypatch):
    trainer, calls = trainer_for(), []
    monkeypatch.setattr(trainer._accelerator, "backward", calls.append)
    trainer._is_wrapped = True
    trainer.backward_step(torch.tensor(2.0))
    assert calls == [torch.tensor(2.0)]


# Small moments.


@pytest.mark.parametrize("name", ["_gather_callbacks", "_run_sanity_evaluation"])
def test_what_is_there_for_adapters_does_nothing_by_itself(name):
    assert getattr(Moments, name)(object()) is None


def test_a_sanity_evaluation_comes_before_the_first_epoch():
    class Sanity(recording(Trainer, ["train_epoch_start", "training_run_start"])):
        def _run_sanity_evaluation(self):
            self.seen.append("sanity")
            self.plan._run_eval_epoch(self._eval_dataloader, True, True)

    trainer = trainer_for(kind=Sanity, callbacks=[listener("on_training_run_start", "on_eval_epoch_end")])
    trainer.train(data(2), 1, eval_dataset=data(2), create_scheduler_fn=step_lr)
    assert trainer.seen == [
        "training_run_start",
        "on_training_run_start",
        "sanity",
        "on_eval_epoch_end",
        "train_epoch_start",
        "on_eval_epoch_end",
    ]


def test_whole_moments_can_be_wrapped():
    class Wraps(Trainer):
        def __init__(self, *args, **kwargs):
            self.around = []
            super().__init__(*args, **kwargs)

        def _run_training(self):
            self.around.append("run")
            super()._run_training()
            self.around.append("run is over")

        def _run_train_epoch(self, train_dl):
            self.around.append("epoch")
            super()._run_train_epoch(list(train_dl)[:1])

        def _run_eval_epoch(self, valid_dl, is_training=True, is_intermediate=False):
            self.around.append("evaluation")
            super()._run_eval_epoch(valid_dl, is_training, is_intermediate)

        def _run_train_step(self, batch, step):
            batch_output = super()._run_train_step(batch, step)
            self.around.append(sorted(batch_output))
            return batch_output

    trainer = trainer_for(kind=Wraps)
    trainer.train(data(4), 1, eval_dataset=data(2), per_device_batch_size=2)
    step = ["batch_size", "loss", "model_outputs"]
    assert trainer.around == ["run", "epoch", step, "evaluation", "run is over"]
