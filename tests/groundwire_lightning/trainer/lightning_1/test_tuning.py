"""``trainer.tune`` and ``trainer.tuner``; what they find is compared with Lightning 1 in tests/lightning_1."""

import pytest
from tests.groundwire_lightning.small import Lit, loader, quiet

import groundwire_lightning as L
from groundwire_lightning import MisconfigurationException


class Rated(Lit):
    def __init__(self):
        super().__init__()
        self.learning_rate = 0.1
        self.batch_size = 2

    def train_dataloader(self):
        return loader()


FEW = {"num_training": 15, "early_stop_threshold": None}


def test_nothing_is_tuned_that_was_not_asked_for():
    assert quiet().tune(Rated()) == {}


def test_what_was_found_is_not_looked_for_again():
    module, trainer = Rated(), quiet(auto_lr_find=True, max_epochs=6)
    assert [*trainer.tune(module, lr_find_kwargs=FEW)] == ["lr_find"]
    assert module.learning_rate != 0.1
    assert trainer.tune(module) == {}
    trainer.auto_lr_find = True
    assert [*trainer.tune(module, lr_find_kwargs=FEW)] == ["lr_find"]


def test_a_data_module_may_stand_where_earlier_releases_had_it():
    data = L.LightningDataModule.from_datasets(loader().dataset, batch_size=4)
    trainer = quiet(auto_lr_find=True, max_epochs=6)
    assert trainer.tune(Rated(), None, None, data, lr_find_kwargs=FEW)["lr_find"].results["lr"]


def test_the_tuner_of_a_trainer_takes_the_old_keyword_and_sets_nothing_by_itself():
    module, trainer = Rated(), quiet(max_epochs=6)
    with pytest.warns(UserWarning, match=r"lr_find\(train_dataloader=\) is of Lightning 1; today: train_dataloaders="):
        finder = trainer.tuner.lr_find(module, train_dataloader=loader(), **FEW)
    assert (module.learning_rate, len(finder.results["lr"])) == (0.1, 15)


def test_a_size_may_be_larger_than_todays_largest():
    trainer = quiet(auto_scale_batch_size=True)
    assert trainer.tune(Rated(), scale_batch_size_kwargs={"max_trials": 1})["scale_batch_size"] == 4


def test_loaders_of_another_entry_point_are_refused():
    with pytest.raises(MisconfigurationException, match="method='fit' takes train_dataloaders"):
        quiet(auto_lr_find=True).tune(Rated(), dataloaders=loader())
