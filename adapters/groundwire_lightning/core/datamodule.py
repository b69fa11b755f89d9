"""The base class of Lightning data modules: everything about data in one object."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from torch.utils.data import DataLoader, Dataset, IterableDataset

from groundwire_lightning.core.hooks import CheckpointHooks, DataHooks
from groundwire_lightning.core.hparams import HyperParameters
from groundwire_lightning.core.old_names import OldDataModuleNames, keep_old_arguments
from groundwire_lightning.core.saving import OfTheClass, build_data_module, load_object
from groundwire_lightning.utilities.checked import checked, optional, readable, whole


class LightningDataModule(HyperParameters, DataHooks, CheckpointHooks, OldDataModuleNames):
    """Prepares data and makes the loaders of a run; a run with a data module takes all its loaders from it.

    Attributes:
        trainer: The trainer of the run, or None before the first one.
        prepare_data_per_node: False lets one process of all prepare data, instead of one of each machine.
        allow_zero_length_dataloader_with_multiple_devices: Kept for code that sets it; a process without
            a batch is no error here.
    """

    name: str | None = None
    prepare_data_per_node: bool = True
    allow_zero_length_dataloader_with_multiple_devices: bool = False
    CHECKPOINT_HYPER_PARAMS_KEY = "datamodule_hyper_parameters"
    CHECKPOINT_HYPER_PARAMS_NAME = "datamodule_hparams_name"
    CHECKPOINT_HYPER_PARAMS_TYPE = "datamodule_hparams_type"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()
        self.trainer: Any = None
        keep_old_arguments(self, args, kwargs)

    def on_exception(self, exception: BaseException) -> None:
        """Called when an error, such as a ``KeyboardInterrupt``, ends the run."""

    def state_dict(self) -> dict[str, Any]:
        """Return the state that a checkpoint keeps, so that a resumed run goes on with it."""
        return {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up a state that :meth:`state_dict` returned in an earlier run."""

    def __str__(self) -> str:
        """One line for each phase: the sizes of the datasets of its loaders, as far as these can be made now."""
        phases = {"Train": "train", "Validation": "val", "Test": "test", "Predict": "predict"}
        return "\n".join(f"{{{label} dataloader: {_dataset_sizes(self, phase)}}}" for label, phase in phases.items())

    @classmethod
    @checked(
        optional(readable),
        batch_size=optional(whole(1)),
        num_workers=whole(0),
    )
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
            val_dataset: For validation, read in order, as are the two below.
            test_dataset: For tests.
            predict_dataset: For predictions.
            batch_size: Samples in each batch.
            num_workers: Processes that load data, for each loader.
            **datamodule_kwargs: Arguments of the class.
        """
        parameters = inspect.signature(cls).parameters
        takes_any = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
        sizes = {"batch_size": batch_size, "num_workers": num_workers}
        taken = {name: size for name, size in sizes.items() if takes_any or name in parameters}
        data_module = cls(**datamodule_kwargs, **taken)
        datasets = {"train": train_dataset, "val": val_dataset, "test": test_dataset, "predict": predict_dataset}
        for phase, data in datasets.items():
            if data is not None:
                make_loader = _loader_maker(data, phase == "train", batch_size, num_workers)
                setattr(data_module, f"{phase}_dataloader", make_loader)
        return data_module

    @OfTheClass
    def load_from_checkpoint(
        cls,  # noqa: N805  # a class method that instances do not have
        checkpoint_path: Any,
        map_location: Any = None,
        hparams_file: Any = None,
        weights_only: bool | None = None,
        **kwargs: Any,
    ) -> Any:
        """Make a data module of the hyper-parameters and the state in a checkpoint.

        Args:
            checkpoint_path: The file, written by groundwire or by Lightning.
            map_location: The device of the tensors, as for ``torch.load``.
            hparams_file: A ``.yaml`` or ``.csv`` file with the hyper-parameters, instead of those in it.
            weights_only: False trusts the file, and runs what it names besides tensors and plain values.
            **kwargs: Arguments of the class, instead of those in the file.

        Raises:
            TypeError: Called on an instance, or without an argument that the file has as the name of code alone.
            CheckpointError: The file is not there, torn, or not safe.
        """
        return load_object(cls, checkpoint_path, map_location, hparams_file, weights_only, kwargs, build_data_module)


def _dataset_sizes(data: LightningDataModule, phase: str) -> str:
    """The sizes of the datasets of a phase; "None" where its loaders cannot be made now."""
    try:
        loaders = getattr(data, f"{phase}_dataloader")()
        if isinstance(loaders, DataLoader):
            return f"size={_size(loaders)}"
        if isinstance(loaders, dict):
            return " ; ".join(f"{number}. size={_size(loaders[name])}" for number, name in enumerate(loaders, 1))
        return " ; ".join(f"{number}. size={_size(loader)}" for number, loader in enumerate(loaders, 1))
    except Exception:  # noqa: BLE001  # whatever a loader that is not set up yet raises
        return "None"


def _size(loader: DataLoader[Any]) -> str:
    dataset = loader.dataset
    return str(len(dataset)) if hasattr(dataset, "__len__") else "NA"


def _loader_maker(data: Any, shuffle: bool, batch_size: int, num_workers: int) -> Callable[[], Any]:
    def loader_over(dataset: Dataset[Any]) -> DataLoader[Any]:
        return DataLoader(
            dataset,
            batch_size=batch_size,
            shuffle=shuffle and not isinstance(dataset, IterableDataset),
            num_workers=num_workers,
            pin_memory=True,
        )

    def make() -> Any:
        if isinstance(data, Dataset):
            return loader_over(data)
        if isinstance(data, dict):
            return {name: loader_over(dataset) for name, dataset in data.items()}
        return [loader_over(dataset) for dataset in data]

    return make
