import copy
import inspect
import pickle

import numpy as np
import pytest
import torch
from tests.groundwire_lightning.small import LEARNING_RATE, Lit, equal, lit, loader, loss_of, network, quiet
from torch.optim.lr_scheduler import StepLR

import groundwire_lightning as L


def test_without_a_trainer_a_module_says_so_and_stands_at_the_beginning():
    module = Lit()
    with pytest.raises(RuntimeError, match=r"Lit is not attached to a trainer; fit\(\) attaches it, before the first"):
        _ = module.trainer
    assert (module.current_epoch, module.global_step, module.global_rank, module.local_rank) == (0, 0, 0, 0)
    assert (module.logger, module.loggers, module.fabric, module.device_mesh) == (None, [], None, None)


def test_steps_can_be_called_by_hand_and_what_they_log_is_dropped():
    def training_step(self, batch, batch_idx):
        loss = loss_of(self, batch)
        self.log("loss", loss)
        return loss

    module = lit(training_step=training_step)
    with pytest.warns(UserWarning, match=r"self\.log\('loss'\): the module is not attached to a trainer"):
        loss = module.training_step(next(iter(loader())), 0)
    assert loss.requires_grad


def test_a_module_knows_where_its_parameters_are_and_what_they_are_made_of():
    module = Lit()
    assert (module.device, module.dtype, module.on_gpu) == (torch.device("cpu"), torch.float32, False)
    assert module.double().dtype is torch.float64
    assert module.to("meta").device == torch.device("meta")


def test_a_module_without_parameters_is_on_the_cpu():
    module = L.LightningModule()
    assert (module.device, module.dtype) == (torch.device("cpu"), torch.get_default_dtype())
    module.register_buffer("count", torch.zeros((), dtype=torch.int64))
    assert module.dtype is torch.get_default_dtype()


def test_freezing_stops_training_of_every_parameter():
    module = Lit()
    assert module.freeze() is module
    assert not module.training
    assert not any(parameter.requires_grad for parameter in module.parameters())
    assert module.unfreeze() is module
    assert module.training
    assert all(parameter.requires_grad for parameter in module.parameters())


def test_printing_without_a_trainer_is_printing(capsys):
    Lit().print("here", end=".")
    assert capsys.readouterr().out == "here."


def test_loading_is_strict_unless_the_module_says_otherwise():
    module = Lit()
    assert module.strict_loading
    module.strict_loading = False
    assert not module.strict_loading


# attached


def test_a_run_attaches_the_module_and_leaves_it_attached():
    inner = Lit()
    module = lit()
    module.inner = inner
    trainer = quiet()
    trainer.fit(module, loader())
    assert module.trainer is trainer
    assert inner.trainer is trainer


def test_a_module_knows_where_the_run_is():
    places = []

    def on_train_batch_end(self, outputs, batch, batch_idx):
        places.append((self.current_epoch, self.global_step, self.global_rank, self.local_rank))

    module = lit(on_train_batch_end=on_train_batch_end)
    quiet(max_epochs=2, limit_train_batches=2).fit(module, loader())
    assert places == [(0, 1, 0, 0), (0, 2, 0, 0), (1, 3, 0, 0), (1, 4, 0, 0)]
    assert (module.current_epoch, module.global_step) == (2, 4)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_module_finds_its_optimizer_and_schedulers(count):
    found = []

    def configure_optimizers(self):
        optimizer = torch.optim.SGD(self.parameters(), lr=LEARNING_RATE)
        self.made = optimizer, [StepLR(optimizer, 1) for _ in range(count)]
        return [optimizer], self.made[1]

    def on_train_start(self):
        found.extend([self.optimizers(), self.lr_schedulers()])

    module = lit(configure_optimizers=configure_optimizers, on_train_start=on_train_start)
    quiet().fit(module, loader())
    optimizer, schedulers = module.made
    assert found[0].optimizer is optimizer
    assert isinstance(found[0], torch.optim.SGD)
    assert found[1] == {0: None, 1: schedulers[0] if schedulers else None, 2: schedulers}[count]


def test_printing_goes_through_the_trainer(capsys):
    quiet().fit(lit(on_train_start=lambda self: self.print("begun")), loader())
    assert "begun" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "limits"),
    [
        ((), (0.5, "norm")),
        ((0.5,), (0.5, "norm")),
        ((0.5, "value"), (0.5, "value")),
        ((None, "value"), (0.5, "value")),
    ],
)
def test_gradients_are_clipped_as_asked_and_else_as_the_trainer_says(given, limits, monkeypatch):
    clipped = []
    monkeypatch.setattr(L.Trainer, "clip", lambda self, optimizer, limit, algorithm: clipped.append((limit, algorithm)))

    def configure_gradient_clipping(self, optimizer, gradient_clip_val, gradient_clip_algorithm):
        self.clip_gradients(optimizer, *given)

    module = lit(configure_gradient_clipping=configure_gradient_clipping)
    quiet(gradient_clip_val=0.5, limit_train_batches=1).fit(module, loader())
    assert clipped == [limits]


def test_a_limit_that_the_trainer_was_not_given_is_refused():
    module = lit(configure_gradient_clipping=lambda self, optimizer, **_: self.clip_gradients(optimizer, 0.25))
    said = r"clip_gradients\(gradient_clip_val=0.25\) and Trainer\(gradient_clip_val=0.5\) contradict"
    with pytest.raises(L.MisconfigurationException, match=said):
        quiet(gradient_clip_val=0.5).fit(module, loader())


def test_an_override_that_calls_super_clips_as_the_trainer_would():
    def configure_gradient_clipping(self, optimizer, gradient_clip_val=None, gradient_clip_algorithm=None):
        super(type(self), self).configure_gradient_clipping(optimizer, gradient_clip_val, gradient_clip_algorithm)

    plain, clipping = Lit(), lit(configure_gradient_clipping=configure_gradient_clipping)
    for module in (plain, clipping):
        quiet(gradient_clip_val=0.1).fit(module, loader())
    assert equal(plain.net, clipping.net)
    unclipped = Lit()
    quiet().fit(unclipped, loader())
    assert not equal(plain.net, unclipped.net)


def test_in_one_process_gathering_gives_the_data_back_as_tensors():
    gathered = []
    tensor = torch.ones(2)
    values = {"loss": tensor, "counts": [1, np.float64(2.0), True], "array": np.arange(2), "name": "a"}

    def on_train_start(self):
        gathered.extend(self.all_gather(values, sync_grads=sync_grads) for sync_grads in (False, True))

    quiet().fit(lit(on_train_start=on_train_start), loader())
    for one in gathered:
        assert (one["loss"] is tensor, one["name"]) == (True, "a")
        assert [(count.item(), count.dtype) for count in one["counts"]] == [
            (1, torch.int32),
            (2.0, torch.float32),
            (True, torch.uint8),
        ]
        assert one["array"].tolist() == [0, 1]


# logging


def logged(**methods):
    module = lit(**methods)
    trainer = quiet(limit_train_batches=2, limit_val_batches=2)
    trainer.fit(module, loader(), loader())
    return {name: value.item() for name, value in trainer.callback_metrics.items()}


def test_several_values_are_logged_like_each_by_itself():
    values = {"one": 1.0, "two": 2.0}

    def one_by_one(self, batch, batch_idx):
        for name, value in values.items():
            self.log(name, value + batch_idx, on_step=True, on_epoch=True, reduce_fx="max")

    def together(self, batch, batch_idx):
        shifted = {name: value + batch_idx for name, value in values.items()}
        self.log_dict(shifted, on_step=True, on_epoch=True, reduce_fx="max")

    made = logged(validation_step=together)
    assert made == logged(validation_step=one_by_one)
    assert (made["one"], made["two"]) == (2.0, 3.0)


def test_log_dict_hands_every_argument_to_log():
    seen = {}

    class Logs(L.LightningModule):
        def log(self, name, value, **kwargs):
            seen[name] = (value, kwargs)

    given = dict.fromkeys(list(inspect.signature(L.LightningModule.log_dict).parameters)[2:], "given")
    Logs().log_dict({"one": 1.0}, **given)
    assert seen == {"one": (1.0, given)}


def test_arguments_that_mean_several_processes_change_nothing_in_one():
    def validation_step(self, batch, batch_idx):
        self.log("loss", 1.0, sync_dist=True, rank_zero_only=True, add_dataloader_idx=False)

    assert logged(validation_step=validation_step)["loss"] == 1.0


def test_a_value_from_outside_of_a_run_is_refused():
    module = Lit()
    quiet().fit(module, loader())
    with pytest.raises(ValueError, match="cannot be called outside of the hooks of a run"):
        module.log("late", 1.0)


# copies


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda module: pickle.loads(pickle.dumps(module))])
def test_a_copy_of_a_trained_module_is_a_model_without_its_trainer(copied):
    module = Lit()
    trainer = quiet()
    trainer.fit(module, loader())
    again = copied(module)
    assert equal(again, module)
    assert again._trainer is None
    assert module.trainer is trainer


def test_the_weights_of_a_module_are_those_of_its_layers():
    assert list(Lit().state_dict()) == [f"net.{name}" for name in network().state_dict()]
