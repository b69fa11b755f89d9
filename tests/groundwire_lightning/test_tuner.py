"""Trial runs: learning rates and batch sizes that are tried, and everything else as it was."""

import importlib

import pytest
import torch
from tests.side_by_side.twins import BOTH, Stage, loss_of, twins
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader, TensorDataset

import groundwire_lightning


def tuner_of(stage, trainer):
    name = "lightning.pytorch.tuner" if stage.is_lightning else "groundwire_lightning.tuner"
    return importlib.import_module(name).Tuner(trainer)


def sgd_at_lr(self):
    optimizer = torch.optim.SGD(self.parameters(), lr=self.lr, momentum=0.9)
    return [optimizer], [StepLR(optimizer, 1, gamma=0.5)]


RATED = {**BOTH, "lr": 0.02, "configure_optimizers": sgd_at_lr}
NONE_AT_3 = {"training_step": lambda self, batch, batch_idx: None if batch_idx == 3 else loss_of(self, batch)}


def what_was_found(finder):
    return None if finder is None else [finder.results, finder.suggestion(skip_begin=2), finder.suggestion(0, 3)]


FINDS = {
    "as it is": {},
    "linear": {"mode": "linear", "max_lr": 0.5},
    "few steps": {"num_training": 7},
    "without a limit to the loss": {"early_stop_threshold": None, "max_lr": 30.0},
    "until the loss grows": {"early_stop_threshold": 1.5, "max_lr": 30.0, "min_lr": 0.01},
    "leaving the module alone": {"update_attr": False},
    "by name": {"attr_name": "lr"},
}
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


@pytest.mark.parametrize("name", FINDS)
def test_learning_rates_are_tried_as_in_lightning(name):
    played(finding(FINDS[name], {}))


@pytest.mark.parametrize("name", TRAINERS)
def test_a_trainer_tries_learning_rates_as_in_lightning(name):
    played(finding({}, TRAINERS[name]))


def test_a_batch_without_a_loss_is_left_out_of_the_suggestion():
    played(finding({}, {}, methods=NONE_AT_3))


def test_a_run_goes_on_with_the_rate_that_was_suggested():
    def scenario(stage):
        module = stage.make_module(methods=RATED)
        finder = stage.callbacks.LearningRateFinder(num_training_steps=20)
        trainer = stage.make_trainer(callbacks=[stage.make_callback(), finder], max_epochs=3)
        trainer.fit(module, stage.loader("train"), stage.loader("val", samples=10))
        order = [type(each).__name__ for each in trainer.callbacks]
        return [what_was_found(finder.optimal_lr), module.lr, order, trainer.global_step]

    played(scenario)


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


SIZES = {
    "until it is too large": (20, {}),
    "until it is all of the data": (100, {}),
    "in between": (20, {"mode": "binsearch"}),
    "in between, without a margin": (20, {"mode": "binsearch", "margin": 0.0}),
    "from the first": (20, {"init_val": 8}),
    "few trials": (40, {"max_trials": 3}),
    "up to the largest": (40, {"max_val": 16}),
    "one step each": (20, {"steps_per_trial": 1}),
}


def forget_trials(stage):
    """Lightning differs: it tries the size that was there twice, predicts all of the data, and draws numbers."""
    stage.calls.clear()
    stage.L.seed_everything(1, verbose=False)


@pytest.mark.parametrize(
    ("name", "method"),
    [*((name, "fit") for name in SIZES), *(("in between", method) for method in ("validate", "test", "predict"))],
)
def test_batch_sizes_are_tried_as_in_lightning(name, method):
    most, options = SIZES[name]

    def scenario(stage):
        module = stage.make_module(methods={**RATED, **loaders(most)})
        trainer = stage.make_trainer()
        found = tuner_of(stage, trainer).scale_batch_size(module, method=method, **options)
        forget_trials(stage)
        return [found, module.batch_size, trainer.max_steps, len(trainer.callbacks)]

    played(scenario)


def test_a_first_size_that_is_too_large_is_halved_until_it_fits():
    """Lightning tries the loader that was there, of another size, takes that for a success, and ends with 32."""
    stage = Stage(groundwire_lightning, False)
    module = stage.make_module(methods={**RATED, **loaders(5)})
    assert tuner_of(stage, stage.make_trainer()).scale_batch_size(module, init_val=32) == module.batch_size == 4


def seeded(self):
    torch.manual_seed(3)


def test_a_run_goes_on_with_the_batch_size_that_was_found():
    def scenario(stage):
        module = stage.make_module(methods={**RATED, **loaders(20), "on_train_start": seeded})
        finder = stage.callbacks.BatchSizeFinder()
        stage.make_trainer(callbacks=[finder], max_epochs=2).fit(module)
        tried = [call["call"] for call in stage.calls if "a batch of" in call["call"]]
        forget_trials(stage)
        return [finder.optimal_batch_size, module.batch_size, tried[-8:]]

    played(scenario)
