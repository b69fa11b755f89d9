import pytest
import torch
from tests.side_by_side.twins import BOTH, Optimizer, twins
from torch.optim.lr_scheduler import StepLR

import groundwire_lightning.callbacks
import groundwire_lightning.loggers


class Rows:
    """A logger that keeps what it is given."""

    def made_for(self, stage):
        base = stage.L.pytorch.loggers.Logger if stage.is_lightning else groundwire_lightning.loggers.Logger
        rows = []

        class Keeps(base):
            name, version = "rows", 3

            def log_metrics(self, metrics, step=None):
                rows.append((dict(metrics), step))

            def log_hyperparams(self, params, *args, **kwargs):
                pass

        return Keeps(), rows


def rates(monitor, *, methods=None, **arguments):
    """A fit whose learning rates are written; answers with the rows and with what the callback keeps."""

    def scenario(stage):
        logger, rows = Rows().made_for(stage)
        callback = monitor(stage.callbacks)
        module = stage.make_module(methods={**BOTH, **(methods or {})})
        given = {"max_epochs": 3, "log_every_n_steps": 2, "logger": logger, **arguments}
        stage.make_trainer(callbacks=[callback, stage.make_callback()], **given).fit(
            module, stage.loader("train"), stage.loader("val", samples=10)
        )
        kept = callback.lrs, callback.last_momentum_values, callback.last_weight_decay_values
        written = [row for row in rows if any("lr" in name or "mine" in name for name in row[0])]
        return [written, [dict(each) for each in kept]]

    return scenario


def scheduled(**config):
    def configure_optimizers(self):
        optimizer = Optimizer(self.stage, self.parameters(), weight_decay=0.01)
        return [optimizer], [{"scheduler": StepLR(optimizer, 1, gamma=0.5), **config}]

    return {"configure_optimizers": configure_optimizers}


def grouped(*names):
    def configure_optimizers(self):
        parts = [self.layers[0], self.layers[4]]
        groups = [{"params": part.parameters(), "lr": 0.1 / (1 + n)} for n, part in enumerate(parts)]
        for group, name in zip(groups, names, strict=False):
            group["name"] = name
        return torch.optim.Adam(groups)

    return {"configure_optimizers": configure_optimizers}


def adds_a_group(self):
    if self.trainer.current_epoch == 1:
        self.trainer.optimizers[0].add_param_group({"params": [torch.nn.Parameter(torch.ones(1))], "lr": 0.5})


RATES = {
    "no scheduler": (lambda c: c.LearningRateMonitor(), {}),
    "by steps": (lambda c: c.LearningRateMonitor("step"), scheduled()),
    "by epochs": (lambda c: c.LearningRateMonitor("epoch"), scheduled(interval="step")),
    "as its scheduler": (lambda c: c.LearningRateMonitor(), scheduled(interval="step")),
    "as its scheduler, which goes by epochs": (lambda c: c.LearningRateMonitor(), scheduled()),
    "a name of its own": (lambda c: c.LearningRateMonitor(), scheduled(name="mine")),
    "momentum and weight decay": (
        lambda c: c.LearningRateMonitor("step", log_momentum=True, log_weight_decay=True),
        scheduled(),
    ),
    "betas": (lambda c: c.LearningRateMonitor(log_momentum=True, log_weight_decay=True), grouped()),
    "groups": (lambda c: c.LearningRateMonitor(), grouped()),
    "groups with names": (lambda c: c.LearningRateMonitor(), grouped("left", "right")),
    "groups of which one has a name": (lambda c: c.LearningRateMonitor(), grouped("left")),
    "groups with one name": (lambda c: c.LearningRateMonitor(), grouped("left", "left")),
    "a group that comes later": (lambda c: c.LearningRateMonitor(), {"on_train_epoch_start": adds_a_group}),
}


@pytest.mark.parametrize("name", RATES)
def test_learning_rates_are_written_as_in_lightning(name):
    monitor, methods = RATES[name]
    twins(rates(monitor, methods=methods))


@pytest.mark.parametrize(
    "arguments",
    [{"accumulate_grad_batches": 2}, {"log_every_n_steps": 0}, {"log_every_n_steps": 1}, {"max_steps": 5}],
    ids=str,
)
def test_learning_rates_are_written_at_the_steps_of_lightning(arguments):
    twins(rates(RATES["by steps"][0], methods=scheduled(), **arguments), hears=False)


def test_learning_rates_without_a_logger_are_refused_as_in_lightning():
    assert twins(rates(RATES["by steps"][0], logger=False))["answer"] == ["raised", "MisconfigurationException"]
