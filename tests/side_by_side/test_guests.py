"""Classes of the real Lightning on groundwire's Trainer: module, data module and callbacks as they are."""

import lightning.pytorch
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


def by_hand(self, batch, batch_idx):
    first, second = self.optimizers()
    for optimizer in (first, second):
        self.toggle_optimizer(optimizer)
        loss = loss_of(self, batch)
        optimizer.zero_grad()
        self.manual_backward(loss)
        self.clip_gradients(optimizer, 0.1, "norm")
        optimizer.step()
        self.untoggle_optimizer(optimizer)
    if batch_idx % 2:
        self.lr_schedulers().step()
    self.log("loss", loss, prog_bar=True)


def two(self):
    first = torch.optim.SGD(self.layers[0].parameters(), 0.1, momentum=0.9)
    second = torch.optim.Adam(self.layers[4].parameters(), 0.01)
    return [first, second], [torch.optim.lr_scheduler.StepLR(first, 1)]


def manual(stage):
    module = stage.make_module(methods={**BOTH, "training_step": by_hand, "configure_optimizers": two})
    module.automatic_optimization = False
    stage.make_trainer(callbacks=[stage.make_callback()]).fit(module, stage.loader("train"), stage.loader("val"))


def closures(stage):
    fit(stage, methods={**BOTH, "configure_optimizers": lambda self: torch.optim.LBFGS(self.parameters(), 0.1)})


def own_steps(stage):
    def optimizer_step(self, epoch, batch_idx, optimizer, optimizer_closure=None):
        super(type(self).__mro__[1], self).optimizer_step(epoch, batch_idx, optimizer, optimizer_closure)

    def optimizer_zero_grad(self, epoch, batch_idx, optimizer):
        super(type(self).__mro__[1], self).optimizer_zero_grad(epoch, batch_idx, optimizer)

    def lr_scheduler_step(self, scheduler, metric):
        super(type(self).__mro__[1], self).lr_scheduler_step(scheduler, metric)

    def backward(self, loss):
        super(type(self).__mro__[1], self).backward(loss)

    own = (optimizer_step, optimizer_zero_grad, lr_scheduler_step, backward)
    methods = {**BOTH, "configure_optimizers": scheduled, **{method.__name__: method for method in own}}
    fit(stage, methods=methods)


def own_transfer(stage):
    def on_after_batch_transfer(self, batch, dataloader_idx):
        return super(type(self).__mro__[1], self).on_after_batch_transfer([batch[0] * 2, batch[1]], dataloader_idx)

    def transfer_batch_to_device(self, batch, device, dataloader_idx):
        return super(type(self).__mro__[1], self).transfer_batch_to_device(batch, device, dataloader_idx)

    methods = {"on_after_batch_transfer": on_after_batch_transfer, "transfer_batch_to_device": transfer_batch_to_device}
    fit(stage, methods={**BOTH, **methods})


def in_half(stage):
    fit(stage, methods=BOTH, precision="bf16-mixed")


@EVERY
@pytest.mark.parametrize("scenario", [manual, closures, own_steps, own_transfer, in_half])
def test_optimizers_and_batches_of_guests_go_lightnings_way(scenario, hears):
    twins(scenario, hears=hears, ours=GUESTS)


def a_test_and_a_prediction(stage):
    def test_step(self, batch, batch_idx):
        self.log("test_loss", loss_of(self, batch))

    def predict_step(self, batch, batch_idx):
        return self.layers(batch[0])

    module = stage.make_module(methods={"test_step": test_step, "predict_step": predict_step})
    trainer = stage.make_trainer(callbacks=[stage.make_callback()])
    loader = stage.loader("val", samples=10)
    return trainer.test(module, loader, verbose=False), trainer.predict(module, loader)


@EVERY
def test_a_guest_is_tested_and_predicts_as_under_lightning(hears):
    twins(a_test_and_a_prediction, hears=hears, ours=GUESTS)


def stopped_early(stage):
    module = stage.make_module(methods=BOTH)
    stops = lightning.pytorch.callbacks.EarlyStopping("val_loss", patience=1, min_delta=10.0)
    stage.make_trainer(callbacks=[stops, stage.make_callback()], max_epochs=5).fit(
        module, stage.loader("train"), stage.loader("val")
    )
    return stops.wait_count, stops.stopped_epoch, stops.best_score


def timed(stage):
    module = stage.make_module(methods=BOTH)
    timer = lightning.pytorch.callbacks.Timer(duration="00:00:01:00")
    stage.make_trainer(callbacks=[timer]).fit(module, stage.loader("train"), stage.loader("val"))
    return timer.time_elapsed("train") > 0, timer.time_elapsed("validate") > 0


def run_by_functions(stage):
    heard = []
    told = lightning.pytorch.callbacks.LambdaCallback(
        on_train_epoch_end=lambda trainer, module: heard.append(trainer.current_epoch)
    )
    module = stage.make_module(methods=BOTH)
    stage.make_trainer(callbacks=[told]).fit(module, stage.loader("train"), stage.loader("val"))
    return heard


@EVERY
@pytest.mark.parametrize("scenario", [stopped_early, timed, run_by_functions])
def test_callbacks_of_lightning_do_on_our_trainer_what_they_do_on_theirs(scenario, hears):
    twins(scenario, hears=hears, ours=GUESTS)
