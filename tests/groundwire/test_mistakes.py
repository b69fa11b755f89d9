import numpy as np
import pytest
import torch
from tests.groundwire.runs import DOCUMENTED, data, equal, network, recording, step_lr, trainer_for, weights
from torch import nn
from torch.optim.lr_scheduler import ReduceLROnPlateau

from groundwire import GroundwireError, Trainer
from groundwire.mistakes import whole_arrays
from groundwire.trainer import TrainerWithTimmScheduler

X, Y = torch.ones(6, 3), torch.ones(6, 1)


@pytest.mark.parametrize(
    "given",
    [X, (X, Y), (X, Y.squeeze(1)), [X, Y], (X.numpy(), Y.numpy()), [X.numpy(), Y], (X, X), [X.numpy(), X.numpy(), Y]],
)
def test_inputs_and_targets_side_by_side_are_no_dataset(given):
    with pytest.raises(TypeError, match=r"train_dataset: .*TensorDataset\(inputs, targets\).*from_numpy"):
        trainer_for().train(given, 1)


@pytest.mark.parametrize(
    "given",
    [
        [(X[0], Y[0]), (X[1], Y[1])],  # samples
        [X[0], X[1]],  # samples without targets
        [X[0], X[1][:2]],  # of several lengths
        (),
        [X],
        np.ones((4, 2, 1)),
        data(2),
        [{"x": X}, {"x": X}],
    ],
)
def test_samples_are_a_dataset(given):
    assert not whole_arrays(given, is_collated=False)


def test_whoever_collates_may_have_samples_of_any_kind():
    assert not whole_arrays((X, Y), is_collated=True)


@pytest.mark.parametrize(
    ("batches", "what"), [([{"x": X, "y": Y}], "a dictionary of 'x', 'y'"), ([(X,)], "tuple of 1")]
)
@pytest.mark.parametrize("run", ["train", "evaluate"])
def test_a_batch_that_is_no_pair_is_said_to_be_none(run, batches, what):
    trainer = trainer_for()
    with pytest.raises(GroundwireError, match=rf"{what}.*override calculate_train_batch_loss .* in Trainer"):
        getattr(trainer, run)(iter(batches), *([1] if run == "train" else []))


@pytest.mark.parametrize("size", [1, 2])
@pytest.mark.parametrize(
    ("spoil", "what"), [(torch.Tensor.item, "a float"), (torch.Tensor.detach, "a tensor without gradients")]
)
def test_a_loss_without_gradients_is_said_to_be_none(spoil, what, size):
    class Spoils(Trainer):
        def calculate_train_batch_loss(self, batch):
            output = super().calculate_train_batch_loss(batch)
            return {**output, "loss": spoil(output["loss"])}

    with pytest.raises(GroundwireError, match=rf"Spoils.calculate_train_batch_loss returned as 'loss' {what}"):
        trainer_for(kind=Spoils).train(data(4), 1, per_device_batch_size=2, gradient_accumulation_steps=size)


def test_an_error_of_the_backward_pass_stays_what_it_is():
    class Fails(torch.autograd.Function):
        @staticmethod
        def forward(ctx, value):
            return value.clone()

        @staticmethod
        def backward(ctx, gradient):
            raise RuntimeError("mine")

    class Mine(Trainer):
        def calculate_train_batch_loss(self, batch):
            output = super().calculate_train_batch_loss(batch)
            return {**output, "loss": Fails.apply(output["loss"])}

    with pytest.raises(RuntimeError, match=r"^mine$"):
        trainer_for(kind=Mine).train(data(2), 1)


def test_a_scheduler_that_asks_for_a_metric_is_refused_before_the_first_batch():
    trainer = trainer_for(kind=recording(Trainer, ["calculate_train_batch_loss"]))
    with pytest.raises(TypeError, match=r"ReduceLROnPlateau, whose step\(\) asks for 'metrics'.*scheduler_step"):
        trainer.train(data(2), 1, create_scheduler_fn=ReduceLROnPlateau)
    assert not hasattr(trainer, "seen")


def test_a_scheduler_that_asks_for_a_metric_can_be_given_one():
    class Plateau(Trainer):
        def scheduler_step(self):
            pass

        def training_run_epoch_end(self):
            self.scheduler.step(1.0)

    trainer = trainer_for(kind=Plateau)
    trainer.train(data(2), 4, create_scheduler_fn=lambda optimizer: ReduceLROnPlateau(optimizer, patience=1))
    assert trainer.optimizer.param_groups[0]["lr"] == pytest.approx(0.01)


def test_a_scheduler_of_timm_is_refused_by_the_plain_trainer_alone():
    class OfTimm:
        def step(self, epoch):
            pass

        def step_update(self, num_updates):
            pass

    trainer_for(kind=TrainerWithTimmScheduler).train(data(2), 1, create_scheduler_fn=lambda _: OfTimm())
    with pytest.raises(TypeError, match="TrainerWithTimmScheduler steps those of timm"):
        trainer_for().train(data(2), 1, create_scheduler_fn=lambda _: OfTimm())


def test_a_scheduler_without_step_will_do_where_scheduler_step_is_overridden():
    class Updated:
        updates = 0

    class Moves(Trainer):
        def scheduler_step(self):
            self.scheduler.updates += 1

    trainer = trainer_for(kind=Moves)
    trainer.train(data(4), 1, per_device_batch_size=2, create_scheduler_fn=lambda _: Updated())
    assert trainer.scheduler.updates == 2


@pytest.mark.parametrize("run", ["train", "evaluate", "predict"])
def test_a_trainer_that_was_not_constructed_says_who_forgot_it(run):
    class Forgets(Trainer):
        def __init__(self, model):
            self.model = model

    with pytest.raises(TypeError, match=r"Forgets.__init__ \(.*test_mistakes.py:\d+\) does not call super\(\)"):
        getattr(Forgets(network()), run)(data(2), *([1] if run == "train" else []))


@pytest.mark.parametrize(
    ("run", "given", "meant"),
    [
        ("train", {"epochs": 1}, "num_epochs"),
        ("train", {"num_epochs": 1, "batch_size": 2}, "per_device_batch_size"),
        ("train", {"num_epochs": 1, "val_dataset": data(2)}, "eval_dataset"),
        ("evaluate", {"batch_size": 2}, "per_device_batch_size"),
        ("predict", {"collects": True}, "collect"),
    ],
)
def test_an_argument_of_another_name_is_told_its_own(run, given, meant):
    with pytest.raises(TypeError, match=rf"Trainer.{run}: '.*' is none of its arguments. Did you mean '{meant}'\?"):
        getattr(trainer_for(), run)(data(2), **given)


# What is called is what was asked for.


@pytest.mark.parametrize("name", ["_clip_gradients", "scheduler_step"])
def test_what_nobody_asked_for_is_not_called(name):
    trainer = trainer_for(kind=recording(Trainer, DOCUMENTED))
    trainer.train(data(2), 1)
    assert name not in trainer.seen
    trainer.seen.clear()
    trainer.train(data(2), 1, gradient_clip_norm=1.0, create_scheduler_fn=step_lr)
    assert name in trainer.seen


def test_a_scheduler_that_is_set_as_the_run_starts_is_stepped():
    class Sets(Trainer):
        def training_run_start(self):
            self.scheduler = step_lr(self.optimizer)

    trainer = trainer_for(kind=Sets)
    trainer.train(data(4), 1, per_device_batch_size=2)
    assert trainer.optimizer.param_groups[0]["lr"] == pytest.approx(0.025)


def test_a_loss_that_is_not_finite_is_shown_once(capsys):
    model = nn.Linear(3, 1)
    trainer = Trainer(model, lambda *_: model.weight.sum() * float("nan"), torch.optim.SGD(model.parameters(), lr=0.1))
    with pytest.raises(GroundwireError, match="not finite"):
        trainer.train(data(2), 1)
    assert "not finite" not in capsys.readouterr().out


def test_data_that_only_a_loader_can_judge_is_given_to_one():
    class Fetches:
        def __getitems__(self, keys):
            return [(X[0], Y[0]) for _ in keys]

    trainer = trainer_for()
    trainer.train(Fetches(), 1, per_device_batch_size=2, train_dataloader_kwargs={"sampler": ["a", "b", "c"]})
    assert trainer.at.update == 2


# Evaluation data is looked at before training.


class Rows(torch.utils.data.Dataset):
    def __init__(self, *rows):
        self.rows = rows

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        if isinstance(self.rows[index], Exception):
            raise self.rows[index]
        return self.rows[index]


BAD = {
    "an error": (Rows(LookupError("no such file")), LookupError, "no such file"),
    "no targets": (Rows((X[0],), (X[1],)), GroundwireError, "takes inputs and targets"),
    "dictionaries": (Rows({"x": X[0]}), GroundwireError, "a dictionary of 'x'"),
    "samples that make no batch": (Rows((X[0], Y[0]), (X[1][:2], Y[1])), RuntimeError, "equal size"),
}


@pytest.mark.parametrize("bad", BAD)
def test_bad_evaluation_data_is_found_before_the_first_epoch(bad):
    rows, kind, said = BAD[bad]
    trainer = trainer_for(kind=recording(Trainer, ["train_epoch_start"]))
    with pytest.raises(kind, match=said):
        trainer.train(data(4), 1, eval_dataset=rows)
    assert not hasattr(trainer, "seen")


def test_looking_at_evaluation_data_draws_no_random_number():
    class Noisy(Rows):
        def __getitem__(self, index):
            return X[0] + torch.randn(3) + float(np.random.rand()), Y[0]  # the generator of datasets

    def trained(rows, **kwargs):
        torch.manual_seed(0)
        np.random.seed(0)
        trainer = trainer_for()
        trainer.train(data(6), 2, eval_dataset=rows, per_device_batch_size=2, eval_dataloader_kwargs=kwargs)
        return trainer.run_history.to_dict(), weights(trainer.model)

    rows = Noisy(*range(4))
    looked_at, left_alone = trained(rows), trained(rows, sampler=[0, 1, 2, 3])
    assert looked_at[0] == left_alone[0]
    assert equal(looked_at[1], left_alone[1])


def test_batches_of_any_kind_are_welcome_where_the_loss_is_overridden():
    class Words(Trainer):
        def calculate_eval_batch_loss(self, batch):
            return {"loss": batch["x"].mean(), "model_outputs": None, "batch_size": len(batch["x"])}

    trainer_for(kind=Words).train(data(2), 1, eval_dataset=Rows({"x": X[0]}))
