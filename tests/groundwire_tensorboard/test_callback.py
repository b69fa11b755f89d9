import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams.metadata import EXPERIMENT_TAG, SESSION_START_INFO_TAG
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData
from torch import nn
from torch.utils.data import TensorDataset

from groundwire import NonFiniteLossError, StopTrainingError, Trainer, TrainerCallback
from groundwire_tensorboard import TensorBoardCallback


def samples(count=20):
    generator = torch.Generator().manual_seed(0)
    return TensorDataset(torch.randn(count, 4, generator=generator), torch.randn(count, 1, generator=generator))


def trainer_with(*callbacks, trainer_class=Trainer, groups=1):
    torch.manual_seed(0)
    model = nn.Linear(4, 1)
    groups = [model.parameters()] if groups == 1 else [[model.weight], [model.bias]]
    optimizer = torch.optim.SGD([{"params": group} for group in groups], lr=0.1)
    return trainer_class(model, nn.MSELoss(), optimizer, callbacks=callbacks)


def train(trainer, epochs=2, **kwargs):
    trainer.train(samples(), num_epochs=epochs, eval_dataset=samples(8), per_device_batch_size=4, **kwargs)


def scalars(directory):
    """Tag to (step, value) pairs, as TensorBoard reads them, without those of the time ledger."""
    found = all_scalars(directory)
    return {tag: pairs for tag, pairs in found.items() if not tag.startswith(("throughput/", "time/"))}


def all_scalars(directory):
    events = EventAccumulator(str(directory), size_guidance={"scalars": 0, "histograms": 0}).Reload()
    return {tag: [(event.step, event.value) for event in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


def as_written(values):
    return [torch.tensor(value, dtype=torch.float32).item() for value in values]


class Losses(TrainerCallback):
    def __init__(self):
        self.losses = []

    def on_train_step_end(self, trainer, batch, batch_output, **kwargs):
        self.losses.append(batch_output["loss"].item())


def test_the_metrics_of_every_epoch_are_those_of_the_run_history_at_the_updates_done(tmp_path):
    trainer = trainer_with(TensorBoardCallback(tmp_path))
    train(trainer, epochs=3)
    found = scalars(tmp_path)
    history = trainer.run_history
    assert set(found) == history.get_metric_names() == {"train_loss_epoch", "eval_loss_epoch"}
    for name in history.get_metric_names():
        assert [step for step, _ in found[name]] == [5, 10, 15]
        assert [value for _, value in found[name]] == as_written(history.get_metric_values(name))


def test_loss_and_learning_rate_are_written_every_so_many_updates(tmp_path):
    losses = Losses()
    train(trainer_with(losses, TensorBoardCallback(tmp_path, every_n_steps=3)))
    found = scalars(tmp_path)
    assert found["train_loss_step"] == list(zip([3, 6, 9], as_written(losses.losses[2::3]), strict=True))
    assert found["learning_rate"] == list(zip([3, 6, 9], as_written([0.1] * 3), strict=True))


def test_the_learning_rate_is_the_one_that_the_update_is_made_with(tmp_path):
    def halved(optimizer):
        return torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.5)

    train(trainer_with(TensorBoardCallback(tmp_path, every_n_steps=1)), epochs=1, create_scheduler_fn=halved)
    rates = [value for _, value in scalars(tmp_path)["learning_rate"]]
    assert rates == as_written([0.1, 0.05, 0.025, 0.0125, 0.00625])


def test_each_parameter_group_has_its_learning_rate(tmp_path):
    trainer = trainer_with(TensorBoardCallback(tmp_path, every_n_steps=5), groups=2)
    trainer.optimizer.param_groups[1]["name"] = "bias"
    train(trainer, epochs=1)
    assert {tag for tag in scalars(tmp_path) if tag.startswith("learning")} == {"learning_rate/0", "learning_rate/bias"}


def test_steps_count_updates_and_not_batches(tmp_path):
    losses = Losses()
    trainer = trainer_with(losses, TensorBoardCallback(tmp_path, every_n_steps=1))
    train(trainer, epochs=1, gradient_accumulation_steps=2)
    found = scalars(tmp_path)
    completing = [losses.losses[index] for index in (1, 3, 4)]
    assert found["train_loss_step"] == list(zip([1, 2, 3], as_written(completing), strict=True))
    assert [step for step, _ in found["train_loss_epoch"]] == [3]


def test_nothing_is_read_from_a_loss_that_is_not_due(tmp_path):
    read = []

    class Watched(torch.Tensor):
        def item(self):
            read.append(True)
            return super().item()

    class Watches(Trainer):
        def calculate_train_batch_loss(self, batch):
            output = super().calculate_train_batch_loss(batch)
            return {**output, "loss": output["loss"].as_subclass(Watched)}

    train(trainer_with(TensorBoardCallback(tmp_path, every_n_steps=5), trainer_class=Watches))
    assert len(read) == 2


@pytest.mark.parametrize("tensorboard_first", [True, False])
@pytest.mark.parametrize("event", ["on_train_epoch_end", "on_eval_epoch_end", "on_training_run_epoch_end"])
def test_what_another_callback_records_is_written_once_wherever_it_stands(tmp_path, event, tensorboard_first):
    class Records(TrainerCallback):
        pass

    def record(self, trainer, **kwargs):
        trainer.run_history.update_metric("mine", float(trainer.at.epoch))

    setattr(Records, event, record)
    callbacks = [TensorBoardCallback(tmp_path), Records()]
    train(trainer_with(*(callbacks if tensorboard_first else reversed(callbacks))))
    assert scalars(tmp_path)["mine"] == [(5, 1.0), (10, 2.0)]


def test_what_is_recorded_at_the_very_end_of_a_run_is_written(tmp_path):
    class Records(TrainerCallback):
        def on_training_run_end(self, trainer, **kwargs):
            trainer.run_history.update_metric("last", 4)

    train(trainer_with(TensorBoardCallback(tmp_path), Records()))
    assert scalars(tmp_path)["last"] == [(10, 4.0)]


def test_what_is_not_one_number_is_left_out(tmp_path):
    class Records(TrainerCallback):
        def on_train_epoch_end(self, trainer, **kwargs):
            for name, value in {
                "many": torch.ones(2),
                "text": "a",
                "one": torch.ones(1, requires_grad=True),
                "none": None,
            }.items():
                trainer.run_history.update_metric(name, value)

    train(trainer_with(TensorBoardCallback(tmp_path), Records()))
    assert set(scalars(tmp_path)) == {"train_loss_epoch", "eval_loss_epoch", "one"}


@pytest.mark.parametrize("reset", [True, False])
def test_a_second_run_continues_in_the_same_directory(tmp_path, reset):
    trainer = trainer_with(TensorBoardCallback(tmp_path, every_n_steps=5))
    train(trainer, epochs=2)
    first = trainer.run_history.get_metric_values("train_loss_epoch")
    train(trainer, epochs=2, reset_run_history=reset)
    second = trainer.run_history.get_metric_values("train_loss_epoch")
    found = scalars(tmp_path)
    values = [*first, *second] if reset else second
    assert found["train_loss_epoch"] == list(zip([5, 10, 15, 20], as_written(values), strict=True))
    assert [step for step, _ in found["train_loss_step"]] == [5, 10, 15, 20]


def test_an_evaluation_run_is_kept_apart_from_the_curves_of_training(tmp_path):
    trainer = trainer_with(TensorBoardCallback(tmp_path))
    train(trainer)
    trainer.evaluate(samples())
    found = scalars(tmp_path)
    assert [step for step, _ in found["eval_loss_epoch"]] == [5, 10]
    value = trainer.run_history.get_latest_metric("evaluation_loss")
    assert found["evaluation/evaluation_loss"] == [(10, as_written([value])[0])]


def test_an_evaluation_run_inside_of_training_leaves_the_curves_of_training_alone(tmp_path):
    class Evaluates(TrainerCallback):
        def on_train_epoch_end(self, trainer, **kwargs):
            if trainer.at.epoch == 1:
                trainer.evaluate(samples())

    train(trainer_with(TensorBoardCallback(tmp_path), Evaluates()))
    found = scalars(tmp_path)
    assert [step for step, _ in found["evaluation/evaluation_loss"]] == [5]
    assert [step for step, _ in found["eval_loss_epoch"]] == [5, 10]
    assert len(list(tmp_path.iterdir())) == 1


def test_a_trainer_that_only_evaluates_is_written(tmp_path):
    trainer_with(TensorBoardCallback(tmp_path)).evaluate(samples())
    assert [step for step, _ in scalars(tmp_path)["evaluation/evaluation_loss"]] == [0]


def test_what_the_history_held_before_is_left_out(tmp_path):
    trainer = trainer_with(TensorBoardCallback(tmp_path))
    trainer.run_history.update_metric("train_loss_epoch", 99.0)
    train(trainer, epochs=1, reset_run_history=False)
    assert len(scalars(tmp_path)["train_loss_epoch"]) == 1


def test_a_metric_that_is_deleted_and_begun_again_goes_on(tmp_path):
    class Begins(TrainerCallback):
        def on_train_epoch_end(self, trainer, **kwargs):
            history = trainer.run_history
            if trainer.at.epoch == 3:
                history.delete_metric("mine")
            history.update_metric("mine", float(trainer.at.epoch))

    train(trainer_with(TensorBoardCallback(tmp_path), Begins()), epochs=3)
    assert scalars(tmp_path)["mine"] == [(5, 1.0), (10, 2.0), (15, 3.0)]


def hparams_of(directory):
    events = EventAccumulator(str(directory)).Reload()
    contents = [events.SummaryMetadata(tag).plugin_data.content for tag in (SESSION_START_INFO_TAG, EXPERIMENT_TAG)]
    start, experiment = map(HParamsPluginData.FromString, contents)
    return start.session_start_info.hparams, [metric.name.tag for metric in experiment.experiment.metric_infos]


def test_hyperparameters_name_the_final_metrics_of_the_same_directory(tmp_path):
    train(trainer_with(TensorBoardCallback(tmp_path, hparams={"width": 4, "kind": "linear"})))
    given, metrics = hparams_of(tmp_path)
    assert (given["width"].number_value, given["kind"].string_value) == (4, "linear")
    assert (given["num_epochs"].number_value, given["train_per_device_batch_size"].number_value) == (2, 4)
    assert not {name for name in given if name.startswith("is_") or name.endswith("kwargs")}
    assert set(metrics) == {"train_loss_epoch", "eval_loss_epoch"} <= set(scalars(tmp_path))
    assert all(path.is_file() for path in tmp_path.iterdir())


class Fails(TrainerCallback):
    def __init__(self, error):
        self.error = error

    def on_train_epoch_end(self, trainer, **kwargs):
        if trainer.at.epoch == 2:
            raise self.error


def test_an_error_closes_the_file_with_everything_in_it(tmp_path):
    callback = TensorBoardCallback(tmp_path)
    trainer = trainer_with(callback, Fails(RuntimeError("broken")))
    with pytest.raises(RuntimeError, match="broken"):
        train(trainer)
    assert callback.writer._writer is None
    assert len(scalars(tmp_path)["train_loss_epoch"]) == len(trainer.run_history.get_metric_values("train_loss_epoch"))


def test_a_run_that_is_stopped_is_written_to_the_end(tmp_path):
    callback = TensorBoardCallback(tmp_path)
    train(trainer_with(callback, Fails(StopTrainingError("enough"))), epochs=5)
    assert callback.writer._writer is None
    assert [step for step, _ in scalars(tmp_path)["train_loss_epoch"]] == [5, 10]
    assert sorted(hparams_of(tmp_path)[1]) == ["eval_loss_epoch", "train_loss_epoch"]


def test_a_loss_that_is_not_finite_closes_the_file(tmp_path):
    callback = TensorBoardCallback(tmp_path)
    with pytest.raises(NonFiniteLossError):
        train(trainer_with(callback, Fails(NonFiniteLossError(2, 0))))
    assert callback.writer._writer is None
    assert len(scalars(tmp_path)["train_loss_epoch"]) == 2


def test_other_processes_write_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("accelerate.state.PartialState.is_main_process", False)
    directory = tmp_path / "run"
    trainer = trainer_with(TensorBoardCallback(directory, every_n_steps=1, histogram_every_n_steps=1))
    train(trainer)
    trainer.evaluate(samples())
    assert not directory.exists()


def test_histograms_of_parameters_and_gradients_are_written_when_asked_for(tmp_path):
    train(trainer_with(TensorBoardCallback(tmp_path, histogram_every_n_steps=4)))
    events = EventAccumulator(str(tmp_path), size_guidance={"histograms": 0}).Reload()
    tags = {f"{kind}/{name}" for kind in ("parameters", "gradients") for name in ("weight", "bias")}
    assert set(events.Tags()["histograms"]) == tags
    for tag in tags:
        assert [event.step for event in events.Histograms(tag)] == [4, 8]


def test_histograms_cost_nothing_when_they_are_not_asked_for(tmp_path):
    trainer = trainer_with(TensorBoardCallback(tmp_path))
    train(trainer)
    assert trainer.plan.optimizer_step == trainer.optimizer_step


def test_the_files_change_no_weight(tmp_path):
    plain, written = trainer_with(), trainer_with(TensorBoardCallback(tmp_path, 1, histogram_every_n_steps=1))
    for trainer in (plain, written):
        torch.manual_seed(1)
        train(trainer)
    assert torch.equal(plain.model.weight, written.model.weight)


@pytest.mark.parametrize("name", ["every_n_steps", "histogram_every_n_steps"])
@pytest.mark.parametrize("value", [0, -1, 1.5, True, "5"])
def test_a_number_of_steps_that_is_none_is_refused(name, value):
    with pytest.raises((TypeError, ValueError), match=f"{name}: a whole number of at least 1 is due"):
        TensorBoardCallback(**{name: value})


# Throughput, pictures, the graph, and where a value stands.


def test_throughput_and_time_ledger_are_written_after_each_epoch(tmp_path):
    trainer = trainer_with(TensorBoardCallback(tmp_path))
    train(trainer)
    found, times = all_scalars(tmp_path), trainer.run_history.epoch_times
    assert [step for step, _ in found["throughput/samples_per_second"]] == [5, 10]
    assert [value for _, value in found["throughput/samples_per_second"]] == as_written(
        [20 / time.seconds for time in times]
    )
    assert [value for _, value in found["throughput/updates_per_second"]] == as_written(
        [5 / time.seconds for time in times]
    )
    for account in ("data", "step", "callbacks", "evaluation", "saving", "other"):
        assert [value for _, value in found[f"time/{account}"]] == as_written(
            [getattr(time, account) for time in times]
        )


def test_throughput_can_be_left_out(tmp_path):
    train(trainer_with(TensorBoardCallback(tmp_path, throughput=False)))
    assert all_scalars(tmp_path) == scalars(tmp_path)


def images(directory):
    events = EventAccumulator(str(directory), size_guidance={"images": 0}).Reload()
    return {
        tag: [(event.step, event.width, event.height) for event in events.Images(tag)]
        for tag in events.Tags()["images"]
    }


def test_figures_are_drawn_after_each_epoch(tmp_path):
    from matplotlib.figure import Figure

    def curve(trainer):
        figure = Figure(figsize=(2, 1), dpi=50)
        figure.subplots().plot(trainer.run_history.get_metric_values("eval_loss_epoch"))
        return figure

    figures = {"curve": curve, "weights": lambda trainer: trainer.model.weight.sigmoid()}
    train(trainer_with(TensorBoardCallback(tmp_path, figures=figures)))
    assert images(tmp_path) == {"curve": [(5, 100, 50), (10, 100, 50)], "weights": [(5, 4, 1), (10, 4, 1)]}


@pytest.mark.parametrize(
    ("shape", "size"), [((3, 4), (4, 3)), ((1, 3, 4), (4, 3)), ((3, 3, 4), (4, 3)), ((2, 3, 5, 4), (8, 5))]
)
def test_images_of_every_shape_are_written_where_the_run_is(tmp_path, shape, size):
    board = TensorBoardCallback(tmp_path)

    class Shows(TrainerCallback):
        def on_train_epoch_end(self, trainer, **kwargs):
            board.image("seen", torch.rand(shape, dtype=torch.bfloat16))

    train(trainer_with(board, Shows), epochs=1)
    assert images(tmp_path) == {"seen": [(5, *size)]}


def test_what_is_no_image_is_refused_by_its_tag(tmp_path):
    with pytest.raises(ValueError, match=r"'it': an image .* got \(4,\)"):
        TensorBoardCallback(tmp_path).image("it", torch.zeros(4))
    with pytest.raises(ValueError, match=r"1, 3 or 4 channels, is due; got \(2, 3, 4\)"):
        TensorBoardCallback(tmp_path).image("it", torch.zeros(2, 3, 4))


def test_figures_and_graph_cost_nothing_when_they_are_not_asked_for(tmp_path):
    plain = TensorBoardCallback(tmp_path)
    assert plain.draw is plain.write_graph is None


@pytest.mark.parametrize("graph", [True, lambda batch: batch[0][:1]])
def test_the_graph_is_written_once_and_changes_no_number(tmp_path, graph):
    ends = []
    for callbacks in ([], [TensorBoardCallback(tmp_path, graph=graph)]):
        trainer = trainer_with(*callbacks)
        trainer.model.append(nn.Dropout()) if isinstance(trainer.model, nn.Sequential) else None
        torch.manual_seed(1)
        train(trainer)
        ends.append([parameter.detach().clone() for parameter in trainer.model.parameters()])
    assert all(torch.equal(one, other) for one, other in zip(*ends, strict=True))
    events = EventAccumulator(str(tmp_path)).Reload()
    assert "Linear" in str(events.Graph())


def test_a_model_that_cannot_be_traced_is_a_warning(tmp_path):
    class Strange(nn.Linear):
        def forward(self, inputs):
            if torch.jit.is_tracing():
                raise RuntimeError("not me")
            return super().forward(inputs)

    trainer = trainer_with(TensorBoardCallback(tmp_path, graph=True))
    trainer.model.__class__ = Strange
    with pytest.warns(UserWarning, match="the graph of Strange is not written: not me"):
        train(trainer)
    assert trainer.at.update == 10


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"x_axis": "batch"}, ValueError, "x_axis: one of 'step', 'epoch', 'sample', 'second' is due, got 'batch'"),
        ({"graph": 3}, TypeError, "graph: True, False or a function of a batch is due, got 3"),
        ({"figures": {"a": 3}}, TypeError, "figures: 'a' needs a function of the Trainer, got 3"),
    ],
)
def test_a_wrong_argument_is_refused_by_name(given, error, said):
    with pytest.raises(error, match=said):
        TensorBoardCallback(**given)
