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
