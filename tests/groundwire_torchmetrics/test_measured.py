import pytest
from tests.groundwire_torchmetrics.test_callback import CLASSES, classes, micro, run_with, trainer_with
from torchmetrics import MetricCollection, SumMetric
from torchmetrics.classification import (
    MulticlassAccuracy,
    MulticlassConfusionMatrix,
    MulticlassPrecision,
)
from torchmetrics.wrappers import BootStrapper, ClasswiseWrapper, MetricTracker, MinMaxMetric

from groundwire_torchmetrics import MetricsCallback


def test_the_numbers_of_a_result_are_those_that_the_metric_computes():
    callback = MetricsCallback({"m": MulticlassConfusionMatrix(CLASSES)}, on=["eval"])
    trainer = trainer_with(callback)
    trainer.evaluate(classes())
    matrix = callback.metrics["eval"].compute()["m"]
    for row in range(CLASSES):
        for column in range(CLASSES):
            assert trainer.run_history.get_latest_metric(f"eval_m_{row}_{column}") == matrix[row, column].item()


def test_smallest_and_greatest_value_are_those_of_all_epochs():
    history, _ = run_with(MetricsCallback({"accuracy": MinMaxMetric(micro())}, on="eval"))
    values = history.get_metric_values("eval_accuracy")
    assert history.get_metric_values("eval_accuracy_max") == [max(values[: n + 1]) for n in range(3)]
    assert history.get_metric_values("eval_accuracy_min") == [min(values[: n + 1]) for n in range(3)]


def test_a_bootstrapper_records_mean_and_spread():
    history, _ = run_with(MetricsCallback({"accuracy": BootStrapper(micro(), num_bootstraps=4)}, on="eval"), epochs=1)
    assert {"eval_accuracy_mean", "eval_accuracy_std"} <= history.get_metric_names()


def test_two_wrappers_of_one_kind_do_not_take_each_others_names():
    metrics = {"first": MinMaxMetric(micro()), "second": MinMaxMetric(MulticlassPrecision(CLASSES))}
    history, _ = run_with(MetricsCallback(metrics, on="eval"), epochs=1)
    assert {f"eval_{name}{end}" for name in metrics for end in ("", "_min", "_max")} <= history.get_metric_names()


def test_a_wrapper_that_names_its_parts_keeps_their_names():
    history, _ = run_with(MetricsCallback(ClasswiseWrapper(MulticlassAccuracy(CLASSES, average=None)), on="eval"), 1)
    assert {f"eval_multiclassaccuracy_{number}" for number in range(CLASSES)} <= history.get_metric_names()


@pytest.mark.parametrize(
    ("metrics", "name"),
    [
        (MetricTracker(micro()), "MulticlassAccuracy"),
        ([MetricTracker(micro()), SumMetric()][:1], "MulticlassAccuracy"),
        ({"it": MetricTracker(micro()), "plain": micro()}, "it"),
    ],
)
def test_a_tracker_keeps_every_epoch_and_records_the_best(metrics, name):
    callback = MetricsCallback(metrics, on="eval")
    history, outputs = run_with(callback)
    values = history.get_metric_values(f"eval_{name}")
    assert values == list(outputs.accuracies("eval"))
    assert history.get_metric_values(f"eval_{name}_best") == [max(values[: n + 1]) for n in range(3)]
    assert callback.trackers["eval"][name].compute_all().tolist() == values


def test_a_tracker_of_a_collection_records_each():
    collection = MetricCollection({"a": micro(), "b": MulticlassPrecision(CLASSES)})
    history, _ = run_with(MetricsCallback(MetricTracker(collection, maximize=[True, True]), on="eval"), epochs=1)
    assert {"eval_a", "eval_b", "eval_a_best", "eval_b_best"} <= history.get_metric_names()


def test_trackers_and_wrappers_are_drawn_too(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    from groundwire_tensorboard import TensorBoardCallback

    metrics = {"tracked": MetricTracker(micro()), "range": MinMaxMetric(micro())}
    trainer = trainer_with(MetricsCallback(metrics, on="eval", plot=True), TensorBoardCallback(tmp_path))
    trainer.train(classes(), 1, eval_dataset=classes(9), per_device_batch_size=4)
    tags = EventAccumulator(str(tmp_path)).Reload().Tags()["images"]
    assert sorted(tags) == ["eval_range", "eval_tracked"]
