"""Trial runs: learning rates and batch sizes that are tried, and everything else as it was."""

import importlib

import pytest
import torch
from tests.side_by_side.twins import BOTH, loss_of, twins
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader, TensorDataset


def tuner_of(stage, trainer):
    name = "lightning.pytorch.tuner" if stage.is_lightning else "groundwire_lightning.tuner"
    return importlib.import_module(name).Tuner(trainer)


def sgd_at_lr(self):
    optimizer = torch.optim.SGD(self.parameters(), lr=self.lr, momentum=0.9)
    return [optimizer], [StepLR(optimizer, 1, gamma=0.5)]


RATED = {**BOTH, "lr": 0.02, "configure_optimizers": sgd_at_lr}


def what_was_found(finder):
    return None if finder is None else [finder.results, finder.suggestion(skip_begin=2), finder.suggestion(0, 3)]


TRAINERS = {
    "usual": {},
    "with accumulation": {"accumulate_grad_batches": 3},
    "for one epoch": {"max_epochs": 1},
    "by fast_dev_run": {"fast_dev_run": True},
}


def finding(options, arguments, methods=None, loaders=True):
    def scenario(stage):
        module = stage.make_module(methods={**RATED, **(methods or {})})
        trainer = stage.make_trainer(**{"max_epochs": 10, **arguments})
        given = [stage.loader("train"), stage.loader("val", samples=10)] if loaders else []
        finder = tuner_of(stage, trainer).lr_find(module, *given, **{"num_training": 30, **options})
        return [what_was_found(finder), module.lr, trainer.max_steps, trainer.should_stop, len(trainer.callbacks)]

    return scenario


def played(scenario, **kwargs):
    record = twins(scenario, hears=False, **kwargs)
    assert record["answer"][0] != "raised", record["answer"]
    return record


@pytest.mark.parametrize("name", TRAINERS)
def test_a_trainer_tries_learning_rates_as_in_lightning(name):
    played(finding({}, TRAINERS[name]))


REFUSED = {
    "another entry point": lambda tuner, module, stage: tuner.lr_find(module, method="test"),
    "no such entry point": lambda tuner, module, stage: tuner.scale_batch_size(module, method="run"),
    "loaders of another entry point": lambda tuner, module, stage: tuner.lr_find(module, dataloaders=[1]),
    "loaders of fit": lambda tuner, module, stage: tuner.scale_batch_size(module, [1], method="test"),
    "an unknown attribute": lambda tuner, module, stage: tuner.lr_find(module, stage.loader(), attr_name="rate"),
    "sizes of loaders that were passed": lambda tuner, module, stage: tuner.scale_batch_size(module, stage.loader()),
    "a size that nobody keeps": lambda tuner, module, stage: tuner.scale_batch_size(module, batch_arg_name="size"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_tuner_of_lightning_refuses_is_refused(name):
    def scenario(stage):
        module = stage.make_module(methods={**RATED, "train_dataloader": lambda self: self.stage.loader("train")})
        REFUSED[name](tuner_of(stage, stage.make_trainer()), module, stage)

    def told(stage):
        with pytest.raises(Exception) as error:  # noqa: PT011  # which one it is is compared
            scenario(stage)
        kinds = ("MisconfigurationException", "ValueError", "AttributeError")
        return next(cls.__name__ for cls in type(error.value).__mro__ if cls.__name__ in kinds)

    twins(told, hears=False)


# batch sizes


def loaders(most):
    """Loaders of a module that keeps its batch size, and what fails above ``most``."""

    def train_dataloader(self):
        data = TensorDataset(torch.zeros(70, 4), torch.zeros(70).long())
        return DataLoader(data, batch_size=self.batch_size)

    def step(self, batch, batch_idx):
        self.stage.calls.append({"call": f"a batch of {len(batch[0])}"})
        if len(batch[0]) > most:
            raise RuntimeError("CUDA out of memory.")
        return loss_of(self, batch)

    names = ("train_dataloader", "val_dataloader", "test_dataloader", "predict_dataloader")
    steps = ("training_step", "validation_step", "test_step", "predict_step")
    return {"batch_size": 4, **dict.fromkeys(names, train_dataloader), **dict.fromkeys(steps, step)}


def forget_trials(stage):
    """Lightning differs: it tries the size that was there twice, predicts all of the data, and draws numbers."""
    stage.calls.clear()
    stage.L.seed_everything(1, verbose=False)
