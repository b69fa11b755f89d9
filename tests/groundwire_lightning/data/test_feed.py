"""Where batches end: a StopIteration of the program's own, and data that gives fewer than it says."""

import pytest
import torch
from tests.side_by_side.twins import BOTH, twins
from torch.utils.data import DataLoader, Dataset, IterableDataset

import groundwire_lightning as L
from groundwire_lightning.core.boring_classes import BoringModel

QUIET = {"enable_checkpointing": False, "enable_progress_bar": False, "enable_model_summary": False, "logger": False}


def trainer(**more):
    return L.Trainer(max_epochs=1, accelerator="cpu", **QUIET, **more)


class Stops(Dataset):
    def __len__(self):
        return 8

    def __getitem__(self, index):
        if index == 5:
            next(iter(()))
        return torch.ones(32)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("entry", ["fit", "validate", "test", "predict"])
@pytest.mark.parametrize("more", [{}, {"num_workers": 1}, {"collate_fn": lambda samples: next(iter(()))}])
def test_a_dataset_that_raises_stop_iteration_is_named(entry, more):
    with pytest.raises(RuntimeError, match=r"the dataset, or a transform .* raised StopIteration"):
        getattr(trainer(), entry)(BoringModel(), DataLoader(Stops(), batch_size=2, **more))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("method", "entry"),
    [
        ("training_step", "fit"),
        ("on_train_batch_start", "fit"),
        ("on_before_optimizer_step", "fit"),
        ("on_after_batch_transfer", "fit"),
        ("validation_step", "fit"),
        ("on_after_batch_transfer", "validate"),
        ("on_after_batch_transfer", "predict"),
        ("test_step", "test"),
        ("predict_step", "predict"),
    ],
)
@pytest.mark.parametrize("by_hand", [False, True])
def test_a_step_or_hook_that_raises_stop_iteration_is_named(method, entry, by_hand):
    def stops(*args):
        next(iter(()))

    module = type("Lit", (BoringModel,), {method: lambda self, batch=None, *args: stops()})()
    module.automatic_optimization = not (by_hand and method == "training_step")
    with pytest.raises(RuntimeError, match="raised StopIteration, which would have ended the epoch"):
        getattr(trainer(), entry)(module)


class Short(IterableDataset):
    def __init__(self, gives, says):
        self.gives, self.says = gives, says

    def __len__(self):
        return self.says

    def __iter__(self):
        generator = torch.Generator().manual_seed(0)
        return ((torch.randn(4, generator=generator), torch.tensor(0)) for _ in range(self.gives))


@pytest.mark.parametrize(("gives", "says"), [(12, 12), (14, 12), (9, 12), (9, 13)])
@pytest.mark.parametrize("accumulate", [1, 2])
def test_data_that_gives_fewer_batches_than_it_says_is_trained_on_as_under_lightning(gives, says, accumulate):
    def scenario(stage):
        module = stage.make_module(methods=BOTH)
        train = DataLoader(Short(gives, says), batch_size=2)
        stage.make_trainer(accumulate_grad_batches=accumulate).fit(module, train, stage.loader("val"))

    twins(scenario)


def test_and_a_warning_says_what_there_was_not():
    module = BoringModel()
    module.training_step = lambda batch, batch_idx: module.layer(torch.ones(1, 32)).sum()
    with pytest.warns(UserWarning, match=r"train_dataloader says that it has 6 batches and gave 5.* no validation"):
        trainer().fit(module, DataLoader(Short(9, 12), batch_size=2))


def test_a_sampler_that_gives_less_than_its_length_is_no_error():
    class Sampler(torch.utils.data.Sampler):
        def __len__(self):
            return 10

        def __iter__(self):
            return iter(range(6))

    def scenario(stage):
        data = stage.loader().dataset
        stage.make_trainer().fit(stage.make_module(), DataLoader(data, batch_size=2, sampler=Sampler()))

    twins(scenario)
