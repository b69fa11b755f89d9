"""The drop-in base class of a Lightning data module: everything about data in one object."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NoReturn

from torch.utils.data import DataLoader, Dataset, IterableDataset

from groundwire_lightning.errors import NotSupportedYetError
from groundwire_lightning.hparams import HyperParameters
from groundwire_lightning.module_hooks import DataHooks


class LightningDataModule(HyperParameters, DataHooks):
    """Prepares data and makes the loaders of a run; where one is given, all loaders come from it.

    Attributes:
        trainer: The trainer it is attached to, or None.
    """

    name: str | None = None
    CHECKPOINT_HYPER_PARAMS_KEY = "datamodule_hyper_parameters"
    CHECKPOINT_HYPER_PARAMS_NAME = "datamodule_hparams_name"
    CHECKPOINT_HYPER_PARAMS_TYPE = "datamodule_hparams_type"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()
        self.trainer: Any = None

    def on_exception(self, exception: BaseException) -> None:
        """An error leaves the run."""

    def state_dict(self) -> dict[str, Any]:
        """What has to be kept of this object so that a run can go on later."""
        return {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take back what :meth:`state_dict` gave."""

    @classmethod
    def from_datasets(
        cls,
        train_dataset: Any = None,
        val_dataset: Any = None,
        test_dataset: Any = None,
        predict_dataset: Any = None,
        batch_size: int = 1,
        num_workers: int = 0,
        **datamodule_kwargs: Any,
    ) -> LightningDataModule:
        """A data module over ready datasets.

        Args:
            train_dataset: Shuffled, unless it is an ``IterableDataset``.
            val_dataset: Read in order, as are the two below.
            test_dataset: For tests.
            predict_dataset: For predictions.
            batch_size: Samples a batch.
            num_workers: Processes that load data.
            **datamodule_kwargs: Arguments of the class.
        """
        taken = inspect.signature(cls).parameters
        anything = any(parameter.kind is parameter.VAR_KEYWORD for parameter in taken.values())
        sizes = {"batch_size": batch_size, "num_workers": num_workers}
        made = cls(**datamodule_kwargs, **{name: size for name, size in sizes.items() if anything or name in taken})
        datasets = {"train": train_dataset, "val": val_dataset, "test": test_dataset, "predict": predict_dataset}
        for phase, data in datasets.items():
            if data is not None:
                setattr(made, f"{phase}_dataloader", _loader_maker(data, phase == "train", batch_size, num_workers))
        return made

    @classmethod
    def load_from_checkpoint(cls, checkpoint_path: Any, *args: Any, **kwargs: Any) -> NoReturn:
        """Not supported yet."""
        raise NotSupportedYetError(
            f"{cls.__qualname__}.load_from_checkpoint is not supported yet; construct the data module yourself"
        )


def _loader_maker(data: Any, shuffle: bool, batch_size: int, num_workers: int) -> Callable[[], Any]:
    def one(dataset: Dataset[Any]) -> DataLoader[Any]:
        return DataLoader(
            dataset,
            batch_size=batch_size,
            shuffle=shuffle and not isinstance(dataset, IterableDataset),
            num_workers=num_workers,
            pin_memory=True,
        )

    def make() -> Any:
        if isinstance(data, Dataset):
            return one(data)
        if isinstance(data, dict):
            return {name: one(dataset) for name, dataset in data.items()}
        return [one(dataset) for dataset in data]

    return make
