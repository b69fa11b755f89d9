import pytest
from tests.side_by_side.test_optimization import Waits, halving, plateau, scheduled
from tests.side_by_side.twins import BOTH, fit, loss_of, sgd, twins
from torch.optim.lr_scheduler import CosineAnnealingLR, LambdaLR, OneCycleLR, StepLR


def in_lists(self):
    optimizer = sgd(self)
    return [optimizer], [halving(optimizer)]


def in_lists_with_dictionary(self):
    optimizer = sgd(self)
    return [optimizer], [{"scheduler": halving(optimizer), "interval": "step", "frequency": 2}]


def several(self):
    optimizer = sgd(self)
    return [optimizer], [
        {"scheduler": StepLR(optimizer, 1, gamma=0.9), "interval": "step", "frequency": 3},
        {"scheduler": plateau(optimizer), "monitor": "val_loss"},
        {"scheduler": StepLR(optimizer, 1, gamma=0.7), "interval": "epoch"},
    ]


def monitored_outside(self):
    optimizer = sgd(self)
    return {"optimizer": optimizer, "lr_scheduler": plateau(optimizer), "monitor": "val_loss"}


def in_a_list_of_dictionaries(self):
    optimizer = sgd(self)
    return [{"optimizer": optimizer, "lr_scheduler": {"scheduler": halving(optimizer), "interval": "step"}}]


def from_the_steps(self):
    optimizer = sgd(self)
    scheduler = OneCycleLR(optimizer, max_lr=0.5, total_steps=self.trainer.estimated_stepping_batches)
    return [optimizer], [{"scheduler": scheduler, "interval": "step"}]


def from_the_epochs(self):
    optimizer = sgd(self)
    return [optimizer], [CosineAnnealingLR(optimizer, T_max=self.trainer.max_epochs)]


def moves_by_itself(self, scheduler, metric):
    scheduler.step() if metric is None else scheduler.step(metric)


def moves_a_foreign_one(self, scheduler, metric):
    scheduler.moves += 1


STEP = {"interval": "step"}
SCHEDULERS = {
    "one an epoch": scheduled(halving),
    "one in lists": {"configure_optimizers": in_lists},
    "one in lists with a dictionary": {"configure_optimizers": in_lists_with_dictionary},
    "one in a list of dictionaries": {"configure_optimizers": in_a_list_of_dictionaries},
    "one a step": scheduled(halving, **STEP),
    "one every second step": scheduled(halving, **STEP, frequency=2),
    "one every second epoch": scheduled(halving, frequency=2),
    "one with a name": scheduled(halving, name="rate"),
    "a lambda": scheduled(lambda optimizer: LambdaLR(optimizer, lambda epoch: 1 / (epoch + 1)), **STEP),
    "one made for the steps of a run": {"configure_optimizers": from_the_steps},
    "one made for the epochs of a run": {"configure_optimizers": from_the_epochs},
    "a plateau of the validation": scheduled(plateau, monitor="val_loss"),
    "a plateau with its monitor beside it": {"configure_optimizers": monitored_outside},
    "a plateau every second epoch": scheduled(plateau, monitor="val_loss", frequency=2),
    "a plateau a step": scheduled(plateau, monitor="val_loss", strict=False, **STEP),
    "a plateau that misses its monitor": scheduled(plateau, monitor="nothing", strict=False),
    "several": {"configure_optimizers": several},
    "one that the module moves": {**scheduled(halving), "lr_scheduler_step": moves_by_itself},
    "a plateau that the module moves": {**scheduled(plateau, monitor="val_loss"), "lr_scheduler_step": moves_by_itself},
    "one that only the module can move": {**scheduled(Waits, **STEP), "lr_scheduler_step": moves_a_foreign_one},
    "one said to be a plateau": scheduled(halving, monitor="val_loss", reduce_on_plateau=False),
}
RUNS = {
    "": {},
    "accumulation": {"accumulate_grad_batches": 3},
    "an end in mid-epoch": {"max_steps": 7},
    "two validations an epoch": {"val_check_interval": 0.5},
}


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_schedulers_move_when_they_move_under_lightning(scheduler, run):
    methods = {**BOTH, **SCHEDULERS[scheduler]}
    arguments = {"max_epochs": 3, "train": {"samples": 18}, **RUNS[run]}
    twins(lambda stage: fit(stage, methods=methods, **arguments), hears=run == "")


def test_a_plateau_may_monitor_what_is_logged_while_training():
    def training_step(self, batch, batch_idx):
        loss = loss_of(self, batch)
        self.log("loss", loss, on_step=True, on_epoch=True)
        return loss

    for monitor in ("loss", "loss_epoch", "loss_step"):
        methods = {"training_step": training_step, **scheduled(plateau, monitor=monitor)}
        twins(lambda stage, methods=methods: fit(stage, methods=methods, max_epochs=3))


def test_a_plateau_may_move_by_batches():
    def training_step(self, batch, batch_idx):
        loss = loss_of(self, batch)
        self.log("loss", loss)
        return loss

    methods = {"training_step": training_step, **scheduled(plateau, monitor="loss", frequency=2, **STEP)}
    twins(lambda stage: fit(stage, methods=methods, accumulate_grad_batches=2))


def test_schedulers_go_on_in_a_second_fit_as_under_lightning():
    def scenario(stage):
        module, trainer = stage.make_module(methods={**BOTH, **scheduled(halving)}), stage.make_trainer()
        for epochs in (2, 4):
            stage.allow_epochs(epochs)
            trainer.fit(module, stage.loader("train"), stage.loader("val"))

    twins(scenario)
