from types import SimpleNamespace

import pytest
import torch
from tests.groundwire.runs import Stops, data, network, trainer_for
from torch import nn

from groundwire import Trainer
from groundwire.finetuning import ModelFreezer
from groundwire.run import check_parts
from groundwire.schedulers import CosineLrScheduler
from groundwire.utils import ModelEma


def sgd(model):
    return torch.optim.SGD(model.parameters(), lr=0.1)


@pytest.mark.parametrize("trained", [True, False])
def test_a_model_is_a_module(trained):
    with pytest.raises(TypeError, match=r"^model: a torch.nn.Module is due, got type"):
        check_parts.check_model(nn.Linear, trained)
    check_parts.check_model(network(), trained)


@pytest.mark.parametrize(
    ("model", "said"),
    [(nn.Identity(), "Identity has no parameters"), (network().requires_grad_(False), "only frozen parameters")],
)
def test_only_training_needs_something_to_train(model, said):
    check_parts.check_model(model, trained=False)
    with pytest.raises(ValueError, match=said):
        check_parts.check_model(model, trained=True)


def test_one_parameter_that_is_not_frozen_is_enough():
    model = network().requires_grad_(False)
    model[2].bias.requires_grad_(True)
    check_parts.check_model(model, trained=True)


def test_an_optimizer_has_step_and_zero_grad():
    model = network()
    check_parts.check_optimizer(sgd(model), model)
    check_parts.check_optimizer(SimpleNamespace(step=None, zero_grad=None), model)
    for strange in (None, "sgd", torch.optim.SGD, SimpleNamespace(step=None)):
        with pytest.raises(TypeError, match=r"^optimizer: .* got .*_create_optimizer"):
            check_parts.check_optimizer(strange, model)


NEVER = Stops("on_train_step_start"), Stops("on_eval_step_start")


def test_an_optimizer_of_another_model_is_refused_before_the_first_batch():
    trainer = Trainer(network(), nn.MSELoss(), sgd(nn.Linear(1, 1)), callbacks=NEVER)
    with pytest.raises(ValueError, match="optimizer: this SGD holds no parameter of the model, a Sequential"):
        trainer.train(data(4), 1)


def test_an_optimizer_of_a_part_of_the_model_will_do():
    model = network()
    Trainer(model, nn.MSELoss(), sgd(model[2]), callbacks=()).train(data(4), 1)


@pytest.mark.parametrize("loss_func", [None, "mse", 3])
def test_a_loss_that_cannot_be_called_is_refused_before_the_first_batch(loss_func):
    model = network()
    trainer = Trainer(model, loss_func, sgd(model), callbacks=NEVER)
    with pytest.raises(TypeError, match=r"loss_func: a function of .* or override calculate_train_batch_loss"):
        trainer.train(data(4), 1)
    with pytest.raises(TypeError, match=r"loss_func: a function of .* or override calculate_eval_batch_loss"):
        trainer.evaluate(data(4))
    assert len(trainer.predict(data(4), collect=True)) == 4


def test_whoever_calculates_the_loss_needs_no_loss_function():
    class Own(Trainer):
        def calculate_train_batch_loss(self, batch):
            return {"loss": self.model(batch[0]).sum(), "batch_size": 1}

        calculate_eval_batch_loss = calculate_train_batch_loss

    model = network()
    trainer = Own(model, None, sgd(model), callbacks=())
    trainer.train(data(4), 1, eval_dataset=data(2))


@pytest.mark.parametrize("made", [3, "step", object()])
def test_what_cannot_be_stepped_is_no_scheduler(made):
    trainer = trainer_for(callbacks=NEVER)
    with pytest.raises(TypeError, match=r"create_scheduler_fn: .* it returned .* no step\(\)"):
        trainer.train(data(4), 1, create_scheduler_fn=lambda optimizer: made)


def test_a_scheduler_may_be_none():
    trainer_for().train(data(4), 1, create_scheduler_fn=lambda optimizer: None)


@pytest.mark.parametrize(
    ("ask", "name"),
    [
        (lambda trainer, given: trainer.train(data(4), 1, train_dataloader_kwargs=given), "train_dataloader_kwargs"),
        (
            lambda trainer, given: trainer.train(data(4), 1, data(2), eval_dataloader_kwargs=given),
            "eval_dataloader_kwargs",
        ),
        (lambda trainer, given: trainer.evaluate(data(4), dataloader_kwargs=given), "dataloader_kwargs"),
        (lambda trainer, given: trainer.predict(data(4), dataloader_kwargs=given), "dataloader_kwargs"),
    ],
)
def test_an_argument_that_no_loader_takes_is_told_with_the_nearest_one(ask, name):
    with pytest.raises(
        TypeError, match=f"^{name}: 'num_worker' is no argument of DataLoader. Did you mean 'num_workers'"
    ):
        ask(trainer_for(), {"num_worker": 1})


def test_a_wrong_value_of_an_argument_is_the_loaders_own_error():
    with pytest.raises(ValueError, match="num_workers"):
        trainer_for().train(data(4), 1, train_dataloader_kwargs={"num_workers": -1})


def test_metrics_need_a_history():
    trainer = trainer_for(run_history={})
    for run in (trainer.train, trainer.evaluate):
        with pytest.raises(TypeError, match=r"run_history: a RunHistory is due, got \{\}"):
            run(data(4), 1)


def test_an_accelerator_is_one():
    with pytest.raises(TypeError, match=r"accelerator: an accelerate.Accelerator or None is due, got 'cpu'"):
        trainer_for(accelerator="cpu")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: ModelEma(3), "model: a torch.nn.Module is due, got 3"),
        (lambda: ModelEma(network(), "a"), "decay: a number between 0 and 1 is due, got 'a'"),
        (lambda: ModelFreezer([]), r"model: a torch.nn.Module is due, got \[\]"),
        (lambda: ModelFreezer(network()).freeze("first"), "from_index: the whole number of a layer group .* 'first'"),
        (lambda: ModelFreezer(network()).unfreeze(to_index=None), "to_index: the whole number of a layer group"),
        (lambda: CosineLrScheduler(3, 1, 1), "optimizer: a torch.optim.Optimizer is due, got 3"),
    ],
)
def test_a_helper_names_what_it_was_given(make, said):
    with pytest.raises(TypeError, match=said):
        make()
