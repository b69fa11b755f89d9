import copy
import subprocess
import sys

import pytest
import torch
import torchmetrics
from torch import nn
from torch.utils.data import TensorDataset
from torchmetrics import MeanMetric, MetricCollection, SumMetric
from torchmetrics.classification import (
    MulticlassAccuracy,
    MulticlassConfusionMatrix,
    MulticlassPrecision,
    MulticlassPrecisionRecallCurve,
)
from torchmetrics.wrappers import MetricTracker, MinMaxMetric

from groundwire import StopTrainingError, Trainer, TrainerCallback
from groundwire.callbacks import SaveTrainingStateCallback
from groundwire_torchmetrics import MetricsCallback

CLASSES = 3


def classes(samples=20, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return TensorDataset(
        torch.randn(samples, 4, generator=generator), torch.randint(CLASSES, (samples,), generator=generator)
    )


def trainer_with(*callbacks, trainer_class=Trainer):
    torch.manual_seed(0)
    model = nn.Linear(4, CLASSES)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    return trainer_class(model, nn.CrossEntropyLoss(), optimizer, callbacks=callbacks)


def accuracy(**kwargs):
    return {"accuracy": MulticlassAccuracy(CLASSES, average="micro", **kwargs)}


class Outputs(TrainerCallback):
    """Keeps what every batch gave, apart for each epoch."""

    def __init__(self):
        self.epochs = []

    def on_train_epoch_start(self, trainer, **kwargs):
        self.epochs.append(("train", []))

    def on_eval_epoch_start(self, trainer, **kwargs):
        self.epochs.append(("eval", []))

    def on_train_step_end(self, trainer, batch, batch_output, **kwargs):
        self.epochs[-1][1].append((batch_output["model_outputs"].detach().clone(), batch[1].clone()))

    on_eval_step_end = on_train_step_end

    def accuracies(self, phase):
        for name, batches in self.epochs:
            if name == phase:
                right = sum((outputs.argmax(1) == targets).sum() for outputs, targets in batches)
                yield (right / sum(len(targets) for _, targets in batches)).item()


def test_the_values_are_those_of_a_computation_by_hand_bit_for_bit():
    outputs = Outputs()
    trainer = trainer_with(outputs, MetricsCallback(accuracy()))
    trainer.train(classes(), num_epochs=3, eval_dataset=classes(seed=1), per_device_batch_size=8)
    history = trainer.run_history
    assert list(history.get_metric_values("train_accuracy")) == list(outputs.accuracies("train"))
    assert list(history.get_metric_values("eval_accuracy")) == list(outputs.accuracies("eval"))
    assert all(type(value) is float for value in history.get_metric_values("train_accuracy"))


def test_a_metric_changes_no_weight():
    alone, measured = trainer_with(), trainer_with(MetricsCallback(accuracy()))
    for trainer in (alone, measured):
        torch.manual_seed(1)
        trainer.train(classes(), num_epochs=2, eval_dataset=classes())
    assert torch.equal(alone.model.weight, measured.model.weight)


def test_the_values_are_there_when_the_end_of_an_epoch_is_overridden_or_told():
    seen = []

    class Reads(TrainerCallback):
        def on_train_epoch_end(self, trainer, **kwargs):
            seen.append(("event", trainer.run_history.get_latest_metric("train_accuracy")))

        def on_eval_epoch_end(self, trainer, **kwargs):
            seen.append(("event", trainer.run_history.get_latest_metric("eval_accuracy")))

    class Overrides(Trainer):
        def train_epoch_end(self):
            seen.append(("method", self.run_history.get_latest_metric("train_accuracy")))

        def eval_epoch_end(self):
            seen.append(("method", self.run_history.get_latest_metric("eval_accuracy")))

    trainer = trainer_with(Reads, MetricsCallback(accuracy()), trainer_class=Overrides)
    trainer.train(classes(), num_epochs=1, eval_dataset=classes())
    assert [who for who, _ in seen] == ["method", "event"] * 2
    assert seen[0][1] == seen[1][1]
    assert seen[2][1] == seen[3][1]


def test_update_alone_is_called_once_a_batch_and_compute_once_an_epoch():
    calls = []

    class Counted(SumMetric):
        def forward(self, *args):
            calls.append("forward")

        def update(self, preds, target):
            calls.append("update")
            assert not preds.requires_grad
            super().update(target)

        def compute(self):
            calls.append("compute")
            return super().compute()

    trainer_with(MetricsCallback(Counted())).train(classes(20), num_epochs=2, per_device_batch_size=8)
    assert calls == ["update", "update", "update", "compute"] * 2


def test_a_phase_that_is_left_out_is_neither_wired_nor_recorded():
    callback = MetricsCallback(accuracy(), on="eval")
    trainer = trainer_with(callback)
    trainer.train(classes(), num_epochs=1, eval_dataset=classes())
    assert "eval_accuracy" in trainer.run_history.get_metric_names()
    assert "train_accuracy" not in trainer.run_history.get_metric_names()
    assert set(callback.metrics) == {"eval"}
    assert trainer.plan._run_train_step == trainer._run_train_step
    assert not [found for found in trainer.plan.findings if found.source.endswith("_train")]


def test_an_evaluation_run_records_what_it_measures():
    trainer = trainer_with(MetricsCallback(accuracy()))
    trainer.train(classes(), num_epochs=1, eval_dataset=classes())
    before = trainer.run_history.get_latest_metric("eval_accuracy")
    trainer.evaluate(classes())
    assert trainer.run_history.get_latest_metric("eval_accuracy") == before


def test_an_evaluation_inside_of_an_epoch_leaves_the_epoch_alone():
    class Halfway(Trainer):
        def calculate_train_batch_loss(self, batch):
            if self.at.step == 1:
                self.plan._run_eval_epoch(self._eval_dataloader, True, True)
            return super().calculate_train_batch_loss(batch)

    trainers = [trainer_with(MetricsCallback(accuracy()), trainer_class=made) for made in (Trainer, Halfway)]
    for trainer in trainers:
        torch.manual_seed(1)
        trainer.train(classes(), num_epochs=1, eval_dataset=classes(seed=1))
    plain, halfway = (trainer.run_history for trainer in trainers)
    for name in ("train_accuracy", "eval_accuracy"):
        assert halfway.get_metric_values(name) == plain.get_metric_values(name)
    assert len(halfway.get_metric_values("intermediate_eval_accuracy")) == 1


def test_a_sanity_check_is_computed_and_not_recorded():
    class Careful(Trainer):
        def _run_sanity_evaluation(self):
            self.plan._run_eval_epoch(self._eval_dataloader, True, False)

    callback = MetricsCallback(accuracy())
    trainer = trainer_with(callback, trainer_class=Careful)
    trainer.train(classes(), num_epochs=1, eval_dataset=classes())
    assert len(trainer.run_history.get_metric_values("eval_accuracy")) == 1


def test_a_second_run_starts_from_nothing():
    trainer = trainer_with(MetricsCallback({"seen": SumMetric()}, preds=lambda batch, _: len(batch[1]), target=None))
    for samples in (20, 12):
        trainer.train(classes(samples), num_epochs=2, reset_run_history=False)
    assert list(trainer.run_history.get_metric_values("train_seen")) == [20.0, 20.0, 12.0, 12.0]


def test_an_epoch_that_is_stopped_half_way_leaves_nothing_in_the_next():
    class Stops(TrainerCallback):
        def on_train_step_start(self, trainer, **kwargs):
            if trainer.at.step == 1 and not stopped:
                stopped.append(True)
                raise StopTrainingError("enough")

    stopped = []
    seen = {"seen": SumMetric()}
    trainer = trainer_with(Stops, MetricsCallback(seen, preds=lambda batch, _: len(batch[1]), target=None))
    trainer.train(classes(20), num_epochs=1)
    assert stopped
    trainer.train(classes(20), num_epochs=1)
    assert list(trainer.run_history.get_metric_values("train_seen")) == [20.0]


# names


@pytest.mark.parametrize(
    ("metrics", "names"),
    [
        (MulticlassAccuracy(CLASSES), ["MulticlassAccuracy"]),
        ([MulticlassAccuracy(CLASSES), MulticlassPrecision(CLASSES)], ["MulticlassAccuracy", "MulticlassPrecision"]),
        ({"top1": MulticlassAccuracy(CLASSES)}, ["top1"]),
        (MetricCollection({"top1": MulticlassAccuracy(CLASSES)}, prefix="my_"), ["my_top1"]),
        ({"a": MetricCollection({"b": MulticlassAccuracy(CLASSES)})}, ["a_b"]),
        ({"recall": MulticlassAccuracy(CLASSES, average=None)}, ["recall_0", "recall_1", "recall_2"]),
        ({"m": MulticlassConfusionMatrix(2)}, ["m_0_0", "m_0_1", "m_1_0", "m_1_1"]),
    ],
    ids=["one", "several", "named", "collection", "nested", "per class", "matrix"],
)
def test_a_metric_is_recorded_under_its_name(metrics, names):
    binary = {"preds": lambda batch, output: output["model_outputs"][:, :2], "target": lambda batch, _: batch[1] % 2}
    inputs = binary if names[0].startswith("m_0") else {}
    trainer = trainer_with(MetricsCallback(metrics, on=["train"], **inputs))
    trainer.train(classes(), num_epochs=1)
    assert sorted(trainer.run_history.get_metric_names() - {"train_loss_epoch"}) == [f"train_{name}" for name in names]


def test_the_metrics_that_were_given_are_not_touched():
    given = MulticlassAccuracy(CLASSES)
    callback = MetricsCallback({"a": given})
    trainer_with(callback).train(classes(), num_epochs=1)
    assert not given.update_called
    assert callback.metrics["train"]["a"] is not callback.metrics["eval"]["a"]


@pytest.mark.parametrize(
    "given",
    [
        [MulticlassAccuracy(CLASSES)],
        [MulticlassAccuracy(CLASSES), MulticlassConfusionMatrix(CLASSES)],
        [MulticlassAccuracy(CLASSES), MulticlassPrecision(CLASSES)],  # which share their states
        MetricCollection([MulticlassAccuracy(CLASSES), MulticlassPrecision(CLASSES)], compute_groups=False),
        [MetricTracker(MulticlassAccuracy(CLASSES))],
    ],
)
def test_batches_after_the_first_are_added_as_the_first_was(given):
    measured = MetricsCallback(given, on="train")._measured["train"]
    batches = [(torch.randn(8, CLASSES), torch.randint(CLASSES, (8,))) for _ in range(4)]
    for _ in range(2):
        measured.begin()
        for preds, target in batches[:3]:
            measured.feed(preds, target)
        twin = copy.deepcopy(measured)
        twin.feed(*batches[3])
        for which, seen in ((measured, batches[:3]), (twin, batches)):
            which.is_fed = True
            for name, value in which.compute(1).items():
                if name.endswith("_best"):
                    continue
                by_hand = getattr(torchmetrics.classification, name)(CLASSES)
                by_hand.update(*map(torch.cat, zip(*seen, strict=True)))
                assert torch.equal(value, by_hand.compute())


def test_a_metric_that_joins_between_epochs_is_fed():
    measured = MetricsCallback(MulticlassAccuracy(CLASSES), on="train")._measured["train"]
    for joins in ([], [MulticlassConfusionMatrix(CLASSES)]):
        measured.collection.add_metrics(joins)
        measured.begin()
        for _ in range(2):
            measured.feed(torch.randn(8, CLASSES), torch.randint(CLASSES, (8,)))
        assert [metric.update_count for metric in measured.collection.values()] == [2] * (1 + len(joins))


@pytest.mark.parametrize("on", [(), "trian", ("train", "test")])
def test_a_phase_that_does_not_exist_is_refused(on):
    with pytest.raises(ValueError, match=r"on=.*'train', 'eval'"):
        MetricsCallback(MeanMetric(), on=on)


def test_a_result_that_is_no_number_is_refused_by_name():
    trainer = trainer_with(MetricsCallback({"curve": MulticlassPrecisionRecallCurve(CLASSES)}))
    with pytest.raises(TypeError, match="curve computed a tuple"):
        trainer.train(classes(), num_epochs=1)


def test_nothing_of_a_batch_is_kept_alive():
    class Keeps(MeanMetric):
        def update(self, preds, target):
            self.last = preds, target

    callback = MetricsCallback({"keeps": Keeps()}, preds="model_outputs")
    leaf = torch.zeros(2, requires_grad=True)
    callback.feed_train((0, (0, leaf * 2)), {"model_outputs": [leaf * 2, (leaf * 2,)]})
    (first, (second,)), (_, target) = callback.metrics["train"]["keeps"].last
    assert [kept.requires_grad for kept in (first, second, target)] == [False] * 3


def test_the_library_is_imported_with_the_first_callback():
    code = "import sys, groundwire_torchmetrics; print('torchmetrics' in sys.modules)"
    ran = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"


# Wrappers.


def micro():
    return MulticlassAccuracy(CLASSES, average="micro")


def run_with(callback, epochs=3, **asked):
    outputs = Outputs()
    trainer = trainer_with(outputs, callback)
    trainer.train(classes(), epochs, eval_dataset=classes(9, seed=1), per_device_batch_size=4, **asked)
    return trainer.run_history, outputs


def test_compute_groups_come_to_the_same_as_separate_metrics():
    def metrics(groups):
        kinds = {"accuracy": MulticlassAccuracy, "precision": MulticlassPrecision, "matrix": MulticlassConfusionMatrix}
        return MetricCollection({name: kind(CLASSES) for name, kind in kinds.items()}, compute_groups=groups)

    (one, _), (other, _) = (run_with(MetricsCallback(metrics(groups))) for groups in (True, False))
    assert one.to_dict() == other.to_dict()


# Pictures.


class Board(TrainerCallback):
    """Keeps the pictures that it is handed."""

    def __init__(self):
        self.figures = []

    def figure(self, tag, figure):
        self.figures.append((tag, [len(line.get_xdata()) for axes in figure.axes for line in axes.get_lines()]))

    def on_training_run_end(self, trainer, **kwargs):
        """Makes it a callback."""


def test_every_metric_is_drawn_once_an_epoch_single_numbers_over_all_epochs():
    board = Board()
    metrics = {"accuracy": micro(), "matrix": MulticlassConfusionMatrix(CLASSES)}
    trainer = trainer_with(MetricsCallback(metrics, plot=True), board)
    trainer.train(classes(), 2, eval_dataset=classes(9), per_device_batch_size=4)
    tags = [tag for tag, _ in board.figures]
    names = [f"{phase}_{name}" for phase in ("train", "eval") for name in metrics]
    assert tags == names * 2
    assert [lines for tag, lines in board.figures if tag == "eval_accuracy"][-1][0] == 2


def test_pictures_that_nobody_takes_are_refused_before_the_first_batch():
    class Fails(TrainerCallback):
        def on_train_step_start(self, trainer, **kwargs):
            pytest.fail("a batch was read")

    with pytest.raises(ValueError, match=r"plot=True .*figure\(tag, figure\).*TensorBoardCallback"):
        trainer_with(MetricsCallback(micro(), plot=True), Fails()).train(classes(), 1)


def test_pictures_cost_nothing_when_they_are_not_asked_for():
    plain = MetricsCallback(micro())
    assert plain.look_for_boards is plain.draw_train is plain.draw_eval is None


# Resuming.


AGAIN = {
    "one": accuracy,
    "several that share states": lambda: MetricCollection([MulticlassAccuracy(CLASSES), MulticlassPrecision(CLASSES)]),
    "a wrapper": lambda: {"best": MinMaxMetric(MulticlassAccuracy(CLASSES))},
    "a tracker": lambda: {"best": MetricTracker(MulticlassAccuracy(CLASSES))},
}


class StopsAfter(TrainerCallback):
    def __init__(self, updates):
        self.updates = updates

    def on_train_update_end(self, trainer, **kwargs):
        if trainer.at.update == self.updates:
            raise StopTrainingError("enough")


@pytest.mark.filterwarnings("ignore:.*holds the states of callbacks")
@pytest.mark.parametrize("metrics", AGAIN.values(), ids=list(AGAIN))
@pytest.mark.parametrize("update", [4, 5, 7])
def test_a_run_that_is_resumed_measures_what_the_whole_one_does(tmp_path, metrics, update):
    def trained(*others, **asked):
        callback = MetricsCallback(metrics())
        torch.manual_seed(0)
        model = nn.Linear(4, CLASSES)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        trainer = Trainer(model, nn.CrossEntropyLoss(), optimizer, callbacks=[callback, *others], seed=1)
        trainer.train(classes(), 3, eval_dataset=classes(6, seed=1), per_device_batch_size=4, **asked)
        return trainer.run_history.to_dict()

    trained(SaveTrainingStateCallback(tmp_path, save_every_n_steps=update, save_at_end=False), StopsAfter(update + 2))
    assert trained(resume_from=tmp_path / f"step_{update}") == trained()


def test_a_phase_that_was_not_measured_before_begins_anew():
    before, now = MetricsCallback(accuracy(), on="train"), MetricsCallback(accuracy())
    now.load_state_dict(before.state_dict())
    assert set(now.state_dict()) == {"train", "eval"}


def test_the_order_of_saving_and_measuring_does_not_matter(tmp_path, recwarn):
    trainer = trainer_with(SaveTrainingStateCallback(tmp_path, save_every_n_steps=1), MetricsCallback(accuracy()))
    trainer.train(classes(), 1)
    assert not recwarn.list
