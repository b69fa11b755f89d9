"""Torchmetrics objects that a module updates, computes and resets by hand."""

import pytest
import torchmetrics
from tests.side_by_side.twins import layers, loss_of, twins


def with_metrics(stage):
    def init(self):
        stage.L.LightningModule.__init__(self)
        self.layers = layers()
        self.accuracy = torchmetrics.Accuracy("multiclass", num_classes=2)
        scores = [torchmetrics.F1Score("multiclass", num_classes=2), torchmetrics.Recall("multiclass", num_classes=2)]
        self.scores = torchmetrics.MetricCollection(scores, prefix="val_")

    return {"__init__": init}


def updates(self, batch, batch_idx):
    self.accuracy.update(self.layers(batch[0]), batch[1])
    self.scores.update(self.layers(batch[0]), batch[1])
    return loss_of(self, batch)


def computes(self):
    self.log("accuracy", self.accuracy.compute(), prog_bar=True)
    self.log_dict(self.scores.compute())
    self.accuracy.reset()
    self.scores.reset()


def forwards(self, batch, batch_idx):
    self.log("accuracy_now", self.accuracy(self.layers(batch[0]), batch[1]), on_step=True, on_epoch=True)
    self.log_dict(self.scores(self.layers(batch[0]), batch[1]), on_epoch=True)
    return loss_of(self, batch)


WAYS = {
    "computed when an epoch ends": {"validation_step": updates, "on_validation_epoch_end": computes},
    "computed over training too": {
        "training_step": updates,
        "on_train_epoch_end": computes,
        "validation_step": updates,
        "on_validation_epoch_end": computes,
    },
    "values of batches": {"training_step": forwards, "validation_step": forwards},
    "never reset": {"training_step": updates, "validation_step": updates},
}


@pytest.mark.parametrize("way", WAYS)
def test_metrics_kept_by_hand_are_what_they_are_under_lightning(way):
    def scenario(stage):
        module = stage.make_module(methods={**with_metrics(stage), **WAYS[way]})
        trainer = stage.make_trainer()
        trainer.fit(module, stage.loader("train", shuffle=True), stage.loader("val"))
        validated = trainer.validate(module, stage.loader("val"), verbose=False)
        return validated, module.accuracy.update_count, [part.training for part in module.modules()]

    twins(scenario)


# metrics that are logged themselves


def logged(step=None, prog_bar=True, **arguments):
    """Steps that log a metric and a collection, after calling or after updating them."""

    def run(self, batch, batch_idx):
        for metric in (self.accuracy, self.scores):
            getattr(metric, step or "__call__")(self.layers(batch[0]), batch[1])
        self.log("accuracy", self.accuracy, prog_bar=prog_bar, **arguments)
        self.log_dict(self.scores, **arguments)
        self.log("loss", 0.5 + batch_idx, **arguments)
        return loss_of(self, batch)

    return {"training_step": run, "validation_step": run}


def at_the_end(self):
    self.log("accuracy", self.accuracy)
    self.log_dict(self.scores)


LOGGED = {
    "the default levels": logged(),
    "both levels": logged(on_step=True, on_epoch=True),
    "epochs": logged(on_step=False, on_epoch=True),
    "steps": logged(on_step=True, on_epoch=False),
    "only updated": logged("update", on_step=True, on_epoch=True),
    "with an attribute": {
        "training_step": lambda self, batch, batch_idx: (
            self.accuracy(self.layers(batch[0]), batch[1]),
            self.log("accuracy", self.accuracy, metric_attribute="accuracy", on_epoch=True, enable_graph=True),
            loss_of(self, batch),
        )[-1],
    },
    "when an epoch ends": {
        "training_step": updates,
        "validation_step": updates,
        "on_train_epoch_end": at_the_end,
        "on_validation_epoch_end": at_the_end,
    },
}
WATCHED = {
    f"on_{phase}_{moment}": lambda self, *args: self.stage.note(
        "metric", "has", self.accuracy.update_count, self.scores["val_MulticlassRecall"].update_count
    )
    for phase in ("train", "validation")
    for moment in ("epoch_start", "epoch_end", "end")
}


@pytest.mark.parametrize("hears", [True, False], ids=["heard", "unheard"])
@pytest.mark.parametrize("way", LOGGED)
def test_metrics_that_are_logged_are_computed_and_reset_when_lightning_does(way, hears):
    def scenario(stage):
        module = stage.make_module(methods={**WATCHED, **with_metrics(stage), **LOGGED[way]})
        trainer = stage.make_trainer()
        trainer.fit(module, stage.loader("train", 14), stage.loader("val", 6))
        return (
            trainer.validate(module, stage.loader("val", 6), verbose=False) if "validation_step" in LOGGED[way] else 0
        )

    twins(scenario, hears=hears)


def of_another(self, batch, batch_idx):
    self.other = [self.accuracy.clone()]
    self.other[0](self.layers(batch[0]), batch[1])
    self.log("accuracy", self.other[0])
    return loss_of(self, batch)


def of_two(self, batch, batch_idx):
    for metric in (self.accuracy, self.scores["F1Score"]):
        metric(self.layers(batch[0]), batch[1])
        self.log("score", metric)
    return loss_of(self, batch)


def of_a_collection(self, batch, batch_idx):
    self.scores(self.layers(batch[0]), batch[1])
    self.log("scores", self.scores)
    return loss_of(self, batch)


@pytest.mark.parametrize("step", [of_another, of_two, of_a_collection], ids=lambda step: step.__name__)
def test_metrics_that_lightning_cannot_log_are_refused(step):
    def scenario(stage):
        module = stage.make_module(methods={**with_metrics(stage), "training_step": step})
        stage.make_trainer().fit(module, stage.loader("train", 14))

    assert twins(scenario, hears=False)["answer"][0] == "raised"
