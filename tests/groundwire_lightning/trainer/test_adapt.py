import pytest
import torch
from tests.groundwire_lightning.small import (
    BATCH_SIZE,
    BATCHES,
    LEARNING_RATE,
    Lit,
    data,
    equal,
    lit,
    loader,
    loss_of,
    network,
    scheduled,
    sgd,
    telling,
)
from torch.nn.functional import mse_loss
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader

import groundwire_lightning as L
from groundwire import Trainer, TrainerCallback

# a run in native order


class Diary(TrainerCallback):
    """Keeps the loss of each batch and the learning rate of each update."""

    def __init__(self):
        self.losses, self.rates = [], []

    def on_train_step_end(self, trainer, batch, batch_output, **kwargs):
        self.losses.append(batch_output["loss"].item())
        self.rates.append(trainer.optimizer.param_groups[0]["lr"])


def native(epochs=2, **asked):
    """The same model trained natively, and its diary."""
    net, diary = network(), Diary()
    trainer = Trainer(net, mse_loss, torch.optim.SGD(net.parameters(), lr=LEARNING_RATE), callbacks=[diary])
    trainer.train(loader(), epochs, eval_dataset=loader(), **asked)
    return net, diary, trainer.run_history


ASKED = [
    {},
    {"gradient_accumulation_steps": 2},
    {"gradient_clip_norm": 0.1},
    {"gradient_clip_value": 0.05},
    {"max_num_train_steps": 4},
    {"create_scheduler_fn": lambda optimizer: StepLR(optimizer, 2)},
]


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: next(iter(asked), "plain"))
def test_native_training_of_a_module_gives_the_numbers_of_the_same_native_model(asked):
    net, theirs, history = native(**asked)
    module, ours = Lit(), Diary()
    trainer = L.adapt(module, callbacks=[ours])
    trainer.train(loader(), 2, eval_dataset=loader(), **asked)
    assert equal(module.net, net)
    assert (ours.losses, ours.rates) == (theirs.losses, theirs.rates)
    for name in ("train_loss_epoch", "eval_loss_epoch"):
        assert trainer.run_history.get_metric_values(name) == history.get_metric_values(name)


def test_datasets_are_loaded_as_by_any_trainer():
    net = network()
    torch.manual_seed(1)
    trainer = Trainer(net, mse_loss, torch.optim.SGD(net.parameters(), lr=LEARNING_RATE), callbacks=[])
    trainer.train(data(), 2, per_device_batch_size=BATCH_SIZE)
    module = Lit()
    torch.manual_seed(1)
    L.adapt(module, callbacks=[]).train(data(), 2, per_device_batch_size=BATCH_SIZE)
    assert equal(module.net, net)


NATIVE_ORDER = [
    *("prepare_data", "setup", "configure_model", "configure_optimizers"),
    *("train_dataloader", "val_dataloader", "on_fit_start", "on_train_start", "on_train_epoch_start"),
    *("on_train_batch_start", "training_step", "on_before_backward", "backward", "on_after_backward"),
    *("on_before_optimizer_step", "configure_gradient_clipping", "lr_scheduler_step"),
    *("on_before_zero_grad", "optimizer_zero_grad", "on_train_batch_end", "on_train_epoch_end"),
    *("on_validation_model_eval", "on_validation_start", "on_validation_epoch_start"),
    *("on_validation_batch_start", "validation_step", "on_validation_batch_end"),
    *("on_validation_epoch_end", "on_validation_end"),
    *("on_train_end", "on_fit_end", "teardown"),
]


def one_batch(*_):
    return DataLoader(data(), batch_size=len(data()))


def test_native_training_keeps_the_native_order_of_hooks():
    base = type("Base", (Lit,), {"configure_optimizers": scheduled("step")})
    usual = {"train_dataloader": one_batch, "val_dataloader": one_batch}
    module = lit(base, **{name: telling(name, usual.get(name) or getattr(base, name)) for name in NATIVE_ORDER})
    L.adapt(module, callbacks=[]).train(None, 1)
    assert module.seen == NATIVE_ORDER


def test_native_evaluation_runs_the_hooks_of_validation():
    names = ["setup", *NATIVE_ORDER[NATIVE_ORDER.index("on_validation_model_eval") : -3], "teardown"]
    stages = []
    module = lit(
        **{name: telling(name, getattr(Lit, name)) for name in names},
        prepare_data=lambda self: stages.append("prepared"),
    )
    L.adapt(module, callbacks=[]).evaluate(one_batch())
    assert module.seen == names
    assert stages == ["prepared"]


def logging_lit():
    def training_step(self, batch, batch_idx):
        self.log("level", float(batch_idx), on_step=False, on_epoch=True)
        self.log("both", float(batch_idx), on_step=True, on_epoch=True, batch_size=1)
        return loss_of(self, batch)

    def validation_step(self, batch, batch_idx):
        self.log_dict({"val": loss_of(self, batch), "most": float(batch_idx)}, reduce_fx="max")
        return loss_of(self, batch)

    return lit(training_step=training_step, validation_step=validation_step)


def test_what_is_logged_in_a_native_run_reaches_the_run_history():
    trainer = L.adapt(logging_lit(), callbacks=[])
    trainer.train(loader(), 2, eval_dataset=loader())
    history = trainer.run_history
    names = {"train_loss_epoch", "eval_loss_epoch", "level", "both_epoch", "val", "most"}
    assert history.get_metric_names() == names
    # batches 0, 1, 2 of 4, 4 and 2 samples
    assert list(history.get_metric_values("level")) == pytest.approx([0.8, 0.8])
    assert list(history.get_metric_values("both_epoch")) == pytest.approx([1.0, 1.0])
    assert list(history.get_metric_values("most")) == [2.0, 2.0]


def test_what_is_logged_in_a_native_evaluation_reaches_the_run_history():
    trainer = L.adapt(logging_lit(), callbacks=[])
    trainer.evaluate(loader())
    assert trainer.run_history.get_metric_names() == {"evaluation_loss", "val", "most"}


@pytest.mark.parametrize(
    ("interval", "rates"), [("step", [1, 0.1, 0.01, 1e-3, 1e-4, 1e-5]), ("epoch", [1, 1, 1, 0.1, 0.1, 0.1])]
)
def test_a_scheduler_moves_on_by_update_or_by_epoch(interval, rates):
    diary = Diary()
    L.adapt(lit(configure_optimizers=scheduled(interval)), callbacks=[diary]).train(loader(), 2)
    assert diary.rates == pytest.approx([LEARNING_RATE * rate for rate in rates])


def test_a_scheduler_of_the_run_replaces_that_of_the_module():
    diary = Diary()
    module = lit(configure_optimizers=scheduled("epoch"))
    L.adapt(module, callbacks=[diary]).train(loader(), 2, create_scheduler_fn=lambda optimizer: StepLR(optimizer, 100))
    assert diary.rates == [LEARNING_RATE] * 6


def test_data_given_to_train_is_used_instead_of_the_modules():
    def never(self):
        raise AssertionError("asked for a loader")

    trainer = L.adapt(lit(train_dataloader=never, val_dataloader=never), callbacks=[])
    trainer.train(loader(), 1, eval_dataset=loader())
    trainer.evaluate(loader())
    assert trainer.run_history.get_latest_metric("evaluation_loss") > 0


def test_without_data_for_evaluation_the_modules_is_asked():
    trainer = L.adapt(lit(val_dataloader=lambda self: loader()), callbacks=[])
    trainer.train(loader(), 1)
    assert trainer.run_history.get_metric_names() == {"train_loss_epoch", "eval_loss_epoch"}


def test_without_a_validation_step_no_loader_of_the_module_is_asked():
    module = lit(val_dataloader=telling("val_dataloader"), validation_step=None)
    L.adapt(module, callbacks=[]).train(loader(), 1)
    assert module.seen == []


def test_a_list_of_one_loader_is_that_loader():
    net, _, _ = native(epochs=1)
    module = lit(train_dataloader=lambda self: [loader()], val_dataloader=lambda self: [loader()])
    L.adapt(module, callbacks=[]).train(None, 1)
    assert equal(module.net, net)


def test_several_loaders_are_refused():
    module = lit(train_dataloader=lambda self: [loader(), loader()])
    with pytest.raises(L.NotSupportedYetError, match="several loaders, a list, are for fit"):
        L.adapt(module, callbacks=[]).train(None, 1)


def test_a_data_module_brings_the_data_of_a_native_run():
    class Data(L.LightningDataModule):
        def train_dataloader(self):
            return loader()

        val_dataloader = train_dataloader

    net, _, _ = native(epochs=1)
    module = Lit()
    trainer = L.adapt(module, callbacks=[])
    trainer.datamodule = Data()
    trainer.train(None, 1)
    assert equal(module.net, net)
    assert trainer.datamodule.trainer is trainer


def test_an_evaluation_inside_a_run_leaves_it_as_it_was():
    stages = []

    class Evaluates(TrainerCallback):
        def on_train_epoch_end(self, trainer, **kwargs):
            trainer.evaluate(loader())

    def note(self, stage):
        stages.append(stage)

    module = lit(setup=note, teardown=note, val_dataloader=lambda self: loader())
    trainer = L.adapt(module, callbacks=[Evaluates()])
    trainer.train(loader(), 1)
    assert stages == ["fit", "validate", "validate", "fit"]
    assert equal(module.net, native(epochs=1)[0])


def test_a_module_without_configure_optimizers_takes_the_optimizer_given():
    module = lit(configure_optimizers=None)
    L.adapt(module, optimizer=sgd(module), callbacks=[]).train(loader(), 2)
    assert equal(module.net, native()[0])


def test_a_plain_module_takes_the_loss_function_given():
    module = network()
    trainer = L.adapt(module, loss_func=mse_loss, optimizer=sgd(module), callbacks=[])
    trainer.train(loader(), 2)
    assert equal(module, native()[0])


def test_a_module_of_torch_with_lightnings_methods_is_trained():
    class Duck(torch.nn.Module):
        training_step, configure_optimizers = Lit.training_step, Lit.configure_optimizers

        def __init__(self):
            super().__init__()
            self.net = network()

    module = Duck()
    L.adapt(module, callbacks=[]).train(loader(), 2)
    assert equal(module.net, native()[0])
    assert isinstance(module.trainer, L.LightningAdapter)


def test_a_step_that_is_overridden_altogether_leaves_nothing_to_tell():
    told = []

    class MyTrainer(Trainer):
        def _run_train_step(self, batch, step):
            pass

    module = lit(on_train_batch_end=lambda self, outputs, batch, batch_idx: told.append(outputs))
    L.adapt(module, MyTrainer, callbacks=[]).train(loader(), 1)
    assert told == [{}] * BATCHES


def test_what_a_batch_is_told_with_is_the_loss_without_its_graph_and_what_was_returned():
    told = []

    def training_step(self, batch, batch_idx):
        loss = loss_of(self, batch)
        return {"loss": loss, "doubled": 2 * loss}

    def on_train_batch_end(self, outputs, batch, batch_idx):
        told.append(outputs)

    module = lit(training_step=training_step, on_train_batch_end=on_train_batch_end)
    L.adapt(module, callbacks=[]).train(loader(), 1, gradient_accumulation_steps=2)
    assert all(set(one) == {"loss", "doubled"} and not one["doubled"].requires_grad for one in told)
    # the window of the first two batches holds two, the last holds one
    assert [(one["doubled"] / one["loss"]).item() for one in told] == pytest.approx([4.0, 4.0, 2.0])
