import pytest
from tests.groundwire_lightning.callbacks.on_twins import twins, with_callbacks
from tests.side_by_side.twins import BOTH, Optimizer
from torch import nn
from torch.optim.lr_scheduler import StepLR


def scheduled(self):
    optimizer = Optimizer(self.stage, self.parameters())
    return [optimizer], [StepLR(optimizer, 1, gamma=0.5)]


# an average of the last epochs


SWA = {
    "from the second epoch on": ({"swa_epoch_start": 2}, {}),
    "from the first epoch on": ({"swa_epoch_start": 1}, {}),
    "a share of the epochs": ({"swa_epoch_start": 0.5}, {}),
    "no epoch at all": ({"swa_epoch_start": 0.0}, {}),
    "the last epoch": ({"swa_epoch_start": 3}, {}),
    "later than there are epochs": ({"swa_epoch_start": 9}, {}),
    "linear": ({"swa_epoch_start": 2, "annealing_strategy": "linear", "annealing_epochs": 2}, {}),
    "a function of its own": ({"swa_epoch_start": 2, "avg_fn": lambda mean, new, n: 0.9 * mean + 0.1 * new}, {}),
    "where the module is": ({"swa_epoch_start": 2, "device": None}, {}),
    "with accumulation": ({"swa_epoch_start": 2}, {"accumulate_grad_batches": 3}),
    "without a limit of epochs": ({"swa_epoch_start": 2}, {"max_epochs": -1, "max_steps": 20}),
    "with steps that end it": ({"swa_epoch_start": 2}, {"max_steps": 17}),
}


def plain_layers():
    return nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 2))


def batches_are_counted(self, outputs, batch, batch_idx):
    self.log("seen", float(batch_idx), on_step=True)


@pytest.mark.parametrize("name", ["from the second epoch on", "with accumulation", "with steps that end it"])
def test_without_batch_norm_no_statistics_are_measured(name, monkeypatch):
    monkeypatch.setattr("tests.side_by_side.twins.layers", plain_layers)
    twins(averaging(name))


@pytest.mark.parametrize("name", SWA)
def test_the_last_epochs_are_averaged_as_in_lightning(name):
    twins(averaging(name))


def averaging(name):
    options, arguments = SWA[name]
    methods = {**BOTH, "configure_optimizers": scheduled, "on_train_batch_end": batches_are_counted}

    def make(callbacks):
        return [callbacks.StochasticWeightAveraging(swa_lrs=0.05, **options)]

    return with_callbacks(make, methods=methods, **arguments)


def test_an_average_without_a_scheduler_brings_one():
    twins(with_callbacks(lambda c: [c.StochasticWeightAveraging([0.03], 2)]), hears=False)


def test_an_average_of_several_optimizers_is_refused_as_in_lightning():
    def two(self):
        return [Optimizer(self.stage, part.parameters()) for part in (self.layers[0], self.layers[4])]

    methods = {
        "configure_optimizers": two,
        "training_step": lambda self, batch, batch_idx: None,
        "on_fit_start": lambda self: None,
    }

    def scenario(stage):
        module = stage.make_module(methods=methods)
        module.automatic_optimization = False
        stage.make_trainer(callbacks=[stage.callbacks.StochasticWeightAveraging(0.1)]).fit(module, stage.loader())

    assert twins(scenario, refused=True)["answer"] == ["raised", "MisconfigurationException"]


def test_a_share_of_epochs_that_are_not_limited_is_refused_as_in_lightning():
    scenario = with_callbacks(lambda c: [c.StochasticWeightAveraging(0.1, 0.5)], max_epochs=-1, max_steps=5)
    assert twins(scenario, refused=True)["answer"] == ["raised", "MisconfigurationException"]
