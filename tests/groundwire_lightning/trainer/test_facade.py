"""Names that published packages and public projects read from a Trainer and its parts, and those that are refused."""

import inspect
import operator
import pickle

import lightning.pytorch
import pytest
from tests.groundwire_lightning.small import Lit, loader, quiet

import groundwire_lightning as L
from groundwire_lightning.core.states import TrainerState

# `trainer.…`, as it is written in modules, callbacks and scripts
NAMES = """
fit validate test predict save_checkpoint print explain callbacks callback_metrics logged_metrics progress_bar_metrics
current_epoch global_step max_epochs min_epochs max_steps min_steps should_stop strategy strategy.root_device
strategy.broadcast strategy.barrier strategy.reduce strategy.optimizers strategy.model strategy.lightning_module
strategy.all_gather strategy.reduce_boolean_decision strategy.is_global_zero strategy.world_size
strategy.global_rank strategy.num_processes strategy.parallel_devices strategy.checkpoint_io
strategy.remove_checkpoint strategy.precision_plugin
checkpoint_callback checkpoint_callbacks early_stopping_callback early_stopping_callbacks progress_bar_callback
state state.fn state.stage state.status logger loggers sanity_checking datamodule world_size is_global_zero
num_training_batches num_val_batches num_test_batches num_predict_batches train_dataloader val_dataloaders
test_dataloaders predict_dataloaders fit_loop fit_loop.epoch_loop fit_loop.epoch_loop.val_loop fit_loop.max_epochs
fit_loop.epoch_progress fit_loop.epoch_loop.batch_progress validate_loop test_loop predict_loop global_rank local_rank
node_rank num_nodes num_devices device_ids optimizers log_every_n_steps lr_scheduler_configs limit_train_batches
limit_val_batches limit_test_batches limit_predict_batches estimated_stepping_batches accelerator
check_val_every_n_epoch val_check_interval precision precision_plugin scaler model lightning_module is_last_batch
default_root_dir log_dir accumulate_grad_batches gradient_clip_val gradient_clip_algorithm enable_validation init_module
received_sigterm interrupted training validating testing predicting evaluating profiler fast_dev_run
num_sanity_val_steps num_sanity_val_batches barebones enable_autolog_hparams distributed_sampler_kwargs
_accelerator_connector._parallel_devices _accelerator_connector._accelerator_flag _accelerator_connector._devices_flag
_accelerator_connector._strategy_flag _accelerator_connector.is_distributed _logger_connector.should_update_logs
_data_connector _checkpoint_connector _callback_connector _signal_connector.received_sigterm _results _active_loop
"""
READ = NAMES.split()


@pytest.fixture(scope="module")
def fitted():
    trainer = quiet(logger=False, enable_checkpointing=False)
    trainer.fit(Lit(), loader(), loader())
    return trainer


@pytest.mark.parametrize("name", READ)
def test_a_name_that_people_read_is_answered(fitted, name):
    operator.attrgetter(name)(fitted)


# public names of Lightning's Trainer that ours does not answer: none, or pending with its room
PENDING = {"ckpt_path", "overfit_batches", "reload_dataloaders_every_n_epochs"}


def test_every_public_name_of_lightnings_trainer_is_one_of_ours(fitted):
    theirs = lightning.pytorch.Trainer(accelerator="cpu", logger=False, enable_checkpointing=False)
    names = {name for name in {*dir(type(theirs)), *vars(theirs)} if not name.startswith("_")}
    assert {name for name in names if not hasattr(fitted, name)} - PENDING == set()


@pytest.mark.parametrize(
    "name", ["fit_loop.run", "fit_loop.epoch_loop.advance", "validate_loop.reset", "_data_connector.prepare_data"]
)
def test_a_part_that_is_not_there_is_refused_by_name(fitted, name):
    part, _, leaf = name.rpartition(".")
    with pytest.raises(AttributeError, match=rf"{leaf}: .* does not exist here; it knows \w+"):
        getattr(operator.attrgetter(part)(fitted), leaf)


def test_epochs_may_be_set_at_the_loop():
    trainer = quiet()
    trainer.fit(Lit(), loader())
    trainer.fit_loop.max_epochs = 3
    assert (trainer.max_epochs, trainer.fit_loop.max_epochs) == (3, 3)
    trainer.fit(trainer.lightning_module, loader())
    assert trainer.current_epoch == 3
    with pytest.raises(ValueError, match="max_epochs"):
        trainer.fit_loop.max_epochs = -2


def test_parts_can_be_pickled(fitted):
    loop = fitted.fit_loop
    assert pickle.loads(pickle.dumps(TrainerState())) == TrainerState()
    assert type(loop).__getstate__(loop) == {"trainer": fitted}


def test_parameters_are_made_on_the_device_of_the_run(fitted):
    with fitted.init_module():
        assert Lit().net[0].weight.device == fitted.device
    with fitted.init_module(empty_init=True):
        Lit()


def test_signatures_of_entry_points_are_lightnings():
    for name in ("fit", "validate", "test", "predict"):
        theirs = inspect.signature(getattr(lightning.pytorch.Trainer, name)).parameters
        assert list(inspect.signature(getattr(L.Trainer, name)).parameters) == list(theirs), name
