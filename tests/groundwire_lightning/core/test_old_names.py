"""Names that modules and data modules of Lightning 1 had."""

import copy
import pickle
from argparse import Namespace

import lightning.pytorch
import pytest
import torch
from tests.groundwire_lightning.small import Lit, loader, quiet
from torch.utils.data import DataLoader

import groundwire_lightning as L
from groundwire_lightning import MisconfigurationException, NotSupportedYetError
from groundwire_lightning.core.old import old_names
from groundwire_lightning.core.old_names import OldDataModuleNames, OldModuleNames, tell_of_log

pytestmark = pytest.mark.filterwarnings("ignore:.*is of Lightning 1")


class Data(L.LightningDataModule):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.seen = []

    def prepare_data(self):
        self.seen.append("prepare_data")

    def setup(self, stage=None):
        self.seen.append(stage)

    def train_dataloader(self) -> DataLoader:
        return loader()


@pytest.mark.parametrize("name", old_names(OldModuleNames))
def test_a_module_has_the_name_and_lightning_2_has_not(name):
    assert hasattr(Lit(), name)
    assert not hasattr(lightning.pytorch.LightningModule, name)


@pytest.mark.parametrize("name", old_names(OldDataModuleNames))
def test_a_data_module_has_the_name_and_lightning_2_has_not(name):
    assert hasattr(Data(), name)
    assert not hasattr(lightning.pytorch.LightningDataModule, name)


def test_a_module_in_a_run_knows_its_data_module():
    module, data = Lit(), Data()
    assert module.datamodule is None
    quiet().fit(module, datamodule=data)
    assert module.datamodule is data
    assert (module.use_amp, module.use_ddp, module.use_dp, module.loaded_optimizer_states_dict) == (False,) * 3 + ({},)


@pytest.mark.parametrize(("mode", "lines"), [("top", 1), ("full", 4)])
def test_a_module_is_summed_up(mode, lines):
    assert len(Lit().summarize(mode).layer_names) == lines
    assert Lit().summarize(max_depth=-1).layer_names == Lit().summarize("full").layer_names


def test_a_summary_of_no_kind():
    assert Lit().summarize(mode=None) is None
    with pytest.raises(MisconfigurationException, match=r"summarize\(mode='all'\)"):
        Lit().summarize("all")


def test_the_norms_of_gradients_and_the_size_of_a_module():
    module = Lit()
    module.training_step(next(iter(loader())), 0).backward()
    norms = module.grad_norm(2)
    assert [*norms][:2] == ["grad_2.0_norm_net.0.weight", "grad_2.0_norm_net.0.bias"]
    assert 0 < module.model_size < 1


@pytest.mark.parametrize("hparams", [{"rate": 0.1, "depth": 2}, Namespace(rate=0.1, depth=2)], ids=["dict", "space"])
def test_hyper_parameters_may_be_set(hparams):
    class Set(L.LightningModule):
        def __init__(self, args, more=3):
            super().__init__()
            self.hparams = args

    class Kept(L.LightningModule):
        def __init__(self, args, more=3):
            super().__init__()
            self.save_hyperparameters(args)

    one, other = Set(hparams), Kept(hparams)
    assert one.hparams == other.hparams == {"rate": 0.1, "depth": 2}
    assert one.hparams.rate == 0.1
    assert one._hparams_name == other._hparams_name == "args"
    assert one.hparams_initial == other.hparams_initial


# data modules


def test_a_data_module_knows_what_ran():
    data = Data()
    assert not data.has_prepared_data
    data.prepare_data()
    data.setup("fit")
    assert (data.has_prepared_data, data.has_setup_fit, data.has_setup_test) == (True, True, False)
    data.setup()
    assert (data.has_setup_test, data.has_setup_predict, data.has_teardown_fit) == (True, True, False)
    assert data.seen == ["prepare_data", "fit", None]


def test_a_run_is_noted_too():
    data = Data()
    quiet().fit(Lit(), datamodule=data)
    assert (data.has_prepared_data, data.has_setup_fit, data.has_setup_validate) == (True, True, False)
    assert data.seen == ["prepare_data", "fit"]


@pytest.mark.parametrize("positional", [False, True])
def test_what_a_data_module_was_made_with_is_kept(positional):
    values = {"train_transforms": "a", "val_transforms": "b", "test_transforms": "c", "dims": (1, 28, 28)}
    data = Data(*values.values()) if positional else Data(**values)
    assert {name: getattr(data, name) for name in values} == values
    assert (data.size(), data.size(1)) == ((1, 28, 28), 28)
    data.dims = (3,)
    assert (data.dims, data.size(0), Data().dims, Data().train_transforms) == ((3,), 3, (), None)


def test_a_data_module_is_copied_and_pickled_as_before():
    data = Data()
    data.setup("fit")
    assert copy.deepcopy(data).has_setup_fit
    ready = L.LightningDataModule()
    assert not pickle.loads(pickle.dumps(ready)).has_setup_fit


# self.log


OLD_WORDS = {"sync_dist_op": "mean", "tbptt_reduce_fx": torch.mean, "tbptt_pad_token": 0}


class Logs(Lit):
    def __init__(self, words):
        super().__init__()
        self.words = words

    def training_step(self, batch, batch_idx):
        loss = super().training_step(batch, batch_idx)
        self.log("loss", loss, on_epoch=True, **self.words)
        self.log_dict({"also": loss}, on_epoch=True, **self.words)
        return loss


def test_the_old_keywords_of_log_change_no_number():
    old, new = Logs(OLD_WORDS), Logs({})
    trainers = [quiet(), quiet()]
    with pytest.warns(
        UserWarning, match=r"self.log\(sync_dist_op=.*\) is of Lightning 1; today: self.log\(reduce_fx=\)"
    ):
        trainers[0].fit(old, loader())
    trainers[1].fit(new, loader())
    assert trainers[0].callback_metrics == trainers[1].callback_metrics
    assert {"loss_epoch", "also_epoch"} <= set(trainers[0].callback_metrics)


def test_another_reduction_over_processes_than_over_the_epoch_is_refused():
    module = Lit()
    module._trainer = Namespace(world_size=2)
    with pytest.raises(NotSupportedYetError, match="sync_dist_op='sum'"):
        tell_of_log(module, "mean", "sum")
    for reduced_by, across in [("mean", "avg"), (torch.mean, "mean"), (None, "sum"), ("mean", None)]:
        tell_of_log(module, reduced_by, across)
    module._trainer.world_size = 1
    tell_of_log(module, "mean", "sum")
