import multiprocessing
from types import SimpleNamespace

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

from groundwire.callbacks import (
    LimitBatchesCallback,
    LimitEvalStepsCallback,
    StepBasedEvaluationCallback,
    StopTrainingError,
    TrainerCallback,
)
from groundwire.errors import GroundwireError
from groundwire.trainer import Trainer
from groundwire.utils import LIMIT_BATCHES_ENV_VAR, LimitBatches

DATA = TensorDataset(torch.zeros(12, 1), torch.zeros(12, 1))
PAIR = (torch.zeros(2, 1), torch.zeros(2, 1))


class Counts(TrainerCallback):
    """Training batches, updates, and the batches of each evaluation (intermediate or not)."""

    def __init__(self):
        self.batches = self.updates = 0
        self.evaluations = []

    def on_train_step_end(self, trainer, batch, batch_output, **kwargs):
        self.batches += 1

    def on_train_update_end(self, trainer, **kwargs):
        self.updates += 1

    def on_eval_epoch_start(self, trainer, is_intermediate, **kwargs):
        self.evaluations.append((is_intermediate, 0))

    def on_eval_step_end(self, trainer, batch, batch_output, **kwargs):
        kind, count = self.evaluations.pop()
        self.evaluations.append((kind, count + 1))


class Stream(IterableDataset):
    def __iter__(self):
        return iter(DATA)


class Batches:
    """Neither a DataLoader nor sized; knows what was read and whether its iterators were closed."""

    def __init__(self, count=6):
        self.count = count
        self.read = self.open = 0

    def __iter__(self):
        self.open += 1
        try:
            for _ in range(self.count):
                self.read += 1
                yield PAIR
        finally:
            self.open -= 1


def trainer_with(*callbacks, kind=Trainer):
    model = nn.Linear(1, 1)
    return kind(model, nn.MSELoss(), torch.optim.SGD(model.parameters(), lr=0.1), callbacks)


def run(*callbacks, data=DATA, eval_data=DATA, **arguments):
    counts = Counts()
    trainer = trainer_with(*callbacks, counts)
    trainer.train(data, 1, eval_dataset=eval_data, per_device_batch_size=2, **arguments)
    return trainer, counts


@pytest.mark.parametrize(
    "data", [DATA, Stream(), Batches(), DataLoader(DATA, batch_size=2)], ids=lambda d: type(d).__name__
)
def test_a_run_uses_the_first_batches_of_any_loader(data):
    _, counts = run(LimitBatchesCallback(2), data=data, eval_data=data)
    assert (counts.batches, counts.evaluations) == (2, [(False, 2)])


def test_an_evaluation_run_is_limited_too():
    counts = Counts()
    trainer = trainer_with(LimitBatchesCallback(4), counts)
    trainer.evaluate(DATA, per_device_batch_size=2)
    assert counts.evaluations == [(False, 4)]
    assert isinstance(trainer._eval_dataloader, DataLoader)


def test_training_without_evaluation_can_be_limited():
    trainer, counts = run(LimitBatchesCallback(2), eval_data=None)
    assert (counts.batches, trainer._eval_dataloader) == (2, None)


@pytest.mark.parametrize(("limit", "accumulate", "batches", "updates"), [(10, 4, 6, 2), (10, 10, 6, 1), (3, 2, 3, 2)])
def test_the_last_accumulation_window_makes_its_update(limit, accumulate, batches, updates):  # B30
    _, counts = run(LimitBatchesCallback(limit), gradient_accumulation_steps=accumulate)
    assert (counts.batches, counts.updates) == (batches, updates)


def test_the_length_is_what_will_be_read():  # B30
    lengths = []

    class Lengths(TrainerCallback):
        def on_train_epoch_start(self, trainer, **kwargs):
            lengths.append((len(trainer._train_dataloader), len(trainer._eval_dataloader)))

    run(LimitBatchesCallback(10), Lengths())
    run(LimitBatchesCallback(3), Lengths(), eval_data=TensorDataset(*PAIR))
    assert lengths == [(6, 6), (3, 1)]


def test_nothing_is_read_beyond_the_limit_and_iterators_are_closed():
    train, evaluation = Batches(), Batches()
    open_at_end = []

    class Ends(TrainerCallback):
        def on_train_epoch_end(self, trainer, **kwargs):
            open_at_end.append(train.open)

        def on_eval_epoch_end(self, trainer, **kwargs):
            open_at_end.append(evaluation.open)

    run(LimitBatchesCallback(2), Ends(), data=train, eval_data=evaluation)
    assert (train.read, evaluation.read) == (2, 2)
    assert open_at_end == [0, 0]


def test_no_worker_is_left_behind():
    left = []

    class Ends(TrainerCallback):
        def on_train_epoch_end(self, trainer, **kwargs):
            left.append(multiprocessing.active_children())

    _, counts = run(LimitBatchesCallback(1), Ends(), eval_data=None, train_dataloader_kwargs={"num_workers": 1})
    assert counts.batches == 1
    assert left == [[]]


def test_persistent_workers_serve_the_next_epoch_in_order():
    seen = []

    class Seen(TrainerCallback):
        def on_train_step_end(self, trainer, batch, batch_output, **kwargs):
            seen.append(batch[0].flatten().tolist())

    data = TensorDataset(torch.arange(12.0)[:, None], torch.zeros(12, 1))
    loader = DataLoader(data, batch_size=2, num_workers=1, persistent_workers=True)
    trainer_with(LimitBatchesCallback(2), Seen()).train(loader, 2)
    assert seen == [[0, 1], [2, 3]] * 2


class Raises(TrainerCallback):
    def __init__(self, event, error):
        setattr(self, event, self.fail)
        self.error = error

    def fail(self, *args, **kwargs):
        raise self.error


@pytest.mark.parametrize("limit", [LimitBatchesCallback(2), LimitEvalStepsCallback(2, limit_intermediate_only=False)])
@pytest.mark.parametrize("event", ["on_train_step_end", "on_eval_step_end", "on_training_run_epoch_end"])
@pytest.mark.parametrize("error", [StopTrainingError("enough"), KeyError("broken")])
def test_the_loaders_are_given_back_however_a_run_ends(limit, event, error):
    trainer = trainer_with(limit, Raises(event, error))
    train, evaluation = Batches(), Batches()
    if isinstance(error, StopTrainingError):
        trainer.train(train, 1, eval_dataset=evaluation)
    else:
        with pytest.raises(KeyError, match="broken"):
            trainer.train(train, 1, eval_dataset=evaluation)
    assert (trainer._train_dataloader, trainer._eval_dataloader) == (train, evaluation)


def test_several_limits_hold_together_and_all_are_lifted():  # B41
    train, evaluation = Batches(), Batches()
    limits = [
        LimitBatchesCallback(5),
        LimitEvalStepsCallback(3, limit_intermediate_only=False),
        LimitBatchesCallback(4),
    ]
    trainer, counts = run(*limits, data=train, eval_data=evaluation)
    assert (counts.batches, counts.evaluations) == (4, [(False, 3)])
    assert (trainer._train_dataloader, trainer._eval_dataloader) == (train, evaluation)


def test_an_evaluation_inside_a_run_is_limited_and_leaves_the_run_its_limit():
    class Inside(TrainerCallback):
        def on_train_epoch_start(self, trainer, **kwargs):
            trainer.evaluate(DATA, per_device_batch_size=2)
            with pytest.raises(TypeError):
                trainer.evaluate(3)

    _, counts = run(LimitBatchesCallback(2), LimitEvalStepsCallback(1), Inside())
    assert (counts.batches, counts.evaluations) == (2, [(False, 2), (False, 2)])


@pytest.mark.parametrize(
    ("only_intermediate", "evaluations"),
    [(True, [(True, 2), (True, 2), (False, 6)]), (False, [(True, 2), (True, 2), (False, 2)])],
)
@pytest.mark.parametrize("eval_data", [DATA, Stream(), Batches()], ids=lambda data: type(data).__name__)
def test_evaluations_are_limited(only_intermediate, evaluations, eval_data):  # B29
    limit = LimitEvalStepsCallback(2, limit_intermediate_only=only_intermediate)
    for order in ([limit, StepBasedEvaluationCallback(3)], [StepBasedEvaluationCallback(3), limit]):
        assert run(*order, eval_data=eval_data)[1].evaluations == evaluations


@pytest.mark.parametrize(("only_intermediate", "batches"), [(True, 6), (False, 2)])
def test_an_evaluation_run_is_limited_where_every_evaluation_is(only_intermediate, batches):  # B29
    counts = Counts()
    trainer = trainer_with(LimitEvalStepsCallback(2, limit_intermediate_only=only_intermediate), counts)
    trainer.evaluate(DATA, per_device_batch_size=2)
    assert counts.evaluations == [(False, batches)]


def test_a_limit_that_joins_within_a_run_holds_from_the_next_epoch_on():
    counts = Counts()

    class Adds(TrainerCallback):
        def on_training_run_epoch_end(self, trainer, **kwargs):
            if not any(isinstance(one, LimitEvalStepsCallback) for one in trainer.callback_handler):
                trainer.callback_handler.add_callback(LimitEvalStepsCallback(1, limit_intermediate_only=False))

    trainer_with(counts, Adds()).train(DATA, 2, eval_dataset=DATA, per_device_batch_size=2)
    assert counts.evaluations == [(False, 6), (False, 1)]


def test_an_evaluation_that_can_no_longer_be_limited_is_an_error():
    class Adds(TrainerCallback):
        def on_train_epoch_end(self, trainer, **kwargs):
            trainer.callback_handler.add_callback(LimitEvalStepsCallback(1, limit_intermediate_only=False))

    with pytest.raises(GroundwireError, match="LimitEvalStepsCallback cannot limit this evaluation"):
        run(Adds())


def test_what_is_evaluated_before_a_run_has_started_is_left_alone():
    trainer = SimpleNamespace(_eval_dataloader=Batches(), at=SimpleNamespace(epoch=0))
    LimitEvalStepsCallback(1, limit_intermediate_only=False).on_eval_epoch_start(trainer)
    assert isinstance(trainer._eval_dataloader, Batches)


@pytest.mark.parametrize(("steps", "processes", "share"), [(5, 2, 2), (2, 2, 1), (7, 1, 7)])
def test_steps_are_shared_out_among_the_processes(steps, processes, share):
    limit = LimitEvalStepsCallback(steps)
    trainer = SimpleNamespace(_accelerator=SimpleNamespace(num_processes=processes), _eval_dataloader=Batches())
    limit.on_training_run_start(trainer)
    limit.on_eval_epoch_start(trainer, is_intermediate=True)
    assert trainer._eval_dataloader.slice_size == share


def test_fewer_steps_than_processes_are_refused_before_the_first_batch():
    trainer = SimpleNamespace(_accelerator=SimpleNamespace(num_processes=4), _eval_dataloader=Batches())
    with pytest.raises(ValueError, match="num_eval_steps: at least one step for each of 4 processes is due, got 3"):
        LimitEvalStepsCallback(3).on_training_run_start(trainer)


def test_a_trainer_made_within_the_context_keeps_the_limit(monkeypatch):
    monkeypatch.delenv(LIMIT_BATCHES_ENV_VAR, raising=False)
    counts = Counts()
    with LimitBatches(3):
        trainer = trainer_with(counts)
    trainer.train(DATA, 1, per_device_batch_size=2)
    assert counts.batches == 3
    assert trainer.callback_handler.callback_list == ["LimitBatchesCallback", "Counts"]


def test_the_users_own_limit_survives_the_context(monkeypatch):  # B31
    monkeypatch.setenv(LIMIT_BATCHES_ENV_VAR, "5")
    with LimitBatches(3):
        pass
    assert trainer_with().callback_handler.callbacks[0].num_batches == 5


@pytest.mark.parametrize("value", [None, "", "none", "None"])
def test_without_a_number_in_the_environment_there_is_no_limit(monkeypatch, value):
    monkeypatch.delenv(LIMIT_BATCHES_ENV_VAR, raising=False)
    if value is not None:
        monkeypatch.setenv(LIMIT_BATCHES_ENV_VAR, value)
    assert trainer_with().callback_handler.callbacks == []


@pytest.mark.parametrize("value", ["0", "-1", "two", "1.5"])
def test_nonsense_in_the_environment_is_named(monkeypatch, value):
    monkeypatch.setenv(LIMIT_BATCHES_ENV_VAR, value)
    with pytest.raises(ValueError, match=f"PT_ACC_LIMIT_BATCHES: a whole number .* got '{value}'"):
        trainer_with()
