import lightning
import pytest
import torch
from tests.groundwire_lightning.callbacks.on_twins import twins, with_callbacks
from torch import nn

import groundwire_lightning.callbacks

# pruning


PRUNING = {
    "all together": lambda c: c.ModelPruning("l1_unstructured", amount=0.3),
    "at random": lambda c: c.ModelPruning("random_unstructured", parameter_names=["weight"], amount=0.2),
    "a number": lambda c: c.ModelPruning("l1_unstructured", amount=5),
    "an amount for each epoch": lambda c: c.ModelPruning("l1_unstructured", amount=[0.1, 0, 0.3, 0.2].__getitem__),
    "at some epochs": lambda c: c.ModelPruning("l1_unstructured", apply_pruning=lambda epoch: epoch == 1),
    "without first values": lambda c: c.ModelPruning("l1_unstructured", use_lottery_ticket_hypothesis=False, verbose=2),
    "with new values": lambda c: c.ModelPruning("l1_unstructured", resample_parameters=True),
    "layer by layer": lambda c: c.ModelPruning("l1_unstructured", use_global_unstructured=False, amount=0.5),
    "rows": lambda c: two_dimensional(c)(
        "ln_structured", use_global_unstructured=False, pruning_dim=0, pruning_norm=2, amount=0.5
    ),
    "a class of torch": lambda c: c.ModelPruning(torch.nn.utils.prune.L1Unstructured, amount=0.5),
    "masks that stay": lambda c: c.ModelPruning("l1_unstructured", make_pruning_permanent=False),
    "after validations": lambda c: c.ModelPruning("l1_unstructured", prune_on_train_epoch_end=False),
}


def two_dimensional(callbacks):
    def filter_parameters_to_prune(self, parameters_to_prune=()):
        return [(module, name) for module, name in parameters_to_prune if getattr(module, name).ndim > 1]

    return type("Wide", (callbacks.ModelPruning,), {"filter_parameters_to_prune": filter_parameters_to_prune})


@pytest.mark.parametrize("name", PRUNING)
def test_weights_are_pruned_as_in_lightning(name):
    twins(with_callbacks(lambda c: [PRUNING[name](c)], state=False, max_epochs=3))


REFUSED = {
    "an unknown name": lambda c: c.ModelPruning("magic"),
    "rows without a dimension": lambda c: c.ModelPruning("random_structured"),
    "rows without a norm": lambda c: c.ModelPruning("ln_structured", pruning_dim=0),
    "rows of all together": lambda c: c.ModelPruning("random_structured", pruning_dim=0),
    "a class for each layer": lambda c: c.ModelPruning(
        torch.nn.utils.prune.L1Unstructured, use_global_unstructured=False
    ),
    "an instance": lambda c: c.ModelPruning(torch.nn.utils.prune.L1Unstructured(2)),
    "a strange parameter": lambda c: c.ModelPruning("l1_unstructured", parameter_names=["gamma"]),
    "no amount": lambda c: c.ModelPruning("l1_unstructured", amount=None),
    "too much to tell": lambda c: c.ModelPruning("l1_unstructured", verbose=3),
    "SWA with a rate of 0": lambda c: c.StochasticWeightAveraging(0.0),
    "SWA with a whole rate": lambda c: c.StochasticWeightAveraging(1),
    "SWA with an empty start": lambda c: c.StochasticWeightAveraging(0.1, 0),
    "SWA with a start behind the end": lambda c: c.StochasticWeightAveraging(0.1, 1.5),
    "SWA with a strange function": lambda c: c.StochasticWeightAveraging(0.1, avg_fn="mean"),
    "SWA on a strange device": lambda c: c.StochasticWeightAveraging(0.1, device=3),
    "a strange interval of rates": lambda c: c.LearningRateMonitor("batch"),
    "a strange duration": lambda c: c.Timer("12 hours"),
    "a strange interval of time": lambda c: c.Timer(interval="batch"),
    "a strange interval of predictions": lambda c: c.BasePredictionWriter("never"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_lightning_refuses_is_refused(name):
    with pytest.raises(lightning.pytorch.utilities.exceptions.MisconfigurationException):
        REFUSED[name](lightning.pytorch.callbacks)
    with pytest.raises(groundwire_lightning.MisconfigurationException, match=r"[(:]"):
        REFUSED[name](groundwire_lightning.callbacks)


def test_pruning_what_is_not_there_is_refused_as_in_lightning():
    def scenario(stage):
        stage.make_module()
        callback = stage.callbacks.ModelPruning("l1_unstructured", [(nn.Linear(1, 1), "weight")])
        stage.make_trainer(callbacks=[callback]).fit(stage.module, stage.loader("train"))

    assert twins(scenario, refused=True)["answer"] == ["raised", "MisconfigurationException"]
