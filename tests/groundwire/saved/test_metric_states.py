import sys

import pytest
import torch
from tests.groundwire.runs import Stops, data, network, trainer_for
from torch import nn
from torchmetrics import CatMetric, MeanMetric, MetricCollection, MinMaxMetric, SumMetric
from torchmetrics.wrappers import Running

from groundwire import Trainer
from groundwire.callbacks import SaveTrainingStateCallback
from groundwire.saved.metric_states import load_metric_states, metric_states

KINDS = {
    "a sum": SumMetric,
    "a weighted mean": MeanMetric,
    "all values": CatMetric,
    "a wrapper with extremes of its own": lambda: MinMaxMetric(MeanMetric()),
    "a wrapper that counts": lambda: Running(SumMetric(), window=3),
    "a collection that shares states": lambda: MetricCollection({"one": MeanMetric(), "other": MeanMetric()}),
}


def fed(metric, values):
    for value in values:
        metric.update(torch.tensor(value))
    return metric


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
@pytest.mark.parametrize("first", [0, 1, 4])
def test_a_metric_goes_on_where_another_one_was(kind, first, tmp_path):
    values = [3.0, 1.0, 2.5, 4.0, 0.5, 2.0]
    torch.save(metric_states(fed(kind(), values[:first])), tmp_path / "states")
    other = fed(kind(), [7.0])
    load_metric_states(other, torch.load(tmp_path / "states", weights_only=True))
    assert str(fed(other, values[first:]).compute()) == str(fed(kind(), values).compute())


def test_what_is_given_back_is_a_copy():
    metric = fed(SumMetric(), [1.0])
    states = metric_states(metric)
    other = SumMetric()
    load_metric_states(other, states)
    fed(other, [1.0])
    assert metric.compute() == 1


def test_where_nobody_imported_torchmetrics_there_is_nothing_to_look_for(monkeypatch):
    monkeypatch.delitem(sys.modules, "torchmetrics")
    assert metric_states(nn.ModuleList([SumMetric()])) == {}


class Counted(nn.Module):
    """A network that has a metric."""

    def __init__(self):
        super().__init__()
        self.net, self.seen = network(), MeanMetric()

    def forward(self, inputs):
        return self.net(inputs)


class Measures(Trainer):
    """Keeps a metric of the epoch, and the model has another one."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.seen = SumMetric()

    def calculate_train_batch_loss(self, batch):
        output = super().calculate_train_batch_loss(batch)
        self.seen.update(output["loss"].detach())
        self.get_model().seen.update(output["loss"].detach())
        return output

    def train_epoch_end(self):
        self.run_history.update_metric("sum", self.seen.compute().item())
        self.run_history.update_metric("mean", self.get_model().seen.compute().item())
        self.seen.reset()
        self.get_model().seen.reset()


@pytest.mark.filterwarnings("ignore:.*holds the states of callbacks")
@pytest.mark.parametrize("update", [2, 5, 7])
def test_metrics_of_model_and_trainer_are_in_a_training_state(tmp_path, update):
    def trained(*callbacks, **asked):
        trainer = trainer_for(Counted(), Measures, callbacks=callbacks, seed=1)
        trainer.train(data(8), 2, per_device_batch_size=2, **asked)
        return trainer.run_history.to_dict()

    saves = SaveTrainingStateCallback(tmp_path, save_every_n_steps=update, save_at_end=False)
    trained(saves, Stops("on_train_update_end", update + 1))
    assert trained(resume_from=tmp_path / f"step_{update}") == trained()
