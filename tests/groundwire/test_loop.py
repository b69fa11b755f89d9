import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.groundwire.runs import (
    IN_ORDER,
    Stops,
    by_hand,
    data,
    equal,
    network,
    recording,
    step_lr,
    trainer_for,
    weights,
)
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from groundwire import GroundwireError, Trainer, TrainerCallback

CLIPS = {
    "no clipping": ({}, None),
    "by value": ({"gradient_clip_value": 0.05}, lambda all_: nn.utils.clip_grad_value_(all_, 0.05)),
    "by norm": ({"gradient_clip_norm": 0.05}, lambda all_: nn.utils.clip_grad_norm_(all_, 0.05)),
}


@settings(max_examples=60, deadline=None)
@given(
    samples=st.integers(1, 9),
    size=st.integers(1, 5),
    epochs=st.integers(1, 3),
    limit=st.none() | st.integers(1, 12),
    clip=st.sampled_from(list(CLIPS)),
    scheduled=st.booleans(),
)
def test_weights_equal_those_of_a_loop_written_by_hand(samples, size, epochs, limit, clip, scheduled):  # B02, B03, B04
    asked, clipped = CLIPS[clip]
    scheduler = step_lr if scheduled else None
    trainer = trainer_for()
    trainer.train(
        data(samples),
        epochs,
        per_device_batch_size=2,
        gradient_accumulation_steps=size,
        max_num_train_steps=limit,
        create_scheduler_fn=scheduler,
        train_dataloader_kwargs={"shuffle": False},
        **asked,
    )
    loader = DataLoader(data(samples), 2)
    expected = by_hand(network(), loader, epochs, size, clipped, scheduler, limit=math.inf if limit is None else limit)
    assert equal(weights(trainer.model), expected)
    assert trainer.at.update == min(epochs * math.ceil(len(loader) / size), limit or math.inf)


def test_a_run_draws_the_random_numbers_of_a_loop_written_by_hand():
    def drops():
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(3, 8), nn.Dropout(0.5), nn.BatchNorm1d(8), nn.Linear(8, 1))

    trainer = trainer_for(drops())
    torch.manual_seed(7)
    trainer.train(data(10), 3, eval_dataset=data(4), per_device_batch_size=2)
    drawn = torch.rand(1)

    model = drops()
    torch.manual_seed(7)
    expected = by_hand(model, DataLoader(data(10), 2, shuffle=True), 3, evaluated=DataLoader(data(4), 2))
    assert equal(weights(trainer.model), expected)
    assert equal(trainer.model.buffers(), model.buffers())
    assert torch.equal(drawn, torch.rand(1))


class Slope(nn.Module):
    """One weight whose gradient, under the mean as loss, is the mean of the inputs."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(()))

    def forward(self, inputs):
        return self.weight * inputs


def slope_trainer(kind=Trainer, callbacks=(), **kwargs):
    model = Slope()
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    return kind(model, lambda outputs, targets: outputs.mean(), optimizer, callbacks=callbacks, **kwargs)


def slopes(*gradients):
    return TensorDataset(torch.tensor(gradients), torch.zeros(len(gradients)))


@pytest.mark.parametrize(
    ("asked", "gradients", "weight"),
    [
        ({"gradient_clip_value": 0.5}, [10.0, -9.8], -0.1),  # half of a window would be clipped to 0.5
        ({"gradient_clip_value": 0.5}, [10.0, -2.0], -0.5),
        ({"gradient_clip_norm": 0.5}, [10.0, -9.8], -0.1),
        ({"gradient_clip_norm": 0.5}, [-10.0, 2.0], 0.5),
        ({}, [10.0, -9.8], -0.1),
    ],
)
def test_the_gradient_that_is_clipped_is_that_of_the_whole_update(asked, gradients, weight):  # B02
    trainer = slope_trainer()
    asked = {**asked, "per_device_batch_size": 1, "train_dataloader_kwargs": IN_ORDER}
    trainer.train(slopes(*gradients), 1, gradient_accumulation_steps=2, **asked)
    assert trainer.model.weight.item() == pytest.approx(weight, abs=1e-5)


@pytest.mark.parametrize(
    ("name", "asked"),
    [("clip_grad_value_", {"gradient_clip_value": 1.0}), ("clip_grad_norm_", {"gradient_clip_norm": 1.0})],
)
def test_gradients_are_clipped_once_an_update(monkeypatch, name, asked):
    calls = []
    monkeypatch.setattr(nn.utils, name, lambda parameters, limit: calls.append((len(list(parameters)), limit)))
    trainer_for().train(data(7), 1, per_device_batch_size=1, gradient_accumulation_steps=3, **asked)
    assert calls == [(4, 1.0)] * 3


@pytest.mark.parametrize(("batches", "size"), [(1, 4), (5, 4), (3, 2)])
def test_the_last_window_is_averaged_over_what_it_holds(batches, size):  # B03
    trainer = slope_trainer()
    asked = {"per_device_batch_size": 1, "train_dataloader_kwargs": IN_ORDER}
    trainer.train(slopes(*[1.0] * batches), 1, gradient_accumulation_steps=size, **asked)
    assert trainer.model.weight.item() == -math.ceil(batches / size)


class Losses(TrainerCallback):
    """Collects the loss of each batch as callbacks are given it."""

    def __init__(self):
        self.of_batches = []

    def on_train_step_end(self, trainer, batch, batch_output, **kwargs):
        self.of_batches.append(batch_output["loss"].detach())


@pytest.mark.parametrize("size", [1, 2, 3, 4, 9])
def test_losses_do_not_depend_on_accumulation(size):  # B01
    losses = Losses()
    trainer = trainer_for(lr=0.0, callbacks=[losses])
    asked = {"per_device_batch_size": 2, "train_dataloader_kwargs": IN_ORDER}
    trainer.train(data(7), 1, eval_dataset=data(7), gradient_accumulation_steps=size, **asked)
    model, (inputs, targets) = network(), data(7).tensors
    with torch.no_grad():
        by_batch = [nn.functional.mse_loss(model(x), y) for x, y in zip(inputs.split(2), targets.split(2), strict=True)]
        whole = nn.functional.mse_loss(model(inputs), targets).item()
    assert equal(losses.of_batches, by_batch)
    assert trainer.run_history.get_metric_values("train_loss_epoch") == [pytest.approx(whole, rel=1e-6)]
    assert trainer.run_history.get_metric_values("eval_loss_epoch") == [pytest.approx(whole, rel=1e-6)]


def test_a_loss_that_a_callback_changes_in_place_is_recorded_as_it_was():
    class Doubles(TrainerCallback):
        def on_train_step_end(self, trainer, batch, batch_output, **kwargs):
            batch_output["loss"] = batch_output["loss"] * 2

    plain, doubled = slope_trainer(), slope_trainer(callbacks=[Doubles])
    for trainer in (plain, doubled):
        trainer.train(slopes(3.0), 2, per_device_batch_size=1)
    assert doubled.model.weight == 2 * plain.model.weight == -12.0
    assert doubled.run_history.get_metric_values("train_loss_epoch") == [0.0, -18.0]


class Tokens(Trainer):
    """Each row has a number of items; a loss is the mean over the items of its batch."""

    as_tensor = True

    def calculate_train_batch_loss(self, batch):
        inputs, counts = batch
        items = counts.sum()
        loss = (self.model(inputs).squeeze(1) * counts).sum() / items
        return {
            "loss": loss,
            "model_outputs": None,
            "batch_size": len(inputs),
            "num_items_in_batch": items if self.as_tensor else int(items),
        }


@pytest.mark.parametrize("as_tensor", [True, False])
@pytest.mark.parametrize(("size", "clip"), [(1, None), (2, None), (3, None), (2, 0.05), (4, None)])
def test_an_update_weighs_items_alike_whatever_batch_they_are_in(size, clip, as_tensor):
    counts = torch.tensor([1, 7, 2, 9, 3, 4, 1, 5])
    rows = TensorDataset(data(8).tensors[0], counts)
    trainer = trainer_for(kind=type("Counted", (Tokens,), {"as_tensor": as_tensor}))
    asked = {"per_device_batch_size": 1, "train_dataloader_kwargs": IN_ORDER, "gradient_clip_norm": clip}
    trainer.train(rows, 2, gradient_accumulation_steps=size, **asked)
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for inputs, items in list(DataLoader(rows, size)) * 2:  # the window as one big batch
        ((model(inputs).squeeze(1) * items).sum() / items.sum()).backward()
        if clip:
            nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimizer.step()
        optimizer.zero_grad()
    torch.testing.assert_close(weights(trainer.model), weights(model), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("epochs", "limit", "updates", "epochs_seen"),
    [(1, 12, 4, 1), (3, 4, 4, 1), (3, 5, 5, 2), (3, 12, 12, 3), (3, 13, 12, 3), (3, None, 12, 3), (2, 1, 1, 1)],
)
def test_a_run_ends_at_whichever_limit_comes_first(epochs, limit, updates, epochs_seen):  # B04
    trainer = trainer_for(kind=recording(Trainer, ["optimizer_step", "training_run_epoch_end"]))
    trainer.train(data(8), epochs, eval_dataset=data(2), per_device_batch_size=2, max_num_train_steps=limit)
    assert trainer.seen.count("optimizer_step") == trainer.at.update == updates
    assert trainer.seen.count("training_run_epoch_end") == epochs_seen
    assert len(trainer.run_history.get_metric_values("eval_loss_epoch")) == epochs_seen


@pytest.mark.parametrize("limit", [None, 6])
def test_a_second_run_counts_its_own_updates(limit):  # B05
    trainer = trainer_for()
    for expected in ([1, 2], [1, 2, 3, 4]):
        trainer.train(data(8), 2, per_device_batch_size=2, reset_run_history=False, max_num_train_steps=limit)
        assert trainer.at.update == (8 if limit is None else limit)
        assert len(trainer.run_history.get_metric_values("train_loss_epoch")) == len(expected)
    assert trainer.run_history.current_epoch == 5


@pytest.mark.parametrize("size", [1, 2, 3])
def test_the_scheduler_is_stepped_once_an_update(size):
    steps = []

    class Counting(torch.optim.lr_scheduler.ConstantLR):
        def step(self, *args):
            steps.append(self.optimizer)
            super().step(*args)

    trainer = trainer_for()
    trainer.train(data(8), 2, None, 2, None, size, create_scheduler_fn=Counting)
    assert len(steps) - 1 == trainer.at.update == 2 * trainer.run_config.num_update_steps_per_epoch  # B51; 1 as made


def test_gradients_from_before_a_run_have_no_part_in_it():  # B15
    trainer = slope_trainer()
    trainer.model.weight.grad = torch.tensor(100.0)
    trainer.train(slopes(1.0), 1, per_device_batch_size=1)
    assert trainer.model.weight.item() == -1.0


def test_gradients_of_an_interrupted_window_have_no_part_in_the_next_run():  # B15
    trainer = slope_trainer(callbacks=[Stops("on_train_step_start", 2)])
    asked = {"per_device_batch_size": 1, "train_dataloader_kwargs": IN_ORDER}
    trainer.train(slopes(50.0, 1.0), 1, gradient_accumulation_steps=2, **asked)
    assert trainer.model.weight.item() == 0.0
    trainer.train(slopes(1.0), 1, **asked)
    assert trainer.model.weight.item() == -1.0


@pytest.mark.parametrize(
    "event", ["on_training_run_start", "on_train_step_end", "on_train_update_end", "on_eval_step_end"]
)
def test_an_evaluation_inside_a_run_changes_no_number_of_it(event):
    class Evaluates(TrainerCallback):
        pass

    def evaluate(self, trainer, **kwargs):
        if trainer.at.phase == "eval" and trainer._eval_dataloader is self.own:
            return  # of the evaluation started here
        before = trainer.at, trainer._train_dataloader, trainer.run_config, trainer.model.training
        self.own = DataLoader(data(3), 2)
        trainer.evaluate(self.own)
        assert (trainer.at, trainer._train_dataloader, trainer.run_config, trainer.model.training) == before

    Evaluates.own = None
    setattr(Evaluates, event, evaluate)
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    runs = []
    for callbacks in ([], [Evaluates]):
        model.load_state_dict(state)
        trainer = trainer_for(model, callbacks=callbacks)
        asked = {"per_device_batch_size": 2, "train_dataloader_kwargs": IN_ORDER, "gradient_accumulation_steps": 2}
        trainer.train(data(6), 2, eval_dataset=data(4), create_scheduler_fn=step_lr, **asked)
        runs.append((weights(model), trainer.run_history.get_metric_values("train_loss_epoch"), trainer.at.update))
    assert equal(runs[0][0], runs[1][0])
    assert runs[0][1:] == runs[1][1:]


def test_an_evaluation_within_an_epoch_is_recorded_apart_from_that_of_the_epoch():
    class Now(TrainerCallback):
        def on_train_update_end(self, trainer, **kwargs):
            trainer.plan._run_eval_epoch(trainer._eval_dataloader, True, True)
            trainer.plan.train_epoch_start()  # puts the model back into train mode

    class Hears(TrainerCallback):
        def __init__(self):
            self.heard = []

        def on_eval_epoch_end(self, trainer, is_intermediate, **kwargs):
            self.heard.append((is_intermediate, trainer.at.phase))

        def on_train_step_start(self, trainer, **kwargs):
            self.heard.append((trainer.at.phase, trainer.model.training))

    hears = Hears()
    trainer = trainer_for(callbacks=[hears, Now])
    trainer.train(data(4), 1, eval_dataset=data(2), per_device_batch_size=2)
    train, inside, end = ("train", True), (True, "eval"), (False, "eval")
    assert hears.heard == [train, inside, train, inside, end]
    assert {name: len(values) for name, values in trainer.run_history.to_dict().items()} == {
        "intermediate_eval_loss": 2,
        "train_loss_epoch": 1,
        "eval_loss_epoch": 1,
    }


def test_evaluation_needs_no_gradients_and_leaves_none():
    class Looks(Trainer):
        def calculate_eval_batch_loss(self, batch):
            assert not torch.is_grad_enabled()
            assert not self.model.training
            return super().calculate_eval_batch_loss(batch)

    trainer = trainer_for(kind=Looks)
    before = weights(trainer.model)
    trainer.evaluate(data(4))
    assert equal(before, weights(trainer.model))
    assert all(parameter.grad is None for parameter in trainer.model.parameters())


NOT_A_RESULT = {
    "nothing": (None, "NoneType"),
    "a loss alone": (torch.tensor(1.0), "Tensor"),
    "no loss": ({"batch_size": 2, "model_outputs": 1}, "['batch_size', 'model_outputs']"),
    "no batch size": ({"loss": torch.tensor(1.0)}, "['loss']"),
    "a tuple": ((1, 2), "tuple"),
}


@pytest.mark.parametrize(("returned", "said"), NOT_A_RESULT.values(), ids=list(NOT_A_RESULT))
@pytest.mark.parametrize("method", ["calculate_train_batch_loss", "calculate_eval_batch_loss"])
def test_a_method_that_returns_no_loss_is_named(method, returned, said):
    trainer = trainer_for(kind=type("Mine", (Trainer,), {method: lambda self, batch: returned}))
    with pytest.raises(GroundwireError, match=rf"Mine\.{method} returns a dictionary with 'loss'") as caught:
        trainer.train(data(2), 1, eval_dataset=data(2))
    assert said in str(caught.value)
