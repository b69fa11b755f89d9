import pytest
import torch
from tests.groundwire_lightning.small import Lit, data, equal, lit, loader, quiet
from torch.utils.data import DataLoader, IterableDataset, RandomSampler, SequentialSampler, TensorDataset

import groundwire_lightning as L

pytestmark = pytest.mark.filterwarnings("ignore:'pin_memory' argument is set as true")


class Data(L.LightningDataModule):
    """Both loaders; what happens is told in ``seen``."""

    def __init__(self, size=4):
        super().__init__()
        self.save_hyperparameters()
        self.seen = []

    def prepare_data(self):
        self.seen.append("prepare_data")

    def setup(self, stage):
        self.seen.append(("setup", stage))
        self.points = data()

    def teardown(self, stage):
        self.seen.append(("teardown", stage))

    def train_dataloader(self):
        return DataLoader(self.points, batch_size=self.hparams.size)

    def val_dataloader(self):
        return DataLoader(self.points, batch_size=self.hparams.size)

    def on_exception(self, exception):
        self.seen.append(exception)


def fitted(*args, module=None, **kwargs):
    module = module or Lit()
    trainer = quiet()
    trainer.fit(module, *args, **kwargs)
    return module


def test_a_data_module_brings_the_data_of_a_run():
    points = Data()
    module = fitted(datamodule=points)
    assert equal(module.net, fitted(loader(), loader()).net)
    assert points.seen == ["prepare_data", ("setup", "fit"), ("teardown", "fit")]
    assert points.trainer is module.trainer


def test_a_data_module_may_stand_in_the_place_of_the_training_loader():
    assert equal(fitted(Data()).net, fitted(datamodule=Data()).net)


def test_a_data_module_wins_over_the_loaders_of_the_module():
    def never(self):
        raise AssertionError("asked for a loader")

    fitted(datamodule=Data(), module=lit(train_dataloader=never, val_dataloader=never))


def test_validation_has_a_stage_of_its_own():
    points = Data()
    quiet().validate(Lit(), datamodule=points, verbose=False)
    assert points.seen == ["prepare_data", ("setup", "validate"), ("teardown", "validate")]


def test_loaders_beside_a_data_module_are_refused():
    with pytest.raises(L.MisconfigurationException, match="loaders and datamodule= exclude each other"):
        fitted(loader(), datamodule=Data())


def test_a_data_module_without_a_training_loader_is_refused():
    class Empty(L.LightningDataModule):
        pass

    with pytest.raises(L.MisconfigurationException, match="no train_dataloader: pass a loader or a datamodule"):
        fitted(datamodule=Empty())


def test_an_error_is_told_to_the_data_module():
    points = Data()

    def training_step(self, batch, batch_idx):
        raise KeyError("broken")

    with pytest.raises(KeyError) as raised:
        fitted(datamodule=points, module=lit(training_step=training_step))
    assert points.seen[-1] is raised.value


def test_a_data_module_keeps_its_hyper_parameters():
    assert Data(size=2).hparams == {"size": 2}


def test_by_itself_a_data_module_has_no_state_and_no_trainer():
    points = L.LightningDataModule()
    assert (points.trainer, points.name, points.state_dict()) == (None, None, {})
    assert points.load_state_dict({}) is None
    assert points.on_exception(KeyError()) is None


# from datasets


class Stream(IterableDataset):
    def __iter__(self):
        return iter(data())


def test_only_training_data_is_shuffled():
    points = L.LightningDataModule.from_datasets(data(), data(), data(), data(), batch_size=3)
    loaders = [getattr(points, f"{phase}_dataloader")() for phase in ("train", "val", "test", "predict")]
    assert [type(one.sampler) for one in loaders] == [RandomSampler, *[SequentialSampler] * 3]
    assert {one.batch_size for one in loaders} == {3}


def test_a_stream_is_read_as_it_comes():
    points = L.LightningDataModule.from_datasets(Stream(), batch_size=3)
    assert [len(inputs) for inputs, _ in points.train_dataloader()] == [3, 3, 3, 1]


def test_several_datasets_make_several_loaders():
    points = L.LightningDataModule.from_datasets({"one": data(), "other": data()}, [data(), data()])
    assert set(points.train_dataloader()) == {"one", "other"}
    assert len(points.val_dataloader()) == 2


def test_a_phase_without_data_has_no_loader_of_its_own():
    points = L.LightningDataModule.from_datasets(data())
    assert "val_dataloader" not in vars(points)
    assert "train_dataloader" in vars(points)
    trained = fitted(datamodule=L.LightningDataModule.from_datasets(data(), batch_size=4))
    assert trained.trainer.val_dataloaders is None


def test_arguments_reach_a_constructor_that_takes_them():
    class Sized(L.LightningDataModule):
        def __init__(self, batch_size, path="here"):
            super().__init__()
            self.batch_size, self.path = batch_size, path

    class Anything(L.LightningDataModule):
        def __init__(self, **kwargs):
            super().__init__()
            self.kwargs = kwargs

    sized = Sized.from_datasets(data(), batch_size=5, path="there")
    assert (sized.batch_size, sized.path) == (5, "there")
    assert Anything.from_datasets(data(), batch_size=5).kwargs == {"batch_size": 5, "num_workers": 0}


def test_data_of_a_map_style_dataset_is_whole():
    points = L.LightningDataModule.from_datasets(TensorDataset(torch.arange(7)), batch_size=2)
    seen = torch.cat([batch[0] for batch in points.train_dataloader()])
    assert sorted(seen.tolist()) == list(range(7))
