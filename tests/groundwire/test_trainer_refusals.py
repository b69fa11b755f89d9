"""Bad input: a clear error that names the thing and the way out, raised before the first batch."""

import pytest
import torch
from tests.groundwire.runs import network, step_lr, trainer_for
from torch import nn
from torch.utils.data import TensorDataset

from groundwire import HookMapError, Trainer, TrainerCallback


def sgd(model):
    return torch.optim.SGD(model.parameters(), lr=0.1)


class Data(TensorDataset):
    """Fails when a sample is read."""

    def __init__(self):
        super().__init__(torch.zeros(4, 3), torch.zeros(4, 1))

    def __getitem__(self, index):
        raise AssertionError("a sample was read")


EMPTY = TensorDataset(torch.zeros(0, 3), torch.zeros(0, 1))
BAD = {
    "a scheduler": (
        {"create_scheduler_fn": step_lr(sgd(network()))},
        TypeError,
        "create_scheduler_fn: a function of the optimizer is due, got an instance of StepLR.*partial",
    ),
    "no epochs": ({"num_epochs": 0}, ValueError, "num_epochs: .* got 0"),
    "negative epochs": ({"num_epochs": -1}, ValueError, "num_epochs: .* got -1"),
    "no data": ({"train_dataset": EMPTY}, ValueError, "train_dataset is empty"),
    "no data to evaluate": ({"eval_dataset": EMPTY}, ValueError, "eval_dataset is empty"),
    "tensors": ({"train_dataset": torch.zeros(3)}, TypeError, "train_dataset: .* got Tensor.*TensorDataset"),
    "two kinds of clipping": (
        {"gradient_clip_value": 1.0, "gradient_clip_norm": 2.0},
        ValueError,
        "gradient_clip_value=1.0 and gradient_clip_norm=2.0",
    ),
    "an iterator twice": ({"train_dataset": iter([1]), "num_epochs": 2}, ValueError, "train_dataset: an iterator"),
    "all dropped": (
        {"train_dataloader_kwargs": {"drop_last": True}},
        ValueError,
        "create_train_dataloader .*drop_last leaves nothing of 4 samples",
    ),
}


@pytest.mark.parametrize(("asked", "error", "message"), BAD.values(), ids=list(BAD))
def test_what_makes_no_run_is_refused_before_the_first_batch(asked, error, message):
    trainer = trainer_for()
    with pytest.raises(error, match=message):
        trainer.train(**{"train_dataset": Data(), "num_epochs": 1, "per_device_batch_size": 8, **asked})


def frozen():
    return network().requires_grad_(False)


MODELS = {
    "no parameters": (nn.Identity(), ValueError, "model: Identity has no parameters"),
    "frozen": (frozen(), ValueError, "model: Sequential has only frozen parameters"),
    "no module": (lambda inputs: inputs, TypeError, "model: a torch.nn.Module is due, got function"),
}


@pytest.mark.parametrize(("model", "error", "message"), MODELS.values(), ids=list(MODELS))
def test_a_model_that_cannot_be_trained_is_refused_before_the_first_batch(model, error, message):
    trainer = Trainer(model, nn.MSELoss(), sgd(network()), callbacks=())
    with pytest.raises(error, match=message):
        trainer.train(Data(), 1)


@pytest.mark.parametrize("optimizer", [None, "adam", torch.optim.SGD])
def test_a_run_without_an_optimizer_is_refused_before_the_first_batch(optimizer):
    with pytest.raises(TypeError, match=r"optimizer: a torch.optim.Optimizer is due"):
        Trainer(network(), nn.MSELoss(), optimizer, callbacks=()).train(Data(), 1)


def test_a_callback_that_cannot_take_its_arguments_is_refused_before_the_first_batch():
    class Narrow(TrainerCallback):
        def on_train_step_end(self, trainer):
            """Takes neither batch nor batch_output."""

    trainer = trainer_for(callbacks=[Narrow])
    with pytest.raises(
        HookMapError, match=r"Narrow.on_train_step_end \(.*test_trainer_refusals.py:\d+\) cannot be called"
    ) as err:
        trainer.train(Data(), 1)
    assert "(trainer, batch=, batch_output=)" in str(err.value)


@pytest.mark.parametrize(
    ("method", "returned", "message"),
    [
        ("create_train_dataloader", 3, "create_train_dataloader returned int, which gives no batches"),
        ("create_eval_dataloader", 3, "create_eval_dataloader returned int, which gives no batches"),
        ("create_train_dataloader", None, "create_train_dataloader does not make a loader"),
        ("create_eval_dataloader", None, "create_eval_dataloader does not make one"),
    ],
)
def test_a_method_that_returns_no_loader_is_named(method, returned, message):
    trainer = trainer_for(kind=type("Mine", (Trainer,), {method: lambda self, *args: returned}))
    with pytest.raises((TypeError, ValueError), match=message):
        trainer.train(Data(), 1, eval_dataset=Data())


def test_evaluating_nothing_is_refused():
    with pytest.raises(ValueError, match="dataset: none was given"):
        trainer_for().evaluate()


def test_training_on_nothing_is_refused():
    with pytest.raises((TypeError, ValueError), match="train_dataset: none was given"):
        trainer_for().train(None, 1)
