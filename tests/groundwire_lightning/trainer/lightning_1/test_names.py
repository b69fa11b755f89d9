"""Names that a Trainer of Lightning 1 had: each answers, tells once what it is called today, and may be taken."""

import copy
import pickle

import lightning.pytorch
import pytest
import torch
from tests.groundwire_lightning.small import Lit, loader, quiet, scheduled

import groundwire_lightning as L
from groundwire_lightning.core.old import old_names
from groundwire_lightning.trainer.lightning_1.names import SAME, OldNames

NAMES = sorted(set(old_names(OldNames)) - {"tune"})


@pytest.fixture(scope="module")
def fitted():
    shown = {"get_progress_bar_dict": L.LightningModule.get_progress_bar_dict}
    methods = {"configure_optimizers": scheduled("epoch"), **shown}
    module = type("Scheduled", (Lit,), methods)()
    trainer = quiet(default_root_dir="there")
    trainer.fit(module, loader())
    return trainer


@pytest.mark.parametrize("name", NAMES)
def test_a_name_answers_and_says_once_what_it_is_called_today(name, fitted):
    fitted._told_of_old = set()
    with pytest.warns(UserWarning, match=rf"Trainer\.{name} is of Lightning 1; today: ") as warned:
        _ = getattr(fitted, name), getattr(fitted, name)
    assert len([one for one in warned if f"Trainer.{name} is" in str(one.message)]) == 1
    assert not hasattr(lightning.pytorch.Trainer, name)


VALUES = {
    "num_gpus": 0,
    "gpus": None,
    "root_gpu": None,
    "data_parallel_device_ids": None,
    "devices": 1,
    "num_processes": 1,
    "on_cpu": True,
    "on_gpu": False,
    "use_ddp": False,
    "use_amp": False,
    "amp_backend": None,
    "use_native_amp": False,
    "reload_dataloaders_every_epoch": False,
    "distributed_backend": None,
    "should_rank_save_checkpoint": True,
    "optimizer_frequencies": [],
    "running_sanity_check": False,
    "disable_validation": True,
    "tuning": False,
    "weights_summary": None,
    "resume_from_checkpoint": None,
    "track_grad_norm": -1.0,
    "auto_lr_find": False,
    "truncated_bptt_steps": None,
    "row_log_interval": 50,
    "max_nb_epochs": 1,
    "train_percent_check": 1.0,
    "slurm_job_id": None,
    "tested_ckpt_path": None,
}


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.filterwarnings("ignore:.*is of Lightning 1")
def test_a_name_has_the_value_that_it_had(name, fitted):
    assert getattr(fitted, name) == VALUES[name]


@pytest.mark.filterwarnings("ignore:.*is of Lightning 1")
def test_schedulers_are_dictionaries(fitted):
    (scheduler,) = fitted.lr_schedulers
    assert isinstance(scheduler["scheduler"], torch.optim.lr_scheduler.StepLR)
    assert (scheduler["interval"], scheduler["frequency"], scheduler["reduce_on_plateau"]) == ("epoch", 1, False)


@pytest.mark.filterwarnings("ignore:.*is of Lightning 1")
def test_names_stand_for_what_they_are_called_today(fitted):
    assert fitted.logdir == fitted.log_dir
    assert fitted.weights_save_path == fitted.default_root_dir
    assert fitted.training_type_plugin is fitted.strategy
    assert fitted.train_loop.max_epochs == 1
    assert fitted.running_loss is fitted.fit_loop.running_loss
    assert fitted.logger_connector.callback_metrics == fitted.callback_metrics
    assert fitted.is_function_implemented("training_step")
    assert not fitted.is_function_implemented("nothing")
    assert fitted.has_arg("training_step", "batch_idx")


@pytest.mark.filterwarnings("ignore:.*is of Lightning 1")
def test_a_hook_is_called_of_callbacks_and_module(fitted):
    heard = []

    class Hears(L.Callback):
        def on_mine(self, trainer, pl_module, word):
            heard.append((pl_module, word))

    trainer, module = quiet(callbacks=[Hears()]), Lit()
    module.on_mine = lambda word: f"{word}!"
    trainer.fit(module, loader())
    assert trainer.call_hook("on_mine", "now") == "now!"
    assert heard == [(module, "now")]


@pytest.mark.parametrize("name", ["logdir", "tuner", "lr_schedulers"])
def test_what_a_program_sets_takes_the_place_of_a_name(name, recwarn):
    trainer = quiet()
    setattr(trainer, name, "mine")
    assert getattr(trainer, name) == "mine"
    assert not [one for one in recwarn if "Lightning 1" in str(one.message)]


def test_an_unknown_name_is_unknown():
    with pytest.raises(AttributeError, match="'Trainer' object has no attribute 'nothing'"):
        _ = quiet().nothing


@pytest.mark.filterwarnings("ignore:.*is of Lightning 1")
def test_copies_keep_what_was_asked_for():
    trainer = quiet(track_grad_norm=2)
    assert copy.copy(trainer).track_grad_norm == 2.0
    assert pickle.loads(pickle.dumps(trainer._kept)) == trainer._kept


@pytest.mark.parametrize("name", sorted(SAME))
@pytest.mark.filterwarnings("ignore:.*is of Lightning 1")
def test_an_attribute_that_has_one_new_name_is_the_same(name, fitted):
    one, other = getattr(fitted, name), getattr(fitted, old_names(OldNames)[name])
    assert one is other or one == other or type(one) is type(other)
