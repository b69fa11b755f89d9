import dataclasses

import pytest
import torch
from tests.groundwire_lightning.small import lit, loader, loss_of, quiet

import groundwire_lightning as L
from groundwire import TrainerCallback
from groundwire_lightning.loops.run import LightningRun, Limits


def halves_each_epoch(self):
    optimizer = torch.optim.SGD(self.parameters(), lr=0.5)
    return [optimizer], [torch.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.5)]


def validation_step(self, batch, batch_idx):
    self.log("val_loss", loss_of(self, batch))


class EvaluatesInside(TrainerCallback):
    def on_train_epoch_start(self, trainer, **kwargs):
        trainer.evaluate(loader())


@pytest.mark.parametrize("callbacks", [[], [EvaluatesInside]])
def test_an_evaluation_inside_a_native_run_leaves_its_optimizers_and_schedulers(callbacks):
    module = lit(configure_optimizers=halves_each_epoch, validation_step=validation_step)
    trainer = L.LightningAdapter(module, callbacks=callbacks)
    trainer.train(loader(), 3)
    (config,) = trainer.lr_scheduler_configs
    assert trainer.optimizers == [trainer.optimizer]
    assert config.scheduler.optimizer is trainer.optimizer
    assert trainer.optimizer.param_groups[0]["lr"] == 0.5**4


def test_a_name_of_the_trainer_is_read_from_its_run_and_written_there():
    trainer = quiet(max_steps=7)
    assert trainer._run.limits.max_steps == trainer.max_steps == 7
    trainer.limit_val_batches = 3
    assert trainer._run.limits.limit_val_batches == 3
    assert isinstance(trainer._run, LightningRun)
    assert not {field.name for field in dataclasses.fields(Limits)} & set(vars(trainer))


def test_limits_that_are_set_during_a_run_stay_for_the_next():
    class Sets(L.Callback):
        def on_validation_start(self, trainer, pl_module):
            trainer.max_steps = 5

    trainer = quiet(callbacks=[Sets()])
    trainer.validate(lit(validation_step=validation_step), loader(), verbose=False)
    assert trainer.max_steps == 5


def test_a_trainer_is_that_of_no_entry_point_between_two_runs():
    trainer = quiet()
    trainer.validate(lit(validation_step=validation_step), loader(), verbose=False)
    run = trainer._run
    assert (run.stage, run.is_inner, run.sanity_checking, run.loaders_given) == (
        "init",
        False,
        False,
        {"val_dataloader"},
    )
