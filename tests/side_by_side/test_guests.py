"""Classes of the real Lightning on groundwire's Trainer: module, data module and callbacks as they are."""

import pytest
import torch
from tests.side_by_side.twins import BOTH, GUESTS, fit, loss_of, sgd, twins

EVERY = pytest.mark.parametrize("hears", [True, False], ids=["heard", "unheard"])


def logging_step(self, batch, batch_idx):
    loss = loss_of(self, batch)
    self.log("loss", loss, on_step=True, on_epoch=True, prog_bar=True)
    self.log_dict({"double": 2 * loss, "half": loss / 2}, on_epoch=True)
    return {"loss": loss, "index": batch_idx}


def logged_by_a_callback(callback, trainer, module, outputs, batch, batch_idx):
    module.log("of the callback", float(batch_idx), on_step=True)


def asks_its_trainer(self):
    self.asked = (
        *(self.current_epoch, self.global_step, self.global_rank, self.local_rank, self.on_gpu, str(self.device)),
        *(self.logger, self.loggers, self.lr_schedulers(), len(self.optimizers().param_groups), str(self.dtype)),
        *(self.trainer.max_epochs, self.trainer.is_last_batch, sorted(self.trainer.callback_metrics)),
        *(self.trainer.state.fn, self.trainer.state.stage, self.trainer.num_training_batches, self.trainer.world_size),
        self.all_gather(torch.ones(2)).tolist(),
    )
    self.stage.note("module", "asked", self.asked)


def scheduled(self):
    optimizer = sgd(self)
    return [optimizer], [torch.optim.lr_scheduler.StepLR(optimizer, 1)]


def clips(self, optimizer, gradient_clip_val=None, gradient_clip_algorithm=None):
    self.clip_gradients(optimizer, gradient_clip_val, gradient_clip_algorithm)


RUNS = {
    "training and validation": {},
    "training alone": {"methods": {}},
    "logging": {"methods": {**BOTH, "training_step": logging_step}},
    "a callback that logs": {"methods": BOTH, "callbacks": ({"on_train_batch_end": logged_by_a_callback},)},
    "questions to the trainer": {"methods": {**BOTH, "on_train_epoch_end": asks_its_trainer}},
    "a scheduler": {"methods": {**BOTH, "configure_optimizers": scheduled}},
    "clipping of its own": {"methods": {**BOTH, "configure_gradient_clipping": clips}, "gradient_clip_val": 0.1},
    "accumulation": {"methods": {**BOTH, "training_step": logging_step}, "accumulate_grad_batches": 3},
}


@EVERY
@pytest.mark.parametrize("run", RUNS)
def test_a_guest_runs_as_it_runs_under_lightning(run, hears):
    twins(lambda stage: fit(stage, **RUNS[run]), hears=hears, ours=GUESTS)


def test_a_guest_with_a_log_of_its_own_reaches_the_trainer_through_lightnings():
    def scenario(stage):
        module = stage.make_module(methods={**BOTH, "training_step": logging_step})

        class Prefixed(type(module)):
            def log(self, name, *args, **kwargs):
                super().log(f"own/{name}", *args, **kwargs)

        stage.module = own = Prefixed()
        own.__dict__["stage"] = stage
        stage.make_trainer(callbacks=[stage.make_callback()]).fit(own, stage.loader("train"), stage.loader("val"))

    record = twins(scenario, ours=GUESTS)
    assert "own/half_epoch" in record["callback_metrics"]


def from_data_module(stage):
    module = stage.make_module(methods=BOTH)
    stage.make_trainer(callbacks=[stage.make_callback()]).fit(module, datamodule=stage.make_data(shuffle=True))


def from_data_module_in_the_place_of_loaders(stage):
    stage.make_trainer().fit(stage.make_module(methods=BOTH), stage.make_data())


def from_the_module(stage):
    methods = {
        **BOTH,
        "train_dataloader": lambda self: stage.loader(),
        "val_dataloader": lambda self: stage.loader("val"),
    }
    stage.make_trainer().fit(stage.make_module(methods=methods))


@EVERY
@pytest.mark.parametrize("source", [from_data_module, from_data_module_in_the_place_of_loaders, from_the_module])
def test_data_of_guests_is_asked_for_as_lightning_asks(source, hears):
    twins(source, hears=hears, ours=GUESTS)


def validated(stage):
    trainer = stage.make_trainer(callbacks=[stage.make_callback()])
    return trainer.validate(stage.make_module(methods=BOTH), stage.loader("val"), verbose=False)


@EVERY
def test_a_guest_is_validated_as_under_lightning(hears):
    twins(validated, hears=hears, ours=GUESTS)
