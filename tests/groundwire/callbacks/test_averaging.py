import pytest
import torch
from accelerate import Accelerator
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.data import TensorDataset

from groundwire.callbacks import (
    EarlyStoppingCallback,
    LimitBatchesCallback,
    LogMetricsCallback,
    ModelEmaCallback,
    SaveBestModelCallback,
    SaveTrainingStateCallback,
    StepBasedEvaluationCallback,
    TrainerCallback,
)
from groundwire.ema import ModelEma
from groundwire.errors import HookMapError
from groundwire.request import TrainRequest
from groundwire.trainer import Trainer

DATA = TensorDataset(torch.ones(8, 1), torch.ones(8, 1))


class Weights(TrainerCallback):
    """The weight after each update, and the model and mode of each evaluation."""

    def __init__(self):
        self.weights, self.evaluated = [], []

    def on_train_update_end(self, trainer, **kwargs):
        self.weights.append(trainer.get_model(keep_torch_compile=False).weight.item())

    def on_eval_epoch_start(self, trainer, **kwargs):
        self.evaluated.append(trainer.model)


def model_of():
    model = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(model.weight)
    return model


def trainer_with(*callbacks, model=None, kind=Trainer):
    model = model_of() if model is None else model
    return kind(model, nn.MSELoss(), torch.optim.SGD(model.parameters(), lr=0.1), callbacks)


def train(*callbacks, epochs=2, eval_dataset=DATA, trainer=None, **arguments):
    trainer = trainer_with(*callbacks) if trainer is None else trainer
    trainer.train(DATA, epochs, eval_dataset=eval_dataset, per_device_batch_size=2, **arguments)
    return trainer


def averaged(weights, decay, start=0.0):
    average = start
    for weight in weights:
        average = decay * average + (1 - decay) * weight
    return average


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ema.pt"


@pytest.mark.parametrize("decay", [0.0, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("accumulate", [1, 3])
def test_it_averages_once_an_update(path, decay, accumulate):  # B38
    ema, weights = ModelEmaCallback(decay=decay, save_path=path), Weights()
    train(weights, ema, gradient_accumulation_steps=accumulate)
    assert len(weights.weights) == (8 if accumulate == 1 else 4)
    assert ema.ema_model.module.weight.item() == pytest.approx(averaged(weights.weights, decay))


def test_the_average_is_evaluated_after_the_model_and_training_is_not_disturbed(path):
    weights, during = Weights(), []

    class Losses(TrainerCallback):
        def on_train_epoch_end(self, trainer, **kwargs):
            during.append(averaged(weights.weights, 0.5))

    ema = ModelEmaCallback(decay=0.5, save_path=path)
    trainer, plain = train(weights, Losses(), ema), train()
    expected = [pytest.approx((average - 1) ** 2) for average in during]
    assert trainer.run_history.get_metric_values("ema_model_eval_loss_epoch") == expected
    assert torch.equal(trainer.model.weight, plain.model.weight)
    for name in ("train_loss_epoch", "eval_loss_epoch"):
        assert trainer.run_history.get_metric_values(name) == plain.run_history.get_metric_values(name)
    assert trainer.run_history.metric_name_prefix == ""
    assert trainer.model.training == plain.model.training


def test_only_its_own_callbacks_hear_of_the_evaluation_of_the_average(path):
    outer, own = Weights(), Weights()
    ema = ModelEmaCallback(save_path=path, callbacks=[own])
    trainer = train(outer, ema)
    assert outer.evaluated == [trainer.model] * 2
    assert own.evaluated == [ema.ema_model.module] * 2
    assert own.weights == []
    assert trainer.callback_handler.callbacks == [outer, ema]


def test_a_logger_behind_it_logs_both_evaluations(path):
    logged = []

    class Logs(LogMetricsCallback):
        def log_metrics(self, trainer, metrics):
            logged.append(list(metrics))

    train(ModelEmaCallback(save_path=path), Logs(), epochs=1)
    assert logged == [["train_loss_epoch"], ["ema_model_eval_loss_epoch", "eval_loss_epoch"]]


def test_the_best_average_is_saved_alone(path):
    ema = ModelEmaCallback(decay=0.5, save_path=path)
    trainer = train(ema, create_scheduler_fn=lambda optimizer: torch.optim.lr_scheduler.StepLR(optimizer, 1))
    state = torch.load(path, weights_only=True)
    best = trainer.run_history.get_latest_metric("ema_model_eval_loss_epoch")
    assert set(state) == {"model_state_dict", "ema_model_eval_loss_epoch"}
    assert state["ema_model_eval_loss_epoch"] == ema.best_metric == best
    assert torch.equal(state["model_state_dict"]["weight"], ema.ema_model.module.weight)
    assert not torch.equal(trainer.model.weight, ema.ema_model.module.weight)


def test_an_average_that_is_no_better_is_not_saved(path):
    ema = ModelEmaCallback(decay=0.5, save_path=path, greater_is_better=True)
    weights = Weights()
    train(weights, ema)
    saved = torch.load(path, weights_only=True)["model_state_dict"]["weight"].item()
    assert saved == pytest.approx(averaged(weights.weights[:4], 0.5))


def test_without_evaluation_the_latest_average_is_saved(path):
    ema = ModelEmaCallback(decay=0.5, evaluate_during_training=False, save_path=path)
    trainer = train(ema, eval_dataset=None)
    state = torch.load(path, weights_only=True)
    assert set(state) == {"model_state_dict"}
    assert torch.equal(state["model_state_dict"]["weight"], ema.ema_model.module.weight)
    assert trainer.run_history.get_metric_names() == {"train_loss_epoch"}


def test_an_untrained_trainer_can_be_evaluated(path):  # B37
    trainer = trainer_with(ModelEmaCallback(save_path=path))
    trainer.evaluate(DATA)
    assert trainer.run_history.get_metric_names() == {"evaluation_loss"}


def test_evaluating_a_trained_trainer_evaluates_the_average_too(path):
    ema = ModelEmaCallback(decay=0.5, save_path=path)
    trainer = train(ema)
    trainer.evaluate(DATA)
    loss = (ema.ema_model.module.weight.item() - 1) ** 2
    assert trainer.run_history.get_metric_values("ema_model_eval_loss_epoch") == [pytest.approx(loss)]


def test_whole_numbers_among_the_buffers_are_copied(path):  # B39
    model = nn.Sequential(nn.Linear(1, 2), nn.BatchNorm1d(2), nn.Linear(2, 1))
    ema = ModelEmaCallback(decay=0.9, evaluate_during_training=False, save_path=path)
    train(trainer=trainer_with(ema, model=model))
    assert ema.ema_model.module[1].num_batches_tracked.item() == 8
    assert torch.load(path, weights_only=True)["model_state_dict"]["1.num_batches_tracked"].item() == 8
    assert 0 < ema.ema_model.module[1].running_var[0].item() < 1


def test_evaluations_within_an_epoch_are_of_the_model_alone(path):
    trainer = train(StepBasedEvaluationCallback(2), ModelEmaCallback(save_path=path), epochs=1)
    values = trainer.run_history.to_dict()
    assert {name: len(recorded) for name, recorded in values.items()} == {
        "train_loss_epoch": 1,
        "eval_loss_epoch": 1,
        "intermediate_eval_loss": 2,
        "ema_model_eval_loss_epoch": 1,
    }


def test_limits_hold_for_the_average_too(path):
    batches = []

    class Counts(TrainerCallback):
        def on_eval_step_end(self, trainer, batch, batch_output, **kwargs):
            batches.append(batch)

    train(LimitBatchesCallback(3), ModelEmaCallback(save_path=path, callbacks=[Counts]), epochs=1)
    assert len(batches) == 3


def test_two_average_at_their_own_pace(tmp_path):  # B41
    slow = ModelEmaCallback(decay=0.9, evaluate_during_training=False, save_path=tmp_path / "slow.pt")
    fast = ModelEmaCallback(decay=0.1, evaluate_during_training=False, save_path=tmp_path / "fast.pt")
    weights = Weights()
    train(weights, slow, fast)
    for ema in (slow, fast):
        assert ema.ema_model.module.weight.item() == pytest.approx(averaged(weights.weights, ema.decay))


def test_it_does_not_write_to_the_file_of_another(path):
    with pytest.raises(ValueError, match="is that of another"):
        train(SaveBestModelCallback(path), ModelEmaCallback(save_path=path))


def test_a_rule_of_ones_own_averages(path):
    class Latest(ModelEma):
        def update_fn(self, ema_model_weights, updated_model_weights):
            return updated_model_weights

    ema = ModelEmaCallback(save_path=path, model_ema=Latest)
    trainer = train(ema)
    assert torch.equal(ema.ema_model.module.weight, trainer.model.weight)


@pytest.mark.parametrize("precision", ["no", "bf16"])
def test_what_is_evaluated_is_the_average_in_any_precision(path, precision):
    class Precise(Trainer):
        def _create_accelerator(self):
            return Accelerator(mixed_precision=precision, cpu=True)

    ema = ModelEmaCallback(decay=1.0, save_path=path)
    trainer = train(trainer=trainer_with(ema, kind=Precise))
    # with decay 1 the average stays at its start, weight 0, of which the loss is 1
    assert trainer.run_history.get_metric_values("ema_model_eval_loss_epoch") == [1.0, 1.0]
    assert trainer.run_history.get_latest_metric("eval_loss_epoch") < 0.5


def test_a_compiled_model_is_averaged_without_its_wrapper(path):
    model = torch.compile(model_of(), backend="eager")
    ema, weights = ModelEmaCallback(decay=0.5, save_path=path), Weights()
    train(trainer=trainer_with(weights, ema, model=model))
    assert ema.ema_model.module.weight.item() == pytest.approx(averaged(weights.weights, 0.5))
    assert set(torch.load(path, weights_only=True)["model_state_dict"]) == {"weight"}


def test_an_error_while_the_average_is_evaluated_leaves_the_trainer_its_model(path):
    class Breaks(TrainerCallback):
        def on_eval_step_end(self, trainer, batch, batch_output, **kwargs):
            raise KeyError("broken")

    ema = ModelEmaCallback(save_path=path, callbacks=[Breaks])
    model = model_of()
    trainer = trainer_with(ema, model=model)
    with pytest.raises(KeyError, match="broken"):
        train(trainer=trainer)
    assert trainer.model is model
    assert trainer.callback_handler.callbacks == [ema]
    assert trainer.run_history.metric_name_prefix == ""


def test_its_callbacks_are_checked_before_the_first_batch(path):
    class Wrong(TrainerCallback):
        def on_eval_step_end(self):
            pass

    weights = Weights()
    with pytest.raises(HookMapError, match=r"Wrong\.on_eval_step_end"):
        train(weights, ModelEmaCallback(save_path=path, callbacks=[Wrong]))
    assert weights.weights == []


def test_each_run_averages_anew(path):
    ema = ModelEmaCallback(decay=1.0, save_path=path)
    trainer = train(ema)
    after = trainer.model.weight.item()
    train(trainer=trainer)
    assert ema.ema_model.module.weight.item() == after


@pytest.mark.parametrize("given_back", ["before the run", "within the run"])
def test_its_state_goes_on_where_it_was(path, given_back):
    ema = ModelEmaCallback(decay=1.0, save_path=path)
    train(ema)
    nn.init.constant_(ema.ema_model.module.weight, 7.0)
    torch.save(ema.state_dict(), path)
    state = torch.load(path, weights_only=True)

    other = ModelEmaCallback(decay=1.0, evaluate_during_training=False, save_path=path)
    trainer = trainer_with(other)
    trainer._request = TrainRequest(train_dataset=None, num_epochs=1, resume_from="states/epoch_2")
    if given_back == "before the run":
        other.load_state_dict(state)
    other.on_training_run_start(trainer)
    if given_back == "within the run":
        other.load_state_dict(state)
    assert other.ema_model.module.weight.item() == 7.0
    assert (other.best_metric, other.best_metric_epoch) == (ema.best_metric, ema.best_metric_epoch)


def test_a_state_from_before_the_first_run_can_be_given_back(path):
    other = ModelEmaCallback(save_path=path)
    other.load_state_dict(ModelEmaCallback(save_path=path).state_dict())
    train(other)


class Reads(TorchDispatchMode):
    """Counts how often a tensor is read by the host."""

    count = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.count += func is torch.ops.aten._local_scalar_dense.default
        return func(*args, **(kwargs or {}))


def test_no_step_reads_a_tensor(tmp_path):
    def reads(samples):
        callbacks = [
            ModelEmaCallback(save_path=tmp_path / "ema.pt"),
            SaveBestModelCallback(tmp_path / "best.pt"),
            EarlyStoppingCallback(),
            LimitBatchesCallback(100),
            StepBasedEvaluationCallback(1000),
            SaveTrainingStateCallback(tmp_path / "states", save_every_n_steps=1000, save_at_end=False),
        ]
        trainer = trainer_with(*callbacks)
        data = TensorDataset(torch.ones(samples, 1), torch.ones(samples, 1))
        with Reads() as mode:
            trainer.train(data, 1, eval_dataset=DATA, per_device_batch_size=2)
        return mode.count

    assert reads(8) == reads(80)
