"""The boring classes have Lightning's names, parameters and random numbers."""

import inspect
from typing import Any

import pytest
import torch
from lightning.pytorch.demos import boring_classes as theirs
from tests.side_by_side.twins import plain

from groundwire_lightning.core import boring_classes as ours

QUIET = {
    **dict.fromkeys(("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary"), False),
    "accelerator": "cpu",
}


def both(tell: Any) -> tuple[Any, Any]:
    told = []
    for classes in (theirs, ours):
        torch.manual_seed(3)
        told.append(plain(tell(classes)))
    return told[0], told[1]


def test_every_class_of_lightnings_file_is_here_with_its_parameters() -> None:
    defined = {
        name: list(inspect.signature(cls).parameters)
        for name, cls in vars(theirs).items()
        if inspect.isclass(cls) and cls.__module__ == theirs.__name__
    }
    assert {name: list(inspect.signature(getattr(ours, name)).parameters) for name in ours.__all__} == defined


@pytest.mark.parametrize("name", ["BoringModel", "ManualOptimBoringModel", "DemoModel", "Net"])
def test_weights_and_answers_are_lightnings(name: str) -> None:
    def tell(classes: Any) -> Any:
        model = getattr(classes, name)()
        return model.state_dict(), model(torch.randn(2, 1, 28, 28) if name == "Net" else torch.randn(2, 32))

    one, other = both(tell)
    assert one == other


@pytest.mark.parametrize("name", ["RandomDataset", "RandomDictDataset"])
def test_samples_are_lightnings(name: str) -> None:
    one, other = both(lambda classes: [list(getattr(classes, name)(3, 5)), len(getattr(classes, name)(3, 5))])
    assert one == other


@pytest.mark.parametrize("name", ["RandomIterableDataset", "RandomIterableDatasetWithLen"])
def test_streamed_samples_are_lightnings(name: str) -> None:
    def tell(classes: Any) -> Any:
        data = getattr(classes, name)(3, 5)
        return list(data), hasattr(data, "__len__")

    one, other = both(tell)
    assert one == other


@pytest.mark.parametrize("name", ["BoringDataModule", "BoringDataModuleNoLen", "IterableBoringDataModule"])
@pytest.mark.parametrize("stage", ["fit", "validate", "test", "predict"])
def test_batches_are_lightnings(name: str, stage: str) -> None:
    def tell(classes: Any) -> Any:
        data = getattr(classes, name)()
        data.setup(stage)
        phases = {"fit": ("train", "val"), "validate": ("val",)}.get(stage, (stage,))
        loaders = [getattr(data, f"{phase}_dataloader")() for phase in phases]
        attributes = sorted(key for key in vars(data) if key.startswith("random_") or key.endswith("_datasets"))
        return attributes, [[list(one) for one in (each if isinstance(each, list) else [each])] for each in loaders]

    one, other = both(tell)
    assert one == other


@pytest.mark.parametrize("name", ["BoringModel", "DemoModel"])
def test_a_fit_ends_with_lightnings_weights(name: str) -> None:
    import lightning

    import groundwire_lightning

    def tell(classes: Any) -> Any:
        framework = lightning if classes is theirs else groundwire_lightning
        model = getattr(classes, name)()
        loaders = () if name == "BoringModel" else (torch.utils.data.DataLoader(classes.RandomDataset(32, 8)),)
        framework.Trainer(max_epochs=2, limit_train_batches=6, limit_val_batches=2, **QUIET).fit(model, *loaders)
        return model.state_dict()

    one, other = both(tell)
    assert one == other
